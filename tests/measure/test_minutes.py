from __future__ import annotations

import random

import pytest

from fakes.pieces import Hand, piece
from reverie.measure.minutes import FAR, minutes_alike, minutes_of
from reverie.measure.piece import Piece
from reverie.measure.stretches import PARTS, Stretches, alike

BARS_A_MINUTE = 30


def drifting(minutes: int = 60, order: list[int] | None = None) -> Piece:
    """Each minute is a little like the one before: higher, denser, louder, and another rhythm."""
    lead, beat = list[Hand](), list[Hand]()
    for place, minute in enumerate(order or range(minutes)):
        dice = random.Random(1)
        for bar in range(BARS_A_MINUTE):
            start = 4.0 * (place * BARS_A_MINUTE + bar)
            for number in range(4 + minute // 10):
                at = (dice.randrange(8) + minute / 8) % 16
                pitch = 50 + minute // 2 + dice.choice([0, 2, 4])
                lead.append((start + int(at) / 4, 0.25, pitch, 40 + minute))
                if minute > 20 and number < 2:
                    beat.append((start + number, 0.25, 36, 100 - minute))
    return piece(minutes * BARS_A_MINUTE, lead=("melody", lead), beat=("drums", beat))


def test_in_music_that_goes_somewhere_near_minutes_are_more_alike_than_far_ones() -> None:
    found = minutes_alike(minutes_of(drifting()))
    assert found
    assert found.difference is not None
    assert found.by_chance is not None
    assert found.difference > 0.3
    assert found.by_chance < 0.05


def test_in_another_order_they_are_not() -> None:
    order = [*range(60)]
    random.Random(2).shuffle(order)
    found = minutes_alike(minutes_of(drifting(order=order)))
    assert found
    assert found.difference == pytest.approx(0, abs=0.06)


def test_a_loop_for_an_hour_is_wholly_alike() -> None:
    found = minutes_alike(minutes_of(drifting(order=[30] * 60)))
    assert found
    assert (found.near["all"], found.difference) == (pytest.approx(1), pytest.approx(0))


def test_music_that_is_too_short_has_no_far_minutes() -> None:
    found = minutes_alike(minutes_of(drifting(minutes=20)))
    assert found
    assert found.far is None
    assert found.as_json()["difference"] == {"value": None, "by_chance": None}
    assert minutes_alike(minutes_of(drifting(minutes=3))) is None
    assert len(minutes_of(drifting(minutes=FAR))) == FAR


def compared(here: list[Hand], there: list[Hand]) -> dict[str, float]:
    music = piece(2, lead=("melody", [*here, *((4 + start, length, *rest) for start, length, *rest in there)]))  # type: ignore[misc]
    make = Stretches(music)
    return alike(make.of([0]), make.of([1]))


LINE: list[Hand] = [(0, 1, 60, 80), (1, 1, 62, 80), (2, 1, 64, 80), (3, 1, 67, 80)]


def test_equal_stretches_are_alike_in_every_part() -> None:
    assert compared(LINE, LINE) == dict.fromkeys(PARTS, pytest.approx(1))


def test_each_part_falls_with_what_it_is_about() -> None:
    softer = compared(LINE, [(start, length, pitch, 64) for start, length, pitch, *_ in LINE])
    assert softer == {**dict.fromkeys(PARTS, pytest.approx(1)), "dynamics": pytest.approx(0.5)}
    higher = compared(LINE, [(start, length, pitch + 6, 80) for start, length, pitch, *_ in LINE])
    assert higher["register"] == pytest.approx(0.5)
    assert higher["pitch"] == pytest.approx(0, abs=0.01)
    assert (higher["figures"], higher["rhythm"], higher["density"]) == (1, 1, 1), "a figure may be moved"
    half = compared(LINE, LINE[:2])
    assert (half["density"], half["figures"], half["rhythm"]) == (0.5, 0, 0.5)
    later = compared(LINE, [(start + 0.25, 0.5, pitch, 80) for start, _, pitch, *_ in LINE])
    assert (later["rhythm"], later["pitch"]) == (0, pytest.approx(1))


def test_a_voice_that_is_silent_has_nothing_in_common_with_itself() -> None:
    music = piece(2, lead=("melody", LINE), low=("bass", [(0, 1, 40), (4, 1, 40)]))
    make = Stretches(music)
    found = alike(make.of([0]), make.of([1]))
    assert (found["voices"], found["register"], found["rhythm"]) == (0.5, 0.5, 0.5)
