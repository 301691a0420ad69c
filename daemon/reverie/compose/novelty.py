"""What a voice has played for a week, and how new a loop is beside it.

Moments are seconds on any clock that goes on: of music offline, of the time that Reverie has run in the daemon. A clock
that goes back counts as one that stands still.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reverie.compose.fingerprint import SIZE, Fingerprint, distance_of, estimated, features, fingerprint_of
from reverie.compose.novelty_bands import HOUR, WEEK, Novelty, NoveltyBands
from reverie.compose.recipe import Recipe
from reverie.music.notes import Loop

MOST_LOOPS = 16_384
"""Loops of a voice that are remembered; of more, the older ones are thinned out. They take 80 bytes each."""
MOST_VOICES = 32
"""Voices that are remembered at a time; whose last loop is longest ago is forgotten first."""
_KEPT = MOST_LOOPS * 3 // 4
"""Loops that are left when a voice has too many, at most."""
_FEWEST = 64

Voice = tuple[str, str]
"""The names of a scene, and of a voice in it."""
Row = tuple[float, Fingerprint]
"""A moment, and what was played then."""


@dataclass(frozen=True, slots=True)
class Nearest:
    """How far a loop is from the most similar one of the last hour, and of the last week; None without any."""

    hour: float | None = None
    week: float | None = None


class NoveltyMemory:
    """What voices have played.

    Args:
        read: what is kept of a voice, from the last time that Reverie ran; asked once, when the voice is first spoken
            of.
    """

    def __init__(self, read: Callable[[Voice], Iterable[Row]] = lambda _voice: ()) -> None:
        self._read = read
        self._voices: dict[Voice, _Played] = {}

    def remember(self, voice: Voice, loop: Fingerprint, moment: float) -> None:
        """A voice plays a loop; one that it has played before is as new as ever from now on."""
        self._of(voice).add(loop, moment)

    def nearest(self, voice: Voice, loop: Fingerprint, moment: float) -> Nearest:
        """How far a loop is from what its voice has played."""
        return self._of(voice).nearest(loop, moment)

    def up_to(self, moment: float, bands: NoveltyBands | None) -> LoopsPlayed:
        """What has been played up to a moment, for a voice that has these bands."""
        return LoopsPlayed(self, moment, bands)

    def count(self, voice: Voice) -> int:
        """How many loops of a voice are remembered."""
        return self._of(voice).count

    def _of(self, voice: Voice) -> _Played:
        played = self._voices.pop(voice, None)
        if played is None:
            played = _Played()
            for moment, loop in self._read(voice):
                played.add(loop, moment)
        self._voices[voice] = played
        while len(self._voices) > MOST_VOICES:
            del self._voices[next(iter(self._voices))]
        return played


class _Played:
    """What one voice has played: a column for each loop, in no order."""

    def __init__(self) -> None:
        self.count = 0
        self._latest = 0.0
        self._moments: NDArray[np.float64] = np.zeros(_FEWEST)
        self._exact: NDArray[np.uint64] = np.zeros(_FEWEST, np.uint64)
        self._sketches: NDArray[np.uint8] = np.zeros((SIZE, _FEWEST), np.uint8)

    def add(self, loop: Fingerprint, moment: float) -> None:
        now = self._now(moment)
        known = np.flatnonzero(self._exact[: self.count] == np.uint64(loop.exact))
        if len(known):
            self._moments[known] = now
            return
        if self.count == len(self._moments):
            self._make_room(now)
        self._moments[self.count] = now
        self._exact[self.count] = loop.exact
        self._sketches[:, self.count] = np.frombuffer(loop.sketch, np.uint8)
        self.count += 1

    def nearest(self, loop: Fingerprint, moment: float) -> Nearest:
        now = self._now(moment)
        ages = now - self._moments[: self.count]
        sketch = np.frombuffer(loop.sketch, np.uint8)
        equal = (self._sketches[:, : self.count] == sketch[:, None]).sum(axis=0, dtype=np.uint8)
        # One more than all bytes: the very same.
        equal[self._exact[: self.count] == np.uint64(loop.exact)] = SIZE + 1
        return Nearest(_distance(equal[ages <= HOUR]), _distance(equal[ages <= WEEK]))

    def _now(self, moment: float) -> float:
        self._latest = max(self._latest, moment)
        return self._latest

    def _make_room(self, now: float) -> None:
        if self.count < MOST_LOOPS:
            self._keep(np.arange(self.count), min(2 * self.count, MOST_LOOPS))
            return
        order = np.argsort(self._moments[: self.count], kind="stable")
        ages = now - self._moments[order]
        order = order[ages <= WEEK]
        if len(order) > _KEPT:
            older = order[now - self._moments[order] > HOUR]
            order = np.concatenate([older[::2], order[len(older) :]])
        self._keep(order[-_KEPT:], MOST_LOOPS)

    def _keep(self, which: NDArray[Any], room: int) -> None:
        """Keep these columns, in room for so many."""
        kept = len(which)
        moments, exact, sketches = self._moments[which], self._exact[which], self._sketches[:, which]
        self._moments, self._exact = np.zeros(room), np.zeros(room, np.uint64)
        self._sketches = np.zeros((SIZE, room), np.uint8)
        self._moments[:kept], self._exact[:kept], self._sketches[:, :kept] = moments, exact, sketches
        self.count = kept


def _distance(equal: NDArray[np.uint8]) -> float | None:
    if not len(equal):
        return None
    most = int(equal.max())
    return 0.0 if most > SIZE else estimated(most)


@dataclass(frozen=True, slots=True)
class LoopsPlayed:
    """What a voice has played up to a moment, as whoever composes for it asks; ``bands`` are those of the voice."""

    memory: NoveltyMemory
    moment: float = 0.0
    bands: NoveltyBands | None = None

    def novelty(self, recipe: Recipe, loop: Loop) -> Novelty:
        """How new a loop is. What no model composed is meant as it is, and so is inside whatever bands there are."""
        counted = features(loop, recipe.kind)
        near = self.memory.nearest((recipe.scene, recipe.voice), fingerprint_of(counted), self.moment)
        before = _before(recipe)
        last = None if before is None else round(distance_of(counted, features(before, recipe.kind)), 4)
        guarded = self.bands is not None and recipe.drawn
        excess = self.bands.excess(last, near.hour, near.week) if self.bands is not None and guarded else 0.0
        return Novelty(last, _rounded(near.hour), _rounded(near.week), round(excess, 4), guarded)

    def remember(self, recipe: Recipe, loop: Loop) -> None:
        """The voice plays this now."""
        self.memory.remember((recipe.scene, recipe.voice), fingerprint_of(features(loop, recipe.kind)), self.moment)


def _before(recipe: Recipe) -> Loop | None:
    """The loop before, which may be longer than the voice's loops are now."""
    if not recipe.before:
        return None
    ticks = max(note.end for note in recipe.before)
    return Loop(max(recipe.bars, -(-ticks // recipe.metre.bar_ticks)), recipe.metre, recipe.before)


def _rounded(distance: float | None) -> float | None:
    return None if distance is None else round(distance, 4)
