"""Pieces as they lie in a workspace once files were converted: small ones, made up for training."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from reverie.training.corpus.music_files import MusicFile
from reverie.training.corpus.piece_journal import JournalEntry
from reverie.training.pieces import ConvertedPiece
from reverie.training.workspace import Workspace

KICK, SNARE, HAT = 36, 38, 42


def piece_of(
    notes: Iterable[tuple[float, float, int]],
    metre: str = "4/4",
    *,
    drums: bool = False,
    qpm: float = 120.0,
    chords: Sequence[tuple[float, str]] = (),
    program: int = 0,
) -> Any:
    """A NoteSequence of notes (start and length in quarters, pitch) and chords (quarters, symbol)."""
    import note_seq

    quarter = 60 / qpm
    numerator, denominator = map(int, metre.split("/"))
    sequence = note_seq.NoteSequence(ticks_per_quarter=220)
    sequence.tempos.add(qpm=qpm)
    sequence.time_signatures.add(numerator=numerator, denominator=denominator)
    for start, length, pitch in notes:
        sequence.notes.add(
            start_time=start * quarter,
            end_time=(start + length) * quarter,
            pitch=pitch,
            velocity=80,
            is_drum=drums,
            program=program,
            instrument=9 if drums else 0,
        )
    for start, symbol in chords:
        sequence.text_annotations.add(time=start * quarter, text=symbol, annotation_type=1)
    sequence.total_time = max((note.end_time for note in sequence.notes), default=0)
    return sequence


def beat(metre: str, kicks: Sequence[int], bars: int, snare: int | None = None) -> Any:
    """A beat with hats on all eighths and kicks on some sixteenths of each bar; every other bar has a snare besides."""
    numerator, denominator = map(int, metre.split("/"))
    bar = 16 * numerator // denominator
    notes: list[tuple[float, float, int]] = []
    for number in range(bars):
        first = number * bar
        notes += [((first + step) / 4, 0.25, HAT) for step in range(0, bar, 2)]
        notes += [((first + step) / 4, 0.25, KICK) for step in kicks]
        if snare is not None and number % 2:
            notes.append(((first + snare) / 4, 0.25, SNARE))
    return piece_of(notes, metre, drums=True)


def tune(metre: str, bars: int, first: int = 60, *, chords: Sequence[str] = ()) -> Any:
    """A tune that begins each bar on the first note of a scale, in eighths; a chord a bar, if any are given."""
    numerator, denominator = map(int, metre.split("/"))
    quarters = 4 * numerator / denominator
    scale = (0, 2, 4, 5, 7, 9, 11, 12)
    notes = [
        (bar * quarters + eighth / 2, 0.5, first + scale[(eighth * (1 + bar % 3)) % 8])
        for bar in range(bars)
        for eighth in range(round(quarters * 2))
    ]
    symbols = [(bar * quarters, chords[bar % len(chords)]) for bar in range(bars)] if chords else []
    return piece_of(notes, metre, chords=symbols)


def workspace_with(folder: Path, pieces: Iterable[tuple[str, Any, str]]) -> Workspace:
    """A workspace with pieces: their titles, NoteSequences, and the split that their collection says."""
    workspace = Workspace(folder)
    workspace.pieces.mkdir(parents=True)
    lines: list[bytes] = []
    for title, sequence, split in pieces:
        data = sequence.SerializeToString(deterministic=True)
        number = hashlib.sha256(title.encode() + data).hexdigest()[:16]
        workspace.piece(number).write_bytes(data)
        signature = sequence.time_signatures[0]
        metre = f"{signature.numerator}/{signature.denominator}"
        file = f"{title}-{number[:4]}.mid"
        piece = ConvertedPiece(number, file, title, metre, 0, len(sequence.notes), sequence.total_time, split)
        lines.append(JournalEntry(MusicFile(file, len(data), 0), "", number, "MIDI", pieces=(piece,)).as_line())
    workspace.journal.write_bytes(b"".join(lines))
    return workspace
