"""Visitors play with the music of a whole daemon: each of their wishes, to where it is heard."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import pytest
from playwright.async_api import expect

from fakes.browser import Visit
from fakes.daemon import STUDY, Daemon
from fakes.jack import wait_until

pytestmark = [pytest.mark.real, pytest.mark.whole]

Visitor = Callable[..., Awaitable[Visit]]
TOYS = f"""{STUDY}
  keys:
    kind: genie
    model: piano_genie
    contour: "1:2 3:2 5:2 8:2 7:4 6:4"
    register: [C3, C6]
    evolve: {{hold: 1}}
    output: {{slot: main, channel: 4}}
moods:
  joy: {{words: [bright], tempo: 1.05}}
  fear: {{words: [dark], tempo: 0.9}}
dreams: {{length: 8, blend: 1}}
"""
TEMPO = (200.0, 260.0)
LIMITS = {"limits": {"tempo": [60, 300]}}


@pytest.fixture(scope="module")
def toys(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Daemon]:
    """A daemon with all that visitors can play with."""
    folder = tmp_path_factory.mktemp("toys") / "daemon"
    daemon = Daemon(folder, {"main": {"kind": "browser"}}, TOYS, page={"visitors": {"tempo": [*TEMPO]}}, control=LIMITS)
    daemon.start()
    daemon.wait_for_models()
    yield daemon
    daemon.kill()


def now(daemon: Daemon) -> dict[str, Any]:
    return json.loads(daemon.get("/api/v1/now"))


def play(daemon: Daemon) -> dict[str, Any]:
    return json.loads(daemon.get("/api/v1/play"))


def wishes(daemon: Daemon) -> set[str]:
    """What visitors have done, by the record of the controls."""
    return {use["action"] for use in daemon.records() if use["source"] == "visitor" and not use["refused"]}


async def test_a_mood_is_dreamt_when_it_is_pressed_and_when_it_is_told_in_words(toys: Daemon, visitor: Visitor) -> None:
    here = await visitor(f"http://127.0.0.1:{toys.port}/")
    joy, fear = (here.page.locator(f".pad[data-mood={mood}]") for mood in ("joy", "fear"))
    await joy.click()
    await asyncio.to_thread(wait_until, lambda: (now(toys)["mood"] or {}).get("mood") == "joy")
    await expect(joy).to_have_attribute("aria-pressed", "true")
    await here.page.get_by_label("Or tell a dream: its words choose the mood").fill("a dark wood")
    await here.page.keyboard.press("Enter")
    await asyncio.to_thread(wait_until, lambda: (now(toys)["mood"] or {}).get("mood") == "fear")
    await expect(fear).to_have_attribute("aria-pressed", "true")
    await expect(here.page.locator("#mood")).to_contain_text("a dark wood")
    await asyncio.to_thread(wait_until, lambda: "dream" in wishes(toys))


async def test_a_tune_between_two_that_were_heard_sounds(toys: Daemon, visitor: Visitor) -> None:
    await asyncio.to_thread(wait_until, lambda: len(play(toys)["melody"]["tunes"]) >= 2)
    here = await visitor(f"http://127.0.0.1:{toys.port}/")
    await here.until("document.querySelectorAll('.tune-tile').length >= 2")
    await here.page.focus(".mix-pad")
    for _ in range(5):
        await here.page.keyboard.press("ArrowRight")
    await here.page.wait_for_selector("text=Your mixture sounds now.")
    there = play(toys)["melody"]
    assert there["heard"] is True
    assert sorted(there["set"]["shares"]) == [0.5, 0.5]
    await here.page.locator(".tune-mixer").get_by_role("button", name="Let it go its own way").click()
    await asyncio.to_thread(wait_until, lambda: play(toys)["melody"]["set"] is None)


async def test_the_buttons_of_the_piano_are_its_contour(toys: Daemon, visitor: Visitor) -> None:
    here = await visitor(f"http://127.0.0.1:{toys.port}/")
    for button in (2, 5, 8):
        await here.page.get_by_role("button", name=f"Button {button}", exact=True).click()
    keys = here.page.locator(".button-keys")
    await expect(keys).to_contain_text("It plays from:")
    contour = play(toys)["contour"]["now"]
    assert [word[0] for word in contour.split() if word[0].isdigit()][-3:] == ["2", "5", "8"]
    await keys.get_by_role("button", name="Let it go its own way").click()
    await asyncio.to_thread(wait_until, lambda: play(toys)["contour"]["now"] is None)


async def test_pace_and_boldness_are_moved_as_far_as_the_site_lets_visitors(toys: Daemon, visitor: Visitor) -> None:
    here = await visitor(f"http://127.0.0.1:{toys.port}/")
    await here.page.focus("#play-tempo")
    await here.page.keyboard.press("Home")
    await asyncio.to_thread(wait_until, lambda: now(toys)["scene"]["tempo"] == TEMPO[0])
    await here.page.focus("#play-temperature")
    await here.page.keyboard.press("End")
    await asyncio.to_thread(wait_until, lambda: set(play(toys)["temperatures"].values()) == {1.3})
    await asyncio.to_thread(wait_until, lambda: {"tempo", "temperature"} <= wishes(toys))
