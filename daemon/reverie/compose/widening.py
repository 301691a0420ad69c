"""Limits that are widened step by step while a voice finds nothing new within them, and narrowed again.

What an artist wrote leaves a model no room at times: a register of an octave, two notes a bar, and nothing that was
played within the hour. A voice that repeats itself for ever is worse than one that goes a little beyond its limits, so
after :data:`PATIENCE` turns without a good loop it does, a step a turn, and back again once loops are good: ever more
slowly where that proves too early.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import Literal

from reverie.compose.novelty_bands import Band, NoveltyBands
from reverie.compose.recipe import LoopLimits, Recipe
from reverie.compose.stalled import Stall
from reverie.compose.voice_plan import VoicePlan
from reverie.music.notes import MAX_MIDI
from reverie.music.voice_kinds import VOICE_KINDS

Widened = Literal["density", "register", "novelty"]

PATIENCE = 2
"""Turns in a row without a good loop from which limits are widened."""
TOLD_FROM = 2
"""Steps from which people are told: one may do, and a voice that gets nothing at all is told of by itself."""
ROUNDS = 3
"""How often each limit is widened at most."""
SPARSER, DENSER = 0.75, 1.25
"""What becomes of the least and the most density with a step."""
SEMITONES = 3
"""By how much a register grows with a step, either way."""
NEARER = 0.5
"""What becomes of the least distance of a band with a step, and of what its most leaves out."""
WAIT, LONGEST_WAIT = 4, 64
"""Good loops after which a step is taken back, at first and at most."""


@dataclass(slots=True)
class Widening:
    """How far the limits of one voice are widened. ``steps`` are taken in the order of :func:`kinds`, over and over."""

    steps: int = 0
    _bad: int = 0
    _good: int = 0
    _wait: int = WAIT
    _narrowed: bool = False
    _is_told: bool = False

    def answered(self, plan: VoicePlan, *, good: bool) -> None:
        """A model answered: with a loop that is new and inside its bands, or with none."""
        if good:
            self._bad, self._good = 0, self._good + 1
            if self.steps and self._good >= self._wait:
                self.steps, self._good, self._narrowed = self.steps - 1, 0, True
                self._is_told = self._is_told and self.steps > 0
            elif not self.steps and self._good >= LONGEST_WAIT:
                self._wait, self._narrowed = WAIT, False
            return
        if self._narrowed:  # it was too early
            self._wait, self._narrowed = min(2 * self._wait, LONGEST_WAIT), False
            self._bad = PATIENCE
        self._bad, self._good = self._bad + 1, 0
        if self._bad >= PATIENCE:
            self.steps = min(self.steps + 1, ROUNDS * len(kinds(plan)))
            self._is_told = self._is_told or self.steps >= TOLD_FROM

    def hurries(self, plan: VoicePlan) -> bool:
        """Whether there is a step left, so that the next turn may bring what this one did not."""
        return self.steps < ROUNDS * len(kinds(plan))

    def taken(self, plan: VoicePlan) -> Counter[Widened]:
        """How many steps each limit is widened by."""
        names = kinds(plan)
        return Counter(names[number % len(names)] for number in range(self.steps))

    def recipe(self, plan: VoicePlan, recipe: Recipe) -> Recipe:
        """The recipe, with limits so wide."""
        if not self.steps or not recipe.drawn:
            return recipe
        return replace(recipe, limits=self._limits(plan, recipe.limits))

    def bands(self, plan: VoicePlan) -> NoveltyBands | None:
        """The bands of the voice, so wide."""
        if plan.bands is None:
            return None
        share = NEARER ** self.taken(plan)["novelty"]
        bands = plan.bands
        return NoveltyBands(_wide(bands.last, share), _wide(bands.hour, share), _wide(bands.week, share))

    def in_words(self, plan: VoicePlan) -> str:
        """The steps, for a log."""
        taken = self.taken(plan)
        return ", ".join(f"{name} widened by {count}" for name, count in taken.items()) or "as they are written"

    def told(self, plan: VoicePlan) -> Stall | None:
        """What people are to be told: the same sentence until all is as it is written. None where there is nothing."""
        if not self._is_told:
            return None
        banded = plan.bands is not None
        sentence = (
            f"Voice {plan.voice} of {plan.scene} finds no new loops within its limits; they are widened, step by step, "
            "until it does."
        )
        more = ", or lower the least of its novelty" if banded else ""
        least, most = plan.limits.least, plan.limits.most
        advice = f"Widen its density (it is {least:g} to {most:g}){' or its register' * _is_pitched(plan)}, raise its "
        return Stall(sentence, f"{advice}temperature, or give it another primer{more}.")

    def _limits(self, plan: VoicePlan, limits: LoopLimits) -> LoopLimits:
        taken = self.taken(plan)
        semitones = SEMITONES * taken["register"]
        return replace(
            limits,
            least=round(limits.least * SPARSER ** taken["density"], 2),
            most=round(limits.most * DENSER ** taken["density"], 2),
            low=max(limits.low - semitones, 0),
            high=min(limits.high + semitones, MAX_MIDI),
        )


def kinds(plan: VoicePlan) -> tuple[Widened, ...]:
    """Which limits of a voice can be widened, in the order in which they are."""
    register: tuple[Widened, ...] = ("register",) if _is_pitched(plan) else ()
    return ("density", *register, *(("novelty",) if plan.bands else ()))


def _is_pitched(plan: VoicePlan) -> bool:
    return VOICE_KINDS[plan.kind].pitched


def _wide(band: Band, share: float) -> Band:
    low, high = band
    return (low * share, 1.0 - (1.0 - high) * share)
