"""How well a loop does what its relations ask of it: a measure from 0 to 1 for each."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from itertools import pairwise
from typing import Any

from reverie.compose.chord_places import is_rough
from reverie.compose.heard_music import HeardBar, bars_of, heard_bars
from reverie.compose.recipe import Recipe
from reverie.compose.relations import Relation, RelationKind
from reverie.compose.sounding_bass import SoundingBass, bass_of
from reverie.music.harmony import OCTAVE
from reverie.music.notes import Loop
from reverie.music.time import STEPS_PER_QUARTER

BUSY = 3
"""Sixteenths of a quarter in which something begins: with so many it is full."""
NEAR = 4
"""Semitones: two tunes that are closer for long melt into one (Huron, *Tone and Voice*, 2001)."""
_PRECISION = 0.25
"""How much the other's moments that are met count beside one's own that meet one, squared: F0.5 of retrieval."""

Pair = tuple[HeardBar, HeardBar]
"""A bar of the loop, and what is heard for it."""


class RelationScores:
    """The scores of one recipe's loops; what is heard is read once for all candidates."""

    def __init__(self, recipe: Recipe) -> None:
        relations = [one for one in recipe.relations if one.kind in MEASURES]
        self._heard = [(one, pairs) for one in relations if (pairs := heard_bars(recipe, one))]
        suited = [one for one in recipe.relations if one.suits]
        self._basses = [(one, bass_of((one,), recipe.heard, recipe.loops, recipe.bars, recipe.metre)) for one in suited]
        self._drums = recipe.traits.drums

    def __call__(self, loop: Loop) -> Mapping[str, tuple[float, float]]:
        """Weight and score by the relation's name. One of which nothing is heard has none."""
        scores: dict[str, tuple[float, float]] = {}
        for relation, bass in self._basses:
            score = smooth(bass, loop)
            if score is not None:
                scores[relation.name] = relation.weight, score
        if not self._heard:
            return scores
        own = bars_of(loop)
        for relation, heard in self._heard:
            pairs = [(own[number], other) for number, other in heard]
            measure = _imitate_drums if self._drums and relation.kind == "imitate" else MEASURES[relation.kind]
            score = measure(relation, pairs)
            if score is not None:
                scores[relation.name] = relation.weight, score
        return scores


def overlap(pairs: Sequence[Pair]) -> float:
    """The share of one's own moments at which the other begins something, too."""
    own = sum(len(mine.struck) for mine, _ in pairs)
    return sum(len(mine.struck & other.struck) for mine, other in pairs) / own if own else 0.0


def smooth(bass: SoundingBass, loop: Loop) -> float | None:
    """Of what sounds on strong places while the bass does: the share that is smooth over it."""
    found: list[bool] = []
    metre = loop.metre
    for tick in (bar + place for bar in range(0, loop.ticks, metre.bar_ticks) for place in metre.strong):
        below = bass.at(tick)
        if below is not None:
            found += [not is_rough(note.pitch, below) for note in loop.notes if note.start <= tick < note.end]
    return _mean(found) if found else None


def _lock(_: Relation, pairs: Sequence[Pair]) -> float | None:
    """Whether one's own moments are the other's; bars in which the other has none do not count."""
    return _together([(mine.struck, other.struck) for mine, other in pairs if other.onsets])


def _answer(_: Relation, pairs: Sequence[Pair]) -> float | None:
    """Half by how few of one's own moments are the other's, half by how few are beside one of the other's."""
    own = sum(len(mine.struck) for mine, _ in pairs)
    if not any(other.onsets for _, other in pairs) or not own:
        return None
    beside = sum(len(mine.struck & _around(other.struck)) for mine, other in pairs)
    return 1.0 - (overlap(pairs) + beside / own) / 2


def _imitate(relation: Relation, pairs: Sequence[Pair]) -> float | None:
    """By rhythm, by the direction of each step, and by how near pitches are, in whatever octave."""
    pairs = [(mine, other) for mine, other in pairs if other.onsets]
    if not pairs:
        return None
    rhythm = _together([(mine.struck, other.struck) for mine, other in pairs])
    ways = _same_ways(pairs)
    near: list[float] = []
    for mine, other in pairs:
        meant = {step: pitch + relation.interval for step, pitch in other.onsets}
        near += [_nearness(pitch, meant[step]) for step, pitch in mine.onsets if step in meant]
    return ((rhythm or 0.0) + _mean(ways) + _mean(near)) / 3


def _follow(_: Relation, pairs: Sequence[Pair]) -> float | None:
    """By the direction of each step; bars in which the other has fewer than two ask for nothing."""
    ways = _same_ways(pairs)
    return _mean(ways) if ways else None


def _same_ways(pairs: Sequence[Pair]) -> list[bool]:
    """Of each step of the other's during which something of one's own sounds, whether that goes the same way."""
    ways: list[bool] = []
    for mine, other in pairs:
        for (step, pitch), (after, next_pitch) in pairwise(other.onsets):
            here, there = mine.sounding[step], mine.sounding[after]
            if step < after and here and there:
                ways.append(_sign(max(there) - max(here)) == _sign(next_pitch - pitch))
    return ways


def _imitate_drums(_: Relation, pairs: Sequence[Pair]) -> float | None:
    """Whether the same drums are struck."""
    return _together([({*mine.onsets}, {*other.onsets}) for mine, other in pairs if other.onsets])


def _avoid(relation: Relation, pairs: Sequence[Pair]) -> float | None:
    return {"register": _apart, "onsets": _never_together, "density": _when_idle}[relation.of](pairs)


def _apart(pairs: Sequence[Pair]) -> float | None:
    """The share of the time in which both sound and are not close."""
    both = [
        min(abs(one - another) for one in mine.sounding[step] for another in other.sounding[step])
        for mine, other in pairs
        for step in range(min(len(mine.sounding), len(other.sounding)))
        if mine.sounding[step] and other.sounding[step]
    ]
    return sum(apart >= NEAR for apart in both) / len(both) if both else None


def _never_together(pairs: Sequence[Pair]) -> float | None:
    return 1.0 - overlap(pairs) if any(other.onsets for _, other in pairs) else None


def _when_idle(pairs: Sequence[Pair]) -> float | None:
    """How idle the other is, on average, in the quarters in which one begins one's own notes."""
    busy = [busy_quarter(other.struck, step) for mine, other in pairs for step in mine.struck]
    return 1.0 - _mean(busy) if busy and any(other.onsets for _, other in pairs) else None


def _double(relation: Relation, pairs: Sequence[Pair]) -> float | None:
    """Half by rhythm, half by how many notes that begin together are the interval apart, in whatever octave."""
    pairs = [(mine, other) for mine, other in pairs if other.onsets]
    if not pairs:
        return None
    same = [
        (pitch - relation.interval - another) % OCTAVE == 0
        for mine, other in pairs
        for step, pitch in mine.onsets
        for place, another in other.onsets
        if step == place
    ]
    return ((_together([(mine.struck, other.struck) for mine, other in pairs]) or 0.0) + _mean(same)) / 2


def _fill(_: Relation, pairs: Sequence[Pair]) -> float | None:
    """How much of what is struck is struck where the other rests; a half where it makes no difference."""
    rests = plays = in_rests = in_plays = 0
    for mine, other in pairs:
        idle = {step for step in range(len(other.sounding)) if _rests(other, step)}
        rests += len(idle)
        plays += len(other.sounding) - len(idle)
        in_rests += sum(step in idle for step, _ in mine.onsets)
        in_plays += sum(step not in idle for step, _ in mine.onsets)
    if not rests or not plays:
        return None
    there, elsewhere = in_rests / rests, in_plays / plays
    return there / (there + elsewhere) if there + elsewhere else 0.0


MEASURES: Mapping[RelationKind, Callable[[Relation, Sequence[Pair]], float | None]] = {
    "lock": _lock,
    "answer": _answer,
    "imitate": _imitate,
    "avoid": _avoid,
    "double": _double,
    "fill": _fill,
    "follow": _follow,
}
"""By kind of relation; what suits has a measure of its own (:func:`smooth`). None: what is heard asks for nothing."""


def _together(struck: Sequence[tuple[AbstractSet[Any], AbstractSet[Any]]]) -> float | None:
    """How far one's own moments are the other's: 1 if all are, and all of the other's are met (F0.5)."""
    if not struck:
        return None
    met = sum(len(mine & other) for mine, other in struck)
    if not met:
        return 0.0
    precision, recall = met / sum(len(mine) for mine, _ in struck), met / sum(len(other) for _, other in struck)
    return (1 + _PRECISION) * precision * recall / (_PRECISION * precision + recall)


def _around(steps: set[int]) -> set[int]:
    return {step + by for step in steps for by in (-1, 0, 1)}


def busy_quarter(struck: set[int], step: int) -> float:
    """How full of beginnings the quarter of a sixteenth is, 0 to 1."""
    first = step - step % STEPS_PER_QUARTER
    return min(len(struck & {*range(first, first + STEPS_PER_QUARTER)}) / BUSY, 1.0)


def _rests(bar: HeardBar, step: int) -> bool:
    """Whether nothing begins in the quarter of this sixteenth: whatever is held there leaves room."""
    return not busy_quarter(bar.struck, step)


def _sign(number: int) -> int:
    return (number > 0) - (number < 0)


def _nearness(pitch: int, other: int) -> float:
    """1 for the same pitch class; 0 for one a tritone away."""
    apart = (pitch - other) % OCTAVE
    return 1.0 - min(apart, OCTAVE - apart) / (OCTAVE / 2)


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else 0.0
