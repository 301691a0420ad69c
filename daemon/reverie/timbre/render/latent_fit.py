"""The latent whose notes are nearest to a sound: searched for along the generator's gradient.

A listener's answer is near to what a sound is like, and no more: its notes are 13 dB from their own sound. So it is
where the search begins; a model without a listener, as Google's, begins with the best of some that are drawn. Notes are
compared with the sound at its own pitch, and a fifth below and above it, each with the sound transposed there: so that
the latent has the timbre and the label the pitch. Adam (https://arxiv.org/abs/1412.6980) then goes a number of steps
that is always the same, so that no clock decides what is found.

The end is listened to, at pitches nearly two octaves around: far from what the model was trained with, notes may be an
octave off. Where fewer of them are in tune than where it began (but for one), the search goes back until there are not.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from reverie.models.archive import packed, unpacked
from reverie.models.gansynth.gradient import GeneratorGradient
from reverie.models.gansynth.latents import latent
from reverie.models.gansynth.likeness import Likeness
from reverie.timbre.bank.tune import measure_pitch
from reverie.timbre.sound import Sound

Array = NDArray[np.float32]

SECONDS = 2.0
"""Of a note that are compared."""
APART = 7
"""Semitones between the pitches at which notes are compared."""
FAR, BETWEEN = 20, 1
"""Semitones up to which notes are listened to, and from one to the next."""
STEPS = 40
DRAWN = 24
"""Latents of which the best is where a search without a listener begins."""
_STRIDE = 0.3
"""How far a number of the latent goes in the first step; the last ones are shorter and shorter, along a cosine."""
_NORMAL = 4.0
"""What a latent counts that is as large as those that are drawn, in squared dB: the model knows those best."""
_SHARES = (0.0, 1.0, 0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.25)
"""Shares of the way that are listened to: the beginning, and then others until one is as much in tune."""
_FORGIVEN = 0.04
"""Of the notes that are listened to, how many may be lost for a nearer sound: one of two octaves and more."""
_HEARD = 0.6
"""Seconds of a note that are listened to."""
_TUNE = 0.5
"""Semitones that a note may be out of tune."""
_MEMORY = (0.9, 0.98)
"""How much Adam keeps from step to step, of gradients and of their squares."""
_TINY = 1e-8

_Item = TypeVar("_Item")
_Answer = TypeVar("_Answer")


class PlaysLatents(Protocol):
    """What plays the notes that are listened to."""

    @property
    def rate(self) -> int:
        """Samples a second."""
        ...

    def samples(self, code: Array, label: int, samples: int) -> Array:
        """The first samples of a note."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class WantedNote:
    """What a note of a label should be: levels as of :meth:`Likeness.levels`."""

    label: int
    levels: tuple[Array, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Goal:
    """What a search is for, and what it has; ``tried`` are the labels whose notes must be in tune."""

    plays: PlaysLatents
    gradient: GeneratorGradient
    likeness: Likeness
    frames: int
    wanted: tuple[WantedNote, ...]
    tried: tuple[int, ...]
    workers: int = 2

    def distance(self, point: Array) -> float:
        """How far the notes of a latent are from the sound, in dB."""
        return math.sqrt(np.mean([self._square(point, one) for one in self.wanted]))

    def nearest(self, points: Sequence[Array]) -> Array:
        """The best of some, by one note of each."""
        middle = self.wanted[len(self.wanted) // 2]
        squares = self._each(lambda point: self._square(point, middle), points)
        return points[int(np.argmin(squares))]

    def slope(self, point: Array) -> tuple[float, Array]:
        """What is to become small, and its gradient."""

        def at(one: WantedNote) -> tuple[float, Array]:
            magnitudes, back = self.gradient.magnitudes(point, one.label, self.frames)
            square, gradient = self.likeness.slope(magnitudes, one.levels)
            return square, back(gradient)

        found = self._each(at, self.wanted)
        far = np.float32(_NORMAL / len(point)) * point
        whole = np.mean([gradient for _, gradient in found], axis=0) + 2 * far
        return float(np.mean([square for square, _ in found]) + far @ point), whole.astype(np.float32)

    def in_tune(self, point: Array) -> int:
        """How many of the notes that are tried are in tune."""

        def is_in_tune(label: int) -> bool:
            samples = self.plays.samples(point, label, round(_HEARD * self.plays.rate))
            pitch = measure_pitch(Sound(samples, self.plays.rate))
            return pitch is not None and abs(pitch - self.gradient.settings.pitches[label]) <= _TUNE

        return sum(self._each(is_in_tune, self.tried))

    def _square(self, point: Array, one: WantedNote) -> float:
        magnitudes, _ = self.gradient.magnitudes(point, one.label, self.frames)
        return self.likeness.slope(magnitudes, one.levels)[0]

    def _each(self, do: Callable[[_Item], _Answer], items: Sequence[_Item]) -> list[_Answer]:
        if self.workers == 1:
            return [do(item) for item in items]
        with ThreadPoolExecutor(self.workers) as threads:
            return list(threads.map(do, items))


@dataclass(frozen=True, slots=True, eq=False)
class SearchState:
    """How far a search has come: ``step`` steps are done, and ``listened`` of the shares of the way heard.

    ``begin`` is where it began, ``point`` where it is, ``mean`` and ``square`` what Adam keeps, ``best`` the best point
    so far with what it ``costs``. So many notes of the beginning are in ``tune``; ``found`` is a point with as many.
    """

    begin: Array
    point: Array
    mean: Array
    square: Array
    best: Array
    costs: float = math.inf
    step: int = 0
    listened: int = 0
    found: Array | None = None
    tune: int = -1

    @classmethod
    def at(cls, point: Array) -> SearchState:
        """A search that begins there."""
        return cls(point, point, np.zeros_like(point), np.zeros_like(point), point)


class LatentFit:
    """A search, slice by slice; equal arguments find the same latent."""

    def __init__(self, goal: Goal, size: int, heard: Array | None, search: SearchState | None = None) -> None:
        """Begin where a listener has ``heard`` the sound, or with the best of some latents of ``size``; or go on."""
        self._goal, self._size, self._heard = goal, size, heard
        self._search = search

    @property
    def done(self) -> float:
        """The share that is done, from 0 to 1."""
        now = self._search
        if now is None:
            return 0.0
        return 1.0 if self._ended(now) else (1 + now.step + now.listened) / (1 + STEPS + len(_SHARES))

    def advance(self) -> bool:
        """Choose where to begin, go a step, or listen to a point; True once all is done."""
        now = self._search
        if now is None:
            heard = self._heard
            drawn = [heard] if heard is not None else [latent(self._size, seed) for seed in range(DRAWN)]
            self._search = SearchState.at(drawn[0] if len(drawn) == 1 else self._goal.nearest(drawn))
        elif now.step < STEPS:
            self._search = self._stepped(now)
        elif not self._ended(now):
            self._search = self._listened(now)
        return self._search is not None and self._ended(self._search)

    def code(self) -> Array:
        """The latent; only once all is done."""
        if self._search is None:
            raise RuntimeError("the search has not begun")
        if self._search.found is not None:
            return self._search.found
        return self._search.begin if self._goal.tried else self._search.best

    def freeze(self) -> bytes:
        """All that :meth:`thawed` needs to go on from here."""
        now = self._search
        if now is None:
            return packed({})
        tensors: dict[str, NDArray[Any]] = {name: getattr(now, name) for name in _POINTS}
        numbers = np.array([now.costs, now.step, now.listened, now.tune], np.float64)
        return packed({**tensors, "numbers": numbers, **({} if now.found is None else {"found": now.found})})

    def thawed(self, frozen: bytes) -> LatentFit:
        """This search from where it was frozen; from its beginning if that is damaged or of another model."""
        try:
            tensors = unpacked(frozen)
            points = {name: tensors[name] for name in (*_POINTS, *(["found"] if "found" in tensors else []))}
            costs, step, listened, tune = tensors["numbers"].tolist()
        except (ValueError, LookupError):
            return self
        if any(point.shape != (self._size,) or point.dtype != np.float32 for point in points.values()):
            return self
        search = SearchState(**points, costs=costs, step=int(step), listened=int(listened), tune=int(tune))
        return LatentFit(self._goal, self._size, self._heard, search)

    def _ended(self, now: SearchState) -> bool:
        if now.step < STEPS:
            return False
        return not self._goal.tried or now.found is not None or now.listened == len(_SHARES)

    def _stepped(self, now: SearchState) -> SearchState:
        costs, slope = self._goal.slope(now.point)
        first, second = _MEMORY
        mean = first * now.mean + (1 - first) * slope
        square = second * now.square + (1 - second) * slope * slope
        stride = 0.5 * _STRIDE * (1 + math.cos(math.pi * now.step / STEPS))
        unbiased = mean / (1 - first ** (now.step + 1)), square / (1 - second ** (now.step + 1))
        point = now.point - stride * unbiased[0] / (np.sqrt(unbiased[1]) + _TINY)
        best, costs = (now.point, costs) if costs < now.costs else (now.best, now.costs)
        moved = {"point": point, "mean": mean, "square": square}
        return replace(
            now,
            **{name: value.astype(np.float32) for name, value in moved.items()},
            best=best,
            costs=costs,
            step=now.step + 1,
        )

    def _listened(self, now: SearchState) -> SearchState:
        share = np.float32(_SHARES[now.listened])
        point = (now.begin + share * (now.best - now.begin)).astype(np.float32)
        tune, listened = self._goal.in_tune(point), now.listened + 1
        forgiven = int(_FORGIVEN * len(self._goal.tried))
        if not now.listened:
            return replace(now, listened=listened, tune=tune)
        return replace(now, listened=listened, found=point if tune >= now.tune - forgiven else None)


_POINTS = ("begin", "point", "mean", "square", "best")
