"""What a listener does beside listening: turns to other tabs, plays an instrument by MIDI, presses keys of headphones.

One daemon plays a tune for all of them.
"""

from __future__ import annotations

import asyncio
import json
import statistics
from collections.abc import AsyncGenerator, Callable, Iterator
from typing import Any

import pytest
import pytest_asyncio

from fakes.browser import Visit, find_chromium, running_chromium, visit
from fakes.browser_tab import TabbedBrowser, tabbed_chromium
from fakes.daemon import Daemon
from fakes.heard_tune import MISSED_BESIDE_OTHERS, WITHIN, compare, judge, moments, start_tune
from fakes.listener import caught, listen

pytestmark = [pytest.mark.real, pytest.mark.whole]

INSTRUMENT = """
window.sent = [];
window.unplugged = false;
const send = (bytes, at) => {
  if (window.unplugged) throw new DOMException('the port is gone', 'InvalidStateError');
  window.sent.push([[...bytes], at ?? performance.now(), performance.now()]);
  sessionStorage.sent = JSON.stringify(window.sent);
};
navigator.requestMIDIAccess = async () => ({ outputs: new Map([['a', { id: 'a', name: 'Stage piano', send }]]) });
"""
"""In place of an instrument at this machine's USB: what it is sent, at which moment of the page, and when."""
SENT = """async () => {
  const { serverNow } = await import('/static/js/clock.js');
  const { DELAYS } = await import('/static/js/listen.js');
  const { listening } = document.querySelector('rv-listen');
  const offset = serverNow() - performance.now() / 1000 - DELAYS[listening.mode];
  return window.sent.map(([bytes, at]) => [bytes, at / 1000 + offset]);
}"""
BARS = """async () => {
  const { feed } = await import('/static/js/feed.js');
  window.bars = [];
  feed.on('bar', (bar) => window.bars.push(bar));
}"""
ASLEEP = """
window.locks = [];
const { request } = WakeLock.prototype;
WakeLock.prototype.request = async function (kind) {
  const lock = await request.call(this, kind);
  window.locks.push(lock);
  return lock;
};
"""
"""The screen's locks that Chromium has granted."""
KEYS = """
window.keys = {};
const { setActionHandler } = MediaSession.prototype;
MediaSession.prototype.setActionHandler = function (key, pressed) {
  window.keys[key] = pressed;
  return setActionHandler.call(this, key, pressed);
};
"""
"""What the page does at each key of a keyboard or headphones."""


@pytest.fixture(scope="module")
def tune(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Daemon]:
    daemon = start_tune(tmp_path_factory.mktemp("tune") / "daemon")
    daemon.wait_for_bars(2)
    yield daemon
    daemon.kill()


@pytest_asyncio.fixture
async def tabs() -> AsyncGenerator[TabbedBrowser]:
    program = find_chromium()
    if program is None:
        pytest.skip("there is no Chromium (apt install chromium)")
    async with tabbed_chromium(program) as browser:
        yield browser


@pytest_asyncio.fixture
async def listener(tune: Daemon) -> AsyncGenerator[Callable[[str], Any]]:
    """Comes with a script that runs before the page's, and touches Listen."""
    program = find_chromium()
    if program is None:
        pytest.skip("there is no Chromium (apt install chromium)")
    async with running_chromium(program) as browser:
        visits: list[Visit] = []

        async def come(before: str) -> Visit:
            here = await visit(browser)
            visits.append(here)
            await here.page.add_init_script(before)
            await here.page.goto(f"http://127.0.0.1:{tune.port}/")
            await here.page.get_by_role("button", name="Listen", exact=True).click()
            await here.until("document.querySelector('rv-listen').listening.state === 'on'")
            return here

        yield come
        assert [complaint for one in visits for complaint in one.complaints] == []


async def test_a_tab_that_nobody_sees_plays_every_note_and_comes_back_without_a_burst(
    tune: Daemon, tabs: TabbedBrowser
) -> None:
    tab = await tabs.open(f"http://127.0.0.1:{tune.port}/")
    await listen(tab, "calm")
    await asyncio.sleep(3)
    await tab.hide()
    painted = await tab.evaluate("document.querySelector('rv-roll').painted")
    await asyncio.sleep(14)  # longer than the feed of a page that nobody sees or hears stays
    assert await tab.evaluate("document.hidden")
    assert await tab.evaluate("document.querySelector('rv-roll').painted") == painted, "nobody sees the roll"
    await tab.show()
    await asyncio.sleep(4)
    heard = await caught(tab)
    late, missed, wrong = compare(tune, heard)
    judge("hidden", late, missed, wrong, heard.facts)
    assert len(late) >= 20
    played = [moment for moment in heard.onsets() if heard.begins + 1 < moment]
    assert len(played) <= len(late) + 3, "nothing sounds twice"
    assert heard.facts["counts"]["late"] <= len(late) * MISSED_BESIDE_OTHERS
    await tab.until(f"document.querySelector('rv-roll').painted > {painted}")


@pytest.mark.parametrize("path", ["/", "/wall"])
async def test_the_screen_stays_on_and_again_after_another_tab_was_looked_at(
    tune: Daemon, tabs: TabbedBrowser, path: str
) -> None:
    tab = await tabs.open(f"http://127.0.0.1:{tune.port}{path}", before=ASLEEP)
    if path == "/":
        assert await tab.evaluate("window.locks.length") == 0, "who does not listen, may sleep"
        await listen(tab)
    await tab.until("window.locks.length === 1 && !window.locks[0].released")
    await tab.hide()
    await tab.until("window.locks[0].released")
    await tab.show()
    await tab.until("window.locks.length === 2 && !window.locks[1].released")
    if path == "/":
        await tab.evaluate("document.querySelector('rv-listen button').click()")
        await tab.until("window.locks[1].released")


async def choose_instrument(here: Visit) -> None:
    await here.page.get_by_text("More", exact=True).click()
    await here.page.evaluate(BARS)
    midi = here.page.get_by_label("MIDI instrument")
    await midi.select_option("ask")
    await midi.select_option(label="Stage piano")


def sounding(sent: list[Any]) -> set[tuple[int, int]]:
    """Channel and pitch of each note that is begun and not ended, once all that was sent has come to its moment."""
    found: set[tuple[int, int]] = set()
    for (status, pitch, _), _ in sorted(sent, key=lambda one: one[1]):
        if status & 0xF0 == 0x90:
            found.add((status & 0xF, pitch))
        elif status & 0xF0 == 0x80:
            found.discard((status & 0xF, pitch))
    return found


async def test_an_instrument_is_sent_the_notes_of_the_tape_at_their_moments_and_all_of_them_end(
    tune: Daemon, listener: Callable[[str], Any]
) -> None:
    here: Visit = await listener(INSTRUMENT)
    await choose_instrument(here)
    await here.until("window.bars.filter((one) => one.exact).length >= 5")
    await here.page.get_by_role("button", name="Stop", exact=True).click()
    await here.until("document.querySelector('rv-listen').listening.state === 'off'")
    sent = await here.page.evaluate(SENT)
    bars = await here.page.evaluate("window.bars")
    ons = [(moment, bytes_) for bytes_, moment in sent if bytes_[0] & 0xF0 == 0x90]
    first, last = ons[0][0], ons[-1][0]
    expected = [one for one in moments(tune, bars) if first - WITHIN < one[0] < last + WITHIN]
    assert len(expected) >= 10
    assert [bytes_ for _, bytes_ in ons] == [[0x90, pitch, 100] for _, pitch in expected]
    away = [abs(moment - due) for (moment, _), (due, _) in zip(ons, expected, strict=True)]
    assert statistics.median(away) < WITHIN
    assert sounding(sent) == set()
    ended = {bytes_[0] for bytes_, _ in sent if bytes_[1:] == [123, 0]}
    assert ended == set(range(0xB0, 0xC0)), "and all channels are told so"


async def test_a_page_that_is_left_ends_its_notes_at_the_instrument(listener: Callable[[str], Any]) -> None:
    here: Visit = await listener(INSTRUMENT)
    await choose_instrument(here)
    await here.until("window.sent.filter(([[status]]) => status === 0x90).length > 3")
    before = await here.page.evaluate("window.sent.length")
    await here.page.get_by_role("link", name="The wall").click()
    await here.page.wait_for_url("**/wall")
    sent = json.loads(await here.page.evaluate("sessionStorage.sent"))
    assert len(sent) > before
    assert sent[-1][0] == [0xBF, 123, 0]
    assert sounding([(bytes_, at) for bytes_, at, _ in sent]) == set()


async def test_an_instrument_that_is_pulled_out_takes_nothing_from_what_the_browser_plays(
    listener: Callable[[str], Any],
) -> None:
    here: Visit = await listener(INSTRUMENT)
    await choose_instrument(here)
    await here.until("window.sent.some(([[status]]) => status === 0x90)")
    await here.page.evaluate("window.unplugged = true")
    played = "document.querySelector('rv-listen').listening.counts.played"
    before = await here.page.evaluate(played)
    await here.until(f"{played} > {before + 5}")
    await here.page.evaluate("window.sent = []; window.unplugged = false")
    await here.until("window.sent.some(([[status]]) => status === 0x90)")


async def test_the_keys_of_headphones_stop_the_music_and_have_it_play_again(listener: Callable[[str], Any]) -> None:
    here: Visit = await listener(KEYS)
    state = "document.querySelector('rv-listen').listening.state"
    session = "[navigator.mediaSession.metadata.title, navigator.mediaSession.playbackState].join()"
    await here.until(f"{session} === 'A tune,playing'")
    await here.page.evaluate("window.keys.pause({ action: 'pause' })")
    await here.until(f"{state} === 'off' && {session} === 'A tune,paused'")
    await here.page.evaluate("window.keys.play({ action: 'play' })")
    await here.until(f"{state} === 'on' && {session} === 'A tune,playing'")
    await here.page.evaluate("window.keys.stop({ action: 'stop' })")
    await here.until(f"{state} === 'off'")
