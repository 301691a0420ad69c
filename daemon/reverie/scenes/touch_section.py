"""How a voice is played, as scenes say it."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BeforeValidator, Field, WithJsonSchema

from reverie.documents import Section, Written
from reverie.music.touch import Touch

MOST = 2


def _off(written: Any) -> Any:
    if isinstance(written, bool):
        said = str(written).lower()
        raise ValueError(f"how much is a player's is a number from 0 to {MOST}, or off, not {said}")  # noqa: TRY004
    return 0.0 if written == "off" else written


_Share = Annotated[
    float,
    BeforeValidator(_off),
    WithJsonSchema({"anyOf": [{"type": "number", "minimum": 0, "maximum": MOST}, {"const": "off"}]}),
]


class TouchSection(Section):
    """How much dynamics and timing are a player's: 0 or off is mechanical, 1 as a player does it, 2 at most."""

    humanize: _Share = Field(default=1.0, ge=0, le=MOST, description="Spread from stroke to stroke.")
    accent: _Share = Field(default=1.0, ge=0, le=MOST, description="Weight of metre, harmony and surroundings.")
    arc: _Share = Field(default=1.0, ge=0, le=MOST, description="How much a phrase rises to its high point and falls.")
    timing: _Share = Field(default=1.0, ge=0, le=MOST, description="How far notes are early or late.")

    def touch(self) -> Touch:
        """The value."""
        return Touch(self.humanize, self.accent, self.arc, self.timing)


WrittenTouch = Annotated[
    Touch, Written(TouchSection, TouchSection.touch, short=("humanize", "accent", "arc", "timing"))
]
