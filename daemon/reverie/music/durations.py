"""Durations as people write them: ``90s``, ``10 min``, ``1h30m``."""

from __future__ import annotations

import re

EXAMPLES = "90s, 10m or 1h30m"
_NUMBER = r"([0-9]+(?:\.[0-9]*)?|\.[0-9]+)"
_UNITS = ("d", "h", "m(?:in)?", "s(?:ec)?")
_DURATION = re.compile("".join(rf"(?:\s*{_NUMBER}\s*{unit})?" for unit in _UNITS), re.IGNORECASE)
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
