"""What visitors may do with the music from the page, how much of it, and who of them when."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Literal, cast, get_args

from pydantic import Field

from reverie.documents import Keys, Section
from reverie.site.control import DOTTED, EVEN, Range

VisitorAct = Literal["mood", "dream", "keep", "drums", "melody", "contour", "tempo", "swing", "temperature"]
"""What a visitor can do."""
Together = Literal["queue", "votes", "free"]
"""Whether one visitor after the other plays, moods are voted on, or everybody does as they like."""

VISITOR_ACTS = cast("tuple[VisitorAct, ...]", get_args(VisitorAct))


@dataclass(frozen=True, slots=True)
class VisitorRules:
    """The rules as a value.

    ``per_person`` and ``per_minute`` are wishes in a minute, of one visitor and of all together. ``turn`` and ``idle``
    are seconds. Tempos are quarters a minute, densities factors of what the voice has by itself, and swing is the part
    of each pair of steps that the first one takes.
    """

    allow: frozenset[VisitorAct] = frozenset(VISITOR_ACTS)
    together: Together = "free"
    turn: float = 60.0
    per_person: int = 30
    per_minute: int = 120
    idle: float = 120.0
    tempo: tuple[float, float] = (70.0, 130.0)
    temperature: tuple[float, float] = (0.7, 1.3)
    density: tuple[float, float] = (0.5, 2.0)
    moments: int = 200
    swing: tuple[float, float] = (0.5, 0.7)


_USUAL = VisitorRules()
_POSSIBLE: Mapping[str, tuple[float, float]] = {
    "tempo": (20, 300),
    "temperature": (0.1, 3.0),
    "density": (0.25, 4.0),
    "swing": (EVEN, DOTTED),
}
"""What limits can be, whatever a site wants."""


class VisitorsSection(Section):
    """What visitors may do from the page."""

    allow: Annotated[tuple[VisitorAct, ...], Field(strict=False)] = Field(
        default=VISITOR_ACTS,
        description="What visitors may do: `mood` and `dream`, `keep` a moment, play with `drums` and `melody`, press "
        "the buttons of a `contour`, set `tempo`, `swing` and `temperature`; empty: they may look and listen.",
        examples=[["mood", "dream", "keep"]],
    )
    together: Together = Field(
        default=_USUAL.together,
        description="'queue': one visitor after the other; 'votes': the mood with most wishes wins at the bar line, "
        "and all else is free; 'free': everybody at once.",
    )
    turn: float = Field(
        default=_USUAL.turn, ge=10, le=3600, description="Seconds of a visitor's turn, while others wait for theirs."
    )
    per_person: int = Field(
        default=_USUAL.per_person, ge=1, le=600, description="Wishes of one visitor in a minute that are heard."
    )
    per_minute: int = Field(
        default=_USUAL.per_minute, ge=1, le=1200, description="Wishes of all visitors in a minute that are heard."
    )
    idle: float = Field(
        default=_USUAL.idle,
        ge=5,
        le=86_400,
        description="Seconds without a wish after which the piece goes on as if no visitor had played with it.",
    )
    tempo: Range = Field(
        default=_USUAL.tempo, description="The slowest and the fastest tempo of visitors, in quarters a minute."
    )
    temperature: Range = Field(
        default=_USUAL.temperature, description="The lowest and the highest temperature of visitors."
    )
    density: Range = Field(
        default=_USUAL.density,
        description="How many times as dense as by itself a voice is composed for visitors, at least and at most.",
    )
    moments: int = Field(
        default=_USUAL.moments, ge=1, le=10_000, description="Moments that are kept; the oldest gives way to another."
    )
    swing: Range = Field(
        default=_USUAL.swing,
        description="The least and the most swing of visitors: the part of each pair of steps that the first one "
        "takes, 0.5 (even) to 0.75.",
    )

    @property
    def rules(self) -> VisitorRules:
        """The section as a value."""
        return VisitorRules(
            frozenset(self.allow),
            self.together,
            self.turn,
            self.per_person,
            self.per_minute,
            self.idle,
            self.tempo,
            self.temperature,
            self.density,
            self.moments,
            self.swing,
        )

    def misfits(self) -> Iterator[tuple[Keys, str]]:
        """Limits go from low to high, within what music can be."""
        for name, (least, most) in _POSSIBLE.items():
            low, high = cast("tuple[float, float]", getattr(self, name))
            if not least <= low <= high <= most:
                yield (
                    (name,),
                    f"limits are a low and a high number from {least:g} to {most:g}, not {low:g} and {high:g}",
                )
