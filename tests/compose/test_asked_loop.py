"""What strangers ask of a voice is looked at in little time, however they write it."""

from __future__ import annotations

import time
from collections.abc import Sequence

import pytest

from reverie.compose.asked_loop import _most_at_once
from reverie.music.notes import Note


def row(many: int) -> list[Note]:
    return [Note(120 * number, 120, 60, 90) for number in range(many)]


@pytest.mark.parametrize(
    ("notes", "most"),
    [
        ([], 0),
        (row(9), 1),
        ([Note(0, 240, 60, 90), Note(120, 240, 64, 90), Note(240, 10, 67, 90)], 2),
        ([Note(0, 480, 60, 90), Note(0, 480, 64, 90), Note(120, 10, 67, 90), Note(130, 10, 69, 90)], 3),
    ],
)
def test_notes_at_once_are_counted_where_most_sound(notes: Sequence[Note], most: int) -> None:
    assert _most_at_once(notes) == most


def test_a_long_tune_takes_no_more_time_than_its_notes_are_more() -> None:
    def taken(many: int) -> float:
        notes, found = row(many), list[float]()
        for _ in range(5):
            begun = time.perf_counter()
            _most_at_once(notes)
            found.append(time.perf_counter() - begun)
        return min(found)

    assert taken(6400) < 60 * taken(400), "each note was held against each other one"
