"""A line that is written for a voice whose model adds notes to it: it is played as it stands, over and over."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from reverie.compose.recipe import Recipe
from reverie.music.notation import read_tune
from reverie.music.notes import Note
from reverie.music.time import SLIVER, TICKS_PER_STEP, Metre

LINE, GIVEN, PLAYED = "line", "given", "parts"
"""Settings: a line in the notation of tunes; of four parts which one it is; which of them the voice plays."""


Told = Mapping[str, float | str]
"""The settings of a loop."""


def said_of_line(told: Told) -> Told:
    """What of the settings says which line is written, and whether it is played; nothing if none is written."""
    return {name: told[name] for name in (LINE, GIVEN, PLAYED) if name in told} if told.get(LINE) else {}


def written_line(recipe: Recipe) -> tuple[Note, ...]:
    """The line's notes up to the loop's end, in ticks from its start, with marks for velocities.

    A note that goes on from the line's end is tied. Where no line is written, there are none.
    """
    return _over(recipe.settings, recipe.bars, recipe.metre)


def _over(told: Told, bars: int, metre: Metre) -> tuple[Note, ...]:
    written = told.get(LINE)
    if not isinstance(written, str) or not written:
        return ()
    passage, end = read_tune(written), bars * metre.bar_ticks
    return tuple(
        replace(note.moved(first), length=min(note.length, end - first - note.start))
        for first in range(0, end, passage.steps * TICKS_PER_STEP)
        for note in passage.notes
        if first + note.start < end
    )


def played_line(recipe: Recipe) -> tuple[Note, ...]:
    """The line's notes, if the voice plays them: of four parts it may leave out the one that the line is."""
    return played_over(recipe.settings, recipe.bars, recipe.metre)


def played_over(told: Told, bars: int, metre: Metre) -> tuple[Note, ...]:
    """The same, of a loop of so many bars with these settings."""
    parts = told.get(PLAYED)
    if isinstance(parts, str) and parts and told.get(GIVEN, "soprano") not in parts.split():
        return ()
    return _over(told, bars, metre)


def split_by_line(notes: Iterable[Note], line: Iterable[Note]) -> tuple[list[Note], list[Note]]:
    """Those of the notes that are of the line, by start and pitch, and the others."""
    places = {(note.start, note.pitch) for note in line}
    split: tuple[list[Note], list[Note]] = ([], [])
    for note in notes:
        split[(note.start, note.pitch) not in places].append(note)
    return split


def beside_line(added: Iterable[Note], line: Sequence[Note]) -> list[Note]:
    """Notes without what the line plays at the same time on the same pitch, which none is to cut short."""
    left: list[Note] = []
    for note in added:
        start = note.start
        for one in sorted(one for one in line if one.pitch == note.pitch and one.end > start and one.start < note.end):
            if one.start - start >= SLIVER:
                left.append(replace(note, start=start, length=one.start - start))
            start = max(start, one.end)
        if note.end - start >= min(SLIVER, note.length):
            left.append(replace(note, start=start, length=note.end - start))
    return left
