"""A whole daemon is seen from afar: its messages, heartbeat, figures of the machine, and the broker of the house."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from fakes.daemon import PADS, Daemon
from fakes.mosquitto import Broker, watching
from fakes.sinks import Mailbox, Webhook, until
from fakes.stalls import Stalls
from reverie.history.day_book import DayRecord

pytestmark = [pytest.mark.real, pytest.mark.whole, pytest.mark.timeout(240)]

NOWHERE = {"main": {"kind": "port", "match": "^nowhere:"}}


async def taken(daemon: Daemon, channel: str) -> None:
    """Until a channel has taken a message, as the daemon knows."""
    async with asyncio.timeout(60):
        while await asyncio.to_thread(daemon.metric, "reverie_notices_sent_total", channel=channel) < 1:  # noqa: ASYNC110
            await asyncio.sleep(0.2)


async def test_a_missing_device_is_told_and_a_restart_tells_nothing_twice(
    make_daemon: Callable[..., Daemon], tmp_path: Path
) -> None:
    async with Webhook() as hook:
        for name, url in (("hook", hook.url), ("beat", hook.beat_url)):
            (tmp_path / name).write_text(url)
        daemon = make_daemon(
            NOWHERE,
            PADS,
            notify={
                "place": "West",
                "after": 1,
                "channels": {"crew": {"url_file": str(tmp_path / "hook")}},
                "heartbeat": {"url_file": str(tmp_path / "beat"), "every": 1},
            },
        ).start()
        await until(lambda: len(hook.got) == 1, 120)
        told = hook.got[0]
        assert "Slot main has no device" in told["message"] or "main" in told["message"]
        assert told["type"] == "failure"
        await until(lambda: hook.beats >= 3)
        await taken(daemon, "crew")
        assert "SECRET" not in await asyncio.to_thread(daemon.get, "/metrics")
        assert "SECRET" not in await asyncio.to_thread(daemon.get, "/status")
        status, _ = await asyncio.to_thread(daemon.stop)
        assert status == 0
        beats = hook.beats
        assert "SECRET" not in daemon.log.read_text()
        assert "SECRET" not in (daemon.state / "notices.json").read_text()

        daemon.start()
        await until(lambda: hook.beats >= beats + 5, 120)
        assert len(hook.got) == 1, "it was told in the life before"
        await asyncio.to_thread(daemon.stop)
    days = json.loads((daemon.state / "days.json").read_text())["days"]
    assert days[-1]["starts"] == 2
    assert {fault["id"] for fault in days[-1]["faults"]} >= {"slot-missing"}
    done = await asyncio.to_thread(daemon.run, "report", "--day", "today")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("West, ")


async def test_the_morning_report_comes_by_mail_as_a_page_and_once(
    make_daemon: Callable[..., Daemon], tmp_path: Path
) -> None:
    yesterday = dt.datetime.now().date() - dt.timedelta(days=1)  # noqa: DTZ005 - as the daemon's
    record = DayRecord(yesterday, running=86_400.0, rest=50_000.0, sounded=36_395.0, loops=812)
    with Mailbox() as mailbox:
        (tmp_path / "office").write_text(mailbox.url)
        daemon = make_daemon(
            NOWHERE,
            PADS,
            notify={
                "place": "West",
                "language": "de",
                "report_at": "00:00",
                "channels": {"office": {"url_file": str(tmp_path / "office"), "faults": False}},
            },
        )
        daemon.state.mkdir(parents=True)
        (daemon.state / "days.json").write_text(json.dumps({"version": 1, "days": [record.as_json()]}))
        daemon.start()
        await until(lambda: len(mailbox.mails) == 1, 120)
        [mail] = mailbox.mails
        assert mail["Subject"].startswith("West, ")
        assert mail["Subject"].endswith("ein guter Tag")
        page = mail.get_body(("html",))
        assert page is not None
        assert '<th scope="row">Neue Schleifen</th><td>812</td>' in page.get_content()
        kept = daemon.state / "reports" / f"{yesterday}.html"
        await until(kept.exists)
        await taken(daemon, "office")
        await asyncio.to_thread(daemon.stop)
        daemon.start()
        await asyncio.to_thread(daemon.wait_for_bars, 4)
        await asyncio.to_thread(daemon.stop)
        assert len(mailbox.mails) == 1


async def test_what_waits_on_a_network_that_is_gone_holds_up_neither_music_nor_end(
    make_daemon: Callable[..., Daemon], tmp_path: Path, stalls: Stalls
) -> None:
    """Addresses to which every packet is lost (RFC 5737), as of a network whose cable was pulled."""
    (tmp_path / "hook").write_text("json://192.0.2.1/hook")
    (tmp_path / "beat").write_text("http://192.0.2.1/beat")
    daemon = make_daemon(
        NOWHERE,
        PADS,
        notify={
            "after": 0,
            "channels": {"crew": {"url_file": str(tmp_path / "hook")}},
            "heartbeat": {"url_file": str(tmp_path / "beat"), "every": 1},
        },
        mqtt={"host": "192.0.2.1"},
    ).start()
    await asyncio.to_thread(daemon.wait_for_bars, 6)
    status, seconds = await asyncio.to_thread(daemon.stop)
    assert status == 0
    assert seconds < 15 + stalls.longest, daemon.log.read_text()


async def test_the_broker_is_told_of_everything_and_tells_the_last_will_of_a_daemon_that_was_killed(
    make_daemon: Callable[..., Daemon], tmp_path: Path
) -> None:
    broker = Broker(tmp_path / "broker").start()
    try:
        daemon = make_daemon(
            NOWHERE, PADS, mqtt={"host": "127.0.0.1", "port": broker.port, "topic": "gallery/west", "control": True}
        ).start()
        async with watching(broker) as watcher:
            kept = watcher.kept
            await until(lambda: kept.get("gallery/west/scene") == "pads", 120)
            assert kept["gallery/west/availability"] == "online"
            await until(lambda: kept.get("gallery/west/open") == "open")
            await until(lambda: kept.get("gallery/west/bar", "0") > "0")
            await until(lambda: json.loads(kept.get("gallery/west/faults", "{}")).get("worst") == "silent")
            await until(lambda: "homeassistant/select/gallery_west/scene/config" in kept)
            select = json.loads(kept["homeassistant/select/gallery_west/scene/config"])
            assert "pads" in select["options"]
            assert "first-light" in select["options"]

            await watcher.client.publish("gallery/west/set/volume", "0.3")
            await until(lambda: kept.get("gallery/west/volume") == "0.3")
            await watcher.client.publish("gallery/west/set/volume", "0")
            await until(lambda: kept.get("gallery/west/volume") == "0.2")
            await watcher.client.publish("gallery/west/set/pause", "ON")
            await until(lambda: kept.get("gallery/west/pause") == "ON")
            await watcher.client.publish("gallery/west/set/scene", "no such scene")
            await until(lambda: "refused" in kept.get("gallery/west/answer", ""))
            await until(lambda: ("mqtt", "volume") in [(one["source"], one["action"]) for one in daemon.records()])

            await asyncio.to_thread(daemon.stop, signal.SIGKILL)
            await until(lambda: kept["gallery/west/availability"] == "offline")
            daemon.kill()
            daemon.start()
            await until(lambda: kept["gallery/west/availability"] == "online", 120)
            await asyncio.to_thread(daemon.stop)
            await until(lambda: kept["gallery/west/availability"] == "offline")
    finally:
        broker.stop()
