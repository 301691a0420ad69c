"""Notes as a table read back as they were."""

from __future__ import annotations

import numpy as np
import pytest

from reverie.timbre.render.note_table import notes_of, table_of
from reverie.timbre.sound import NoteRequest


def test_notes_read_back_as_they_were() -> None:
    notes = [
        NoteRequest(60, 100, 2.0),
        NoteRequest(48, 1, 0.25, 3),
        NoteRequest(32.71, 127, 0.5, 0, 36),
        NoteRequest(None, 64, 1.0, 7, 42),
    ]
    read = list(notes_of(table_of(notes)))
    assert read == notes
    assert [type(note.pitch) for note in read] == [int, int, float, type(None)]
    assert list(notes_of(table_of([]))) == []


def test_a_table_of_something_else_is_refused() -> None:
    with pytest.raises(ValueError, match="unpack"):
        list(notes_of(np.zeros((2, 3))))


def test_a_note_is_played_by_the_key_of_its_pitch_unless_it_has_one_of_its_own() -> None:
    assert NoteRequest(60, 100, 2.0).key == 60
    assert NoteRequest(32.71, 100, 2.0, own_key=36).key == 36
    with pytest.raises(ValueError, match="needs a key"):
        _ = NoteRequest(None, 100, 2.0).key
