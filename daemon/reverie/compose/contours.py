"""Contours: which of Piano Genie's buttons is pressed when, by the artist, by another voice, or by chance.

A button says how high the next key is to be, of eight heights; which key that is, is the model's to say.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from reverie.compose.recipe import Recipe
from reverie.music.notation import BUTTONS, read_contour
from reverie.music.notes import Note
from reverie.music.time import TICKS_PER_STEP

CONTOUR = "contour"
"""The setting that has a written contour (:func:`reverie.music.notation.read_contour`)."""
FOLLOW = "follow"
"""The relation by which another voice's notes press the buttons."""


@dataclass(frozen=True, slots=True, order=True)
class Press:
    """A button, 0 to 7, that is pressed at tick ``start`` of a loop and held for ``length`` ticks.

    ``velocity`` is a mark, as notes have that are written.
    """

    start: int
    button: int
    length: int
    velocity: int = 100


def buttons_of(notes: Sequence[Note]) -> list[int]:
    """For each note the button that would make it: the higher the note is among them, the higher its button.

    Pitches have buttons by their order, in the middle of the eight where there are fewer. So of up to eight pitches
    each change of pitch is a change of button, the same way.
    """
    pitches = sorted({note.pitch for note in notes})
    if len(pitches) <= BUTTONS:
        first, share = (BUTTONS - len(pitches)) // 2, 1.0
    else:
        first, share = 0, (BUTTONS - 1) / (len(pitches) - 1)
    button = {pitch: first + round(number * share) for number, pitch in enumerate(pitches)}
    return [button[note.pitch] for note in notes]


def given_contour(recipe: Recipe) -> tuple[Press, ...] | None:
    """What presses the buttons of a whole loop: the artist, or another voice; None where neither does.

    Where a voice that is followed rests, no button is pressed, and none at all where it rests for the whole loop. None
    if nothing is known of what it plays there.
    """
    if written := written_contour(recipe):
        return written
    voices = [one.voice for one in recipe.relations if one.kind == FOLLOW]
    heard = [there for voice in voices if (there := _heard(recipe, voice)) is not None]
    notes = [note for there in heard for note in there]
    presses = [
        Press(note.start, button, note.length, note.velocity)
        for note, button in zip(notes, buttons_of(notes), strict=True)
    ]
    return fewer(presses, recipe.limits.polyphony) if heard else None


def written_contour(recipe: Recipe) -> tuple[Press, ...]:
    """The contour that the artist wrote, over and over up to the loop's end; nothing where there is none."""
    written = recipe.settings.get(CONTOUR)
    if not isinstance(written, str) or not written:
        return ()
    return fewer(_written(written, recipe.bars * recipe.metre.bar_ticks), recipe.limits.polyphony)


def fewer(presses: Iterable[Press], most: int) -> tuple[Press, ...]:
    """At most so many presses at a time, of different buttons: the highest, then the lowest, then those between."""
    by_start: dict[int, dict[int, Press]] = {}
    for press in presses:
        by_start.setdefault(press.start, {}).setdefault(press.button, press)
    kept: list[Press] = []
    for together in by_start.values():
        outermost = sorted(together.values(), key=lambda one: -one.button)
        kept += [outermost[0], *outermost[:0:-1]][:most]
    return tuple(sorted(kept))


def _written(text: str, ticks: int) -> Iterable[Press]:
    passage = read_contour(text)
    for first in range(0, ticks, passage.steps * TICKS_PER_STEP):
        for note in passage.notes:
            if first + note.start < ticks:
                end = min(first + note.end, ticks)
                yield Press(first + note.start, note.pitch, end - first - note.start, note.velocity)


def _heard(recipe: Recipe, voice: str) -> list[Note] | None:
    """What a voice plays in the bars of a loop, in the first of its turns; None where none of its loops is known.

    Notes that are tied are not struck.
    """
    bar_ticks, end = recipe.metre.bar_ticks, recipe.bars * recipe.metre.bar_ticks
    notes: dict[int, list[Note]] = {}
    for one in recipe.heard:
        loop = recipe.loops.get(one.loop) if one.voice == voice else None
        if loop is None or loop.metre != recipe.metre:
            continue
        for bar in range(max(one.start, 0), min(one.start + one.bars, recipe.bars)):
            number = (one.loop_bar + bar - one.start) % loop.bars
            struck = (note.moved(bar * bar_ticks) for note in loop.bar(number) if not note.tied)
            notes.setdefault(bar, [_within(note, end) for note in struck])
    return [note for there in notes.values() for note in there] if notes else None


def _within(note: Note, end: int) -> Note:
    return Note(note.start, min(note.length, end - note.start), note.pitch, note.velocity)
