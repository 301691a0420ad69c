"""How a scene gives way to the next."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from reverie.documents import Section


class PassageSection(Section):
    """How a scene gives way to the next, once another is asked for."""

    kind: Literal["end", "fade", "cut"] = Field(
        default="end",
        description=(
            "`end`: its voices leave one after the other, softer and sparser, in the tempo of the next and up to a "
            "chord that both keys have; `fade`: all of it becomes soft; `cut`: it just stops."
        ),
    )
    bars: int = Field(default=8, ge=1, le=64, description="Bars that the end takes; a cut takes none.")
    pause: int = Field(default=0, ge=0, le=16, description="Bars of silence before the next scene begins.")


def passage_itself(passage: PassageSection) -> PassageSection:
    """What a scene says of its passage is read as it is."""
    return passage
