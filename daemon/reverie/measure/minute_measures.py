"""The measures of a minute by which pieces are told apart, whatever their voices are called."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from statistics import fmean, pstdev

from reverie.measure.piece import Piece, PlacedNote, Role
from reverie.music.time import TICKS_PER_QUARTER

ROLES: tuple[Role, ...] = ("drums", "bass", "melody", "chords")
MEASURES = (
    "quarters a minute",
    "quarters a bar",
    *(
        f"{role}: {what}"
        for role in ROLES
        for what in (
            "notes a second", "voices", "pitch", "pitch spread", "velocity", "velocity spread", "length", "on the beat",
            "on the half", "notes together",
        )
    ),
    "pitch classes",
)  # fmt: skip


def minute_measures(piece: Piece, seconds: float = 60.0) -> Iterator[tuple[float, ...]]:
    """The measures of each whole minute of a piece, or of each stretch of so many seconds; silent ones are left out."""
    moments = piece.bar_seconds
    for number in range(int(piece.seconds // seconds)):
        bars = [bar for bar, moment in enumerate(moments) if number * seconds <= moment < (number + 1) * seconds]
        if not bars:
            continue
        start, end = piece.bars[bars[0]].start, piece.bars[bars[-1]].end
        notes: dict[Role, list[list[PlacedNote]]] = {
            role: [[note for note in voice.notes if start <= note.start < end] for voice in piece.of_role(role)]
            for role in ROLES
        }
        if any(own for voices in notes.values() for own in voices):
            lasts = piece.second_at(end) - piece.second_at(start)
            yield _measures(notes, (end - start) / TICKS_PER_QUARTER, lasts, len(bars))


def _measures(
    notes: dict[Role, list[list[PlacedNote]]], quarters: float, seconds: float, bars: int
) -> tuple[float, ...]:
    pitched = [note.pitch % 12 for role in ROLES[1:] for own in notes[role] for note in own]
    found = [60.0 * quarters / seconds, quarters / bars]
    for role in ROLES:
        found += _of_role(notes[role], seconds)
    return (*found, len(set(pitched)) / 12)


def _of_role(voices: Sequence[Sequence[PlacedNote]], seconds: float) -> list[float]:
    notes = [note for own in voices for note in own]
    if not notes:
        return [0.0] * 10
    pitches, velocities = [note.pitch for note in notes], [note.velocity for note in notes]
    places = [note.start % TICKS_PER_QUARTER for note in notes]
    return [
        len(notes) / seconds,
        sum(map(bool, voices)),
        fmean(pitches),
        pstdev(pitches),
        fmean(velocities),
        pstdev(velocities),
        fmean(note.end - note.start for note in notes) / TICKS_PER_QUARTER,
        fmean(place == 0 for place in places),
        fmean(place == TICKS_PER_QUARTER // 2 for place in places),
        len(notes) / len({note.start for note in notes}),
    ]
