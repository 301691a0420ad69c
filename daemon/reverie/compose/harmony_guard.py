"""What the guard does where a loop has harmony: what is left clashing is bent to the chord, or to its scale."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from reverie.compose.chord_places import STRONG, ChordPlaces, avoid_notes, beat_ticks, place_weight
from reverie.compose.recipe import Recipe
from reverie.music.harmony import OCTAVE, ChordSpan
from reverie.music.notes import MAX_MIDI, Note
from reverie.music.time import SLIVER
from reverie.scenes.operators import OPERATOR_TRAITS

_STEP = 2
"""Semitones of a melodic step, at most."""


@dataclass(frozen=True, slots=True)
class Bent:
    """Notes in harmony, and how many were bent to a ``scale``, or because they clashed with the ``harmony``."""

    notes: list[Note]
    scale: int = 0
    harmony: int = 0


def bend(recipe: Recipe, notes: Sequence[Note]) -> Bent:
    """Bend what clashes with the recipe's harmony to the nearest pitch that does not.

    A note clashes that is no chord tone and stands on a strong place or lasts longer than a beat; a short one that goes
    on to a chord tone by step is let pass, unless nothing else than the harmony counts. A note that is held into a
    chord with which it clashes becomes one that both chords have, or ends there; one that begins just before a chord
    belongs to that. What clashes with nothing and is off the scale moves to the scale.

    Pitches out of the voice's register stay so. A free voice, and what is played a little otherwise, only keep to the
    scale.
    """
    places = ChordPlaces(recipe.harmony, recipe.metre)
    binds = recipe.strictness > 0 and OPERATOR_TRAITS[recipe.operator].anew
    bent, scale, harmony = list[Note](), 0, 0
    ordered = sorted(notes)
    for number, note in enumerate(ordered):
        chord = places.at(note.start)
        fitting = note
        clashes = binds and _clashes(recipe, places, note, next(iter(ordered[number + 1 : number + 2]), None))
        if clashes:
            fitting = replace(note, pitch=nearest(note.pitch, chord.tones))
        elif note.pitch % OCTAVE not in chord.scale:
            fitting = replace(note, pitch=nearest(note.pitch, chord.scale))
            scale += 1
        held = _not_held_into_a_clash(recipe, places, fitting) if binds else fitting
        harmony += clashes or held != fitting
        bent.append(held)
    return Bent(bent, scale, harmony)


def nearest(pitch: int, classes: Collection[int]) -> int:
    """The MIDI pitch of one of the classes that is nearest to ``pitch``; of two equally near the lower.

    Raises:
        ValueError: if there is no class.
    """
    ways = (pitch + way * distance for distance in range(OCTAVE) for way in (-1, 1))
    found = next((one for one in ways if 0 <= one <= MAX_MIDI and one % OCTAVE in classes), None)
    if found is None:
        raise ValueError("nothing is nearest among no pitches")
    return found


def binding(recipe: Recipe, places: ChordPlaces, note: Note) -> bool:
    """Whether a note is one that the ear holds against the chord: on a strong place or at a change, or long."""
    strong = place_weight(recipe.metre, note.start) >= STRONG or places.changes_at(note.start)
    return strong or note.length > beat_ticks(recipe.metre)


def _clashes(recipe: Recipe, places: ChordPlaces, note: Note, following: Note | None) -> bool:
    if note.pitch % OCTAVE in places.at(note.start).tones or not binding(recipe, places, note):
        return False
    if recipe.strictness >= 1 or note.length > beat_ticks(recipe.metre):
        return True
    return not (following is not None and _resolves(note, following, places.at(following.start)))


def _resolves(note: Note, following: Note, chord: ChordSpan) -> bool:
    """Whether the next note comes at once, by step, and is a chord tone."""
    at_once = following.start == note.end
    return at_once and 0 < abs(following.pitch - note.pitch) <= _STEP and following.pitch % OCTAVE in chord.tones


def _not_held_into_a_clash(recipe: Recipe, places: ChordPlaces, note: Note) -> Note:
    """A note that does not clash with what it is held into, where it was struck in harmony."""
    (_, struck), *held_into = places.spans_within(note.start, note.end)
    common = frozenset(struck.tones)
    for start, chord in held_into:
        common &= frozenset(chord.tones)
        own = note.pitch % OCTAVE
        ill = own in avoid_notes(chord) or own not in chord.scale
        if ill or (recipe.strictness >= 1 and own not in chord.tones):
            early = frozenset(chord.tones) & frozenset(struck.scale) if start - note.start < SLIVER else None
            if early:
                note, common = replace(note, pitch=nearest(note.pitch, early)), early
                continue
            other = nearest(note.pitch, common) if common else None
            if other is None or abs(other - note.pitch) > _STEP:
                return replace(note, length=start - note.start)
            note = replace(note, pitch=other)
    return note
