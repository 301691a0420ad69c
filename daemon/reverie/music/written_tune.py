"""A tune as people write it: the other way of :func:`reverie.music.notation.read_tune`, to the sixteenth."""

from __future__ import annotations

from collections.abc import Iterable

from reverie.music.harmony import pitch_name
from reverie.music.notes import Note
from reverie.music.time import TICKS_PER_STEP


def written_tune(notes: Iterable[Note], steps: int) -> str:
    """The notation of one note at a time, so many sixteenths long; the highest of several, each up to the next.

    What is between two sixteenths stands at the nearer one. Without a note there is nothing to write.
    """
    at: dict[int, Note] = {}
    for note in sorted(notes, key=lambda one: one.pitch):
        step = round(note.start / TICKS_PER_STEP)
        if 0 <= step < steps and not note.tied:
            at[step] = note
    if not at:
        return ""
    words: list[str] = []
    end = 0
    for step, following in zip(sorted(at), [*sorted(at)[1:], steps], strict=True):
        if step > end:
            words.append(f".:{step - end}")
        note = at[step]
        length = min(max(round(note.length / TICKS_PER_STEP), 1), following - step)
        words.append(f"{pitch_name(note.pitch)}:{length}")
        end = step + length
    if words and end < steps:
        words.append(f".:{steps - end}")
    return " ".join(words)
