"""A browser plays what the tape has: its sound is held against a real daemon's."""

from __future__ import annotations

import asyncio
import statistics
from collections.abc import Awaitable, Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fakes.browser import Visit
from fakes.daemon import Daemon
from fakes.listener import Catch, caught, listen
from reverie.play.recording.tape import SUFFIX

pytestmark = [pytest.mark.real, pytest.mark.whole]

Visitor = Callable[..., Awaitable[Visit]]
TUNE = """
name: tune
title: A tune
tempo: 120
metre: 4/4
key: C
scale: major
touch: off
voices:
  lead:
    kind: melody
    pattern: "C5:2 . . E5:2 . . G5:2 . . C6:2 . . | A4:2 . . . D5:2 . F5:2 . . . B4:2 ."
    output: {slot: main, channel: 1, program: marimba, velocity: [100, 100]}
"""
WITHIN = 0.030
"""Seconds."""
MISSED = 0.005
"""The share of notes that may be left out: of twenty seconds none."""


@pytest.fixture
def tune(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Daemon]:
    """A daemon that is heard in browsers alone, with the shipped sounds: no program of this machine has a say."""
    monkeypatch.setenv("PATH", "/nowhere")
    daemon = Daemon(tmp_path / "daemon", {"main": {"kind": "browser"}}, TUNE)
    daemon.start()
    monkeypatch.undo()
    daemon.wait_for_bars(2)
    yield daemon
    daemon.kill()


def taped(daemon: Daemon) -> list[tuple[int, int]]:
    """Ticks from the player's first bar line, and pitches, of all notes on the tape."""
    found: list[tuple[int, int]] = []
    for journal in sorted((daemon.state / "tape").glob(f"*{SUFFIX}")):
        for line in journal.read_text().splitlines():
            match line.split():
                case ["E", tick, event, "lead", *_] if event.startswith("90") and not event.endswith("00"):
                    found.append((int(tick), int(event[2:4], 16)))
                case _:
                    pass
    return found


def moments(daemon: Daemon, heard: Catch) -> list[tuple[float, int]]:
    """The server's moments and the pitches of the taped notes within the bars that the page was told as exact."""
    bars = {bar["bar"]: bar for bar in heard.bars if bar["exact"]}
    found: list[tuple[float, int]] = []
    for tick, pitch in taped(daemon):
        bar = bars.get(tick // 1920)
        if bar is not None:
            found.append((bar["begins"] + tick % 1920 * bar["seconds"] / bar["ticks"], pitch))
    return found


def compare(daemon: Daemon, heard: Catch) -> tuple[list[float], int, int]:
    """By how much each note came late, how many of them were not heard, and how many had another pitch."""
    first, last = heard.begins + 1.0, heard.begins + len(heard.samples) / heard.rate - 0.5
    expected = [(moment, pitch) for moment, pitch in moments(daemon, heard) if first < moment < last]
    onsets = heard.onsets()
    late: list[float] = []
    missed = wrong = 0
    for moment, pitch in expected:
        near = min(onsets, key=lambda onset: abs(onset - moment), default=float("inf"))
        if abs(near - moment) > 0.1:
            missed += 1
            continue
        late.append(near - moment)
        wrong += abs(heard.pitch(near) - pitch) > 0.3
    return late, missed, wrong


async def hear(daemon: Daemon, visitor: Visitor, mode: str, seconds: float) -> Catch:
    here = await visitor(f"http://127.0.0.1:{daemon.port}/", bypass_csp=True)
    await listen(here, mode)
    await asyncio.sleep(seconds)
    return await caught(here)


def judge(mode: str, late: list[float], missed: int, wrong: int, facts: Mapping[str, Any]) -> None:
    """Tell what was heard, and find it in time and in tune."""
    told = f"{mode}: {len(late)} notes, {missed} missed, {wrong} out of tune; "
    told += f"late by {statistics.mean(late) * 1000:.1f} ms on average, "
    print(f"{told}{min(late) * 1000:.1f} to {max(late) * 1000:.1f} ms; {facts}")
    assert wrong == 0
    assert missed <= len(late) * MISSED, "a page that the machine holds up for half a second leaves a note out"
    assert max(map(abs, late)) < WITHIN


@pytest.mark.parametrize("mode", ["hall", "calm"])
async def test_a_browser_plays_every_note_of_the_tape_in_time_and_in_tune(
    tune: Daemon, visitor: Visitor, mode: str
) -> None:
    heard = await hear(tune, visitor, mode, 20.0)
    late, missed, wrong = compare(tune, heard)
    judge(mode, late, missed, wrong, heard.facts)
    assert len(late) >= 30


@pytest.mark.slow
@pytest.mark.timeout(600)
async def test_for_five_minutes_nothing_drifts_and_nothing_piles_up(tune: Daemon, visitor: Visitor) -> None:
    here = await visitor(f"http://127.0.0.1:{tune.port}/", bypass_csp=True)
    await listen(here, "hall")
    late: list[float] = []
    missed = wrong = 0
    sizes: list[Mapping[str, Any]] = []
    heaps: list[int] = []
    for number in range(30):
        await asyncio.sleep(10)
        heard = await caught(here)
        found = compare(tune, heard)
        late, missed, wrong = late + found[0], missed + found[1], wrong + found[2]
        sizes.append(heard.facts)
        if number % 6 == 5:
            heaps.append(await here.heap())
    print("heap in kB", [heap // 1000 for heap in heaps])
    judge("hall, 5 minutes", late, missed, wrong, sizes[-1])
    assert len(late) > 450
    assert max(size["sounding"] for size in sizes) < 12
    assert max(size["size"]["notes"] for size in sizes) < 120
    assert heaps[-1] < heaps[0] * 1.3, "what is over is let go"


TIMBRE = """
timbres:
  creature:
    sources: {flute: "shipped:flute", reed: "shipped:reed"}
    path: {kind: line, steps: 2}
    pace: 10 min
    pitches: {from: A4, to: C6, step: 5}
    length: 0.6
voices:"""
MORPH = TUNE.replace("name: tune", "name: morph").replace("voices:", TIMBRE) + "    timbre: {bank: creature}\n"


async def test_after_a_bank_is_ready_its_sound_is_heard(tmp_path: Path, tune: Daemon, visitor: Visitor) -> None:
    shipped = await hear(tune, visitor, "calm", 6.0)
    daemon = Daemon(tmp_path / "morphing", {"main": {"kind": "browser"}}, MORPH).start()
    try:
        daemon.wait_for_bars(1)
        here = await visitor(f"http://127.0.0.1:{daemon.port}/", bypass_csp=True)
        await listen(here, "calm")
        ready = "fetch('/api/v1/sounds').then((one) => one.json()).then((told) => told.voices.lead.origin === 'bank')"
        await here.until(ready, 150)
        await asyncio.sleep(2)
        await caught(here)
        await asyncio.sleep(6)
        bank = await caught(here)
    finally:
        daemon.kill()
    print(f"held: {held_share(shipped):.2f} of a marimba, {held_share(bank):.2f} of a bank; {bank.facts}")
    assert held_share(bank) > 2 * held_share(shipped), "a marimba fades at once, a flute is held"
    assert bank.facts["instruments"] == 1, "the sound before is forgotten"


def held_share(heard: Catch) -> float:
    """How loud notes are a fifth of a second after their beginning, beside then."""
    shares: list[float] = []
    for onset in heard.onsets():
        first = round((onset - heard.begins) * heard.rate)
        parts = [heard.samples[first + round(at * heard.rate) :][: heard.rate // 25] for at in (0.01, 0.19)]
        if all(len(part) for part in parts):
            begin, later = (float(np.sqrt(np.mean(np.square(part)))) for part in parts)
            shares.append(later / begin)
    return statistics.median(shares)
