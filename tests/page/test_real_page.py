"""The page of the real daemon: what it shows is what is played."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from fakes.browser import DESK, TELEPHONE, Screen, Visit
from fakes.daemon import Daemon

Visitor = Callable[..., Awaitable[Visit]]
PAINTED = "document.querySelector('rv-roll')?.painted > 3"
BARS = "document.querySelector('rv-roll').timeline.bars"

pytestmark = [pytest.mark.real, pytest.mark.whole]


@pytest.mark.parametrize(
    ("path", "screen"), [("/", DESK), ("/", TELEPHONE), ("/wall", DESK)], ids=["desk", "telephone", "wall"]
)
async def test_the_page_shows_what_the_daemon_plays(
    daemon: Daemon, visitor: Visitor, path: str, screen: Screen
) -> None:
    daemon.wait_for_bars(2)
    here = await visitor(f"http://127.0.0.1:{daemon.port}{path}", screen)
    await here.until(PAINTED)
    await here.until(f"{BARS}.filter((one) => one.exact && one.notes.length).length >= 2")
    assert await here.page.evaluate(f"{BARS}.some((one) => !one.exact)"), "what comes is shown too"
    now: dict[str, Any] = json.loads(daemon.get("/api/v1/now"))
    legend = (await here.page.inner_text("#legend")).split()
    assert legend == [voice["name"] for voice in now["voices"]] == ["beat", "bass", "lead"]
    chord = await here.page.evaluate("[...document.querySelectorAll('#facts dt')].map((one) => one.textContent)")
    assert "Tempo" in chord


async def test_a_bar_passes_the_line_when_it_is_played(daemon: Daemon, visitor: Visitor) -> None:
    """The page's clock and the daemon's bars belong together: the bar that the roll is in is the one that is told."""
    daemon.wait_for_bars(2)
    here = await visitor(f"http://127.0.0.1:{daemon.port}/")
    await here.until(PAINTED)
    found: list[Any] = await here.page.evaluate(
        """(async () => {
          const { clockReady, serverNow } = await import('/static/js/clock.js');
          const { feed } = await import('/static/js/feed.js');
          await clockReady();
          const late = [];
          return new Promise((resolve) => feed.on('bar', (bar) => {
            late.push([bar.bar, serverNow() - bar.begins, bar.seconds]);
            if (new Set(late.map(([number]) => number)).size >= 4) resolve(late);
          }));
        })()"""
    )
    first = {bar: (late, seconds) for bar, late, seconds in reversed(found)}
    own = [late / seconds for late, seconds in list(first.values())[:-1]]
    assert all(-0.1 < part < 0.9 for part in own), f"{own}: bars are told in the course of themselves"


async def test_a_daemon_that_starts_anew_is_found_again(daemon: Daemon, visitor: Visitor) -> None:
    daemon.wait_for_bars(2)
    here = await visitor(f"http://127.0.0.1:{daemon.port}/")
    await here.until(PAINTED)
    daemon.stop()
    await here.page.wait_for_selector("#connection", state="visible")
    daemon.start()
    daemon.wait_for_bars(1)
    await here.page.wait_for_selector("#connection", state="hidden")
    await here.until(f"{BARS}.some((one) => one.exact && one.bar < 6)")
    assert [one for one in here.complaints if "ERR_" not in one] == []
    here.complaints.clear()
