"""The steps of an evolution, as artists write them: an operator alone, or with numbers, a weight and a condition."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from pydantic import Field

from reverie.documents import Keys, Section
from reverie.scenes.operators import NAMED, OperatorName

MOST_BARS = 10_000
HELD = "loop"
"""The operator by which the loop that plays is held."""
Density = Literal["", "low", "high"]


@dataclass(frozen=True, slots=True)
class EvolveStep:
    """One step: its operator, how often its loop is played (None: as the voice's are), and what the operator is told.

    It is taken only where so many ``bars`` have gone since it was taken last, or the line began, and where the loop
    that plays has a low or a high ``density`` among those that the voice may have.
    """

    operator: str
    hold: int | None = None
    weight: int = 1
    bars: int = 0
    density: Density = ""
    settings: Mapping[str, float] = field(default_factory=dict[str, float])

    def __str__(self) -> str:
        """As it is written in the scene, more or less, for people to read."""
        told = [self.operator, *(f"{name} {value:g}" for name, value in self.settings.items())]
        conditions = [f"after {self.bars} bars"] * bool(self.bars) + [f"at {self.density} density"] * bool(self.density)
        return " ".join((" ".join(told), *conditions))


@dataclass(frozen=True, slots=True)
class EvolveProgramme:
    """The steps of a voice: one after the other and over again, those passed over whose condition is not met.

    With ``drawn`` each is drawn by its weight from those whose condition is met.
    """

    steps: tuple[EvolveStep, ...]
    drawn: bool = False

    @property
    def returns(self) -> bool:
        """Whether loops of before are to come back."""
        return any(NAMED[step.operator].source == "before" for step in self.steps)

    def without(self, operators: Collection[str]) -> EvolveProgramme:
        """The same, where nobody plays some operators: where their turn is, the loop is held."""
        steps = tuple(replace(one, operator=HELD) if one.operator in operators else one for one in self.steps)
        return replace(self, steps=steps)

    @property
    def is_plain(self) -> bool:
        """Whether it is operators in turn, and nothing else."""
        return not self.drawn and not self.returns and all(step == EvolveStep(step.operator) for step in self.steps)


class WhenSection(Section):
    """When a step may be taken; of several conditions all have to be met."""

    bars: int | None = Field(
        default=None,
        ge=1,
        le=MOST_BARS,
        description="After so many bars since it was taken last, or since the voice began.",
        examples=[64],
    )
    density: Literal["low", "high"] | None = Field(
        default=None,
        description=(
            "While the loop has few notes for the voice, or many: less than a third of the way from the least of its "
            "`density` to the most, or more than two thirds."
        ),
        examples=["low"],
    )

    def misfits(self) -> Iterator[tuple[Keys, str]]:
        """It says something."""
        if self.bars is None and self.density is None:
            yield (), "'when' has no condition; write one such as {bars: 64} or {density: low}"


class StepSection(Section):
    """One step of an evolution."""

    do: OperatorName = Field(description="The operator.", examples=["transpose"])
    hold: int | None = Field(
        default=None, ge=1, le=1000, description="How many times its loop is played; absent: as `hold` of `evolve`."
    )
    weight: int | None = Field(
        default=None,
        ge=1,
        le=16,
        description="How often it is drawn beside the others, with `order: drawn`; absent: 1.",
    )
    when: WhenSection | None = Field(
        default=None, description="When it may be taken; absent: always.", examples=[{"bars": 64}, {"density": "low"}]
    )
    degrees: int | None = Field(default=None, description="Of `transpose`: by how many degrees of the scale.")
    steps: int | None = Field(default=None, description="Of `rotate`: by how many sixteenths.")
    to: float | None = Field(
        default=None,
        description="Of `thin`, the share of notes that stays; of `thicken`, how many times as many there are.",
    )

    def misfits(self) -> Iterator[tuple[Keys, str]]:
        """What it tells its operator is what that can be told."""
        settings = NAMED[self.do].settings
        for name, value in self._told().items():
            if name not in settings:
                others = [other for other, traits in NAMED.items() if name in traits.settings]
                yield (name,), f"{self.do!r} has no {name!r}; that is for {' and '.join(map(repr, others))}"
            elif sentence := settings[name].lacks(value):
                yield (name,), f"{name!r} of {self.do!r} is {sentence}"

    def step(self) -> str | EvolveStep:
        """The value: the operator's name where nothing else is said."""
        when = self.when or WhenSection.model_construct(bars=None, density=None)
        step = EvolveStep(self.do, self.hold, self.weight or 1, when.bars or 0, when.density or "", self._told())
        return self.do if step == EvolveStep(self.do) and self.weight is None else step

    def _told(self) -> dict[str, float]:
        said = {"degrees": self.degrees, "steps": self.steps, "to": self.to}
        return {name: value for name, value in said.items() if value is not None}
