"""The measure of what visitors cost: that it sees what they meet with, and says so."""

from __future__ import annotations

import asyncio
import contextlib
import time
from pathlib import Path

import psutil
import pytest

from fakes.daemon import free_port
from fakes.live_feeds import quiet_feed
from fakes.patience import PATIENCE
from fakes.quiet_daemon import QuietDaemon
from reverie.bench.page_load import PageDaemon, lines
from reverie.bench.page_visitors import visit
from reverie.site.page_section import PageSection
from reverie.watch.faults import Faults
from reverie.web import server
from reverie.web.gate import PageGate
from reverie.web.page_parts import PageParts


async def test_visitors_listen_wish_and_say_when_bars_arrive() -> None:
    feed, port = quiet_feed({"bar": 1}), free_port()
    gate = PageGate(PageSection.model_validate({"proxies": ["127.0.0.1"]}), Faults(), "127.0.0.1")
    app = server.application(QuietDaemon(), "127.0.0.1", PageParts(live=feed), gate)
    serving = asyncio.create_task(server.serve(app, "127.0.0.1", port, Faults(), gate=gate))

    async def play() -> None:
        while True:
            feed.events.publish("bar", {"begins": time.monotonic() - 0.02, "notes": []})
            await asyncio.sleep(0.05)

    playing = asyncio.create_task(play())
    async with asyncio.timeout(PATIENCE):
        while True:
            with contextlib.suppress(ConnectionRefusedError):
                _, writer = await asyncio.open_connection("127.0.0.1", port)
                writer.close()
                break
            await asyncio.sleep(0.01)
        met = await visit(port, 80, 20, 1.0)
    for task in (playing, serving):
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
    assert met["statuses"] == {"200": 80}, "80 addresses listen, though one proxy asks for all"
    assert (met["listening_at_the_end"], met["lost"]) == (80, 0)
    assert met["bar_arrives_after"]["p50_ms"] >= 20
    assert sum(met["posts"].values()) >= 10
    assert met["bytes_a_second"] > 0


def test_lateness_is_that_of_the_bars_between_two_moments(tmp_path: Path) -> None:
    (tmp_path / "late").write_text("10.000 3 5\n11.000\n12.000 900\n13.000 7\n")
    daemon = PageDaemon(psutil.Process(), 0, tmp_path / "late")
    assert daemon.late(11.0, 12.5) == pytest.approx([0.0009])
    assert daemon.late(0.0, 10.5) == pytest.approx([3e-6, 5e-6])
    assert daemon.memory["all_mb"] >= daemon.memory["conductor_mb"] > 1


def test_the_report_says_what_counts() -> None:
    phase = {"notes": 9, "p50_us": 3, "p99_us": 11, "max_us": 198, "conductor_mb": 94.6, "descriptors": 18}
    said = "\n".join(
        lines(
            {
                "machine": {"processor": "any", "cores": 2},
                "seconds": 20.0,
                "idle": phase,
                "arriving": None,
                "loaded": phase | {"p99_us": 15, "descriptors": 2018},
                "after": {"conductor_mb": 131, "descriptors": 18},
                "after_as_many_again": {"conductor_mb": 132, "descriptors": 18},
                "visitors": {
                    "clients": 2000,
                    "listening_at_the_end": 1999,
                    "lost": 1,
                    "bytes_a_second": 3_265_455,
                    "bar_arrives_after": {"p50_ms": 20.5},
                    "posts": {"200": 3},
                    "post_takes": {"p50_ms": 4.0},
                },
            }
        )
    )
    for word in ("idle", "loaded", "2018 descriptors", "1999 of 2000", "3.27 MB", "20.5"):
        assert word in said
    assert "arriving" not in said
