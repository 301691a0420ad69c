"""When the notes of a bar are really struck and ended, once swing and each note's own shift count."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from reverie.music.notes import Note
from reverie.music.time import Metre

Warp = Callable[[int, Metre], int]
"""Where a tick of an even bar is played, and its metre: :meth:`reverie.music.time.Swing.warp`."""


def strokes(notes: Sequence[Note], metre: Metre, warp: Warp) -> list[tuple[int, int]]:
    """Begin and end of each of the ``notes`` of a voice that start in a bar, in ticks from the bar line.

    A shift moves the stroke, which never leaves the bar: what is early at the bar line is struck on it. A note that
    lasts until another of the voice begins ends where that one is really struck, so that a line stays as legato as it
    was written; all other ends stay at their places. A tied note that goes on is not struck, and has no shift.
    """
    begins = [_begin(note, metre, warp) for note in notes]
    if all(note.shift == 0 for note in notes):
        return [(begin, max(warp(note.end, metre), begin + 1)) for note, begin in zip(notes, begins, strict=True)]
    same: dict[tuple[int, int], int] = {}
    any_pitch: dict[int, int] = {}
    for note, begin in zip(notes, begins, strict=True):
        same[note.start, note.pitch] = min(begin, same.get((note.start, note.pitch), begin))
        any_pitch[note.start] = min(begin, any_pitch.get(note.start, begin))
    found: list[tuple[int, int]] = []
    for note, begin in zip(notes, begins, strict=True):
        end = same.get((note.end, note.pitch), any_pitch.get(note.end, warp(note.end, metre)))
        found.append((begin, max(end, begin + 1)))
    return found


def _begin(note: Note, metre: Metre, warp: Warp) -> int:
    place = warp(note.start, metre)
    if note.tied or not note.shift:
        return place
    return min(max(place + note.shift, 0), metre.bar_ticks - 1)
