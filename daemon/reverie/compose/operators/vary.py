"""The loop before with a few things otherwise: what keeps a loop that is held for long from being the same for ever.

One to three small changes are drawn from the recipe's seed. Of a tune a note comes earlier, is left out, is divided,
leans on its neighbour or is played an octave off; of drums a ghost note comes in, a weak stroke is left out, the kick
comes once more, a hat stays open, or the last beat is turned. Downbeats stay, and so does the density that the recipe
allows.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import replace

from reverie.compose.operators.operator import Operator
from reverie.compose.recipe import Recipe
from reverie.music.drums import DRUMS
from reverie.music.harmony import OCTAVE
from reverie.music.notes import Note
from reverie.music.time import TICKS_PER_STEP

MOST_CHANGES = 3
_TRIES = 12
_SOFT, _SOFTER = 0.85, 0.3
"""How loud what comes in is beside its neighbours; a ghost note has that share of the voice's range."""
_WHOLE_TONE = 2
_WEAK = 0.7
"""The weight of a place, below which a note may be left out."""
_KICK, _SNARE, _CLOSED, _OPEN = DRUMS["bass"], DRUMS["snare"], DRUMS["closed-hat"], DRUMS["open-hat"]

Change = Callable[[Recipe, list[Note], random.Random], "list[Note] | None"]
"""A loop's notes with one thing otherwise; None where that cannot be done."""


def _varied(recipe: Recipe) -> Sequence[Note]:
    chance = random.Random(f"vary {recipe.seed}")
    ways = _DRUMS if recipe.traits.drums else _TUNE if recipe.traits.monophonic else _CHORDS
    notes, left = sorted(recipe.before), 1 + int(chance.random() * MOST_CHANGES)
    for _ in range(_TRIES):
        if not left:
            break
        changed = _pick(ways, chance)(recipe, notes, chance)
        if changed and _is_dense_enough(recipe, changed):
            notes, left = sorted(changed), left - 1
    return notes


def _is_dense_enough(recipe: Recipe, notes: Sequence[Note]) -> bool:
    return recipe.limits.least <= len(notes) / recipe.bars <= recipe.limits.most


def _pick(those: Sequence[Change], chance: random.Random) -> Change:
    return those[int(chance.random() * len(those))]


def _one(those: Sequence[Note], chance: random.Random) -> Note | None:
    return those[int(chance.random() * len(those))] if those else None


def _is_downbeat(recipe: Recipe, note: Note) -> bool:
    return note.start % recipe.metre.bar_ticks == 0


def _without(notes: Sequence[Note], *gone: Note) -> list[Note]:
    return [note for note in notes if note not in gone]


def _earlier(recipe: Recipe, notes: list[Note], chance: random.Random) -> list[Note] | None:
    """A note begins a step earlier, and what it cuts into ends there."""
    place = 1 + int(chance.random() * (len(notes) - 1)) if len(notes) > 1 else 0
    before, note = notes[place - 1], notes[place]
    start = note.start - TICKS_PER_STEP
    if not place or _is_downbeat(recipe, note) or note.tied or start <= before.start:
        return None
    cut = replace(before, length=min(before.length, start - before.start))
    return [*notes[: place - 1], cut, replace(note, start=start, length=note.end - start), *notes[place + 1 :]]


def _left_out(recipe: Recipe, notes: list[Note], chance: random.Random) -> list[Note] | None:
    """A weak note is left out; what led to it without a rest holds on."""
    weak = [note for note in notes if recipe.metre.accent(note.start) < _WEAK and not note.tied]
    gone = _one(weak, chance)
    if gone is None or len(notes) < 3:  # noqa: PLR2004 - two notes are no tune any more
        return None
    held = recipe.traits.monophonic
    return [replace(note, length=gone.end - note.start) if held and note.end == gone.start else note
            for note in notes if note != gone]  # fmt: skip


def _divided(recipe: Recipe, notes: list[Note], chance: random.Random) -> list[Note] | None:
    """A long note gives its second half away to a step toward the next one."""
    long = [place for place, note in enumerate(notes) if note.length >= 2 * TICKS_PER_STEP and not note.tied]
    if not long:
        return None
    place = long[int(chance.random() * len(long))]
    note, following = notes[place], notes[(place + 1) % len(notes)]
    half = max(note.length // 2 // TICKS_PER_STEP * TICKS_PER_STEP, TICKS_PER_STEP)
    way = _WHOLE_TONE if following.pitch >= note.pitch else -_WHOLE_TONE
    pitch = note.pitch + way
    if not recipe.limits.low <= pitch <= recipe.limits.high:
        pitch = note.pitch - way
    passing = replace(
        note,
        start=note.start + half,
        length=note.length - half,
        pitch=min(max(pitch, 0), 127),
        velocity=_softer(recipe, note.velocity),
    )
    return [*notes[:place], replace(note, length=half), passing, *notes[place + 1 :]]


def _leaning(recipe: Recipe, notes: list[Note], chance: random.Random) -> list[Note] | None:
    """A weak note becomes its neighbour."""
    weak = [note for note in notes if recipe.metre.accent(note.start) < _WEAK and not note.tied]
    note = _one(weak, chance)
    if note is None:
        return None
    pitch = note.pitch + (_WHOLE_TONE if chance.random() < 0.5 else -_WHOLE_TONE)  # noqa: PLR2004 - a coin
    if not recipe.limits.low <= pitch <= recipe.limits.high:
        return None
    return [*_without(notes, note), replace(note, pitch=pitch)]


def _octave(recipe: Recipe, notes: list[Note], chance: random.Random) -> list[Note] | None:
    """A note that is no downbeat is played an octave higher or lower."""
    there = {(note.start, note.pitch) for note in notes}
    free = [
        (note, note.pitch + by)
        for note in notes
        for by in (OCTAVE, -OCTAVE)
        if recipe.limits.low <= note.pitch + by <= recipe.limits.high and not note.tied
        if not _is_downbeat(recipe, note) and (note.start, note.pitch + by) not in there
    ]
    if not free:
        return None
    note, pitch = free[int(chance.random() * len(free))]
    return [*_without(notes, note), replace(note, pitch=pitch)]


def _ghost(recipe: Recipe, notes: list[Note], chance: random.Random) -> list[Note] | None:
    """A soft stroke of the snare, or of what the drummer plays most, on a weak place."""
    pitches = [note.pitch for note in notes]
    drum = _SNARE if _SNARE in pitches else max(pitches, key=pitches.count)
    taken = {note.start // TICKS_PER_STEP for note in notes if note.pitch in {drum, _SNARE, _KICK}}
    steps = recipe.bars * recipe.metre.bar_steps
    free = [step for step in range(steps) if step not in taken and recipe.metre.accent(step * TICKS_PER_STEP) == 0]
    if not free:
        return None
    start = free[int(chance.random() * len(free))] * TICKS_PER_STEP
    low, high = recipe.limits.velocity_low, recipe.limits.velocity_high
    return [*notes, Note(start, TICKS_PER_STEP, drum, round(low + (high - low) * _SOFTER / 2))]


def _kick(recipe: Recipe, notes: list[Note], chance: random.Random) -> list[Note] | None:
    """The kick leads to one of its strokes, an eighth earlier or later."""
    kicks = [note for note in notes if note.pitch == _KICK]
    note = _one(kicks, chance)
    if note is None:
        return None
    start = note.start + (2 if chance.random() < 0.5 else -2) * TICKS_PER_STEP  # noqa: PLR2004 - a coin
    if not 0 <= start < recipe.bars * recipe.metre.bar_ticks or any(one.start == start for one in kicks):
        return None
    added = replace(note, start=start, length=TICKS_PER_STEP, velocity=_softer(recipe, note.velocity))
    return [*notes, added]


def _open_hat(recipe: Recipe, notes: list[Note], chance: random.Random) -> list[Note] | None:
    """A closed hat off the beat stays open."""
    hats = [note for note in notes if note.pitch == _CLOSED and recipe.metre.accent(note.start) < _WEAK]
    hat = _one(hats, chance)
    if hat is None or any((note.start, note.pitch) == (hat.start, _OPEN) for note in notes):
        return None
    return [*_without(notes, hat), replace(hat, pitch=_OPEN)]


def _turned(recipe: Recipe, notes: list[Note], chance: random.Random) -> list[Note] | None:
    """The last beat of the loop is turned: two to four strokes of the snare, that grow."""
    end = recipe.bars * recipe.metre.bar_ticks
    count = min(2 + int(chance.random() * 3), end // TICKS_PER_STEP)
    start = end - count * TICKS_PER_STEP
    kept = [note for note in notes if note.start < start or note.pitch == _KICK]
    low, high = recipe.limits.velocity_low, recipe.limits.velocity_high
    strokes = [
        Note(start + number * TICKS_PER_STEP, TICKS_PER_STEP, _SNARE, round(low + (high - low) * (number + 1) / count))
        for number in range(count)
    ]
    return [*kept, *strokes]


def _softer(recipe: Recipe, velocity: int) -> int:
    return max(round(velocity * _SOFT), min(recipe.limits.velocity_low, velocity))


_TUNE: Sequence[Change] = (_earlier, _left_out, _divided, _leaning, _octave)
_CHORDS: Sequence[Change] = (_left_out, _octave)
_DRUMS: Sequence[Change] = (_ghost, _left_out, _kick, _open_hat, _turned, _ghost)

VARY = Operator("vary", derive=_varied)
