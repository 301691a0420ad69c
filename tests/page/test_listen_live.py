"""A browser plays what the tape has: its sound is held against a real daemon's."""

from __future__ import annotations

import asyncio
import statistics
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

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
    first, last = heard.begins + 0.5, heard.begins + len(heard.samples) / heard.rate - 0.5
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


@pytest.mark.parametrize("mode", ["hall", "calm"])
async def test_a_browser_plays_every_note_of_the_tape_in_time_and_in_tune(
    tune: Daemon, visitor: Visitor, mode: str
) -> None:
    heard = await hear(tune, visitor, mode, 20.0)
    late, missed, wrong = compare(tune, heard)
    told = (
        f"{mode}: {len(late)} notes, {missed} missed, {wrong} out of tune; late by {statistics.mean(late) * 1000:.1f}"
    )
    print(f"{told} ms on average, {min(late) * 1000:.1f} to {max(late) * 1000:.1f} ms", heard.facts)
    assert len(late) >= 30
    assert (missed, wrong) == (0, 0)
    assert max(map(abs, late)) < WITHIN
