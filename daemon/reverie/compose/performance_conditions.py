"""What a performance stands under: the chord and the place in the bar, how dense it is, which pitches it favours."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from reverie.compose.recipe import Recipe
from reverie.compose.told_chords import by_step
from reverie.models.encodings.controls import BarPosition
from reverie.music.chord_symbols import NO_CHORD
from reverie.music.harmony import OCTAVE, SCALES, BarHarmony
from reverie.music.time import TICKS_PER_QUARTER, TICKS_PER_STEP

NOTES, PITCHES = "notes", "pitches"
"""The settings that say how many notes a second are wanted, and what makes pitch classes favoured."""
_USUAL = 6.0
"""Notes a second, where nothing is said."""
_TONE, _ROOT, _PASSING = 1.0, 1.5, 0.2
"""How long each pitch class of a chord, its root and the rest of its scale are to sound, beside each other."""


class Condition(Protocol):
    """What events stand under, by where they are."""

    def at(self, tick: int, offset: int) -> object:
        """The control of an event.

        Args:
            tick: from where the model begins to draw; below 0 in the primer.
            offset: where in the loop that is, in ticks.
        """
        ...

    def under(self, chord: str, tick: int) -> object:
        """The control of an event over a chord, so many ticks after a bar line."""
        ...


def condition_of(config: str, recipe: Recipe) -> Condition | None:
    """What a recipe says to a model of a configuration; None where that stands under nothing."""
    if config == "chord_conditioned_performance":
        return _ChordAndPlace(recipe)
    kinds = _TOLD.get(config)
    return None if kinds is None else _Shape(recipe, *kinds)


@dataclass(frozen=True, slots=True)
class _ChordAndPlace:
    recipe: Recipe

    def at(self, tick: int, offset: int) -> object:
        chords = by_step(self.recipe.chords)
        place = self.recipe.primer_steps + tick // TICKS_PER_STEP
        chord = chords[min(max(place, 0), len(chords) - 1)] if chords else NO_CHORD
        return self.under(chord, tick + offset)

    def under(self, chord: str, tick: int) -> object:
        place = (tick % self.recipe.metre.bar_ticks) * BarPosition.STEPS_PER_QUARTER // TICKS_PER_QUARTER
        return chord or NO_CHORD, place


@dataclass(frozen=True, slots=True)
class _Shape:
    """Notes a second and a histogram, whichever of both a model is told; ``may_be_off`` if it may be told nothing."""

    recipe: Recipe
    notes: bool
    pitches: bool
    may_be_off: bool

    def at(self, tick: int, offset: int) -> object:
        wanted, favoured = self.recipe.settings.get(NOTES), self.recipe.settings.get(PITCHES)
        parts: list[object] = []
        if self.notes:
            parts.append((wanted if isinstance(wanted, float) else _USUAL) * self.recipe.density)
        if self.pitches:
            parts.append(self._histogram(str(favoured or "free"), max(tick + offset, 0)))
        value = tuple(parts)
        if not self.may_be_off:
            return value
        return wanted is None and favoured in {None, "free"}, value

    def under(self, chord: str, tick: int) -> object:
        del chord
        return self.at(tick, 0)

    def _histogram(self, favoured: str, tick: int) -> tuple[float, ...]:
        limits = self.recipe.limits
        if favoured == "chord" and self.recipe.harmony:
            return _of_chord(self.recipe.harmony, tick, self.recipe.metre.bar_ticks)
        if favoured == "free":
            return (1.0,) * OCTAVE
        scale = {(limits.tonic + step) % OCTAVE for step in SCALES[limits.scale]}
        return tuple(_TONE if one in scale else 0.0 for one in range(OCTAVE))


def _of_chord(harmony: tuple[BarHarmony, ...], tick: int, bar: int) -> tuple[float, ...]:
    chord = harmony[min(tick // bar, len(harmony) - 1)].at(tick % bar)
    weights = [0.0] * OCTAVE
    for one in chord.scale:
        weights[one] = _PASSING
    for one in chord.tones:
        weights[one] = _TONE
    weights[chord.root] = _ROOT
    return tuple(weights)


_TOLD: dict[str, tuple[bool, bool, bool]] = {
    "density_conditioned_performance_with_dynamics": (True, False, False),
    "pitch_conditioned_performance_with_dynamics": (False, True, False),
    "multiconditioned_performance_with_dynamics": (True, True, False),
    "optional_multiconditioned_performance_with_dynamics": (True, True, True),
}
"""Whether a configuration is told notes a second, a histogram, and whether it may be told neither."""
