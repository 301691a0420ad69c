"""The bass that really sounds under a loop, over which a voice that suits it is judged in place of the chord's bass.

A bass that walks has a fifth or a third where the chord's bass is the root, and another tone is rough over it. What of
it is not known in some bar (it rests there, or is still to be composed) leaves the chord's bass to judge by.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from reverie.compose.chord_places import rough_over, rough_tones
from reverie.compose.heard_music import HeardBar
from reverie.compose.recipe import HeardLoop, Recipe
from reverie.compose.relations import Relation
from reverie.music.harmony import OCTAVE, ChordSpan
from reverie.music.notes import Loop
from reverie.music.time import TICKS_PER_STEP, Metre


@dataclass(frozen=True, slots=True)
class SoundingBass:
    """The lowest pitch of all that is suited, in each sixteenth of a loop; None where nothing is known to sound.

    ``weight`` is that of the relation: how much it counts that something is rough over it.
    """

    pitches: tuple[int | None, ...] = ()
    weight: float = 1.0

    def at(self, tick: int) -> int | None:
        """The pitch that sounds at a tick from the loop's start, if one is known."""
        step = tick // TICKS_PER_STEP
        return self.pitches[step] if step < len(self.pitches) else None

    def rough(self, chord: ChordSpan, tick: int) -> frozenset[int]:
        """The pitch classes that are rough over what sounds at a tick, where ``chord`` does.

        Where a bass passes through a note over which every tone of the chord is rough, or none is known to sound, those
        are meant which are rough over the chord's own bass.
        """
        bass = self.at(tick)
        if bass is None or rough_over(bass % OCTAVE).issuperset(chord.tones):
            return rough_tones(chord)
        return rough_over(bass % OCTAVE)

    def weight_at(self, tick: int) -> float:
        """How much roughness counts at a tick: over the chord's own bass always 1."""
        return 1.0 if self.at(tick) is None else self.weight


def sounding_bass(recipe: Recipe) -> SoundingBass:
    """The bass that a recipe's voice suits, in the bars of its loop, as far as the recipe knows it."""
    return bass_of(recipe.relations, recipe.heard, recipe.loops, recipe.bars, recipe.metre)


def bass_of(
    relations: Iterable[Relation],
    heard: Iterable[HeardLoop],
    loops: Mapping[str, Loop],
    bars: int,
    metre: Metre,
) -> SoundingBass:
    """The same, of what a recipe would have.

    Args:
        relations: of which those of kind ``suit`` count.
        heard: which loops play in which bars. Only bars of the loop's first turn count: in each later turn it is fitted
            to what sounds there.
        loops: these loops by their content hashes.
        bars: length of the loop.
        metre: of the loop; loops of another are not known.
    """
    weights = {one.voice: one.weight for one in relations if one.suits}
    if not weights:
        return SoundingBass()
    lowest: list[int | None] = [None] * (bars * metre.bar_steps)
    known: dict[tuple[str, int], HeardBar] = {}
    for one in heard:
        loop = loops.get(one.loop) if one.voice in weights else None
        if loop is None or loop.metre != metre:
            continue
        for bar in range(max(one.start, 0), min(one.start + one.bars, bars)):
            number = (one.loop_bar + bar - one.start) % loop.bars
            key = (one.loop, number)
            if key not in known:
                known[key] = HeardBar.of(loop, number)
            for step, sounding in enumerate(known[key].sounding, bar * metre.bar_steps):
                there = lowest[step]
                if sounding:
                    lowest[step] = min(sounding) if there is None else min(there, *sounding)
    return SoundingBass(tuple(lowest), max(weights.values()))


def same_bass(one: Sequence[HeardLoop], other: Sequence[HeardLoop], voices: Iterable[str], bars: int) -> bool:
    """Whether two voices hear the same of these others in the bars of a loop, without the loops themselves."""
    wanted = {*voices}
    return _by_bar(one, wanted, bars) == _by_bar(other, wanted, bars)


def _by_bar(heard: Sequence[HeardLoop], voices: set[str], bars: int) -> set[tuple[str, int, str, int]]:
    return {
        (one.voice, bar, one.loop, one.loop_bar + bar - one.start)
        for one in heard
        if one.voice in voices
        for bar in range(max(one.start, 0), min(one.start + one.bars, bars))
    }
