"""Call and answer: the first half of the loop before calls, and the second half answers it, and ends on firm ground.

The answer has the call's rhythm, and its contour or that upside down, on another degree. Its last note is the tonic,
or where the chord does not have it the chord's root, and is held for a beat.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from dataclasses import replace

from reverie.compose.chord_places import beat_ticks
from reverie.compose.operators.ladder import Ladder, in_register, one_at_a_time, plain
from reverie.compose.operators.operator import Operator
from reverie.compose.recipe import Recipe
from reverie.music.harmony import OCTAVE
from reverie.music.notes import Note

_BY = (-1, -2, 1, 2, -3, 3, -4)
"""Degrees by which an answer may be moved from its call."""


def _answered(recipe: Recipe) -> Iterable[Note]:
    end, half = recipe.bars * recipe.metre.bar_ticks, _middle(recipe)
    notes = plain(recipe.before)
    late = [replace(note, start=note.start % half) for note in notes]
    told = one_at_a_time(_within(notes, 0, half) or _within(late, 0, half))
    if not told:
        return notes
    chance, ladder = random.Random(f"respond {recipe.seed}"), Ladder(recipe)
    last_beat = max(end - beat_ticks(recipe.metre), half)
    rhythm = [note.moved(half) for note in told]
    rhythm = [note for note in rhythm if note.start <= last_beat] or [replace(told[0], start=last_beat)]
    turned = len({note.pitch for note in rhythm}) > 1 and chance.random() < 0.5  # noqa: PLR2004 - a coin
    answer = _led_home(recipe, ladder, rhythm, turned=turned)
    final = answer[-1]
    length = min(max(final.length, beat_ticks(recipe.metre)), end - final.start)
    answer[-1] = replace(final, length=length)
    line = [*told, *(replace(note, length=min(note.length, end - note.start)) for note in answer)]
    return one_at_a_time(line)


def _middle(recipe: Recipe) -> int:
    """Where the answer begins: at the bar line in the middle, or in the middle of a single bar at a beat."""
    if recipe.bars > 1:
        return recipe.bars // 2 * recipe.metre.bar_ticks
    beats = recipe.metre.beats
    return beats[(len(beats) + 1) // 2] if len(beats) > 1 else recipe.metre.bar_ticks // 2


def _within(notes: Sequence[Note], first: int, end: int) -> list[Note]:
    return [replace(note, length=min(note.length, end - note.start)) for note in notes if first <= note.start < end]


def _led_home(recipe: Recipe, ladder: Ladder, rhythm: Sequence[Note], *, turned: bool) -> list[Note]:
    """The contour on the degree from which its end is nearest to where it shall rest; and that end, at rest."""
    rungs = [ladder.rung(note.pitch) for note in rhythm]
    if turned:
        rungs = [2 * rungs[0] - rung for rung in rungs]
    final = rhythm[-1].start
    goal = ladder.stable(final)

    def home(by: int) -> int:
        """The pitch to rest on that is nearest to where the contour would end."""
        ends = ladder.pitch(rungs[-1] + by, final)
        return ends + (goal - ends + OCTAVE // 2) % OCTAVE - OCTAVE // 2

    by = min(_BY, key=lambda by: (abs(home(by) - ladder.pitch(rungs[-1] + by, final)), abs(by)))
    moved = [replace(note, pitch=ladder.pitch(rung + by, note.start)) for note, rung in zip(rhythm, rungs, strict=True)]
    moved[-1] = replace(moved[-1], pitch=min(max(home(by), 0), 127))
    return in_register(recipe, moved)


RESPOND = Operator("respond", derive=_answered)
