from __future__ import annotations

import pytest

from reverie.music.notes import Loop, Note
from reverie.music.time import Metre


def test_equal_music_is_an_equal_loop() -> None:
    one, two = Note(0, 10, 60), Note(480, 10, 62)
    assert Loop(1, Metre(), (two, one)) == Loop(1, Metre(), (one, two))


def test_a_bar_s_notes_count_from_that_bar() -> None:
    loop = Loop(2, Metre(3, 4), (Note(0, 10, 60), Note(1440, 10, 62), Note(2000, 10, 64)))
    assert loop.bar(0) == (Note(0, 10, 60),)
    assert loop.bar(1) == (Note(0, 10, 62), Note(560, 10, 64))


@pytest.mark.parametrize("fields", [(-1, 1, 60, 1), (0, 0, 60, 1), (0, 1, 128, 1), (0, 1, -1, 1), (0, 1, 60, 0)])
def test_what_midi_cannot_say_is_no_note(fields: tuple[int, int, int, int]) -> None:
    with pytest.raises(ValueError, match=r"note|pitch"):
        Note(*fields)


def test_a_note_that_outlasts_its_loop_is_refused() -> None:
    with pytest.raises(ValueError, match="outlasts"):
        Loop(1, Metre(), (Note(1900, 100, 60),))


def test_a_loop_survives_the_wire() -> None:
    loop = Loop(2, Metre(7, 8), (Note(0, 10, 60, 90),))
    assert Loop.from_json(loop.as_json()) == loop
