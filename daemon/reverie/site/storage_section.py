"""Storage: how often what must last is written, and how much room the history may take."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BeforeValidator, Field, WithJsonSchema

from reverie.documents import Section
from reverie.music.durations import parse_duration
from reverie.site.timbre import GIGABYTE

SHORTEST_FLUSH, LONGEST_FLUSH = 1.0, 3600.0


def _interval(written: Any) -> float:
    seconds = parse_duration(written) if isinstance(written, str) else written
    is_number = isinstance(seconds, int | float) and not isinstance(seconds, bool)
    if not is_number or not SHORTEST_FLUSH <= seconds <= LONGEST_FLUSH:
        raise ValueError(f"an interval is 1 s to 1 h: a number of seconds, or a duration such as 10m, not {written!r}")
    return float(seconds)


Interval = Annotated[
    float,
    BeforeValidator(_interval),
    WithJsonSchema(
        {"anyOf": [{"type": "number", "minimum": SHORTEST_FLUSH, "maximum": LONGEST_FLUSH}, {"type": "string"}]}
    ),
]
"""Seconds, or a duration as people write it."""


class StorageSection(Section):
    """How the disk of the state folder is spared."""

    flush: Interval = Field(
        default=30.0,
        description="Seconds, or a duration such as 10m, up to 1 h, between two writes of what must last: the last "
        "good loops, what was played, the history. A power cut takes what was not written.",
        examples=["10m"],
    )
    history: float = Field(
        default=0.2,
        ge=0.001,
        le=1000,
        description="Gigabytes that the history may take; beyond them its oldest part is deleted.",
    )

    @property
    def history_bytes(self) -> int:
        """The room of the history in bytes."""
        return round(self.history * GIGABYTE)
