"""Public holidays by day, from the package ``holidays``, which needs no network."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any


def holiday_names(country: str, subdivision: str | None = None) -> Callable[[date], str]:
    """What says the name of the public holiday that a day is; empty for a day that is none."""
    import holidays  # takes half a second: only where somebody wants it

    known: Any = holidays.country_holidays(country, subdiv=subdivision)

    def name(day: date) -> str:
        return str(known.get(day) or "")

    return name
