"""Which line of a score is its tune, and which its bass: of hands, cellos, singers and bands."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from fakes.musicxml_text import note, score, time
from fakes.training_pieces import piece_of
from reverie.training.corpus.formats import ReadingLimits
from reverie.training.corpus.note_sequences import read_tunes
from reverie.training.dataset.learned_part import keep_line, part_of
from reverie.training.recipes import LearnedPart

pytestmark = pytest.mark.magenta

STAFF_2 = "<staff>2</staff>"
BACK = "<backup><duration>16</duration></backup>"


def read(*parts: Sequence[str], played: Sequence[tuple[str, int]]) -> Any:
    """The NoteSequence of a score in 4/4 whose parts have these names and programs."""
    whole = [[time(4, 4) + first, *others] for first, *others in parts]
    (found,) = read_tunes("MusicXML", score(*whole, played=played), "a song.xml", ReadingLimits())
    return found.sequence


def band(*parts: tuple[int, Sequence[int]]) -> Any:
    """What MIDI files become: instruments of a program each, whose quarters follow each other."""
    sequence = piece_of([])
    for instrument, (program, pitches) in enumerate(parts):
        for step, pitch in enumerate(pitches):
            sequence.notes.add(
                start_time=step / 2, end_time=step / 2 + 0.5, pitch=pitch, program=program, instrument=instrument
            )
    return sequence


def line(sequence: Any, part: LearnedPart) -> list[tuple[int, int, int]]:
    """Start and end in sixteenths, and pitch, of what is learned from."""
    import note_seq

    quantized = note_seq.quantize_note_sequence(part_of(sequence, part), 4)
    keep_line(quantized, part)
    return [(one.quantized_start_step, one.quantized_end_step, one.pitch) for one in quantized.notes]


def pitches(sequence: Any, part: LearnedPart) -> list[int]:
    return [pitch for _, _, pitch in line(sequence, part)]


def hands(right: str, left: str) -> str:
    """A bar of piano: what the right hand has lies in the upper staff."""
    return right + BACK + left


def song() -> Any:
    """A singer, over a piano of two staves."""
    low = note("C3", 4, STAFF_2) + note("G3", 4, STAFF_2)
    chord = note("C2", 8, STAFF_2) + note("C3", 8, STAFF_2, chord=True)
    return read(
        [note("E4", 8) + note("G4", 8)],
        [hands(note("E6") * 4, low + chord)],
        played=[("Singstimme Voice", 68), ("Pianoforte", 0)],
    )


def quartet() -> Any:
    """Four strings."""
    return read(
        [note("E5") * 4],
        [note("C5") * 4],
        [note("G3") * 4],
        [note("C3") + note("D3") + note("E3") * 2],
        played=[("Violin 1", 40), ("Violin 2", 40), ("Viola", 41), ("Violoncello", 42)],
    )


def test_a_song_has_the_tune_of_its_singer_and_the_bass_of_the_left_hand() -> None:
    assert pitches(song(), "tune") == [64, 67]
    assert pitches(song(), "bass") == [48, 55, 36]


def test_a_quartet_has_the_tune_of_its_first_violin_and_the_bass_of_its_cello() -> None:
    assert pitches(quartet(), "tune") == [76] * 4
    assert pitches(quartet(), "bass") == [48, 50, 52, 52]


def test_a_singer_below_a_violin_has_the_tune_all_the_same() -> None:
    duet = read([note("E6") * 4], [note("C4") * 4], played=[("Violin", 40), ("Chant", 68)])
    assert pitches(duet, "tune") == [60] * 4


def test_a_bass_that_general_midi_calls_so_is_the_bass_even_above_a_left_hand() -> None:
    assert pitches(band((80, [72, 74, 76]), (0, [36, 36, 36]), (33, [40, 43, 45])), "bass") == [40, 43, 45]


def test_of_hands_that_are_tracks_of_their_own_the_lower_is_the_bass_and_the_higher_the_tune() -> None:
    piano = band((0, [48, 50, 52]), (0, [72, 74, 76]))
    assert pitches(piano, "bass") == [48, 50, 52]
    assert pitches(piano, "tune") == [72, 74, 76]


def test_a_lead_sheet_is_a_tune_and_has_no_bass() -> None:
    sheet = band((0, [60, 62, 64]))
    assert pitches(sheet, "tune") == [60, 62, 64]
    assert pitches(sheet, "bass") == []


def test_one_staff_of_chords_has_a_tune_above_and_a_bass_below() -> None:
    chords = piece_of([(start, 1, pitch) for start, root in ((0, 48), (1, 53)) for pitch in (root, root + 4, root + 7)])
    assert pitches(chords, "tune") == [55, 60]
    assert pitches(chords, "bass") == [48, 53]


@pytest.mark.parametrize(
    ("part", "expected"),
    [("bass", [(0, 4, 48), (4, 12, 43), (12, 16, 48)]), ("tune", [(0, 12, 60), (12, 16, 60)])],
)
def test_what_is_held_is_the_line_and_what_moves_over_a_held_bass_is_not(
    part: LearnedPart, expected: list[tuple[int, int, int]]
) -> None:
    notes = [(0, 2, 48), (0, 3, 60), (1, 2, 43), (2, 0.5, 45), (3, 1, 48), (3, 1, 60)]
    assert line(piece_of(notes), part) == expected


def test_drums_are_no_line_whatever_their_pitch() -> None:
    sequence = band((80, [72, 74, 76]), (0, [50, 52, 53]))
    for one in sequence.notes:
        one.is_drum = one.instrument == 1
    assert pitches(sequence, "tune") == [72, 74, 76]
    assert pitches(sequence, "bass") == []


def test_any_part_leaves_a_piece_as_it_is() -> None:
    piece = song()
    assert part_of(piece, "any") is piece
    assert len(line(piece, "any")) == len(piece.notes)
