"""Chord symbols and melodies over them: note_seq's reading and encodings, over all of OpenEWLD and invented symbols."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakes.encodings import assert_equals_note_seq, assert_keeps_the_laws, dense
from fakes.scores import Score, magenta, openewld, unhurried
from reverie.models.encodings.chord_alphabet import MAJOR_MINOR, ChordAlphabet, ChordPitches
from reverie.models.encodings.improv import ENCODINGS, REGISTER
from reverie.models.encodings.melody_notes import NO_EVENT, NOTE_OFF, passages_of, squashed
from reverie.models.encodings.onehot import OneHot
from reverie.music.chord_symbols import KINDS, NO_CHORD, Chord, Triad, parse_chord

CONFIGS = sorted(ENCODINGS)

ROOTS = [letter + accidental for letter in "ABCDEFG" for accidental in ("", "#", "b", "##", "bb")]
CHANGES = [
    shape.format(change + degree)
    for shape, change, degree in product(
        ("{}", "({})"), ("add", "add#", "addb", "no", "#", "b"), ("2", "3", "4", "5", "6", "7", "9", "11", "13")
    )
]

symbols = st.builds(
    lambda root, kind, changes, bass: root + kind + "".join(changes) + bass,
    st.sampled_from(ROOTS),
    st.sampled_from(sorted(KINDS)),
    st.lists(st.sampled_from(CHANGES), max_size=3),
    st.sampled_from(["", *("/" + root for root in ROOTS)]),
)
nonsense = st.text("ABCDEFGabdmnijosu#b+-/()0123456791", max_size=8)
triads = st.builds(
    lambda root, kind: root + kind, st.sampled_from(ROOTS), st.sampled_from(["", "m", "aug", "dim", "7"])
)
melodies = st.lists(st.sampled_from((NO_EVENT, NOTE_OFF)) | st.integers(48, 83), min_size=1, max_size=60)


def with_note_seq(test: Any) -> Any:
    return pytest.mark.magenta(pytest.mark.filterwarnings("ignore")(test))


@pytest.mark.parametrize(
    ("symbol", "chord"),
    [
        ("C", Chord(0, frozenset({0, 4, 7}), 0, Triad.MAJOR)),
        ("Am7", Chord(9, frozenset({9, 0, 4, 7}), 9, Triad.MINOR)),
        ("Bbmaj7/D", Chord(10, frozenset({10, 2, 5, 9}), 2, Triad.MAJOR)),
        ("F#7(b9)", Chord(6, frozenset({6, 10, 1, 4, 7}), 6, Triad.MAJOR)),
        ("Bm7b5", Chord(11, frozenset({11, 2, 5, 9}), 11, Triad.DIMINISHED)),
        ("C6/9/G", Chord(0, frozenset({0, 4, 7, 9, 2}), 7, Triad.MAJOR)),
        ("Eb+", Chord(3, frozenset({3, 7, 11}), 3, Triad.AUGMENTED)),
        ("Dsus4", Chord(2, frozenset({2, 7, 9}), 2, None)),
        ("Cadd7", Chord(0, frozenset({0, 4, 7, 10}), 0, Triad.MAJOR)),
        ("Cob5", Chord(0, frozenset({0, 3, 5}), 0, None)),
        ("C(#9)", Chord(0, frozenset({0, 4, 7, 3}), 0, Triad.MAJOR)),
        ("Gno3", Chord(7, frozenset({7, 2}), 7, None)),
    ],
)
def test_symbols(symbol: str, chord: Chord) -> None:
    assert parse_chord(symbol) == chord


@pytest.mark.parametrize(
    ("symbol", "why"),
    [
        ("H", "no chord symbol"),
        ("c", "no chord symbol"),
        ("C#b", "no chord symbol"),
        ("Cm7 ", "no chord symbol"),
        ("C/", "no chord symbol"),
        ("Cno9", "leaves out degree 9"),
        ("Cadd5", "adds degree 5"),
    ],
)
def test_what_is_no_chord_is_refused_and_said_why(symbol: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        parse_chord(symbol)
    with pytest.raises(ValueError, match=why):
        ChordPitches().encode(symbol)


def test_an_alphabet_refuses_triads_that_it_does_not_have() -> None:
    assert ChordAlphabet().decode(ChordAlphabet().encode("F#dim7")) == "F#dim"
    with pytest.raises(ValueError, match="major, minor chords, and Cdim is none"):
        ChordAlphabet(MAJOR_MINOR).encode("Cdim")
    with pytest.raises(ValueError, match="write a simpler chord"):
        ChordAlphabet().encode("C5")


def test_root_tones_and_bass_are_heard() -> None:
    assert ChordPitches().encode("D/A").places == (1 + 2, 13 + 2, 13 + 6, 13 + 9, 25 + 9)
    assert ChordPitches().encode(NO_CHORD).places == (0,)


@given(st.lists(st.integers(0, 48), max_size=30))
def test_laws_of_chords_as_events(classes: list[int]) -> None:
    alphabet = ChordAlphabet()
    assert_keeps_the_laws(OneHot(alphabet), [alphabet.decode(index) for index in classes])


@pytest.mark.parametrize("config", CONFIGS)
@given(events=melodies, chord=triads)
def test_laws_of_melodies_over_chords(config: str, events: list[int], chord: str) -> None:
    assert_keeps_the_laws(ENCODINGS[config](), events, chord)


def _theirs(config: str) -> Any:
    magenta()
    from magenta.models.improv_rnn import improv_rnn_model

    return improv_rnn_model.default_configs[config].encoder_decoder


def _their_chord(symbol: str) -> Chord | None:
    from note_seq import chord_symbols_lib

    try:
        quality = chord_symbols_lib.chord_symbol_quality(symbol)
        return Chord(
            chord_symbols_lib.chord_symbol_root(symbol),
            frozenset(chord_symbols_lib.chord_symbol_pitches(symbol)),
            chord_symbols_lib.chord_symbol_bass(symbol),
            Triad(quality) if quality != chord_symbols_lib.CHORD_QUALITY_OTHER else None,
        )
    except chord_symbols_lib.ChordSymbolError:
        return None


def _our_chord(symbol: str) -> Chord | None:
    try:
        return parse_chord(symbol)
    except ValueError:
        return None


def _assert_same_vectors(symbol: str) -> None:
    """Equal vectors, or both know the chord and the alphabet has no such triad."""
    import note_seq

    for triads, theirs in (
        (MAJOR_MINOR, note_seq.MajorMinorChordOneHotEncoding()),
        (tuple(Triad), note_seq.TriadChordOneHotEncoding()),
    ):
        ours = ChordAlphabet(triads)
        try:
            index = theirs.encode_event(symbol)
        except note_seq.ChordEncodingError:
            with pytest.raises(ValueError, match=r"."):
                ours.encode(symbol)
        else:
            assert ours.encode(symbol) == index
    vector = note_seq.PitchChordsEncoderDecoder().events_to_input([symbol], 0)
    assert dense(ChordPitches().encode(symbol), ChordPitches.size) == vector


@with_note_seq
def test_every_kind_of_chord_with_every_change_and_bass_is_read_as_by_note_seq() -> None:
    magenta()
    from note_seq import chord_symbols_lib

    assert set(KINDS) == set(chord_symbols_lib._CHORD_KINDS_BY_ABBREV)
    understood = 0
    for root, kind, change, bass in product(("C", "F##"), KINDS, ["", *CHANGES], ("", "/Abb")):
        symbol = root + kind + change + bass
        theirs = _their_chord(symbol)
        assert theirs in {None, _our_chord(symbol)}, symbol
        understood += theirs is not None
    assert understood > 10_000


@with_note_seq
@unhurried
@given(symbols | nonsense)
def test_any_symbol_that_note_seq_knows_is_read_and_encoded_as_by_it(symbol: str) -> None:
    magenta()
    theirs = _their_chord(symbol)
    if theirs is not None:
        assert _our_chord(symbol) == theirs
        _assert_same_vectors(symbol)


@with_note_seq
def test_what_chord_classes_mean() -> None:
    magenta()
    import note_seq

    for triads, theirs in (
        (MAJOR_MINOR, note_seq.MajorMinorChordOneHotEncoding()),
        (tuple(Triad), note_seq.TriadChordOneHotEncoding()),
    ):
        ours = ChordAlphabet(triads)
        assert (ours.size, ours.default) == (theirs.num_classes, theirs.default_event)
        assert [ours.decode(index) for index in range(ours.size)] == [
            theirs.decode_event(index) for index in range(ours.size)
        ]
    _assert_same_vectors(NO_CHORD)


@with_note_seq
@pytest.mark.parametrize("config", CONFIGS)
@unhurried
@given(data=st.data())
def test_any_melody_over_any_chords_is_heard_as_by_note_seq(config: str, data: st.DataObject) -> None:
    events = data.draw(melodies)
    chords = data.draw(st.lists(st.just(NO_CHORD) | triads, min_size=len(events) + 1, max_size=len(events) + 1))
    assert_equals_note_seq(ENCODINGS[config](), _theirs(config), events, chords)


@pytest.fixture(scope="module")
def sheets() -> list[Score]:
    magenta()
    return openewld()


@with_note_seq
def test_the_chords_of_openewld_are_read_and_encoded_as_by_note_seq(sheets: list[Score]) -> None:
    symbols = {annotation.text for score in sheets for annotation in score.sequence.text_annotations}
    assert len(symbols) > 300
    for symbol in symbols - {NO_CHORD}:
        assert _our_chord(symbol) == _their_chord(symbol), symbol
        _assert_same_vectors(symbol)


def _chords(sequence: Any, start: int, end: int) -> list[str] | None:
    """The chord under each step; None where chords coincide, or are none for an alphabet of triads."""
    import note_seq
    from note_seq import chords_lib

    progression = note_seq.ChordProgression()
    try:
        progression.from_quantized_sequence(sequence, start, end)
        for symbol in set(progression):
            note_seq.TriadChordOneHotEncoding().encode_event(symbol)
    except (chords_lib.CoincidentChordsError, note_seq.ChordEncodingError, note_seq.ChordSymbolError):
        return None
    return list(progression)


@with_note_seq
@pytest.mark.parametrize("config", CONFIGS)
@pytest.mark.parametrize(
    "every", [10, pytest.param(1, marks=[pytest.mark.slow, pytest.mark.timeout(600)])], ids=("some", "all")
)
def test_openewld_is_heard_and_said_as_by_note_seq(config: str, every: int, sheets: list[Score]) -> None:
    ours, theirs, steps = ENCODINGS[config](), _theirs(config), 0
    for score in sheets[::every]:
        for passage in passages_of(score.notes, bar=score.bar):
            chords = _chords(score.sequence, passage.start, passage.end)
            if chords is not None:
                events = squashed(passage.events, REGISTER).events
                assert_equals_note_seq(ours, theirs, events, [*chords, chords[-1]])
                steps += len(events)
    assert steps > 50_000 / every
    print(f"\n{config}: {steps:,} events over chords")
