"""How new the loops of a voice are to be: a wish, or bands that hold."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated

from pydantic import Field

from reverie.documents import Keys, Section

Share = Annotated[float, Field(ge=0, le=1)]
Band = Annotated[tuple[Share, Share], Field(strict=False)]
_LAST, _HOUR, _WEEK = (0.1, 0.95), (0.05, 1.0), (0.01, 1.0)


@dataclass(frozen=True, slots=True)
class NoveltyWish:
    """How new loops are to be: the wish against the last loop, and whether the bands hold.

    The short form, and a mapping with ``last`` alone, is a wish. With ``hour`` or ``week`` all three are bands.
    """

    last: tuple[float, float] = _LAST
    hour: tuple[float, float] = _HOUR
    week: tuple[float, float] = _WEEK
    holds: bool = False


class NoveltySection(Section):
    """How new loops are to be, least and most: 0 is the same again, 1 has nothing in common.

    With ``hour`` or ``week`` no loop outside these bands is chosen as long as there is another.
    """

    last: Band = Field(default=_LAST, description="Beside the loop before.", examples=[[0.1, 0.95]])
    hour: Band = Field(
        default=_HOUR,
        description="Beside the most similar loop that the voice has played in the last hour.",
        examples=[[0.1, 1]],
    )
    week: Band = Field(
        default=_WEEK,
        description="Beside the most similar one of the last week; a least of 0.01 refuses nothing but copies.",
        examples=[[0.01, 1]],
    )

    def misfits(self) -> Iterator[tuple[Keys, str]]:
        """The least comes first."""
        for key, (low, high) in (("last", self.last), ("hour", self.hour), ("week", self.week)):
            if low > high:
                yield (key,), f"novelty is a least and a most share, from 0 to 1, not [{low:g}, {high:g}]"

    def novelty(self) -> NoveltyWish:
        """The value."""
        return NoveltyWish(self.last, self.hour, self.week, holds=bool({"hour", "week"} & self.model_fields_set))
