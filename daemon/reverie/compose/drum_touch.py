"""How drums are struck: velocity and lateness as drummers have them, by a table that was learned from such.

The table (``shipped/touch.json``, made by ``tools/learn_touch.py`` from the Groove MIDI Dataset, CC BY 4.0) has for
each kind of drum the distribution of velocities, and what the context of a stroke adds to velocity and lateness; and of
what context leaves open the parts that are a player's habit, his drift, and chance. A *hand* is one player: it has
habits that stay the same from loop to loop.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from reverie.compose.deviates import deviate, drift, share_below
from reverie.compose.drum_context import features, kind_of, place_of
from reverie.music.drums import DRUM_KIT
from reverie.music.notes import Note
from reverie.music.time import STEPS_PER_QUARTER, TICKS_PER_STEP, Metre
from reverie.music.touch import Touch
from reverie.places import touch_file

FARTHEST = 36
"""Ticks by which a stroke is late or early at most."""


@dataclass(frozen=True, slots=True)
class DrumTable:
    """By kind of drum quantiles of velocity, and weights of context for velocity and timing; what is left in parts.

    Weights and parts of timing are in units of ``spread`` ticks, those of velocity in deviates of its distribution.
    """

    velocities: Sequence[Sequence[float]]
    velocity: Sequence[Sequence[float]]
    timing: Sequence[Sequence[float]]
    velocity_parts: Mapping[str, float]
    timing_parts: Mapping[str, float]
    spread: float

    def loudness(self, kind: int, deviation: float) -> float:
        """The velocity that stands in its drum's distribution where ``deviation`` does in the normal one."""
        quantiles = self.velocities[kind]
        place = share_below(deviation) * (len(quantiles) - 1)
        below = min(int(place), len(quantiles) - 2)
        return quantiles[below] + (quantiles[below + 1] - quantiles[below]) * (place - below)


@lru_cache(maxsize=2)
def drum_table(path: Path | None = None) -> DrumTable:
    """The table in a file, or that which is shipped.

    Raises:
        OSError, ValueError, KeyError: if there is none, or it is damaged; reinstalling Reverie mends it.
    """
    data: dict[str, Any] = json.loads((path or touch_file()).read_bytes())
    drums = [data["drums"][str(pitches[0])] for pitches in DRUM_KIT]
    return DrumTable(
        velocities=[one["velocities"] for one in drums],
        velocity=[one["velocity"] for one in drums],
        timing=[one["timing"] for one in drums],
        velocity_parts=data["velocity"],
        timing_parts=data["timing"],
        spread=data["spread_ticks"],
    )


@dataclass(frozen=True, slots=True)
class DrumStroke:
    """How a note is struck: how hard, from 1 to 127 as on drummers' pads, and how many ticks late."""

    velocity: float
    late: float


def struck(notes: Sequence[Note], metre: Metre, touch: Touch, seed: int) -> list[DrumStroke]:
    """How each of the notes of a drum voice's loop is struck; ``seed`` is the loop's."""
    table = drum_table()
    places = [(note.start // TICKS_PER_STEP, kind_of(note.pitch)) for note in notes]
    strokes = sorted(set(places))
    context = dict(zip(strokes, features(strokes, metre.bar_steps), strict=True))
    steps = max((step for step, _ in strokes), default=0) + 1
    loud = _Rest(table.velocity_parts, "velocity", touch.hand, seed, steps)
    late = _Rest(table.timing_parts, "timing", touch.hand, seed, steps)
    found: list[DrumStroke] = []
    for step, kind in places:
        place, own = place_of(step, metre.bar_steps), context[step, kind]
        leans = sum(table.velocity[kind][one] for one in own)
        deviation = touch.accent * leans + touch.humanize * loud.of(step, place, kind)
        behind = sum(table.timing[kind][one] for one in own) + late.of(step, place, kind)
        found.append(DrumStroke(table.loudness(kind, deviation), touch.timing * table.spread * behind))
    return found


class _Rest:
    """What context does not say of a stroke: habits of the hand, its drift in this loop, and chance."""

    def __init__(self, parts: Mapping[str, float], what: str, hand: int, seed: int, steps: int) -> None:
        self._parts, self._what, self._hand, self._seed, self._steps = parts, what, hand, seed, steps
        self._drifts: dict[int, list[float]] = {}

    def of(self, step: int, place: int, kind: int) -> float:
        beat, parts = place % STEPS_PER_QUARTER, self._parts
        return (
            parts["level"] * self._habit("level", kind)
            + parts["beat"] * self._habit("beat", beat, kind)
            + parts["beat_shared"] * self._habit("beat", beat)
            + parts["place"] * self._habit("place", place, kind)
            + parts["place_shared"] * self._habit("place", place)
            + parts["drift"] * self._drift(kind)[step]
            + parts["drift_shared"] * self._drift(-1)[step]
            + parts["chance"] * deviate(self._what, self._seed, step, kind)
            + parts["chance_shared"] * deviate(self._what, self._seed, step)
        )

    def _habit(self, *parts: int | str) -> float:
        return deviate(self._what, self._hand, *parts)

    def _drift(self, kind: int) -> list[float]:
        if kind not in self._drifts:
            self._drifts[kind] = [*drift(self._steps, self._parts["memory"], self._what, "drift", self._seed, kind)]
        return self._drifts[kind]
