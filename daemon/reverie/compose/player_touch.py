"""The touch of a player on a loop that was composed: how loud, how early or late. Pure, and part of the recipe.

Models that compose dynamics keep theirs, and so does what is kept of a primer, or of a file. What is written otherwise
is played like what models compose, with its marks: accents louder than all else, ghost notes softer. So are the marks
of a written line and of a written contour.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import groupby, pairwise

from reverie.compose.contours import written_contour
from reverie.compose.deviates import deviate
from reverie.compose.drum_touch import FARTHEST, struck
from reverie.compose.operators.written import has_velocities
from reverie.compose.phrase_touch import played
from reverie.compose.recipe import LoopLimits, Recipe
from reverie.compose.written_line import played_line
from reverie.music.notation import ACCENT, GHOST, PLAIN
from reverie.music.notes import MAX_MIDI, Loop, Note
from reverie.music.time import TICKS_PER_STEP
from reverie.music.touch import Touch
from reverie.scenes.operators import OPERATOR_TRAITS

ENOUGH = 12
"""Notes from which on a loop has the softest and the loudest velocity of its voice; fewer have a part of the range."""
_PADS, _WEIGHTS = (15.0, 120.0), (0.0, 1.1)
"""What softest and loudest are without knowing the loop: of strokes by drummers, and of weights in tunes."""
_FARTHEST_TUNE = 18
_STRUM = (5.0, 20.0)
"""Ticks from a chord's first note to its last: 5 to 25 ms at 120 quarters a minute, and a little more below."""
_TOP = 1.12
"""How much louder a chord's highest note is."""


def touched(recipe: Recipe, loop: Loop) -> Loop:
    """The loop as a player plays it, if the recipe has a touch, and the loop is a new one without dynamics.

    So is what is written, unless it has velocities of its own. Chords that were made of the harmony have their
    dynamics, and are rolled.
    """
    touch = recipe.touch
    if touch is None:
        return loop
    if OPERATOR_TRAITS[recipe.operator].source == "written":
        return loop if has_velocities(recipe) else replace(loop, notes=tuple(_written(recipe, touch, loop)))
    if recipe.traits.dynamics:
        return loop
    if recipe.traits.harmonic and OPERATOR_TRAITS[recipe.operator].source == "harmony":
        return replace(loop, notes=tuple(strummed(loop.notes, touch, recipe.seed, recipe.limits.velocity_high)))
    if not OPERATOR_TRAITS[recipe.operator].anew:
        return loop
    offset = recipe.primer_steps * TICKS_PER_STEP if recipe.keeps_primer else 0
    kept = [note for note in loop.notes if note.start < offset]
    made = _drums(recipe, touch, loop) if recipe.traits.drums else _tune(recipe, touch, loop)
    made = _by_marks(made, _marks(recipe, loop), recipe.limits)
    return replace(loop, notes=(*kept, *(note for note in made if note.start >= offset)))


def _drums(recipe: Recipe, touch: Touch, loop: Loop) -> list[Note]:
    strokes = struck(loop.notes, recipe.metre, touch, recipe.seed)
    velocities = spread([one.velocity for one in strokes], recipe.limits, _PADS)
    return [
        replace(note, velocity=velocity, shift=_within(one.late, FARTHEST))
        for note, one, velocity in zip(loop.notes, strokes, velocities, strict=True)
    ]


def _tune(recipe: Recipe, touch: Touch, loop: Loop) -> list[Note]:
    ways = played(loop.notes, recipe.metre, touch, recipe.seed, recipe.harmony[: recipe.bars])
    velocities = spread([one.weight for one in ways], recipe.limits, _WEIGHTS)
    notes = [
        replace(note, velocity=velocity, shift=_within(one.late, _FARTHEST_TUNE))
        for note, one, velocity in zip(loop.notes, ways, velocities, strict=True)
    ]
    return notes if recipe.traits.monophonic else strummed(notes, touch, recipe.seed, recipe.limits.velocity_high)


def _written(recipe: Recipe, touch: Touch, loop: Loop) -> Iterator[Note]:
    """What is written, whose velocities are marks; its recipe has no seed, so that chance is the hand's."""
    marks = {(note.start, note.pitch): note.velocity for note in loop.notes}
    by_hand = replace(recipe, seed=touch.hand)
    if recipe.traits.drums:
        made = _drums(by_hand, touch, loop)
    else:
        made = strummed(_tune(by_hand, touch, loop), touch, touch.hand, recipe.limits.velocity_high)
    made = _by_marks(made, marks, recipe.limits)
    room = _room(loop)
    for note in made:
        most = min(room[note.start], note.length // 2)
        yield replace(note, shift=0 if note.tied else _within(note.shift, most))


def _marks(recipe: Recipe, loop: Loop) -> dict[tuple[int, int], int]:
    """The marks of a loop's notes, by start and pitch, that a written line or contour has for what a model plays."""
    pressed = {press.start: press.velocity for press in written_contour(recipe)}
    line = {(note.start, note.pitch): note.velocity for note in played_line(recipe)}
    places = [(note.start, note.pitch) for note in loop.notes]
    return {place: line.get(place, pressed.get(place[0], PLAIN)) for place in places}


def _by_marks(notes: list[Note], marks: Mapping[tuple[int, int], int], limits: LoopLimits) -> list[Note]:
    """The notes, of which accents are at the top of the range, ghost notes at its bottom, the others between them.

    The loudest accent is as loud as the voice may be, the softest ghost note as soft. Without either nothing changes.
    """
    if not any(mark in {ACCENT, GHOST} for mark in marks.values()):
        return notes
    low, wide = limits.velocity_low, max(limits.velocity_high - limits.velocity_low, 1)
    shares = [(note.velocity - low) / wide for note in notes]
    of = [marks[note.start, note.pitch] for note in notes]
    lift = 1.0 - max((share for share, mark in zip(shares, of, strict=True) if mark == ACCENT), default=1.0)
    drop = min((share for share, mark in zip(shares, of, strict=True) if mark == GHOST), default=0.0)
    found: list[Note] = []
    for note, share, mark in zip(notes, shares, of, strict=True):
        bottom, top = _BANDS.get(mark, _BANDS[PLAIN])
        moved = share + lift if mark == ACCENT else share - drop if mark == GHOST else share
        found.append(
            replace(note, velocity=round(low + (limits.velocity_high - low) * (bottom + (top - bottom) * moved)))
        )
    return found


_BANDS: Mapping[int, tuple[float, float]] = {GHOST: (0.0, 0.2), PLAIN: (0.25, 0.75), ACCENT: (0.8, 1.0)}
"""Between which parts of a voice's range the notes of each mark are, where any is marked."""


def _room(loop: Loop) -> dict[int, int]:
    """By start how far what begins then may be early or late, so that nothing written comes before what it follows."""
    starts = sorted({note.start for note in loop.notes})
    if not starts:
        return {}
    gaps = [later - start for start, later in pairwise([*starts, starts[0] + loop.ticks])]
    return {start: min(gaps[number - 1], gaps[number]) // 3 for number, start in enumerate(starts)}


def spread(weights: Sequence[float], limits: LoopLimits, usual: tuple[float, float]) -> list[int]:
    """Velocities for weights, in their order: the lightest is the softest of the voice, the weightiest the loudest.

    In a loop of fewer notes than :data:`ENOUGH` the range of the weights counts in part and else the ``usual`` one, so
    that two strokes that are nearly alike do not become the softest and the loudest.
    """
    if not weights:
        return []
    known = min((len(weights) - 1) / (ENOUGH - 1), 1.0)
    least, most = min(weights), max(weights)
    bottom = known * least + (1.0 - known) * min(usual[0], least)
    top = known * most + (1.0 - known) * max(usual[1], most)
    if most - least < _ALIKE * (usual[1] - usual[0]):
        bottom, top = min(usual[0], least), max(usual[1], most)
    low, high = limits.velocity_low, limits.velocity_high
    return [round(low + (high - low) * (one - bottom) / (top - bottom)) for one in weights]


_ALIKE = 0.05
"""The share of the usual range below which weights differ by nothing that is meant."""


def strummed(notes: Sequence[Note], touch: Touch, seed: int, loudest: int = MAX_MIDI) -> list[Note]:
    """Notes of which those that begin together are rolled upwards, each a little later, the highest a little louder.

    Tied notes are no strokes and stay. Without ``timing`` nothing is rolled; without ``accent`` none is louder.
    """
    found: list[Note] = []
    for start, together in groupby(sorted(notes), key=lambda note: note.start):
        chord = sorted(together, key=lambda note: note.pitch)
        rolled = [note for note in chord if not note.tied]
        found += [note for note in chord if note.tied]
        width = sum(_STRUM) / 2 + (_STRUM[1] - _STRUM[0]) / 4 * max(-2.0, min(2.0, deviate("strum", seed, start)))
        for number, note in enumerate(rolled):
            late = touch.timing * width * number / max(len(rolled) - 1, 1)
            top = len(rolled) > 1 and number == len(rolled) - 1
            louder = round(note.velocity * (1.0 + (_TOP - 1.0) * touch.accent)) if top else note.velocity
            velocity = max(min(louder, loudest), min(note.velocity, MAX_MIDI))
            found.append(replace(note, shift=_within(note.shift + late, FARTHEST), velocity=velocity))
    return sorted(found)


def _within(late: float, most: int) -> int:
    return max(-most, min(most, round(late)))
