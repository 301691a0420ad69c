"""Strokes of drums as they were played: read from MIDI files, and measured. The same for people and for Reverie."""

from __future__ import annotations

import csv
import importlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reverie.compose.drum_context import KINDS, PLACES, kind_of
from reverie.music.time import TICKS_PER_QUARTER, TICKS_PER_STEP

Ticks = NDArray[np.float64]
Whole = NDArray[np.int64]

NEAR = 30
"""Ticks from a sixteenth within which a stroke belongs to it; what is farther off is a triplet, a flam or a roll."""
DRIFT = 2 * TICKS_PER_QUARTER
"""Ticks to either side over which the mean lateness is the player's own pace, his drift against the click."""
TRIPLET = TICKS_PER_QUARTER // 3
LEAST = 32
"""Strokes that a performance has at least, to be counted."""
PASSAGE = 2 * PLACES
"""Steps over which the spread of velocities is measured beside their range: two bars, a loop."""
LEAST_IN_PASSAGE = 12
KIND_NUMBERS = range(KINDS)
_RIM_OF_FLOOR_TOM = 58


@dataclass(frozen=True)
class Performance:
    """Strokes in order: step from the first bar line, kind of drum, velocity, and ticks of lateness without drift."""

    steps: Whole
    kinds: Whole
    velocities: Whole
    late: Ticks

    @property
    def places(self) -> Whole:
        """The place of each stroke in its bar of four quarters."""
        return self.steps % PLACES


def groove(folder: Path, split: str) -> Iterator[Performance]:
    """The beats in 4/4 of one split of the Groove MIDI Dataset."""
    with (folder / "info.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            path = folder / row["midi_filename"]
            if (row["beat_type"], row["time_signature"], row["split"]) == ("beat", "4-4", split) and path.exists():
                found = played(path)
                if len(found.steps) >= LEAST:
                    yield found


def played(path: Path, channel: int | None = None) -> Performance:
    """The strokes of a MIDI file that are on the sixteenths; of one struck twice at a place the louder.

    The player's pace is removed before a stroke is given its sixteenth, and bars that are played in triplets are left
    out.
    """
    rows = sorted(_strokes(path, channel))
    if not rows:
        none = np.zeros(0, np.int64)
        return Performance(none, none, none, np.zeros(0))
    ticks, kinds, velocities = (np.array(column) for column in zip(*rows, strict=True))
    off = ticks - np.round(ticks / TICKS_PER_STEP) * TICKS_PER_STEP
    on_pace = ticks - _pace(ticks, off)
    steps = np.round(on_pace / TICKS_PER_STEP).astype(np.int64)
    late = on_pace - steps * TICKS_PER_STEP
    kept = (np.abs(late) <= NEAR) & _straight(on_pace, late, steps)
    order = [number for number in np.lexsort((-velocities, kinds, steps)) if kept[number]]
    firsts = [n for i, n in enumerate(order) if not i or (steps[n], kinds[n]) != _key(steps, kinds, order[i - 1])]
    return Performance(steps[firsts], kinds[firsts], velocities[firsts], late[firsts])


def _key(steps: Whole, kinds: Whole, number: int) -> tuple[int, int]:
    return steps[number], kinds[number]


def _strokes(path: Path, channel: int | None) -> Iterator[tuple[float, int, int]]:
    mido: Any = importlib.import_module("mido")  # it has no types
    file = mido.MidiFile(path)
    tick = 0
    for message in mido.merge_tracks(file.tracks):
        tick += message.time
        struck = message.type == "note_on" and message.velocity and message.note != _RIM_OF_FLOOR_TOM
        if struck and channel in {None, message.channel}:
            yield tick * TICKS_PER_QUARTER / file.ticks_per_beat, kind_of(message.note), message.velocity


def _pace(ticks: Ticks, off: Ticks) -> Ticks:
    near = np.abs(off) <= NEAR
    sums = np.concatenate([[0.0], np.cumsum(np.where(near, off, 0.0))])
    counts = np.concatenate([[0], np.cumsum(near)])
    first, last = np.searchsorted(ticks, ticks - DRIFT), np.searchsorted(ticks, ticks + DRIFT, "right")
    return (sums[last] - sums[first]) / np.maximum(counts[last] - counts[first], 1)


def _straight(ticks: Ticks, late: Ticks, steps: Whole) -> NDArray[np.bool_]:
    """Whether the strokes of each one's bar fit sixteenths at least as well as triplets."""
    triplet = ticks - np.round(ticks / TRIPLET) * TRIPLET
    _, bar = np.unique(steps // PLACES, return_inverse=True)
    most = float(NEAR**2)
    even = np.bincount(bar, np.minimum(late**2, most))
    return (even <= np.bincount(bar, np.minimum(triplet**2, most)))[bar]


def figures(performances: list[Performance]) -> dict[str, float]:
    """How performances are played: each figure the mean over them, by their strokes.

    ``velocity_spread`` is the standard deviation, ``velocity_spread_by_range`` the same over two bars by the range of
    these, ``velocity_explained`` the share of its variance between the groups of one drum at one place of the bar,
    ``timing_ticks`` the standard deviation of lateness, ``velocities`` how many different ones there are.
    """
    rows = [_figures(one) for one in performances]
    weights = np.array([len(one.steps) for one in performances], float)
    names = rows[0] if rows else ()
    return {name: round(float(np.average([row[name] for row in rows], weights=weights)), 3) for name in names}


def _figures(one: Performance) -> dict[str, float]:
    velocities = one.velocities.astype(float)
    _, cell = np.unique(one.kinds * PLACES + one.places, return_inverse=True)
    means = np.bincount(cell, velocities) / np.bincount(cell)
    return {
        "velocity_spread": float(velocities.std()),
        "velocity_spread_by_range": _by_range(one),
        "velocity_explained": float(means[cell].var() / max(velocities.var(), 1e-9)),
        "velocities": float(len(set(one.velocities.tolist()))),
        "timing_ticks": float(one.late.std()),
    }


def _by_range(one: Performance) -> float:
    shares: list[tuple[float, int]] = []
    for passage in np.unique(one.steps // PASSAGE):
        own = one.velocities[one.steps // PASSAGE == passage]
        if len(own) >= LEAST_IN_PASSAGE and np.ptp(own):
            shares.append((float(own.std() / np.ptp(own)), len(own)))
    return sum(share * count for share, count in shares) / max(sum(count for _, count in shares), 1)
