"""The artist's hand on a timbre: from the page to the bank at a sampler's port and in a listener's browser.

One daemon plays for all tests of this file.
"""

from __future__ import annotations

import asyncio
import json
import statistics
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import numpy as np
import pytest
from playwright.async_api import expect

from fakes.browser import Visit
from fakes.daemon import Daemon
from fakes.heard_tune import TUNE
from fakes.jack import Receiver, running_jack, wait_until
from fakes.listener import Catch, caught, listen
from fakes.patience import PATIENCE

pytestmark = [pytest.mark.real, pytest.mark.whole]

Visitor = Callable[..., Awaitable[Visit]]
TIMBRE = """
timbres:
  creature:
    sources: {flute: "shipped:flute", cat: "shipped:cat"}
    path: {kind: line, steps: 5}
    pace: 1 h
    pitches: {from: A4, to: C6, step: 5}
    length: 0.6
voices:"""
_MORPH = TUNE.replace("name: tune", "name: morph").replace("program: marimba, ", "").replace("voices:", TIMBRE)
MORPH = f"{_MORPH}    timbre: {{bank: creature}}\n"
PROGRAM = 0xC0
TURNS = (40, 41)
"""The programs of the sampler, by which it has one bank after the other."""


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Daemon, Receiver]]:
    """A daemon that plays a sampler, and what the sampler is sent."""
    folder = tmp_path_factory.mktemp("artist")
    (folder / "banks").mkdir()
    sampler = {"folder": str(folder / "banks"), "programs": [*TURNS], "loading": 0.5}
    with pytest.MonkeyPatch.context() as patch, running_jack(patch):
        synth = Receiver("synth")
        slots = {"main": {"kind": "port", "match": "^synth:", "api": "jack", "sampler": sampler}}
        daemon = Daemon(folder / "daemon", slots, MORPH)
        daemon.start()
        try:
            # Banks are rendered where nobody else wants to run.
            wait_until(lambda: daemon.answers() and creature(daemon)["plays_step"] == 0, 4 * PATIENCE)
            yield daemon, synth
        finally:
            daemon.kill()
            synth.close()


def creature(daemon: Daemon) -> dict[str, Any]:
    return next(iter(daemon.status()["timbres"]), {"plays_step": None})


def now(daemon: Daemon) -> dict[str, Any]:
    return json.loads(daemon.get("/api/v1/now"))


def programs(synth: Receiver) -> list[int]:
    return [message[1] for message in synth.messages if message[0] == PROGRAM]


async def desk(visitor: Visitor, daemon: Daemon) -> Visit:
    here = await visitor(f"http://127.0.0.1:{daemon.port}/artist")
    await here.page.wait_for_selector('article[data-voice="lead"]')
    return here


async def hear(here: Visit) -> Catch:
    """Four seconds from now on."""
    await caught(here.page)
    await asyncio.sleep(4)
    return await caught(here.page)


def overtones(heard: Catch) -> float:
    """How much of a note is above its pitch, beside the pitch itself, in the median of all notes."""
    found: list[float] = []
    last = heard.begins + len(heard.samples) / heard.rate - 0.2
    for onset in (onset for onset in heard.onsets() if onset < last):
        first = round((onset - heard.begins + 0.03) * heard.rate)
        part = heard.samples[first : first + heard.rate // 10]
        power = np.square(np.abs(np.fft.rfft(part * np.hanning(len(part)), 1 << 14)))
        octave = round(440 * 2 ** ((heard.pitch(onset, 0.1) + 6 - 69) / 12) * (1 << 14) / heard.rate)
        found.append(float(np.sum(power[octave:]) / np.sum(power[:octave])))
    return statistics.median(found)


async def test_a_point_chosen_on_the_page_is_heard_by_the_sampler_and_by_listeners(
    stage: tuple[Daemon, Receiver], visitor: Visitor
) -> None:
    daemon, synth = stage
    listener = await visitor(f"http://127.0.0.1:{daemon.port}/", bypass_csp=True)
    bank = "fetch('/api/v1/sounds').then((one) => one.json()).then(({ voices: { lead } }) => lead)"
    await listener.until(f"{bank}.then(({{ origin }}) => origin === 'bank')", 120)
    first = await listener.page.evaluate(f"{bank}.then(({{ base }}) => base)")
    ready = "document.querySelector('rv-listen').listening.instruments?.ready"
    await listen(listener.page, "calm")
    await listener.until(f"Boolean({ready}({first!r}))")
    await asyncio.to_thread(wait_until, lambda: programs(synth) == [TURNS[0]])
    flute = await hear(listener)

    here = await desk(visitor, daemon)
    point = here.page.locator("#timbre-lead")
    await expect(point).to_have_value("0")
    await point.fill("1")
    await expect(here.page.locator("#stage .set")).to_contain_text("creature")
    await asyncio.to_thread(wait_until, lambda: creature(daemon)["plays_at"] == [1.0])
    await asyncio.to_thread(wait_until, lambda: programs(synth) == [*TURNS])
    await listener.until(f"{bank}.then(({{ base, origin }}) => origin === 'bank' && base !== {first!r})", 120)
    second = await listener.page.evaluate(f"{bank}.then(({{ base }}) => base)")
    await listener.until(f"Boolean({ready}({second!r})) && !{ready}({first!r})")
    cat = await hear(listener)
    figures = f"overtones {overtones(flute):.4f} of a flute, {overtones(cat):.4f} of a cat"
    print(figures)
    assert overtones(cat) > 3 * overtones(flute), figures
    assert ("artist", "timbre", 1.0) in [(use["source"], use["action"], use["value"]) for use in daemon.records()]

    await here.page.get_by_role("button", name="Let it go its way", exact=True).click()
    await asyncio.to_thread(wait_until, lambda: creature(daemon)["plays_step"] == 0)
    await listener.until(f"{bank}.then(({{ base }}) => base === {first!r})", 120)
    await asyncio.to_thread(wait_until, lambda: len(programs(synth)) == 3)


async def test_the_buttons_for_the_whole_do_what_they_say(stage: tuple[Daemon, Receiver], visitor: Visitor) -> None:
    daemon, synth = stage
    here = await desk(visitor, daemon)
    page, stage_box = here.page, here.page.locator("#stage")
    await page.locator("#level-lead").fill("-6")
    await page.locator("#volume").fill("0.5")
    await expect(stage_box.locator(".set")).to_contain_text("volume")
    ons = len(synth.ons)
    await asyncio.to_thread(wait_until, lambda: len(synth.ons) > ons + 3)
    await stage_box.get_by_role("button", name="Pause", exact=True).click()
    await asyncio.to_thread(wait_until, lambda: now(daemon)["says"]["key"] == "paused")
    await expect(stage_box.get_by_role("button", name="Pause", exact=True)).to_have_attribute("aria-pressed", "true")
    await stage_box.get_by_role("button", name="Pause", exact=True).click()
    await asyncio.to_thread(wait_until, lambda: now(daemon)["says"]["key"] == "playing")
    await stage_box.get_by_role("button", name="Panic", exact=True).click()
    await asyncio.to_thread(wait_until, lambda: bytes([0xB0, 120, 0]) in synth.messages)
    await stage_box.get_by_role("button", name="Next scene", exact=True).click()
    await asyncio.to_thread(wait_until, lambda: now(daemon)["scene"]["name"] != "morph")
    await stage_box.get_by_label("Scene").select_option("morph")
    await asyncio.to_thread(wait_until, lambda: now(daemon)["scene"]["name"] == "morph")
    done = [use["action"] for use in daemon.records() if use["source"] == "artist" and not use["refused"]]
    assert done[-7:] == ["level", "volume", "pause", "pause", "panic", "next", "scene"]
