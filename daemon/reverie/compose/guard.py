"""What stands between a model and the room: a model's notes are mended where they can be and refused where not.

A line that is written for the voice is left as it is: what a model adds to it is mended.

Mending (*clipping*) is for what has an obvious nearest neighbour: a pitch out of register or key, a note too many at a
time, a note that outlasts its loop. Refusing is for what is no music for this voice at all; another seed is then tried.
What is merely too dense is thinned out, where all seeds were.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from reverie.compose.contours import given_contour
from reverie.compose.harmony_guard import bend
from reverie.compose.recipe import LoopLimits, Recipe
from reverie.compose.written_line import beside_line, played_line
from reverie.music.harmony import Key, fold
from reverie.music.notes import Loop, Note
from reverie.music.time import SLIVER, TICKS_PER_STEP
from reverie.scenes.operators import OPERATOR_TRAITS

Refusal = Literal["empty", "sparse", "dense", "one_pitch"]
Clip = Literal["pitch", "register", "scale", "harmony", "polyphony", "length", "density"]

ONE_PITCH_NOTES = 6
"""So many notes on a single pitch are a model that is stuck, not a motif."""


@dataclass(frozen=True, slots=True)
class Guarded:
    """A loop that may be played, or the reason why there is none; and how many notes were mended in which way."""

    loop: Loop | None
    refusal: Refusal | None
    clips: Mapping[Clip, int]


def guard(recipe: Recipe, generated: Sequence[Note], *, thin: bool = False) -> Guarded:
    """Make a loop of what a model composed for ``recipe``, or say why not.

    Args:
        recipe: what was asked for; if the operator keeps the primer, it becomes the loop's first part.
        generated: notes in ticks from the end of the primer, as :meth:`Engine.generate` returns them, or an operator.
        thin: whether notes are left out of what is too dense, in place of refusing it.
    """
    if OPERATOR_TRAITS[recipe.operator].source in {"harmony", "written"}:
        return _as_meant(recipe, generated)
    clips: Counter[Clip] = Counter()
    kept = recipe.primer if recipe.keeps_primer else ()
    offset = recipe.primer_steps * TICKS_PER_STEP if recipe.keeps_primer else 0
    notes = [*kept, *(note.moved(offset) for note in generated)]
    notes = _in_length(notes, recipe.bars * recipe.metre.bar_ticks, clips)
    line = _places(played_line(recipe))
    notes = _in_reach(notes, recipe, clips, line) if recipe.traits.pitched else _distinct(notes)
    if thin:
        notes = _thinned(notes, recipe, offset, clips, line)
    refusal = _refusal(notes, recipe)
    if refusal:
        return Guarded(None, refusal, clips)
    return Guarded(Loop(recipe.bars, recipe.metre, tuple(_voiced(notes, recipe, offset))), None, clips)


def _as_meant(recipe: Recipe, notes: Sequence[Note]) -> Guarded:
    """What is written, or made from the harmony: it may leave the scale, and a chord that is held has few notes.

    Chords may have none in a loop: to repeat the loop before would be to play the chords of other bars.
    """
    clips: Counter[Clip] = Counter()
    whole = _in_length(notes, recipe.bars * recipe.metre.bar_ticks, clips)
    if not whole and OPERATOR_TRAITS[recipe.operator].source != "harmony":
        return Guarded(None, "empty", clips)
    return Guarded(Loop(recipe.bars, recipe.metre, tuple(whole)), None, clips)


def adapt(loop: Loop, recipe: Recipe) -> Loop | None:
    """A loop that was made for another voice or scene, bent to what ``recipe`` allows; None where nothing remains.

    Density and variety are not asked for: this is for the loops that play until a model has composed. Where it is
    louder or softer than the voice, it gets the voice's own accents. The harmony is left to
    :mod:`reverie.compose.fitting`, since such a loop has none of its own.
    """
    recipe = replace(recipe, harmony=())
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
    if recipe.traits.pitched and not recipe.traits.harmonic:
        notes = _in_reach(notes, recipe, clips)
    if not _in_dynamics(notes, recipe.limits):
        notes = _voiced(notes, recipe)
    return Loop(recipe.bars, recipe.metre, tuple(notes)) if notes else None


def _fits(notes: Sequence[Note], recipe: Recipe) -> bool:
    """Whether every pitch and velocity is one that the recipe allows."""
    key, limits = Key(recipe.limits.tonic, recipe.limits.scale), recipe.limits
    if not _in_dynamics(notes, limits):
        return False
    return (
        recipe.traits.drums
        or recipe.traits.harmonic
        or all(n.pitch in key and limits.low <= n.pitch <= limits.high for n in notes)
    )


_Places = Collection[tuple[int, int]]
"""Where notes begin, and on which pitch."""


def _places(notes: Sequence[Note]) -> _Places:
    return frozenset((note.start, note.pitch) for note in notes)


def _in_reach(notes: Sequence[Note], recipe: Recipe, clips: Counter[Clip], line: _Places = ()) -> list[Note]:
    """The notes in the voice's key and register, and no more at a time than it may have; the ``line`` as it is."""
    lowest = recipe.traits.outermost == "lowest"
    written = [note for note in notes if (note.start, note.pitch) in line]
    others = _in_pitch([note for note in notes if (note.start, note.pitch) not in line], recipe, clips)
    kept = sorted([*beside_line(others, written), *written]) if written else others
    return _in_polyphony(kept, recipe.limits.polyphony, clips, line, lowest=lowest)


def _in_length(notes: Sequence[Note], ticks: int, clips: Counter[Clip]) -> list[Note]:
    """The notes up to the end of a loop; of one that goes beyond it no sliver is left."""
    kept: list[Note] = []
    for note in notes:
        if note.start >= ticks:
            clips["length"] += 1
        elif note.end > ticks:
            clips["length"] += 1
            if ticks - note.start >= SLIVER:
                kept.append(replace(note, length=ticks - note.start))
        else:
            kept.append(note)
    return kept


def _distinct(notes: Sequence[Note]) -> list[Note]:
    return sorted({(note.start, note.pitch): note for note in notes}.values())


def _in_pitch(notes: Sequence[Note], recipe: Recipe, clips: Counter[Clip]) -> list[Note]:
    """The notes in the harmony's scales, or else in the scene's key, and by octaves in the voice's register."""
    limits = recipe.limits
    kept: list[Note] = []
    for note in _in_harmony(notes, recipe, clips) if recipe.harmony else _in_key(notes, limits, clips):
        folded = fold(note.pitch, limits.low, limits.high)
        clips["register"] += folded != note.pitch
        if folded is None:
            continue
        kept.append(replace(note, pitch=folded))
    return _distinct(kept)


def _in_key(notes: Sequence[Note], limits: LoopLimits, clips: Counter[Clip]) -> list[Note]:
    key = Key(limits.tonic, limits.scale)
    kept = [replace(note, pitch=key.nearest(note.pitch)) for note in notes]
    clips["scale"] += sum(one.pitch != note.pitch for one, note in zip(kept, notes, strict=True))
    return kept


def _in_harmony(notes: Sequence[Note], recipe: Recipe, clips: Counter[Clip]) -> list[Note]:
    bent = bend(recipe, notes)
    clips["scale"] += bent.scale
    clips["harmony"] += bent.harmony
    return bent.notes


def _in_polyphony(
    notes: Sequence[Note], most: int, clips: Counter[Clip], line: _Places = (), *, lowest: bool = False
) -> list[Note]:
    """Cut notes short, oldest first, so that no more than ``most`` sound; of simultaneous ones keep the outermost.

    Those of the ``line`` come first where notes are kept, and last where they are cut. What would be left of a note as
    a sliver is left out.
    """
    kept, whole = list[Note](), frozenset(notes)
    for start in sorted({note.start for note in notes}):
        chord = sorted((note for note in notes if note.start == start), key=lambda n: n.pitch, reverse=not lowest)
        chord.sort(key=lambda n: (n.start, n.pitch) not in line)
        clips["polyphony"] += max(0, len(chord) - most)
        chord = chord[:most]
        sounding = [index for index, note in enumerate(kept) if note.end > start]
        sounding.sort(key=lambda index: (kept[index].start, kept[index].pitch) in line)
        for index in sounding[: max(0, len(sounding) + len(chord) - most)]:
            clips["polyphony"] += 1
            kept[index] = replace(kept[index], length=start - kept[index].start)
        kept = [note for note in kept if note.end != start or note.length >= SLIVER or note in whole]
        kept += chord
    return kept


def _refusal(notes: Sequence[Note], recipe: Recipe) -> Refusal | None:
    given = given_contour(recipe) if recipe.traits.buttons and recipe.drawn else None
    if not notes:
        return None if given == () else "empty"
    if given:
        return None  # The contour says how much is played, and may say one thing over and over.
    density = len(notes) / recipe.bars
    if density < recipe.limits.least or (recipe.limits.least >= 1 and _has_an_empty_bar(notes, recipe)):
        return "sparse"
    if density > recipe.limits.most:
        return "dense"
    if recipe.traits.pitched and len(notes) >= ONE_PITCH_NOTES and len({note.pitch for note in notes}) == 1:
        return "one_pitch"
    return None


def _has_an_empty_bar(notes: Sequence[Note], recipe: Recipe) -> bool:
    """Whether in some bar nothing sounds, not even a note from the bar before."""
    ticks = recipe.metre.bar_ticks
    starts = range(0, recipe.bars * ticks, ticks)
    return any(all(note.end <= start or note.start >= start + ticks for note in notes) for start in starts)


def _thinned(notes: list[Note], recipe: Recipe, offset: int, clips: Counter[Clip], line: _Places) -> list[Note]:
    """Leave out the notes with the least weight, so that no more than the voice's most are left.

    What is kept of the primer, before ``offset``, stays, as the ``line`` does, and so does the weightiest note of each
    bar. A tune holds on where a note is left out.
    """
    primer = [note for note in notes if note.start < offset or (note.start, note.pitch) in line]
    composed = [note for note in notes if note.start >= offset and (note.start, note.pitch) not in line]
    room = int(recipe.limits.most * recipe.bars) - len(primer)
    if len(composed) <= room:
        return notes
    ticks = recipe.metre.bar_ticks
    by_weight = sorted(composed, key=lambda note: (-recipe.metre.accent(note.start), note))
    first = {note.start // ticks: note for note in reversed(by_weight)}
    kept = [*first.values(), *(note for note in by_weight if first[note.start // ticks] is not note)][: max(room, 0)]
    clips["density"] += len(composed) - len(kept)
    thin = sorted([*primer, *kept])
    return held_on(notes, thin) if recipe.traits.monophonic else thin


def held_on(before: Sequence[Note], thin: Sequence[Note]) -> list[Note]:
    """Let the notes of a tune sound on as long as notes that were left out followed them without a rest."""
    held: list[Note] = []
    for number, note in enumerate(thin):
        latest = thin[number + 1].start if number + 1 < len(thin) else max(one.end for one in before)
        end = note.end
        for other in sorted(before):
            if other.start == end and other.end <= latest:
                end = other.end
        held.append(replace(note, length=end - note.start))
    return held


def _in_dynamics(notes: Sequence[Note], limits: LoopLimits) -> bool:
    return all(limits.velocity_low <= note.velocity <= limits.velocity_high for note in notes)


def _voiced(notes: Sequence[Note], recipe: Recipe, offset: int = 0) -> list[Note]:
    """Give the notes the velocities that the voice asks for, from ``offset`` on.

    Where the voice's models compose dynamics, or no model composed, these are kept (:func:`_squeezed`). Else the beat
    gives them, spread over all that the voice asks for: the weightiest note of the loop is the loudest that the voice
    may play and the lightest the softest; where all weigh the same, they have that weight's place between the two.
    """
    low, high = recipe.limits.velocity_low, recipe.limits.velocity_high
    if recipe.traits.dynamics or not recipe.drawn:
        return [*(n for n in notes if n.start < offset), *_squeezed([n for n in notes if n.start >= offset], low, high)]
    loudest = max((note.velocity for note in notes if note.start >= offset), default=1)
    weights = [
        recipe.metre.accent(note.start) * (note.velocity / loudest if note.start >= offset else 1.0) for note in notes
    ]
    least, most = min(weights, default=0.0), max(weights, default=0.0)
    places = [(weight - least) / (most - least) if most > least else weight for weight in weights]
    return [
        note if note.start < offset else replace(note, velocity=round(low + (high - low) * place))
        for note, place in zip(notes, places, strict=True)
    ]


def _squeezed(notes: Sequence[Note], low: int, high: int) -> list[Note]:
    """Notes whose dynamics are a model's own: as they are, or moved into the range, in which louder stays louder."""
    softest = min((note.velocity for note in notes), default=low)
    loudest = max((note.velocity for note in notes), default=high)
    bottom, top = min(max(softest, low), high), max(min(loudest, high), low)
    width = max(loudest - softest, 1)
    return [
        replace(note, velocity=round(bottom + (top - bottom) * (note.velocity - softest) / width)) for note in notes
    ]
