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
    few = st.integers(low, high - 5).flatmap(lambda least: st.lists(_rests | st.integers(least, least + 4), min_size=1))
    phrases = st.builds(lambda phrase, times: phrase[:32] * times, few, st.integers(1, 5))
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


def heard(config: str, events: Sequence[int]) -> tuple[set[int], set[int]]:
    """Where a model hears 1 and where -1."""
    encoding = ENCODINGS[config]()
    state = encoding.start()
    for event in events:
        state = encoding.push(state, event)
    hot = encoding.input(state)
    signs = {sign: {place for place, value in zip(*hot, strict=True) if value == sign} for sign in (1.0, -1.0)}
    assert len(hot.places) == len(signs[1]) + len(signs[-1])
    return signs[1], signs[-1]


def test_what_lookback_hears() -> None:
    # 38 classes three times, five counters, two repetitions.
    assert heard("lookback_rnn", [60]) == ({14, 38, 76, 114}, {115, 116, 117, 118})
    bar = [62, 60, 60, *[NO_EVENT] * 13]
    ones, _ = heard("lookback_rnn", [*bar, 62, NOTE_OFF])
    assert ones == {1, 38 + 14, 76, 115, 118}
    ones, _ = heard("lookback_rnn", [*bar, *bar, 62])
    assert ones == {16, 38 + 14, 76 + 14, 114, 119, 120}


def test_what_attention_hears() -> None:
    # 36 pitches, sound, silence, attack, contour, two repetitions, seven counters, bar line, keys, keys of late.
    def keys(*tonics: int) -> set[int]:
        return {place + tonic for place in (50, 62) for tonic in tonics}

    with_c = keys(0, 1, 3, 5, 7, 8, 10)
    counters = set(range(42, 49))
    assert heard("attention_rnn", [60]) == ({12, 36, 38, 42} | with_c, counters - {42})
    assert heard("attention_rnn", [60, NO_EVENT]) == ({12, 36, 43} | with_c, counters - {43})
    assert heard("attention_rnn", [60, NO_EVENT, 64])[0] == {16, 36, 38, 39, 42, 43} | keys(0, 5, 7)
    ones, minus = heard("attention_rnn", [64, 60, NOTE_OFF])
    assert (ones, minus) == ({37, 38, 42, 43} | keys(0, 5, 7), counters - {42, 43} | {39})
    assert 39 in heard("attention_rnn", [60, 62, 62])[0]
    ones, _ = heard("attention_rnn", [60, 62, 64, 66, 64])
    assert ones == {16, 36, 38, 42, 44, 50 + 7, 62 + 2, 62 + 7, 62 + 9}
    ones, _ = heard("attention_rnn", [*[NO_EVENT] * 14, NOTE_OFF, NO_EVENT])
    assert ones == {37, 46, 49} | keys(*range(12))


def test_the_lowest_pitch_of_midi_is_silence_to_attention_as_in_note_seq() -> None:
    encoding = KeyMelody(Register(0, 6))
    places = encoding.input(encoding.push(encoding.start(), 0)).places
    assert places[:2] == (7, 8)  # silence, and an attack


@pytest.mark.parametrize(("config", "nothing"), [("lookback_rnn", 0), ("attention_rnn", 36)])
def test_a_bar_that_returns_is_a_repetition_and_says_what_it_repeats(config: str, nothing: int) -> None:
    encoding = ENCODINGS[config]()
    state = encoding.start()
    bar = [60, NO_EVENT, 62, NO_EVENT, 64, NO_EVENT, 65, NO_EVENT] * 2
    assert encoding.label(state, NO_EVENT) == 39  # before the first bar there was silence
    assert encoding.event(state, 38) == encoding.event(state, 39) == NO_EVENT
    for event in bar:
        state = encoding.push(state, event)
    assert encoding.label(state, 60) == 38
    assert encoding.event(state, 38) == 60
    assert encoding.label(state, NO_EVENT) == encoding.label(encoding.push(state, 60), NO_EVENT) == 39
    assert encoding.event(state, 39) == NO_EVENT
    for event in bar:
        state = encoding.push(state, event)
    assert encoding.label(state, 60) == 39
    assert encoding.label(state, NO_EVENT) == nothing
    assert encoding.label(encoding.push(state, 60), NO_EVENT) == 39


def test_a_note_ends_where_the_next_begins_and_of_a_chord_the_highest_is_kept() -> None:
    notes = [Note(17, 5, 60), Note(20, 2, 64), Note(20, 1, 67), Note(24, 2, 60)]
    assert events_of(notes) == Passage(16, (-2, 60, -2, -2, 67, -1, -2, -2, 60, -2))
    with pytest.raises(ValueError, match="step 20"):
        events_of(notes, highest=False)
    assert events_of(notes, whole_bars=True) == Passage(
        16, (-2, 60, -2, -2, 67, -1, -2, -2, 60, -2, -1, -2, -2, -2, -2, -2)
    )
    assert events_of([]) is None


def test_a_melody_goes_on_in_silence() -> None:
    assert resized((60, NO_EVENT), 4) == (60, NO_EVENT, NOTE_OFF, NO_EVENT)
    assert resized((60, NOTE_OFF), 4) == (60, NOTE_OFF, NO_EVENT, NO_EVENT)
    assert resized((60, NO_EVENT, 62), 2) == (60, NO_EVENT)
    assert resized((), 2) == (NO_EVENT, NO_EVENT)


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
    for d_major, by in (((74, 76, 78, 79, 81, 83, 85), -14), ((81, 83, 85, 86, 88, 90, 91), -26)):
        found = squashed(d_major, Register(48, 84, 0))
        assert found == Squashed(tuple(pitch + by for pitch in d_major), by)
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
@given(events=melodies(0, 6))
def test_any_distances_are_looked_back_over_as_note_seq_does(distances: tuple[int, ...], events: list[int]) -> None:
    magenta()
    import note_seq

    register = Register(0, 6)  # with pitch 0, of which note_seq makes a silence
    theirs: Any = note_seq.MelodyOneHotEncoding(0, 6)
    assert_equals_note_seq(
        Lookback(MelodyAlphabet(register), distances, 3),
        note_seq.LookbackEventSequenceEncoderDecoder(theirs, list(distances), 3),
        events,
        classes_at=1,
    )
    if distances:
        theirs = note_seq.KeyMelodyEncoderDecoder(0, 6, list(distances), 3)
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
