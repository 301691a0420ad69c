"""What people ask of a voice at the page: to go on from strokes of their own, to lie between tunes, or to be just that.

`seeded`: a person's strokes before a marker are the loop's first part, which the model is told, and goes on from. Of
single sixteenths after it, what they have set stands in place of what the model draws. `blended` decodes a place
between the places of tunes. `given` is what was asked, note for note.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace

from reverie.compose.operators.operator import Operator
from reverie.compose.operators.written import WRITTEN, velocity_of
from reverie.compose.recipe import Recipe
from reverie.music.notation import ACCENT, GHOST, PLAIN
from reverie.music.notes import Loop, Note
from reverie.music.time import TICKS_PER_STEP

SEEDED, BLENDED, GIVEN = "seeded", "blended", "given"
ASKED = frozenset({SEEDED, BLENDED, GIVEN})
OWN = "own"
"""The setting that has a person's own sixteenths after the marker: ``20 36> 42;24``, each with what is struck there."""

_MARKS = {ACCENT: ">", GHOST: "<", PLAIN: ""}
_VELOCITIES = {mark: velocity for velocity, mark in _MARKS.items()}


def own_as_text(strokes: Iterable[Note], own: Collection[int]) -> str:
    """Those sixteenths as a setting: each with its strokes, of which there may be none."""
    struck: dict[int, list[str]] = {step: [] for step in sorted(own)}
    for note in sorted(strokes):
        step = note.start // TICKS_PER_STEP
        if step in struck:
            struck[step].append(f"{note.pitch}{_MARKS.get(note.velocity, '')}")
    return ";".join(" ".join((str(step), *there)) for step, there in struck.items())


def own_of(recipe: Recipe) -> Mapping[int, tuple[Note, ...]]:
    """By sixteenth of the loop what a person has set there, with marks for velocities."""
    text = recipe.settings.get(OWN, "")
    found: dict[int, tuple[Note, ...]] = {}
    for part in str(text).split(";") if text else ():
        step, *strokes = part.split()
        start = int(step) * TICKS_PER_STEP
        found[int(step)] = tuple(_stroke(start, word) for word in strokes)
    return found


def _stroke(start: int, word: str) -> Note:
    mark = word[-1] if word[-1] in "<>" else ""
    return Note(start, TICKS_PER_STEP, int(word.removesuffix(mark)), _VELOCITIES[mark])


def _with_own(recipe: Recipe, loop: Loop) -> Loop:
    """The loop in which a person's own sixteenths are as they were set, whatever was drawn and mended."""
    own = own_of(recipe)
    if not own:
        return loop
    marked = any(note.velocity != PLAIN for strokes in own.values() for note in strokes)
    kept = [note for note in loop.notes if note.start // TICKS_PER_STEP not in own]
    set_there = [
        replace(note, velocity=velocity_of(recipe, note, marked=marked)) for strokes in own.values() for note in strokes
    ]
    return replace(loop, notes=tuple(sorted([*kept, *set_there])))


SEED_ON = Operator(SEEDED, finished=_with_own)
BLEND = Operator(BLENDED)
GIVE = Operator(GIVEN, derive=WRITTEN.derive)
