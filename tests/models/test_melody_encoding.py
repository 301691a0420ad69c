"""Melodies as events: note_seq's encodings and extraction, over all of OpenEWLD and over what Hypothesis invents."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakes.encodings import assert_equals_note_seq, assert_keeps_the_laws
from fakes.scores import QPM, Score, magenta, notes_at, notes_in, openewld, quantized, unhurried
from reverie.models.encodings.key_melody import KeyMelody
from reverie.models.encodings.lookback import Lookback
from reverie.models.encodings.melody import ENCODINGS, REGISTERS, MelodyAlphabet
from reverie.models.encodings.melody_notes import (
    NO_EVENT,
    NOTE_OFF,
    Register,
    Squashed,
    events_of,
    major_key,
    notes_of,
    passages_of,
    resized,
    squashed,
    transposed,
)
from reverie.models.encodings.passage import Passage
from reverie.music.notes import Note

CONFIGS = sorted(ENCODINGS)

_rests = st.sampled_from((NO_EVENT, NOTE_OFF))


def melodies(low: int = 0, high: int = 128) -> st.SearchStrategy[list[int]]:
    """Any events in any order, and melodies that repeat themselves."""
    event = _rests | st.integers(low, high - 1)
    middle = (low + high) // 2
    few = _rests | st.integers(middle - 2, middle + 2)
    phrases = st.builds(lambda phrase, times: phrase * times, st.lists(few, min_size=1, max_size=32), st.integers(1, 5))
    return st.lists(event, min_size=1, max_size=80) | phrases


parts = notes_at(120, st.integers(40, 90))
registers = st.sampled_from((Register(48, 84, 0), Register(48, 84), Register(0, 128), Register(60, 72, 7)))


def with_note_seq(test: Any) -> Any:
    return pytest.mark.magenta(pytest.mark.filterwarnings("ignore")(test))


@pytest.mark.parametrize("config", CONFIGS)
@given(data=st.data())
def test_laws(config: str, data: st.DataObject) -> None:
    register = REGISTERS[config]
    assert_keeps_the_laws(ENCODINGS[config](), data.draw(melodies(register.low, register.high)))


@pytest.mark.parametrize("config", CONFIGS)
def test_what_a_model_does_not_know_is_refused(config: str) -> None:
    encoding = ENCODINGS[config]()
    state = encoding.push(encoding.start(), 60)
    for event in (-3, 128):
        with pytest.raises(ValueError, match="squash"):
            encoding.label(state, event)
        with pytest.raises(ValueError, match="squash"):
            encoding.push(state, event)
    with pytest.raises(ValueError, match="push one first"):
        encoding.input(encoding.start())
    with pytest.raises(TypeError, match="one head"):
        encoding.event(state, (1, 2))


@pytest.mark.parametrize("config", ["lookback_rnn", "attention_rnn"])
def test_the_past_that_is_kept_does_not_grow(config: str) -> None:
    encoding = ENCODINGS[config]()
    state = encoding.start()
    for step in range(1000):
        state = encoding.push(state, 60 + step % 7)
    assert state.length == 1000
    assert len(state.events) == 33


def test_a_bar_that_returns_is_a_repetition_and_says_what_it_repeats() -> None:
    encoding = ENCODINGS["lookback_rnn"]()
    state = encoding.start()
    bar = [60, NO_EVENT, 62, NO_EVENT, 64, NO_EVENT, 65, NO_EVENT] * 2
    assert encoding.label(state, NO_EVENT) == 39  # before the first bar there was silence
    assert encoding.event(state, 38) == encoding.event(state, 39) == NO_EVENT
    for event in bar:
        state = encoding.push(state, event)
    assert encoding.label(state, 60) == 38
    assert encoding.event(state, 38) == 60
    assert encoding.event(state, 39) == NO_EVENT
    for event in bar:
        state = encoding.push(state, event)
    assert encoding.label(state, 60) == 39


def test_a_note_ends_where_the_next_begins_and_of_a_chord_the_highest_is_kept() -> None:
    notes = [Note(17, 9, 60), Note(20, 2, 64), Note(20, 1, 67), Note(24, 2, 60)]
    assert events_of(notes) == Passage(16, (-2, 60, -2, -2, 67, -1, -2, -2, 60, -2))
    with pytest.raises(ValueError, match="step 20"):
        events_of(notes, highest=False)
    assert events_of(notes, whole_bars=True) == Passage(
        16, (-2, 60, -2, -2, 67, -1, -2, -2, 60, -2, -1, -2, -2, -2, -2, -2)
    )
    assert events_of([]) is None


def test_a_silent_bar_divides_a_part() -> None:
    notes = [Note(0, 4, 60), Note(19, 1, 62), Note(36, 4, 64)]
    assert [passage.start for passage in passages_of(notes)] == [0, 32]
    assert [passage.start for passage in passages_of(notes, gap_bars=2)] == [0]


@given(melodies())
def test_events_become_notes_and_the_same_notes(events: list[int]) -> None:
    notes = notes_of(events)
    assert [note.start for note in notes] == [step for step, event in enumerate(events) if event >= 0]
    passage = events_of(notes, gap_bars=float("inf"))
    assert notes_of(passage.events, start=passage.start) == notes if passage else not notes


@given(melodies(), registers)
def test_a_squashed_melody_is_in_its_register_and_keeps_its_rhythm(events: list[int], register: Register) -> None:
    found = squashed(events, register)
    assert [min(0, event) for event in found.events] == [min(0, event) for event in events]
    pitches = [event for event in found.events if event >= 0]
    assert all(register.low <= pitch < register.high for pitch in pitches)
    if register.key is not None and pitches:
        assert (found.by + major_key(events)) % 12 == register.key


def test_a_melody_is_moved_by_the_nearest_octaves_and_back() -> None:
    d_major = (74, 76, 78, 79, 81, 83, 85)
    found = squashed(d_major, Register(48, 84, 0))
    assert found == Squashed((60, 62, 64, 65, 67, 69, 71), -14)
    assert transposed(found.events, -found.by) == d_major


def _theirs(config: str) -> Any:
    magenta()
    from magenta.models.melody_rnn import melody_rnn_model

    return melody_rnn_model.default_configs[config].encoder_decoder


def _melody(events: Sequence[int]) -> Any:
    import note_seq

    return note_seq.Melody(list(events))


def _assert_same_notes(events: Sequence[int]) -> None:
    assert list(notes_of(events)) == notes_in(_melody(events).to_sequence(qpm=QPM))


def _their_passages(sequence: Any, gap_bars: float, *, whole_bars: bool) -> list[Passage[int]]:
    from magenta.pipelines.melody_pipelines import extract_melodies

    melodies, _ = extract_melodies(
        sequence, min_bars=0, min_unique_pitches=0, gap_bars=gap_bars, pad_end=whole_bars, ignore_polyphonic_notes=True
    )
    return [Passage(melody.start_step, tuple(melody)) for melody in melodies]


def _their_line(sequence: Any) -> Passage[int] | None:
    """The first passage, None where notes begin together."""
    import note_seq

    melody = note_seq.Melody()
    try:
        instrument = sequence.notes[0].instrument
        melody.from_quantized_sequence(sequence, instrument=instrument, ignore_polyphonic_notes=False)
    except note_seq.PolyphonicMelodyError:
        return None
    return Passage(melody.start_step, tuple(melody))


def _our_line(notes: Iterable[Note], bar: int) -> Passage[int] | None:
    try:
        return events_of(notes, bar=bar, highest=False)
    except ValueError:
        return None


@pytest.fixture(scope="module")
def sheets() -> list[Score]:
    magenta()
    return openewld()


@with_note_seq
@pytest.mark.parametrize("config", CONFIGS)
@unhurried
@given(data=st.data())
def test_any_melody_is_heard_and_said_as_note_seq_does(config: str, data: st.DataObject) -> None:
    register = REGISTERS[config]
    assert_equals_note_seq(ENCODINGS[config](), _theirs(config), data.draw(melodies(register.low, register.high)))


@with_note_seq
@pytest.mark.parametrize("distances", [(), (3,), (2, 5), (8, 4)])
@unhurried
@given(events=melodies(60, 66))
def test_any_distances_are_looked_back_over_as_note_seq_does(distances: tuple[int, ...], events: list[int]) -> None:
    magenta()
    import note_seq

    register = Register(60, 66)
    theirs: Any = note_seq.MelodyOneHotEncoding(60, 66)
    assert_equals_note_seq(
        Lookback(MelodyAlphabet(register), distances, 3),
        note_seq.LookbackEventSequenceEncoderDecoder(theirs, list(distances), 3),
        events,
        classes_at=1,
    )
    if distances:
        theirs = note_seq.KeyMelodyEncoderDecoder(60, 66, list(distances), 3)
        assert_equals_note_seq(KeyMelody(register, distances, 3), theirs, events, classes_at=1)


@with_note_seq
@unhurried
@given(parts, st.sampled_from((12, 16)), st.sampled_from((0.5, 1, 2)), st.booleans())
def test_any_notes_become_melodies_as_in_magenta(notes: list[Note], bar: int, gap_bars: float, whole: bool) -> None:
    magenta()
    sequence = quantized(notes, bar=bar)
    found = list(passages_of(notes, bar=bar, gap_bars=gap_bars, whole_bars=whole))
    assert found == _their_passages(sequence, gap_bars, whole_bars=whole)
    for passage in found:
        _assert_same_notes(passage.events)
    if notes:
        assert _our_line(notes, bar) == _their_line(sequence)


@with_note_seq
@unhurried
@given(melodies(), registers, st.integers(0, 100))
def test_any_melody_is_squashed_and_resized_as_note_seq_does(events: list[int], register: Register, size: int) -> None:
    magenta()
    theirs = _melody(events)
    events = list(theirs)  # without what ends before anything has begun
    by = theirs.squash(*register)
    assert squashed(events, register) == (tuple(theirs), by)
    theirs = _melody(events)
    theirs.set_length(size)
    assert resized(events, size) == tuple(theirs)


@with_note_seq
def test_openewld_becomes_melodies_as_in_magenta(sheets: list[Score]) -> None:
    for score in sheets:
        found = list(passages_of(score.notes, bar=score.bar))
        assert found == _their_passages(score.sequence, 1, whole_bars=False), score.name
        assert _our_line(score.notes, score.bar) == _their_line(score.sequence), score.name
        for passage in found:
            _assert_same_notes(passage.events)
            theirs = _melody(passage.events)
            by = theirs.squash(48, 84, 0)
            assert squashed(passage.events, Register(48, 84, 0)) == (tuple(theirs), by)


@with_note_seq
@pytest.mark.parametrize("config", CONFIGS)
@pytest.mark.parametrize(
    "every", [10, pytest.param(1, marks=[pytest.mark.slow, pytest.mark.timeout(600)])], ids=("some", "all")
)
def test_openewld_is_heard_and_said_as_note_seq_does(config: str, every: int, sheets: list[Score]) -> None:
    ours, theirs, steps = ENCODINGS[config](), _theirs(config), 0
    for score in sheets[::every]:
        for passage in passages_of(score.notes, bar=score.bar):
            events = squashed(passage.events, REGISTERS[config]).events
            assert_equals_note_seq(ours, theirs, events)
            steps += len(events)
    assert steps > 100_000 / every
    print(f"\n{config}: {steps:,} events of {len(sheets[::every]):,} lead sheets")
