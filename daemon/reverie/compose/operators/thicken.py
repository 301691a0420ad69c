"""The loop before with more notes: a tune passes on to its next note, chords are doubled, drums are subdivided.

What is added is softer than its neighbours, so that what was there is still heard.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import pairwise

from reverie.compose.operators.ladder import Ladder, in_register, plain
from reverie.compose.operators.operator import Operator
from reverie.compose.recipe import Recipe
from reverie.music.drums import DRUMS
from reverie.music.harmony import OCTAVE
from reverie.music.notes import Loop, Note
from reverie.music.time import TICKS_PER_STEP

_USUAL = 1.5
"""How many times as many notes there are, where nobody says it."""
_SOFT = 0.8
_PAIR = 2 * TICKS_PER_STEP
"""An eighth: what is divided is divided on one, where it is longer."""
_SNARE = DRUMS["snare"]


def _thickened(recipe: Recipe) -> Iterable[Note]:
    notes = plain(recipe.before)
    wanted = round(len(notes) * float(recipe.settings.get("to", _USUAL)))
    room = max(min(wanted, int(recipe.limits.most * recipe.bars)) - len(notes), 0)
    chance = random.Random(f"thicken {recipe.seed}")
    if recipe.traits.monophonic:
        return _passing(recipe, notes, room, chance)
    added = [*(_strokes(recipe, notes, chance) if recipe.traits.drums else _doubled(recipe, notes))][:room]
    return sorted([*notes, *added])


def _passing(recipe: Recipe, notes: Sequence[Note], room: int, chance: random.Random) -> Iterable[Note]:
    """Again and again the longest note gives its second half to a step on the way to the next note."""
    ladder, line = Ladder(recipe), [*notes]
    for _ in range(room):
        long = max((note.length for note in line), default=0)
        if long < 2 * TICKS_PER_STEP:
            break
        place = chance.choice([number for number, note in enumerate(line) if note.length == long])
        line[place : place + 1] = _divided(recipe, ladder, line, place)
    return line


def _divided(recipe: Recipe, ladder: Ladder, line: Sequence[Note], place: int) -> list[Note]:
    note, following = line[place], line[(place + 1) % len(line)]
    half = -(-note.length // (2 * _PAIR)) * _PAIR if note.length > _PAIR else TICKS_PER_STEP
    half = min(half, (note.length // TICKS_PER_STEP - 1) * TICKS_PER_STEP)
    start, own, goal = note.start + half, ladder.rung(note.pitch), ladder.rung(following.pitch)
    pitch = ladder.pitch(own + (1 if goal > own else -1), start)
    [passing] = in_register(recipe, [replace(note, pitch=pitch)]) or [note]
    velocity = max(round(note.velocity * _SOFT), 1)
    return [
        replace(note, length=half),
        replace(passing, start=start, length=note.length - half, velocity=velocity),
    ]


def _doubled(recipe: Recipe, notes: Sequence[Note]) -> Iterator[Note]:
    """Notes an octave lower, the weightiest first, where the voice may have one more and there is none."""
    there = {(note.start, note.pitch) for note in notes}
    for note in sorted(notes, key=lambda note: (-recipe.metre.accent(note.start), note)):
        pitch = note.pitch - OCTAVE
        sounding = sum(one.start <= note.start < one.end for one in notes)
        if pitch >= recipe.limits.low and (note.start, pitch) not in there and sounding < recipe.limits.polyphony:
            yield replace(note, pitch=pitch, velocity=max(round(note.velocity * _SOFT), 1))


def _strokes(recipe: Recipe, notes: Sequence[Note], chance: random.Random) -> Iterator[Note]:
    """Strokes half way between two of the drum that is played most, then soft ones of the snare on weak places."""
    taken = {(note.start // TICKS_PER_STEP, note.pitch) for note in notes}
    pitches = [note.pitch for note in notes]
    most = max(pitches, key=lambda pitch: (pitches.count(pitch), -pitch), default=_SNARE)
    between = [
        (one.start + (other.start - one.start) // 2 // TICKS_PER_STEP * TICKS_PER_STEP, one.velocity)
        for one, other in pairwise([note for note in notes if note.pitch == most])
    ]
    chance.shuffle(between)
    steps = range(recipe.bars * recipe.metre.bar_steps)
    weak = [step * TICKS_PER_STEP for step in steps if recipe.metre.accent(step * TICKS_PER_STEP) == 0]
    chance.shuffle(weak)
    ghost = recipe.limits.velocity_low
    for start, pitch, velocity in [
        *((start, most, round(velocity * _SOFT)) for start, velocity in between),
        *((start, _SNARE, ghost) for start in weak),
    ]:
        if (start // TICKS_PER_STEP, pitch) not in taken:
            taken.add((start // TICKS_PER_STEP, pitch))
            yield Note(start, TICKS_PER_STEP, pitch, max(velocity, 1))


def _softened(recipe: Recipe, loop: Loop) -> Loop:
    """The loop with all that was added softer than what was there before and after it, however it is played."""
    there = {_place(recipe, note) for note in recipe.before}
    own = [note for note in loop.notes if _place(recipe, note) in there]
    if not own:
        return loop
    return replace(loop, notes=tuple(n if _place(recipe, n) in there else _softer(n, own, recipe) for n in loop.notes))


def _place(recipe: Recipe, note: Note) -> tuple[int, int]:
    """What tells a note of the loop before from one that was added; a tune may have been bent to its chords since."""
    return note.start, 0 if recipe.traits.monophonic else note.pitch


def _softer(note: Note, own: Sequence[Note], recipe: Recipe) -> Note:
    earlier = max((one.start for one in own if one.start <= note.start), default=own[-1].start)
    later = min((one.start for one in own if one.start >= note.start), default=own[0].start)
    beside = min(one.velocity for one in own if one.start in {earlier, later})
    softer = max(round(beside * _SOFT), min(recipe.limits.velocity_low, beside), 1)
    return replace(note, velocity=min(note.velocity, softer))


THICKEN = Operator("thicken", derive=_thickened, finished=_softened)
