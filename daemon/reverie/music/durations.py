"""Durations as people write them: ``90s``, ``10 min``, ``1h30m``; and times of day: ``06:00``."""

from __future__ import annotations

import re

EXAMPLES = "90s, 10m or 1h30m"
_NUMBER = r"([0-9]+(?:\.[0-9]*)?|\.[0-9]+)"
_UNITS = ("d", "h", "m(?:in)?", "s(?:ec)?")
_DURATION = re.compile("".join(rf"(?:\s*{_NUMBER}\s*{unit})?" for unit in _UNITS), re.IGNORECASE)
_TIME = re.compile(r"([01]?[0-9]|2[0-3]):([0-5][0-9])")
_SECONDS = (86_400, 3600, 60, 1)


def parse_duration(written: str) -> float:
    """Seconds, of days, hours, minutes and seconds in this order, any of which may be left out.

    There may be spaces around a number, and none in it: of ``1 30m`` nobody knows whether an hour is meant.

    Raises:
        ValueError: if it is none.
    """
    match = _DURATION.fullmatch(written.strip())
    if match is None or not any(match.groups()):
        raise ValueError(f"a duration is written like {EXAMPLES}, not {written!r}")
    return sum(float(number) * unit for number, unit in zip(match.groups(), _SECONDS, strict=True) if number)


def parse_time_of_day(written: str) -> float:
    """Seconds since midnight, of a time such as ``6:30`` or ``22:00``.

    Raises:
        ValueError: if it is none.
    """
    match = _TIME.fullmatch(written.strip())
    if match is None:
        raise ValueError(f'a time of day is written like "06:00", not {written!r}')
    return int(match[1]) * 3600.0 + int(match[2]) * 60.0
