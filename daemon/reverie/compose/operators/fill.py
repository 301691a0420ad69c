"""A bar of drums that leads into what comes next: what is played anyway, and from some beat on a run that grows.

The kick goes on below it. Where the run begins, on which drums it goes, and how densely, is drawn from the seed.
"""

from __future__ import annotations

import random
from collections.abc import Iterator

from reverie.compose.operators.operator import Operator
from reverie.compose.recipe import Recipe
from reverie.music.drums import DRUMS
from reverie.music.notes import Note
from reverie.music.time import TICKS_PER_STEP

_KICK, _SNARE = DRUMS["bass"], DRUMS["snare"]
_WAYS: tuple[tuple[int, ...], ...] = (
    (_SNARE,),
    (_SNARE, DRUMS["high-tom"], DRUMS["mid-tom"], DRUMS["low-tom"]),
    (DRUMS["high-tom"], DRUMS["mid-tom"], DRUMS["low-tom"]),
    (_SNARE, DRUMS["low-tom"]),
)
"""On which drums a run goes, one after the other."""
_SPARSE = 0.35
"""The share of its strokes that a run leaves out where it begins; where it ends, it leaves out none."""
_SOFTEST = 0.35


def _filled(recipe: Recipe) -> Iterator[Note]:
    chance = random.Random(f"fill {recipe.seed}")
    metre = recipe.metre
    beats = metre.beats
    lengths = [one for one in (1, 2, 3) if one < len(beats)] or [len(beats)]
    begin = beats[len(beats) - lengths[int(chance.random() * len(lengths))]]
    way = _WAYS[int(chance.random() * len(_WAYS))]
    for note in recipe.before:
        if note.start < begin or note.pitch == _KICK:
            yield note
    steps = range(begin, metre.bar_ticks, TICKS_PER_STEP)
    low, high = recipe.limits.velocity_low, recipe.limits.velocity_high
    for number, start in enumerate(steps):
        share = number / max(len(steps) - 1, 1)
        weak = metre.accent(start) == 0
        if weak and chance.random() < _SPARSE * (1 - share):
            continue
        pitch = way[min(int(share * len(way)), len(way) - 1)]
        loud = _SOFTEST + (1 - _SOFTEST) * share - (0.1 if weak else 0.0)
        yield Note(start, TICKS_PER_STEP, pitch, round(low + (high - low) * max(loud, 0.0)))


FILL = Operator("fill", derive=_filled)
