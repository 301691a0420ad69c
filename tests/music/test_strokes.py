"""Strokes keep to their bar, keep their order in a line, and always last."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from fakes.strategies_of_music import metres, notes
from reverie.music.notes import Note
from reverie.music.strokes import strokes
from reverie.music.time import Metre, Swing

METRE = Metre()
even = Swing().warp


def test_a_note_is_struck_late_or_early_and_ends_at_its_place() -> None:
    assert strokes([Note(480, 240, 60, shift=12), Note(960, 240, 60, shift=-9)], METRE, even) == [
        (492, 720),
        (951, 1200),
    ]


def test_what_is_early_at_the_bar_line_is_struck_on_it() -> None:
    assert strokes([Note(0, 240, 60, shift=-12)], METRE, even) == [(0, 240)]


def test_a_line_stays_legato() -> None:
    line = [Note(0, 480, 60, shift=5), Note(480, 480, 62, shift=9), Note(960, 480, 64, shift=-7)]
    assert strokes(line, METRE, even) == [(5, 489), (489, 953), (953, 1440)]


def test_a_tied_note_goes_on_where_the_one_before_it_ends() -> None:
    pad = [Note(0, 960, 60, shift=8), Note(960, 480, 60, shift=20, tied=True)]
    assert strokes(pad, METRE, even) == [(8, 960), (960, 1440)]


def test_shifts_come_after_swing() -> None:
    assert strokes([Note(120, 60, 60, shift=3)], METRE, Swing(2 / 3).warp)[0][0] == 163


@given(metres.flatmap(lambda metre: st.tuples(st.just(metre), notes(metre.bar_ticks))))
def test_strokes_stay_in_their_bar_and_last(drawn: tuple[Metre, tuple[Note, ...]]) -> None:
    metre, played = drawn
    for begin, end in strokes(played, metre, even):
        assert 0 <= begin < metre.bar_ticks
        assert end > begin


@given(st.lists(st.integers(-36, 36), min_size=2, max_size=16))
def test_a_line_of_sixteenths_never_overlaps(shifts: list[int]) -> None:
    line = [Note(120 * place, 120, 60 + place, shift=shift) for place, shift in enumerate(shifts)]
    assert all(one[1] <= other[0] for one, other in pairwise(strokes(line, METRE, even)))
