"""A tune of which every note is known, and how what a browser made of it differs from the daemon's tape."""

from __future__ import annotations

import statistics
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from fakes.daemon import Daemon
from fakes.listener import Catch
from reverie.play.recording.tape import SUFFIX

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
MISSED, MISSED_BESIDE_OTHERS = 0.005, 0.05
"""The share of notes that may be left out, where the machine has nothing else to do and where it has."""
IN_TIME_BESIDE_OTHERS = 0.9
"""The share of notes that must come in time where the machine has something else to do."""


def start_tune(folder: Path) -> Daemon:
    """A daemon that is heard in browsers alone, with the shipped sounds: no program of this machine has a say."""
    daemon = Daemon(folder, {"main": {"kind": "browser"}}, TUNE)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PATH", "/nowhere")
        daemon.start()
    return daemon


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


def moments(daemon: Daemon, told: list[dict[str, Any]]) -> list[tuple[float, int]]:
    """The server's moments and the pitches of the taped notes within the bars that the page was ``told`` as exact."""
    bars = {bar["bar"]: bar for bar in told if bar["exact"]}
    found: list[tuple[float, int]] = []
    for tick, pitch in taped(daemon):
        bar = bars.get(tick // 1920)
        if bar is not None:
            found.append((bar["begins"] + tick % 1920 * bar["seconds"] / bar["ticks"], pitch))
    return found


def compare(daemon: Daemon, heard: Catch) -> tuple[list[float], int, int]:
    """By how much each note came late, how many of them were not heard, and how many had another pitch."""
    first, last = heard.begins + 1.0, heard.begins + len(heard.samples) / heard.rate - 0.5
    expected = [(moment, pitch) for moment, pitch in moments(daemon, heard.bars) if first < moment < last]
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


def judge(
    mode: str, late: list[float], missed: int, wrong: int, facts: Mapping[str, Any], *, alone: bool = False
) -> None:
    """Tell what was heard, and find it in time and in tune: every note where the page is ``alone`` on the machine.

    Elsewhere what makes a sound in time is held up now and then; most notes come in time all the same.
    """
    told = f"{mode}: {len(late)} notes, {missed} missed, {wrong} out of tune; "
    told += f"late by {statistics.mean(late) * 1000:.1f} ms on average, "
    print(f"{told}{min(late) * 1000:.1f} to {max(late) * 1000:.1f} ms; {facts}")
    assert wrong == 0
    in_time = sum(abs(one) < WITHIN for one in late)
    if alone:
        assert missed <= len(late) * MISSED, "a page that the machine holds up for half a second leaves a note out"
        assert in_time == len(late)
    else:
        assert missed <= len(late) * MISSED_BESIDE_OTHERS
        assert in_time >= len(late) * IN_TIME_BESIDE_OTHERS
