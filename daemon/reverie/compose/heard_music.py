"""The music of a bar as relations see it: what begins in each sixteenth, and what sounds there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from reverie.compose.recipe import Recipe
from reverie.compose.relations import Relation
from reverie.music.notes import Loop
from reverie.music.time import TICKS_PER_STEP


@dataclass(frozen=True, slots=True)
class HeardBar:
    """A bar: its ``onsets`` as pairs of sixteenth and pitch, sorted, and in each sixteenth the pitches that sound."""

    onsets: tuple[tuple[int, int], ...]
    sounding: tuple[frozenset[int], ...]

    @property
    def struck(self) -> set[int]:
        """The sixteenths in which something begins."""
        return {step for step, _ in self.onsets}

    @classmethod
    def of(cls, loop: Loop, number: int, drum: int | None = None) -> HeardBar:
        """Bar ``number`` of a loop; of one ``drum`` alone, if it is named. What is off the grid is moved onto it."""
        steps, first = loop.metre.bar_steps, number * loop.metre.bar_steps
        onsets: list[tuple[int, int]] = []
        sounding: list[set[int]] = [set() for _ in range(steps)]
        for note in loop.notes:
            if drum is not None and note.pitch != drum:
                continue
            start = min(round(note.start / TICKS_PER_STEP), loop.bars * steps - 1) - first
            end = max(round(note.end / TICKS_PER_STEP) - first, start + 1)
            if 0 <= start < steps and not note.tied:
                onsets.append((start, note.pitch))
            for step in range(max(start, 0), min(end, steps)):
                sounding[step].add(note.pitch)
        return cls(tuple(sorted(set(onsets))), tuple(map(frozenset, sounding)))


def heard_bars(recipe: Recipe, relation: Relation) -> list[tuple[int, HeardBar]]:
    """What a loop is to be compared with: pairs of a bar of it, and what is heard of the other voice for that bar.

    There is a pair for each bar of each turn of which it is known what the other plays; for an imitation that is so
    many bars before. In what it rests, and in bars of which nothing is known, nothing is asked.
    """
    made: dict[tuple[str, int], HeardBar] = {}
    pairs: list[tuple[int, HeardBar]] = []
    for one in recipe.heard:
        loop = recipe.loops.get(one.loop) if one.voice == relation.voice else None
        if loop is None or loop.metre != recipe.metre:
            continue
        for bar in range(one.bars):
            own, number = one.start + bar + relation.delay, (one.loop_bar + bar) % loop.bars
            if own < 0:
                continue
            key = (one.loop, number)
            if key not in made:
                made[key] = HeardBar.of(loop, number, relation.drum)
            pairs.append((own % recipe.bars, made[key]))
    return pairs


def bars_of(loop: Loop) -> Sequence[HeardBar]:
    """All bars of a loop."""
    return [HeardBar.of(loop, number) for number in range(loop.bars)]
