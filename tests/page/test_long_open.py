"""A page that stays open: what it holds does not grow, and it finds back by itself.

Bars are played many times faster than music, so that a minute has as many as hours have. ``REVERIE_PAGE_BARS`` makes
the run as long as wanted: ``REVERIE_PAGE_BARS=21600 .venv/bin/pytest -m slow tests/page/test_long_open.py -s`` plays as
many bars of two seconds as twelve hours have, in twenty minutes.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from fakes.browser import WALL, Screen, Visit
from fakes.hall import Hall
from fakes.patience import PATIENCE

Visitor = Callable[..., Awaitable[Visit]]
PAINTED = "document.querySelector('rv-roll')?.painted > 3"
BARS = "document.querySelector('rv-roll').timeline.bars"
BAR_SECONDS = 0.06
FULL = 150
"""Bars after which a page has forgotten the first, and holds all that it ever will."""
PARTS = 4
"""How often it is looked what the page holds, at equal distances."""

pytestmark = pytest.mark.real


async def played(hall: Hall, here: Visit, bars: int) -> None:
    """Wait until the page has heard of so many bars more."""
    bar = hall.bar + bars
    await here.until(f"{BARS}.some((one) => one.bar >= {bar})", seconds=bars * BAR_SECONDS * 20 + 60)


async def connections(hall: Hall, wanted: int) -> None:
    """Wait until so many stand."""
    deadline = time.monotonic() + PATIENCE
    while hall.listening != wanted:
        assert time.monotonic() < deadline, hall.listening
        await asyncio.sleep(0.05)


async def held(here: Visit) -> tuple[int, int]:
    return await here.heap(), await here.nodes()


async def grows_not(hall: Hall, here: Visit, bars: int) -> None:
    """The page holds no more after many bars than after some."""
    hall.seconds = BAR_SECONDS
    await here.until(PAINTED)
    await played(hall, here, FULL)
    heap, nodes = heap_after, nodes_after = await held(here)
    for part in range(1, PARTS + 1):
        await played(hall, here, bars // PARTS)
        heap_after, nodes_after = await held(here)
        print(f"after {bars * part // PARTS} bars: {heap_after / 1e6:.2f} MB, {nodes_after} nodes", flush=True)
    count = await here.page.evaluate(f"{BARS}.length")
    print(f"{bars} bars: heap {heap / 1e6:.2f} -> {heap_after / 1e6:.2f} MB, nodes {nodes} -> {nodes_after}, {count}")
    assert count <= 128
    assert heap_after < heap * 1.1 + 150_000
    assert nodes_after <= nodes + 40


@pytest.mark.parametrize("path", [pytest.param("/", marks=pytest.mark.slow), "/wall"])
async def test_what_a_page_holds_does_not_grow(hall: Hall, visitor: Visitor, path: str) -> None:
    here = await visitor(f"{hall.address}{path}", Screen(960, 540))
    await grows_not(hall, here, 200)


@pytest.mark.slow
@pytest.mark.timeout(0)
async def test_what_the_wall_holds_does_not_grow_in_a_long_run(hall: Hall, visitor: Visitor) -> None:
    here = await visitor(f"{hall.address}/wall", WALL)
    await grows_not(hall, here, int(os.environ.get("REVERIE_PAGE_BARS", "3000")))


async def test_nothing_is_painted_while_nobody_can_see_it(hall: Hall, visitor: Visitor) -> None:
    here = await visitor(hall.address)
    await here.until(PAINTED)
    await here.page.evaluate("document.querySelector('rv-roll').style.display = 'none'")
    before = await here.page.evaluate(
        """new Promise((resolve) => setTimeout(
          () => resolve(document.querySelector('rv-roll').painted), 300))"""
    )
    await played(hall, here, 2)
    assert await here.page.evaluate("document.querySelector('rv-roll').painted") == before
    await here.page.evaluate("document.querySelector('rv-roll').style.display = ''")
    await here.until(f"document.querySelector('rv-roll').painted > {before}")


async def test_what_was_foretold_and_does_not_come_is_not_shown_as_if_it_were_played(
    hall: Hall, visitor: Visitor
) -> None:
    here = await visitor(hall.address)
    await here.until(PAINTED)
    shown = """(async () => {
      const { serverNow } = await import('/static/js/clock.js');
      const now = serverNow();
      const { timeline } = document.querySelector('rv-roll');
      return [timeline.shown(now).length, timeline.bars.filter((one) => !one.exact && one.begins < now - 1.5).length];
    })()"""
    before = await here.page.evaluate(shown)
    assert before[0] >= 5
    assert before[1] == 0
    hall.stop()
    await here.until(f"{shown}.then(([, late]) => late >= 2)")
    count, late = await here.page.evaluate(shown)
    assert count <= await here.page.evaluate(f"{BARS}.length") - late


async def test_the_wall_loads_itself_anew_when_its_files_have_changed(hall: Hall, visitor: Visitor) -> None:
    here = await visitor(f"{hall.address}/wall")
    await here.until(PAINTED)
    await here.page.evaluate("globalThis.before = true")
    hall.hang_up()
    await here.until(f"{BARS}.some((one) => one.bar > {hall.bar})")
    assert await here.page.evaluate("globalThis.before") is True, "nothing has changed"
    hall.change_files()
    hall.hang_up()
    await here.until("globalThis.before === undefined")
    await here.until(PAINTED)


async def test_a_page_that_nobody_sees_lets_its_connection_go_unless_something_in_it_stays(
    hall: Hall, visitor: Visitor
) -> None:
    """Tabs that nobody looked at held all of a browser's connections, and no button of any tab did anything."""
    hall.seconds = BAR_SECONDS
    here = await visitor(f"{hall.address}/login")
    assert hall.listening == 0
    await here.page.evaluate(
        """(async () => {
          const { Feed } = await import('/static/js/feed.js');
          let hidden = false;
          Object.defineProperty(document, 'hidden', { get: () => hidden });
          globalThis.hide = (now) => {
            hidden = now;
            document.dispatchEvent(new Event('visibilitychange'));
          };
          globalThis.bars = [0, 0];
          globalThis.feeds = bars.map((_, place) => {
            const feed = new Feed('/api/v1/events', 0.2);
            feed.on('bar', () => (bars[place] += 1));
            feed.start();
            return feed;
          });
          globalThis.letRest = feeds[1].stay();
        })()"""
    )
    await here.until("bars[0] > 2 && bars[1] > 2")
    await here.page.evaluate("hide(true)")
    await connections(hall, 1)
    first, second = await here.page.evaluate("[...bars]")
    await here.until(f"bars[1] > {second + 5}")
    assert await here.page.evaluate("bars[0]") == first
    await here.page.evaluate("letRest()")
    await connections(hall, 0)
    assert await here.page.evaluate("feeds.every((one) => one.joined)"), "nothing is lost that is to be told"
    await here.page.evaluate("hide(false)")
    await here.until(f"bars[0] > {first} && bars[1] > {second + 5}")
    await connections(hall, 2)
    here.complaints.clear()  # a hall knows no sessions


async def test_a_machine_that_was_started_anew_is_heard_at_once_by_its_new_clock(hall: Hall, visitor: Visitor) -> None:
    here = await visitor(hall.address)
    await here.until(PAINTED)
    hall.reboot()
    await here.until(
        """(async () => {
          const { serverNow } = await import('/static/js/clock.js');
          const bar = document.querySelector('rv-roll').timeline.at(serverNow());
          return bar !== undefined && bar.begins < 60;
        })()""",
        seconds=20,  # it is measured every 30 seconds anyway
    )


async def test_rows_of_drums_from_before_a_new_start_of_the_machine_are_let_go(hall: Hall, visitor: Visitor) -> None:
    here = await visitor(hall.address)
    rows = await here.page.evaluate(
        """(async () => {
          const { DrumRows } = await import('/static/js/roll-notes.js');
          const drums = new DrumRows();
          drums.follow([36, 38], 90_000);
          drums.follow([36], 5);
          return drums.rows;
        })()"""
    )
    assert rows == [36]


async def test_a_page_that_could_not_have_its_texts_asks_for_them_again(hall: Hall, visitor: Visitor) -> None:
    here = await visitor(hall.address, language="de-DE")
    there = asyncio.Event()

    async def texts(route: Any) -> None:
        await (route.continue_() if there.is_set() else route.fulfill(status=503))

    await here.page.route("**/static/i18n/*.json", texts)
    await here.page.reload()
    await here.until(PAINTED)
    assert await here.page.text_content("#says") != "Es spielt: Tides."
    there.set()
    await here.until("document.querySelector('#says').textContent === 'Es spielt: Tides.'")
    here.complaints.clear()  # of the answers 503


async def test_a_daemon_that_is_away_for_long_is_joined_again(hall: Hall, visitor: Visitor) -> None:
    here = await visitor(hall.address)
    await here.until(PAINTED)
    hall.away = True
    hall.hang_up()
    await here.page.wait_for_selector("#connection", state="visible")
    await here.until("performance.getEntriesByType('resource').filter((one) => /events/.test(one.name)).length > 1")
    hall.away = False
    await here.page.wait_for_selector("#connection", state="hidden")
    wanted = [one for one in here.complaints if "503" in one]
    assert len(wanted) == len(here.complaints) > 0
    here.complaints.clear()
