"""Polyphony as events: Magenta's encoding and sequences, over lead sheets, drums and what Hypothesis invents."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakes.encodings import assert_equals_note_seq, assert_keeps_the_laws
from fakes.scores import QPM, STEPS_PER_QUARTER, groove, magenta, notes_at, notes_in, openewld, quantized, unhurried
from reverie.models.encodings.polyphony import (
    ENCODINGS,
    END,
    START,
    STEP_END,
    Kind,
    PolyphonicEvent,
    PolyphonyAlphabet,
    events_of,
    notes_of,
)
from reverie.music.notes import Note

ALPHABET = PolyphonyAlphabet()

events = st.builds(ALPHABET.decode, st.integers(0, ALPHABET.size - 1))
few = st.sampled_from(
    [STEP_END, *(PolyphonicEvent(k, p) for k in (Kind.NEW_NOTE, Kind.CONTINUED_NOTE) for p in (60, 64))]
)
pieces = st.lists(events, max_size=60) | st.lists(few, max_size=60)
chords = notes_at(40, st.integers(60, 66))


def with_magenta(test: Any) -> Any:
    return pytest.mark.magenta(pytest.mark.filterwarnings("ignore")(test))


def new(pitch: int) -> PolyphonicEvent:
    return PolyphonicEvent(Kind.NEW_NOTE, pitch)


def held(pitch: int) -> PolyphonicEvent:
    return PolyphonicEvent(Kind.CONTINUED_NOTE, pitch)


@given(pieces)
def test_laws(piece: list[PolyphonicEvent]) -> None:
    assert_keeps_the_laws(ENCODINGS["polyphony"](), piece)


def test_what_is_no_event_is_refused() -> None:
    with pytest.raises(ValueError, match="no event of polyphony"):
        ALPHABET.encode(new(128))


def test_notes_are_said_from_high_to_low_and_held_until_they_end() -> None:
    notes = (Note(0, 2, 60), Note(0, 1, 64), Note(1, 2, 67))
    said = (START, new(64), new(60), STEP_END, new(67), held(60), STEP_END, held(67), STEP_END, END)
    assert events_of(notes, steps=3) == said
    assert notes_of(said) == tuple(sorted(notes))


def test_an_unfinished_step_counts_and_what_was_never_begun_is_not_heard() -> None:
    assert notes_of([START, new(60), held(72)], start=8) == (Note(8, 1, 60),)
    assert notes_of([new(60), STEP_END, held(60)]) == (Note(0, 2, 60),)
    assert notes_of([START]) == ()
    assert notes_of([new(60), STEP_END, END, START, held(60), STEP_END]) == (Note(0, 2, 60),)


def test_of_a_pitch_that_sounds_twice_the_earlier_ends_first() -> None:
    assert notes_of([new(60), STEP_END, new(60), held(60), STEP_END, held(60), STEP_END]) == (
        Note(0, 2, 60),
        Note(1, 2, 60),
    )


@given(
    st.lists(st.builds(Note, st.integers(0, 60), st.integers(1, 20), st.integers(0, 127)), unique_by=lambda n: n.pitch)
)
def test_notes_become_events_and_the_same_notes(notes: list[Note]) -> None:
    end = max((note.end for note in notes), default=0)
    assert notes_of(events_of(notes, end)) == tuple(sorted(notes))


def _theirs(event: PolyphonicEvent) -> Any:
    from magenta.models.polyphony_rnn.polyphony_lib import PolyphonicEvent as Theirs

    return Theirs(int(event.kind), event.pitch)


def _ours(sequence: Iterable[Any]) -> tuple[PolyphonicEvent, ...]:
    return tuple(PolyphonicEvent(Kind(event.event_type), event.pitch or 0) for event in sequence)


def _their_encoding() -> Any:
    magenta()
    from magenta.models.polyphony_rnn import polyphony_model

    return polyphony_model.default_configs["polyphony"].encoder_decoder


def _assert_same_events_and_notes(sequence: Any, notes: Sequence[Note], begin: int = 0) -> int:
    from magenta.models.polyphony_rnn.polyphony_lib import PolyphonicSequence

    theirs = PolyphonicSequence(sequence, start_step=begin)
    ours = events_of(notes, sequence.total_quantized_steps, begin)
    assert ours == _ours(theirs)
    assert list(notes_of(ours, start=begin)) == [
        Note(n.start, n.length, n.pitch) for n in notes_in(theirs.to_sequence(qpm=QPM))
    ]
    return len(ours)


@with_magenta
@unhurried
@given(pieces)
def test_any_piece_is_heard_and_said_as_by_magenta(piece: list[PolyphonicEvent]) -> None:
    assert_equals_note_seq(ENCODINGS["polyphony"](), _their_encoding(), piece, their_event=_theirs)


@with_magenta
@unhurried
@given(chords, st.sampled_from((0, 16)))
def test_any_notes_become_the_events_of_magenta_and_back(notes: list[Note], begin: int) -> None:
    magenta()
    _assert_same_events_and_notes(quantized(notes), notes, begin)


@with_magenta
@unhurried
@given(pieces)
def test_any_piece_becomes_the_notes_of_magenta(piece: list[PolyphonicEvent]) -> None:
    magenta()
    from magenta.models.polyphony_rnn.polyphony_lib import PolyphonicSequence

    theirs = PolyphonicSequence(steps_per_quarter=STEPS_PER_QUARTER)
    for event in piece:
        theirs.append(_theirs(event))
    theirs.set_length(theirs.num_steps + (theirs[len(theirs) - 1].event_type not in {Kind.STEP_END, Kind.END}))
    assert list(notes_of(piece)) == notes_in(theirs.to_sequence(qpm=QPM))


@with_magenta
def test_lead_sheets_and_drums_become_the_events_of_magenta_and_back() -> None:
    magenta()
    said = 0
    for score in (*openewld(), *groove(every=20)):
        said += _assert_same_events_and_notes(score.sequence, score.notes)
    assert said > 300_000
