"""Times of day as a site writes them."""

from __future__ import annotations

import datetime as dt
import re
from typing import Annotated, TypeAlias

from pydantic import PlainSerializer

from reverie.documents import Written

_TIME = re.compile(r"([01]?[0-9]|2[0-3]):([0-5][0-9])")


def _time_of_day(written: str) -> dt.time:
    match = _TIME.fullmatch(written)
    if not match:
        raise ValueError(f"a time of day is written like 20:00, from 00:00 to 23:59, not {written!r}")
    return dt.time(int(match[1]), int(match[2]))


def _as_written(time: dt.time) -> str:
    return f"{time:%H:%M}"


TimeOfDay: TypeAlias = Annotated[
    dt.time, Written(str, _time_of_day), PlainSerializer(_as_written, return_type=str, when_used="json")
]
"""A time of day by the machine's local time, such as 20:00."""
