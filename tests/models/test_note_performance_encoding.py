"""Performances a note at a time."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakes.encodings import assert_equals_note_seq, assert_keeps_the_laws
from fakes.performances import (
    groove,
    note_events,
    note_lists,
    our_notes,
    quantized,
    their_encoding,
    their_note_event,
    unhurried,
)
from reverie.models.encodings.note_performance import NoteEvent, NotePerformance, note_events_of, notes_of_note_events
from reverie.music.notes import Note

CONFIG = "performance_with_dynamics_and_note_encoding"


def test_a_note_is_said_by_six_heads() -> None:
    encoding = NotePerformance(32)
    assert encoding.classes == (13, 77, 128, 32, 25, 40)
    assert encoding.label(encoding.start(), NoteEvent(1000, 60, 32, 41)) == (12, 76, 60, 31, 1, 0)


@pytest.mark.parametrize(
    "event",
    [NoteEvent(1001, 60, 1, 1), NoteEvent(0, 60, 33, 1), NoteEvent(0, 60, 1, 0), NoteEvent(0, 128, 1, 1)],
)
def test_what_the_heads_cannot_say_is_refused(event: NoteEvent) -> None:
    encoding = NotePerformance(32)
    with pytest.raises(ValueError, match="32 velocities"):
        encoding.push(encoding.start(), event)


def test_one_number_is_no_label() -> None:
    encoding = NotePerformance(32)
    with pytest.raises(TypeError, match="6 heads"):
        encoding.event(encoding.start(), 3)


@unhurried
@given(note_events)
def test_the_encoding_keeps_the_laws(said: list[NoteEvent]) -> None:
    assert_keeps_the_laws(NotePerformance(32), said)


@unhurried
@given(note_lists)
def test_notes_come_back(notes: list[Note]) -> None:
    assert notes_of_note_events(note_events_of(notes, velocity_bins=127), velocity_bins=127) == tuple(sorted(notes))


@pytest.mark.magenta
@pytest.mark.filterwarnings("ignore")
class TestAgainstNoteSeq:
    @unhurried
    @given(note_events)
    def test_of_invented_performances(self, said: list[NoteEvent]) -> None:
        assert_equals_note_seq(NotePerformance(32), their_encoding(CONFIG), said, their_event=their_note_event)

    @unhurried
    @given(notes=note_lists, start=st.integers(0, 50))
    def test_of_notes_and_back(self, notes: list[Note], start: int) -> None:
        self._compare(notes, start)

    @pytest.mark.parametrize("every", [80, pytest.param(1, marks=[pytest.mark.slow, pytest.mark.timeout(1800)])])
    def test_of_groove(self, every: int) -> None:
        theirs = their_encoding(CONFIG)
        compared = 0
        for notes in groove(every):
            shortened = [Note(n.start, min(n.length, 1000), n.pitch, n.velocity) for n in notes]
            if all(late.start - early.start <= 1000 for early, late in pairwise(sorted(shortened))):
                self._compare(shortened, 0)
                said = note_events_of(shortened, velocity_bins=32)
                assert_equals_note_seq(NotePerformance(32), theirs, said, their_event=their_note_event)
                compared += 1
        assert compared > 1000 // every

    @staticmethod
    def _compare(notes: list[Note], start: int) -> None:
        pytest.importorskip("note_seq")
        from note_seq import performance_lib

        theirs = performance_lib.NotePerformance(quantized(notes), num_velocity_bins=32, start_step=start)
        said = note_events_of(notes, velocity_bins=32, start=start)
        assert [their_note_event(event) for event in said] == list(theirs)
        if start == 0:
            assert list(notes_of_note_events(said, velocity_bins=32)) == our_notes(theirs.to_sequence())
