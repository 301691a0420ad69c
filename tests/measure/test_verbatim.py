from __future__ import annotations

import random

import numpy as np
import pytest

from fakes.pieces import Hand, piece
from reverie.measure.verbatim import BarNumbers, bar_numbers, heard_before, longest_hold, longest_return


def bars(text: str) -> BarNumbers:
    """Letters are bars; a point is a silent one."""
    return np.array([0 if one == "." else ord(one) for one in text], dtype=np.int64)


@pytest.mark.parametrize(
    ("text", "hold", "back"),
    [
        ("", 0, 0),
        ("abcdefgh", 0, 0),
        ("aa", 2, 1),
        ("ababababcd", 8, 6),
        ("xabababay", 7, 5),  # the last turn is cut
        ("abcdxyabcdz", 0, 4),  # it comes back, and is not held
        ("........", 0, 0),
        ("..ab...ab...", 7, 2),  # a loop of five bars
        ("..ab....ab....", 0, 2),  # the voice was away, and came back
        ("aaa....aaa....", 3, 3),
        ("a..ba..ba..b", 12, 8),
        ("a...a...", 5, 1),
        ("ab" + "." * 9 + "cxyzab" + "." * 9 + "c", 0, 2),  # what comes after a long silence is another stretch
        ("ab.cxyzab.c", 0, 4),
    ],
)
def test_a_hold_is_a_loop_over_and_over_and_a_return_comes_later(text: str, hold: int, back: int) -> None:
    assert (longest_hold(bars(text)), longest_return(bars(text))) == (hold, back)


def test_bars_in_another_order_are_neither_held_nor_do_they_come_back_for_long() -> None:
    loops = [letter * 2 for letter in "abcdefghijklmnopqrstuvwxyz"]
    held = "".join(loop * 4 for loop in loops)
    assert longest_hold(bars(held)) == 8
    broken = [*held]
    random.Random(1).shuffle(broken)
    assert longest_hold(bars("".join(broken))) <= 4


def test_places_and_pitches_make_a_bar_and_velocity_does_not() -> None:
    music = piece(5, lead=("melody", [(0, 1, 60, 40), (4, 1, 60, 99), (8, 1, 61), (12.5, 1, 60)]))
    numbers = bar_numbers(music, music.voices[0]).tolist()
    assert numbers[0] == numbers[1]
    assert len(set(numbers)) == 4
    assert numbers[4] == 0


def test_what_was_heard_within_the_hour_was_heard_before() -> None:
    line: list[Hand] = [(4 * bar, 1, 60 + bar % 10) for bar in range(40)]
    music = piece(40, lead=("melody", line))
    found = heard_before(music, bar_numbers(music, music.voices[0]))
    assert (found.hits, found.of) == (30, 40)
    late = heard_before(music, bar_numbers(music, music.voices[0]), last_seconds=20.0)
    assert (late.hits, late.of) == (10, 10), "ten bars of two seconds"
    fresh = piece(40, lead=("melody", [(4 * bar, 1, 40 + bar) for bar in range(40)]))
    assert heard_before(fresh, bar_numbers(fresh, fresh.voices[0])).hits == 0


def test_after_an_hour_it_is_new_again() -> None:
    music = piece(1900, lead=("melody", [(0, 1, 60), (4 * 1799, 1, 60), (4 * 1850, 1, 62), (4 * 10, 1, 62)]))
    found = heard_before(music, bar_numbers(music, music.voices[0]))
    assert (found.hits, found.of) == (1, 4), "bars last two seconds: 1799 are within the hour, 1840 are not"
