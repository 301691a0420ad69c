"""Scores to try encodings on: two corpora as note_seq reads and quantizes them, and the same in our notes."""

from __future__ import annotations

import zipfile
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any, NamedTuple

from hypothesis import settings
from hypothesis import strategies as st

from fakes.data import data_folder
from reverie.music.notes import Note

STEPS_PER_QUARTER = 4
QPM = 60
"""At which a step is a quarter of a second, exactly."""

unhurried = settings(deadline=None, max_examples=60)
"""Machines that test are busy, and note_seq is slow."""


def notes_at(starts: int, pitches: st.SearchStrategy[int]) -> st.SearchStrategy[list[Note]]:
    """Notes in steps, in any order; some meet, overlap or begin together."""
    return st.lists(
        st.builds(Note, start=st.integers(0, starts), length=st.integers(1, 20), pitch=pitches), max_size=30
    )


class Score(NamedTuple):
    """A score in sixteenths: note_seq's quantized sequence, its notes as ours, and the steps of its bars."""

    name: str
    sequence: Any
    notes: tuple[Note, ...]
    bar: int


def groove(every: int = 1) -> list[Score]:
    """Every so-many-th performance of the Groove MIDI Dataset; reading them all takes 20 seconds."""
    import note_seq

    files = sorted(data_folder("groove-midi").rglob("*.mid"))[::every]
    return [_score(file.name, note_seq.midi_file_to_note_sequence(str(file))) for file in files]


@cache
def openewld() -> list[Score]:
    """All lead sheets of OpenEWLD that note_seq can read and quantize: melodies and chord symbols."""
    import note_seq

    scores: list[Score] = []
    for file in sorted(data_folder("openewld").rglob("*.mxl")):
        try:
            scores.append(_score(file.stem, _read_mxl(file)))
        except (note_seq.MusicXMLConversionError, note_seq.MultipleTimeSignatureError):
            continue
    return scores


def _read_mxl(path: Path) -> Any:
    # note_seq would look its name up in the container's list, which is broken where titles have apostrophes.
    import note_seq

    with zipfile.ZipFile(path) as archive, NamedTemporaryFile(suffix=".xml") as score:
        (name,) = (name for name in archive.namelist() if not name.startswith("META-INF/"))
        score.write(archive.read(name))
        score.flush()
        return note_seq.musicxml_file_to_sequence_proto(score.name)


def _score(name: str, sequence: Any) -> Score:
    import note_seq

    quantized = note_seq.quantize_note_sequence(sequence, STEPS_PER_QUARTER)
    notes = tuple(
        Note(n.quantized_start_step, n.quantized_end_step - n.quantized_start_step, n.pitch, n.velocity)
        for n in quantized.notes
    )
    return Score(name, quantized, notes, int(note_seq.steps_per_bar_in_quantized_sequence(quantized)))


def quantized(notes: Iterable[Note], *, drums: bool = False, bar: int = 16) -> Any:
    """Notes in steps as note_seq's quantized sequence, with bars of so many sixteenths."""
    import note_seq

    sequence = note_seq.NoteSequence()
    sequence.quantization_info.steps_per_quarter = STEPS_PER_QUARTER
    sequence.time_signatures.add(numerator=bar, denominator=16)
    for note in notes:
        sequence.notes.add(
            quantized_start_step=note.start,
            quantized_end_step=note.end,
            pitch=note.pitch,
            velocity=note.velocity,
            is_drum=drums,
        )
        sequence.total_quantized_steps = max(sequence.total_quantized_steps, note.end)
    return sequence


def notes_in(sequence: Any) -> list[Note]:
    """The notes of a sequence at :data:`QPM` as ours, sorted."""
    found: list[Note] = []
    for note in sequence.notes:
        start, end = (round(time * STEPS_PER_QUARTER) for time in (note.start_time, note.end_time))
        found.append(Note(start, end - start, note.pitch, note.velocity))
    return sorted(found)


def magenta() -> None:
    """Make Magenta importable."""
    from reverie.magenta.compat import prepare

    prepare()
