"""How like each other the minutes of a piece are: near ones, and ones that are far apart."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from reverie.measure.piece import Piece
from reverie.measure.relation import rounded
from reverie.measure.stretches import PARTS, Stretch, Stretches, alike

NEAR, FAR = 2, 30
"""Minutes between two that are compared."""
LEAST_PAIRS = 4
"""Pairs of minutes from which on a mean says something."""
SHUFFLES = 8

Likeness = Mapping[str, float]
"""By part how like each other minutes are, and their mean as ``all``."""


@dataclass(frozen=True, slots=True)
class MinutesAlike:
    """How like each other minutes are that are :data:`NEAR`, and that are :data:`FAR` apart.

    ``by_chance`` is how far the two are apart with the minutes in another order, the mean of several. In a piece that
    is too short for it, ``far`` and ``by_chance`` are None.
    """

    near: Likeness
    far: Likeness | None
    by_chance: float | None

    @property
    def difference(self) -> float | None:
        """By how much near minutes are more alike than far ones."""
        return None if self.far is None else self.near["all"] - self.far["all"]

    def as_json(self) -> dict[str, Any]:
        """Plain data."""
        far = self.far or {}
        return {
            "near": rounded(self.near["all"]),
            "far": rounded(far.get("all")),
            "difference": {"value": rounded(self.difference), "by_chance": rounded(self.by_chance)},
            "parts": {
                part: {"near": rounded(self.near[part]), "far": rounded(far.get(part))}
                for part in self.near
                if part != "all"
            },
        }


def minutes_of(piece: Piece) -> list[Stretch]:
    """The minutes of a piece, each of the bars that begin in it; without a rest at the end that is shorter."""
    bars: dict[int, list[int]] = defaultdict(list)
    for number, second in enumerate(piece.bar_seconds):
        bars[int(second // 60)].append(number)
    make = Stretches(piece)
    return [make.of(bars[minute]) for minute in range(int(piece.seconds // 60)) if bars[minute]]


def minutes_alike(minutes: Sequence[Stretch]) -> MinutesAlike | None:
    """How like each other minutes are; None of fewer than two pairs that are near."""
    if len(minutes) < NEAR + LEAST_PAIRS:
        return None
    known = dict[tuple[int, int], Likeness]()
    order = range(len(minutes))
    near = _likeness(minutes, order, NEAR, known)
    if len(minutes) < FAR + LEAST_PAIRS:
        return MinutesAlike(near, None, None)
    dice, apart = random.Random(0), list[float]()
    for _ in range(SHUFFLES):
        mixed = [*order]
        dice.shuffle(mixed)
        here, there = (_likeness(minutes, mixed, lag, known)["all"] for lag in (NEAR, FAR))
        apart.append(abs(here - there))
    return MinutesAlike(near, _likeness(minutes, order, FAR, known), sum(apart) / len(apart))


def likeness(one: Stretch, other: Stretch) -> Likeness:
    """How like each other two stretches are: each part, and as ``all`` their mean. Two silent ones are wholly alike."""
    parts = alike(one, other)
    return {**parts, "all": sum(parts.values()) / len(parts) if parts else 1.0}


def _likeness(
    minutes: Sequence[Stretch], order: Sequence[int], lag: int, known: dict[tuple[int, int], Likeness]
) -> Likeness:
    found = list[Likeness]()
    for one, other in zip(order, order[lag:], strict=False):
        pair = (min(one, other), max(one, other))
        if pair not in known:
            known[pair] = likeness(minutes[one], minutes[other])
        found.append(known[pair])
    means = dict[str, float]()
    for part in (*PARTS, "all"):
        values = [one[part] for one in found if part in one]
        if values:
            means[part] = sum(values) / len(values)
    return means
