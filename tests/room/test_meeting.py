"""Where a box meets the piece of its leader."""

from __future__ import annotations

from dataclasses import replace

import pytest

from reverie.room.meeting import OwnBar, in_phase, meeting_bar
from reverie.room.room_words import RoomWord, SharedPiece

PIECE = SharedPiece("dusk", 3, 36_000.0, "abc")
WORD = RoomWord("life", 1, PIECE, bar=12, scene_bar=4, begins=100.0, seconds=2.0, ticks=1920)


def test_who_plays_the_same_bar_goes_on() -> None:
    assert meeting_bar(WORD, OwnBar(PIECE, 4, 100.0)) is None
    assert meeting_bar(WORD, OwnBar(PIECE, 5, 102.001)) is None, "the leader's next word is still to come"


@pytest.mark.parametrize("piece", [None, SharedPiece("own", 3, 0.0, ""), SharedPiece("dusk", 2, 0.0, "abc")])
@pytest.mark.parametrize(("begins", "bar"), [(100.0, 5), (102.0, 6), (98.0, 4), (100.9, 5)])
def test_another_piece_is_left_with_the_next_bar_line(piece: SharedPiece | None, begins: float, bar: int) -> None:
    assert meeting_bar(WORD, OwnBar(piece, 77, begins)) == bar


def test_a_piece_that_is_about_to_begin_is_begun_at_its_first_bar() -> None:
    assert meeting_bar(replace(WORD, scene_bar=-1), OwnBar(None, 9, 100.0)) == 0


def test_who_is_some_bars_off_after_a_while_alone_is_brought_back() -> None:
    assert meeting_bar(WORD, OwnBar(PIECE, 2, 100.0)) == 5


def test_bars_that_are_not_in_phase_are_not_counted() -> None:
    own = OwnBar(PIECE, 2, 100.9)
    assert not in_phase(WORD, own)
    assert meeting_bar(WORD, own) is None


def test_a_piece_that_waits_for_its_bar_line_is_not_joined_again() -> None:
    assert meeting_bar(WORD, OwnBar(PIECE, 77, 100.0, waits=True)) is None
