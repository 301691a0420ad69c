"""What a performance stands under: the chord and the place in the bar, how dense it is, which pitches it favours."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from reverie.compose.recipe import Recipe
from reverie.compose.settings_plan import QPM
from reverie.models.encodings.controls import BarPosition
from reverie.music.chord_symbols import NO_CHORD
from reverie.music.harmony import OCTAVE, SCALES, ChordSpan
from reverie.music.time import TICKS_PER_QUARTER, TICKS_PER_STEP, Metre

NOTES, PITCHES = "notes", "pitches"
"""The settings that say how many notes a second are wanted, and what makes pitch classes favoured."""
_USUAL = 6.0
"""Notes a second, where nothing is said."""
_USUAL_QPM = 120.0
_TENTHS, _THOUSANDTHS = 10, 1000
_TONE, _ROOT, _PASSING = 1.0, 1.5, 0.2
"""How long each pitch class of a chord, its root and the rest of its scale are to sound, beside each other."""


@dataclass(frozen=True, slots=True)
class ToldPerformance:
    """What the model of a performance is told for a loop, whichever of it its configuration knows.

    ``qpm`` is the tempo by which hundredths of a second are ticks, and ``offset`` the tick of the loop at which the
    model begins to draw. ``notes`` are wanted a second. ``favoured`` are weights of the twelve pitch classes, with the
    tick of the loop from which on they hold; empty where all are alike. ``nothing`` is true where a scene says neither.

    It is kept with what was drawn (:attr:`numbers`), since those that go on from the loop begin at another tempo,
    and under another harmony.
    """

    qpm: float
    offset: int = 0
    notes: float = _USUAL
    favoured: tuple[tuple[int, tuple[float, ...]], ...] = ()
    nothing: bool = True

    @classmethod
    def of(cls, recipe: Recipe) -> ToldPerformance:
        """What a recipe says, to thousandths."""
        wanted, favoured = recipe.settings.get(NOTES), str(recipe.settings.get(PITCHES) or "free")
        return cls(
            qpm=round(float(recipe.settings.get(QPM, _USUAL_QPM)), 3),
            offset=recipe.primer_steps * TICKS_PER_STEP if recipe.keeps_primer else 0,
            notes=round((wanted if isinstance(wanted, float) else _USUAL) * recipe.density, 3),
            favoured=_favoured(recipe, favoured),
            nothing=wanted is None and favoured == "free",
        )

    @property
    def numbers(self) -> tuple[int, ...]:
        """All of it in numbers below 0, which no event has."""
        spans = [(tick, *(round(weight * _TENTHS) for weight in weights)) for tick, weights in self.favoured]
        told = (round(self.qpm * _THOUSANDTHS), self.offset, round(self.notes * _THOUSANDTHS), int(self.nothing))
        return tuple(-1 - number for number in (*told, *(number for span in spans for number in span)))

    @classmethod
    def read(cls, numbers: Sequence[int]) -> ToldPerformance | None:
        """Read :attr:`numbers`, which may stand before others; None where there are none."""
        told = [-1 - number for number in numbers if number < 0]
        if not told:
            return None
        (qpm, offset, notes, nothing), rest = told[:4], told[4:]
        spans = [rest[first : first + OCTAVE + 1] for first in range(0, len(rest), OCTAVE + 1)]
        favoured = tuple((tick, tuple(weight / _TENTHS for weight in weights)) for tick, *weights in spans)
        return cls(qpm / _THOUSANDTHS, offset, notes / _THOUSANDTHS, favoured, bool(nothing))

    def histogram(self, tick: int) -> tuple[float, ...]:
        """The weight of each pitch class at a tick of the loop; before it, that of its beginning."""
        there = [weights for start, weights in self.favoured if start <= max(tick, 0)]
        return there[-1] if there else (1.0,) * OCTAVE


class Condition(Protocol):
    """What an event stands under, by where it is."""

    def at(self, told: ToldPerformance, chord: str, tick: int) -> object:
        """The control of an event.

        Args:
            told: what the model was told for the loop.
            chord: that which sounds, if the model is told any.
            tick: from where the model begins to draw; below 0 in the primer.
        """
        ...


def condition_of(config: str, metre: Metre) -> Condition | None:
    """How a model of a configuration is told under what it stands; None where it stands under nothing."""
    if config == "chord_conditioned_performance":
        return _ChordAndPlace(metre.bar_ticks)
    kinds = _TOLD.get(config)
    return None if kinds is None else _Shape(*kinds)


@dataclass(frozen=True, slots=True)
class _ChordAndPlace:
    bar: int

    def at(self, told: ToldPerformance, chord: str, tick: int) -> object:
        place = (tick + told.offset) % self.bar * BarPosition.STEPS_PER_QUARTER // TICKS_PER_QUARTER
        return chord or NO_CHORD, place


@dataclass(frozen=True, slots=True)
class _Shape:
    """Notes a second and a histogram, whichever of both a model is told; ``may_be_off`` if it may be told nothing."""

    notes: bool
    pitches: bool
    may_be_off: bool

    def at(self, told: ToldPerformance, chord: str, tick: int) -> object:
        del chord
        value = (*([told.notes] if self.notes else ()), *([told.histogram(tick + told.offset)] if self.pitches else ()))
        return (told.nothing, value) if self.may_be_off else value


def _favoured(recipe: Recipe, favoured: str) -> tuple[tuple[int, tuple[float, ...]], ...]:
    """From which tick on which pitch classes are favoured: those of each chord, or of the scale."""
    if favoured == "free":
        return ()
    if favoured == "chord" and recipe.harmony:
        bar = recipe.metre.bar_ticks
        return tuple(
            (number * bar + span.start, _of_chord(span))
            for number, one in enumerate(recipe.harmony)
            for span in one.spans
        )
    scale = {(recipe.limits.tonic + step) % OCTAVE for step in SCALES[recipe.limits.scale]}
    return ((0, tuple(_TONE if one in scale else 0.0 for one in range(OCTAVE))),)


def _of_chord(chord: ChordSpan) -> tuple[float, ...]:
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
