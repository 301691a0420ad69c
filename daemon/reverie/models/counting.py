"""How far a model can tell the places of a bar apart: by its counter of steps, and by how long its examples were.

Magenta's encoders count the steps of a passage in a circle and know no metre. Where the bar goes into the circle, a
count is always at the same place of the bar. Where it does not, as 7/8 and 3/4 in a circle of 64, that holds only for
the first time round, after a beginning on a bar line.
"""

from __future__ import annotations

from dataclasses import dataclass

from reverie.models.configs import config_of
from reverie.models.errors import ModelError
from reverie.models.library.card import ModelCard
from reverie.music.time import STEPS_PER_QUARTER

STEPS = "steps_per_quarter"
"""The setting of a model card that says how long a step is."""
_PER_QUARTER = frozenset({1, 2, STEPS_PER_QUARTER})
_FEWEST = 2
"""Bars of a span: one that is told, one that is drawn."""


@dataclass(frozen=True, slots=True)
class StepCounting:
    """How a model counts, in sixteenths.

    ``period`` is how many it counts until it begins anew, 0 for a model that counts nothing. ``window`` is how long the
    passages were that it learned from, 0 where nobody knows. ``unit`` is the length of a step. A model that is told
    each loop ``anew`` has the loop before as its primer, as it is to hear all of it under what it is told now.
    """

    period: int = 0
    window: int = 0
    unit: int = 1
    anew: bool = False

    def span(self, bar: int) -> int:
        """For how many sixteenths from a bar line on a model knows its place in bars of ``bar`` sixteenths: whole bars.

        Where its counter has no room for two bars, it has to know its place from what it has heard, as it had to in its
        examples. 0 where it knows its place for ever, or nothing better is known than to let it play on.
        """
        if self.anew:
            return _FEWEST * bar
        if not self.period or not self.period % bar or not bar % self.period or bar % self.unit:
            return 0
        for longest in (min(self.period, self.window or self.period), self.window):
            if longest >= _FEWEST * bar:
                return longest // bar * bar
        return 0


def unit_of(card: ModelCard) -> int:
    """How many sixteenths a step of the model of a card lasts.

    Raises:
        ModelError: if its steps do not fall on sixteenths, or there is no such configuration.
    """
    default = config_of(card.config).settings.get(STEPS, STEPS_PER_QUARTER)
    told = card.settings.get(STEPS, default)
    if told not in _PER_QUARTER:
        raise ModelError(f"has {told} steps in a quarter, which do not fall on sixteenths")
    return STEPS_PER_QUARTER // int(told)


def counting_of(card: ModelCard) -> StepCounting:
    """How the model of a card counts; of one whose steps do not fall on sixteenths nothing can be said.

    Raises:
        ModelError: if there is no such configuration.
    """
    config = config_of(card.config)
    try:
        unit = unit_of(card)
    except ModelError:
        return StepCounting()
    told = card.training.get("example_steps")
    return StepCounting(
        config.counter * unit, told * unit if isinstance(told, int) and told > 0 else 0, unit, config.anew
    )
