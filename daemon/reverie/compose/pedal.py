"""The sustaining pedal of a pianist, in the notes themselves: what belongs to the chord rings until the chord changes.

Models of performances learn when keys are let go, not when the pedal is. In the notes it needs no controller that a
dead player could leave down, and what people hear is what the guard has seen.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from reverie.compose.chord_places import ChordPlaces
from reverie.compose.recipe import Recipe
from reverie.music.harmony import OCTAVE
from reverie.music.notes import Note
from reverie.music.time import TICKS_PER_STEP

PEDAL = "pedal"
"""The setting that asks for it, with any number but 0."""


def pedalled(recipe: Recipe, notes: Sequence[Note]) -> tuple[Note, ...]:
    """The notes of a candidate, held by the pedal if the recipe wants one.

    A tone of the chord at its begin rings until the next chord, or where nothing is told of chords until the next bar;
    in any case no further than the loop, and not into the same pitch struck again. Other tones would blur the chord,
    so a pianist lets go of them: they end as they are written.

    Args:
        recipe: what was asked for.
        notes: in ticks from the end of the primer that the loop keeps.
    """
    if not recipe.settings.get(PEDAL):
        return tuple(notes)
    offset = recipe.primer_steps * TICKS_PER_STEP if recipe.keeps_primer else 0
    end = recipe.steps * TICKS_PER_STEP
    places = ChordPlaces(recipe.harmony, recipe.metre) if recipe.harmony else None
    again: dict[int, int] = {}
    held: list[Note] = []
    for note in sorted(notes, reverse=True):
        until = min(_lifted(recipe, places, offset + note.start, note.pitch) - offset, again.get(note.pitch, end), end)
        held.append(replace(note, length=max(note.length, until - note.start)))
        again[note.pitch] = note.start
    return tuple(reversed(held))


def _lifted(recipe: Recipe, places: ChordPlaces | None, tick: int, pitch: int) -> int:
    """When the pedal lets go of a pitch that begins at a tick; at once, if it does not hold it."""
    bar = recipe.metre.bar_ticks
    if places is None:
        return (tick // bar + 1) * bar
    if pitch % OCTAVE not in places.at(tick).tones:
        return tick
    return places.next_change(tick) or recipe.bars * bar
