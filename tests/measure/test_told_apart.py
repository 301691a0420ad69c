from __future__ import annotations

import random

import pytest

from fakes.pieces import Hand, piece
from reverie.measure.minute_measures import MEASURES, minute_measures
from reverie.measure.piece import Piece
from reverie.measure.told_apart import MeasuredMinute, told_apart


def played(style: int, seed: int) -> Piece:
    """Four minutes: styles differ in register, density and whether there are drums."""
    dice, lead, beat = random.Random(seed), list[Hand](), list[Hand]()
    for bar in range(120):
        for _ in range(dice.choice([2, 3, 4]) + style):
            start = 4 * bar + dice.randrange(16) / 4
            lead.append((start, 0.5, 45 + 12 * style + dice.randrange(8), 60 + dice.randrange(20)))
        if style == 2:
            beat += [(4 * bar + one, 0.25, 36, 90) for one in range(4)]
    return piece(120, lead=("melody", lead), beat=("drums", beat))


def minutes(names: list[str] | None = None) -> list[MeasuredMinute]:
    found = [
        MeasuredMinute(f"style {style}", f"{style} {seed}", one)
        for style in range(3)
        for seed in range(2)
        for one in minute_measures(played(style, 10 * style + seed))
    ]
    if names is not None:
        found = [MeasuredMinute(name, one.recording, one.measures) for one, name in zip(found, names, strict=True)]
    return found


def test_pieces_that_differ_are_told_apart_by_another_recording() -> None:
    made = minutes()
    assert len(made) == 24
    assert all(len(one.measures) == len(MEASURES) for one in made)
    found = told_apart(made)
    assert found
    assert found.share > 0.8
    assert found.by_chance == pytest.approx(1 / 3)


def test_with_the_names_mixed_up_they_are_not() -> None:
    names = [one.piece for one in minutes()]
    random.Random(1).shuffle(names)
    found = told_apart(minutes(names))
    assert found
    assert found.share < 0.6
    assert sum(found.taken_for.values()) == 24


def test_a_single_recording_tells_nothing() -> None:
    made = [one for one in minutes() if one.recording.endswith("0")]
    assert told_apart(made) is None
    assert told_apart([]) is None
