"""What comes of a figure, note for note."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reverie.music.chord_figures import ChordFigure, Loudness, SoundingChord, played
from reverie.music.harmony import parse_pitch
from reverie.music.notes import Note
from reverie.music.time import Metre

BAR = Metre().bar_ticks
STEP = 120
LOUDNESS = Loudness(40, 100)
C_MAJOR = (48, 52, 55, 60)
A_MINOR = (48, 52, 57, 60)
TWO_BARS = (SoundingChord(0, BAR, C_MAJOR, 0), SoundingChord(BAR, 2 * BAR, A_MINOR, 9))


def notes(figure: ChordFigure, chords: Sequence[SoundingChord] = TWO_BARS, seed: int = 0) -> list[Note]:
    return sorted(played(chords, figure, Metre(), LOUDNESS, seed=seed))


def strokes(figure: ChordFigure, chords: Sequence[SoundingChord] = TWO_BARS) -> dict[int, list[int]]:
    """By sixteenth, what is struck there."""
    found: dict[int, list[int]] = {}
    for note in notes(figure, chords):
        found.setdefault(note.start // STEP, []).append(note.pitch)
    return found


def test_a_pad_is_held_and_has_every_note_in_every_bar_tied() -> None:
    long = (SoundingChord(0, 3 * BAR - 480, C_MAJOR, 0), SoundingChord(3 * BAR - 480, 3 * BAR, A_MINOR, 9))
    pad = notes(ChordFigure(), long)
    assert all(note.tied for note in pad)
    assert {(note.start, note.end) for note in pad if note.pitch == 55} == {
        (0, BAR), (BAR, 2 * BAR), (2 * BAR, 3 * BAR - 480),
    }  # fmt: skip
    assert {(note.start, note.end) for note in pad if note.pitch == 57} == {(3 * BAR - 480, 3 * BAR)}
    assert len({note.velocity for note in pad if note.pitch == 60}) == 1


def test_a_pad_of_a_sound_that_dies_away_is_struck_with_each_chord_and_held_within_it() -> None:
    goes_on = SoundingChord(0, BAR, C_MAJOR, 0, change=False)
    changes = SoundingChord(BAR, 3 * BAR, A_MINOR, 9)
    pad = notes(ChordFigure(strike="all"), (goes_on, changes))
    assert {note.start for note in pad if not note.tied} == {BAR}
    assert {note.pitch for note in pad if not note.tied} == {*A_MINOR}


def test_a_rhythm_strikes_the_whole_chord_where_it_is_written() -> None:
    struck = strokes(ChordFigure("rhythm", rhythm="x..x..x."))
    assert sorted(struck) == [0, 3, 6, 8, 11, 14, 16, 19, 22, 24, 27, 30]
    assert struck[14] == list(C_MAJOR)
    assert struck[16] == list(A_MINOR)
    short = notes(ChordFigure("rhythm", rhythm="x..x", gate=0.5))
    assert {note.length for note in short if note.start == 0} == {180}


def test_a_stroke_ends_with_its_chord() -> None:
    held = notes(ChordFigure("rhythm", rhythm="............x..................."))
    assert {(note.start, note.end) for note in held} == {(12 * STEP, BAR)}


def test_the_strokes_of_another_voice_are_taken_as_they_are() -> None:
    taken = played(TWO_BARS, ChordFigure("rhythm"), Metre(), LOUDNESS, onsets=[130, 7 * STEP, BAR])
    assert sorted({note.start for note in taken}) == [130, 7 * STEP, BAR]


@pytest.mark.parametrize(
    ("order", "names"),
    [
        ("up", "C3 E3 G3 C4 C3 E3 G3 C4"),
        ("down", "C4 G3 E3 C3 C4 G3 E3 C3"),
        ("updown", "C3 E3 G3 C4 G3 E3 C3 E3"),
        ("1 3 2 5", "C3 G3 E3 C4 C3 G3 E3 C4"),
        ("1 8", "C3 C5 C3 C5 C3 C5 C3 C5"),
    ],
)
def test_an_arpeggio_goes_its_way_and_begins_anew_with_each_chord(order: str, names: str) -> None:
    line = notes(ChordFigure("arpeggio", order=order))
    first = [note.pitch for note in line if note.start < BAR]
    assert first == [parse_pitch(name) for name in names.split()]
    assert len(line) == 16
    assert line[8].pitch == (60 if order == "down" else 48)


def test_a_written_arpeggio_rests_where_it_says_so() -> None:
    assert sorted(strokes(ChordFigure("arpeggio", order="1 . 2 3"))) == [
        step for step in range(0, 32, 2) if step % 8 != 2
    ]


def test_an_arpeggio_at_the_end_of_what_midi_has_stays_among_its_chord() -> None:
    high = [SoundingChord(0, BAR, (112, 116, 119), 4)]
    line = played(high, ChordFigure("arpeggio", order="1 4 7 16"), Metre(), Loudness(50, 90))
    assert [note.pitch for note in line[:4]] == [112, 124, 124, 124]


def test_a_random_arpeggio_is_that_of_its_seed_and_strikes_no_note_twice_in_a_row() -> None:
    figure = ChordFigure("arpeggio", order="random", every=1)
    first, second = ([note.pitch for note in notes(figure, seed=seed)] for seed in (1, 2))
    assert first == [note.pitch for note in notes(figure, seed=1)]
    assert first != second
    assert all(one != other for one, other in pairwise(first[:16]))


@pytest.mark.parametrize(
    ("metre", "bass", "rest"),
    [
        (Metre(3, 4), [0], [4, 8]),
        (Metre(4, 4), [0, 8], [4, 12]),
        (Metre(2, 2), [0, 8], [4, 12]),
        (Metre(1, 4), [0], [2]),
        (Metre(6, 8), [0, 6], [2, 4, 8, 10]),
        (Metre(7, 8), [0, 4, 8], [2, 6, 10, 12]),
        (Metre.parse("3+2+2/8"), [0, 6, 10], [2, 4, 8, 12]),
    ],
)
def test_a_broken_chord_is_a_bass_and_then_the_rest(metre: Metre, bass: list[int], rest: list[int]) -> None:
    chord = SoundingChord(0, metre.bar_ticks, C_MAJOR, 0)
    found: dict[int, list[int]] = {}
    for note in played([chord], ChordFigure("broken"), metre, LOUDNESS):
        found.setdefault(note.start // STEP, []).append(note.pitch)
    assert [step for step, pitches in found.items() if pitches == [48]] == bass
    assert [step for step, pitches in found.items() if pitches == [52, 55, 60]] == rest


def test_doublings_are_the_chords_bass_below_and_its_top_above() -> None:
    doubled = {note.pitch for note in notes(ChordFigure(double=("bass", "top")), TWO_BARS[1:])}
    assert doubled == {45, *A_MINOR, 72}
    at_the_edge = SoundingChord(0, BAR, (5, 120), 5)
    assert {note.pitch for note in notes(ChordFigure(double=("bass", "top")), [at_the_edge])} == {5, 120}


def test_what_is_thinned_out_is_what_weighs_least_and_no_bar_is_empty() -> None:
    full = ChordFigure("rhythm", rhythm="x.x.x.x.")
    half = ChordFigure("rhythm", rhythm="x.x.x.x.", density=0.5)
    assert sorted(strokes(full)) == list(range(0, 32, 2))
    assert sorted(strokes(half)) == list(range(0, 32, 4))
    assert sorted(strokes(ChordFigure("rhythm", rhythm="x.x.x.x.", density=0.0))) == [0, 16]


def test_the_top_of_a_chord_is_louder_and_velocities_stay_in_their_range() -> None:
    chord = [note for note in notes(ChordFigure("rhythm", rhythm="x...")) if note.start == 480]
    assert chord[-1].velocity > chord[0].velocity
    assert 1.05 < chord[-1].velocity / chord[0].velocity < 1.25


chords = st.lists(st.tuples(st.integers(1, 2 * BAR), st.sets(st.integers(30, 90), min_size=1, max_size=6)), min_size=1)
figures = st.builds(
    ChordFigure,
    st.sampled_from(["pad", "rhythm", "arpeggio", "broken"]),
    st.sampled_from(["", "x", "x..x.", ".......x"]),
    st.sampled_from(["up", "down", "updown", "random", "1 . 16"]),
    st.integers(1, 16),
    st.floats(0.05, 1),
    st.sampled_from([(), ("bass",), ("top",), ("bass", "top")]),
    st.floats(0, 1),
)


@settings(deadline=None)
@given(chords, figures, st.sampled_from([Metre(), Metre(7, 8), Metre(5, 16)]))
def test_every_note_lies_within_its_chord_and_no_pitch_overlaps_itself(
    drawn: list[tuple[int, set[int]]], figure: ChordFigure, metre: Metre
) -> None:
    at, sounding = 0, list[SoundingChord]()
    for length, pitches in drawn[:4]:
        sounding.append(SoundingChord(at, at + length, tuple(sorted(pitches)), 0))
        at += length
    line = sorted(played(sounding, figure, metre, LOUDNESS))
    for note in line:
        assert any(chord.start <= note.start and note.end <= chord.end for chord in sounding)
        assert LOUDNESS.low <= note.velocity <= LOUDNESS.high
    for pitch in {note.pitch for note in line}:
        own = [note for note in line if note.pitch == pitch]
        assert all(one.end <= other.start for one, other in pairwise(own))
