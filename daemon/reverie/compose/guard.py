"""What stands between a model and the room: a model's notes are mended where they can be and refused where not.

Mending (*clipping*) is for what has an obvious nearest neighbour: a pitch out of register or key, a note too many at a
time, a note that outlasts its loop. Refusing is for what is no music for this voice at all; another seed is then tried.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from reverie.compose.recipe import Limits, Recipe
from reverie.music.harmony import Key, fold
from reverie.music.notes import MAX_MIDI, Loop, Note
from reverie.music.time import TICKS_PER_QUARTER, TICKS_PER_STEP

Refusal = Literal["empty", "sparse", "dense", "one_pitch"]
Clip = Literal["pitch", "register", "scale", "polyphony", "length"]

ONE_PITCH_NOTES = 6
"""So many notes on a single pitch are a model that is stuck, not a motif."""


@dataclass(frozen=True, slots=True)
class Guarded:
    """A loop that may be played, or the reason why there is none; and how many notes were mended in which way."""

    loop: Loop | None
    refusal: Refusal | None
    clips: Mapping[Clip, int]


def guard(recipe: Recipe, generated: Sequence[Note]) -> Guarded:
    """Make a loop of what a model composed for ``recipe``, or say why not.

    Args:
        recipe: what was asked for; with ``mutate`` its primer becomes the loop's first part.
        generated: notes in ticks from the end of the primer, as :meth:`Engine.generate` returns them.
    """
    clips: Counter[Clip] = Counter()
    kept = recipe.primer if recipe.operator == "mutate" else ()
    offset = recipe.primer_steps * TICKS_PER_STEP if recipe.operator == "mutate" else 0
    composed = (_voiced(note.moved(offset), recipe.limits, recipe.metre.bar_ticks) for note in generated)
    notes = [*kept, *composed]
    notes = _in_length(notes, recipe.bars * recipe.metre.bar_ticks, clips)
    if recipe.kind == "drums":
        notes = _distinct(notes)
    else:
        notes = _in_pitch(notes, recipe.limits, clips)
        notes = _in_polyphony(notes, recipe.limits.polyphony, clips, lowest=recipe.kind == "bass")
    refusal = _refusal(notes, recipe)
    if refusal:
        return Guarded(None, refusal, clips)
    return Guarded(Loop(recipe.bars, recipe.metre, tuple(notes)), None, clips)


def adapt(loop: Loop, recipe: Recipe) -> Loop | None:
    """A loop that was made for another voice or scene, bent to what ``recipe`` allows; None where nothing remains.

    Density and variety are not asked for: this is for the loops that play until a model has composed.
    """
    if loop.notes and (loop.bars, loop.metre) == (recipe.bars, recipe.metre) and _fits(loop.notes, recipe):
        return loop
    there, here = loop.metre.bar_ticks, recipe.metre.bar_ticks
    notes = [
        replace(note, start=note.start + bar * here, length=min(note.length, here - note.start))
        for bar in range(recipe.bars)
        for note in loop.bar(bar % loop.bars)
        if note.start < min(there, here)
    ]
    clips: Counter[Clip] = Counter()
    if recipe.kind != "drums":
        notes = _in_pitch(notes, recipe.limits, clips)
        notes = _in_polyphony(notes, recipe.limits.polyphony, clips, lowest=recipe.kind == "bass")
    return Loop(recipe.bars, recipe.metre, tuple(notes)) if notes else None


def _fits(notes: Sequence[Note], recipe: Recipe) -> bool:
    """Whether every pitch is one that the recipe allows."""
    key, limits = Key(recipe.limits.tonic, recipe.limits.scale), recipe.limits
    return recipe.kind == "drums" or all(n.pitch in key and limits.low <= n.pitch <= limits.high for n in notes)


def _in_length(notes: Sequence[Note], ticks: int, clips: Counter[Clip]) -> list[Note]:
    kept: list[Note] = []
    for note in notes:
        if note.start >= ticks:
            clips["length"] += 1
        elif note.end > ticks:
            clips["length"] += 1
            kept.append(replace(note, length=ticks - note.start))
        else:
            kept.append(note)
    return kept


def _distinct(notes: Sequence[Note]) -> list[Note]:
    return sorted({(note.start, note.pitch): note for note in notes}.values())


def _in_pitch(notes: Sequence[Note], limits: Limits, clips: Counter[Clip]) -> list[Note]:
    key = Key(limits.tonic, limits.scale)
    kept: list[Note] = []
    for note in notes:
        pitch = key.nearest(note.pitch)
        clips["scale"] += pitch != note.pitch
        folded = fold(pitch, limits.low, limits.high)
        clips["register"] += folded != pitch
        if folded is None:
            continue
        kept.append(replace(note, pitch=folded))
    return _distinct(kept)


def _in_polyphony(notes: Sequence[Note], most: int, clips: Counter[Clip], *, lowest: bool = False) -> list[Note]:
    """Cut notes short, oldest first, so that no more than ``most`` sound; of simultaneous ones keep the outermost."""
    kept: list[Note] = []
    for start in sorted({note.start for note in notes}):
        chord = sorted((note for note in notes if note.start == start), key=lambda n: n.pitch, reverse=not lowest)
        clips["polyphony"] += max(0, len(chord) - most)
        chord = chord[:most]
        sounding = [index for index, note in enumerate(kept) if note.end > start]
        for index in sounding[: max(0, len(sounding) + len(chord) - most)]:
            clips["polyphony"] += 1
            kept[index] = replace(kept[index], length=start - kept[index].start)
        kept += chord
    return kept


def _refusal(notes: Sequence[Note], recipe: Recipe) -> Refusal | None:
    if not notes:
        return "empty"
    density = len(notes) / recipe.bars
    if density < recipe.limits.least or (recipe.limits.least >= 1 and _has_an_empty_bar(notes, recipe)):
        return "sparse"
    if density > recipe.limits.most:
        return "dense"
    if recipe.kind != "drums" and len(notes) >= ONE_PITCH_NOTES and len({note.pitch for note in notes}) == 1:
        return "one_pitch"
    return None


def _has_an_empty_bar(notes: Sequence[Note], recipe: Recipe) -> bool:
    """Whether in some bar nothing sounds, not even a note from the bar before."""
    ticks = recipe.metre.bar_ticks
    starts = range(0, recipe.bars * ticks, ticks)
    return any(all(note.end <= start or note.start >= start + ticks for note in notes) for start in starts)


def _voiced(note: Note, limits: Limits, bar_ticks: int) -> Note:
    """Place the model's velocity inside the voice's, with the weight of the beat: these models know no dynamics."""
    place = note.start % bar_ticks
    weight = 1.0 if place == 0 else 0.75 if place % TICKS_PER_QUARTER == 0 else 0.4 if place % 240 == 0 else 0.15
    weight *= note.velocity / MAX_MIDI
    span = limits.velocity_high - limits.velocity_low
    return replace(note, velocity=round(limits.velocity_low + span * weight))
