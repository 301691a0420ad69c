"""The last bar of a scene: a voice comes to rest on a tone of the chord, which it holds, and drums on one stroke."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from reverie.compose.operators.operator import Operator
from reverie.compose.recipe import Recipe
from reverie.music.drums import DRUMS
from reverie.music.harmony import OCTAVE
from reverie.music.notes import MAX_MIDI, Note
from reverie.music.time import TICKS_PER_QUARTER

_CYMBALS = {DRUMS["crash"], DRUMS["ride"]}


def _rested(recipe: Recipe) -> Iterator[Note]:
    loudest = recipe.limits.velocity_high
    if recipe.traits.drums:
        length = min(TICKS_PER_QUARTER, recipe.metre.bar_ticks)
        struck = [note.pitch for note in recipe.before if note.start == 0 and note.pitch in _CYMBALS]
        for pitch in sorted({DRUMS["bass"], *struck}):
            yield Note(0, length, pitch, loudest)
        return
    first = [note for note in recipe.before if note.start == min(one.start for one in recipe.before)]
    for note in first[:1] if recipe.traits.monophonic else first:
        pitch = _nearest(recipe, note.pitch) if recipe.traits.monophonic else note.pitch
        yield replace(note, start=0, length=recipe.metre.bar_ticks, pitch=pitch, tied=False, shift=0)


def _nearest(recipe: Recipe, pitch: int) -> int:
    """The tone to rest on: the root where the voice is lowest or there are no chords, else the chord's nearest."""
    chord = recipe.harmony[0].spans[-1] if recipe.harmony else None
    root = recipe.limits.tonic if chord is None else chord.root
    lowest = recipe.traits.outermost == "lowest"
    tones = {root} if chord is None or lowest else {*chord.tones}
    low, high = recipe.limits.low, recipe.limits.high
    fit = [one for one in range(low, min(high, MAX_MIDI) + 1) if one % OCTAVE in {tone % OCTAVE for tone in tones}]
    return min(fit, key=lambda one: (abs(one - pitch), one), default=pitch)


LAST_BAR = Operator("last-bar", derive=_rested)
