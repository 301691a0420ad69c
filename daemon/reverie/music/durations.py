"""Durations as people write them: ``90s``, ``10 min``, ``1h30m``."""

from __future__ import annotations

import re

EXAMPLES = "90s, 10m or 1h30m"
_NUMBER = r"([0-9]+(?:\.[0-9]*)?|\.[0-9]+)"
_DURATION = re.compile(rf"(?:{_NUMBER}d)?(?:{_NUMBER}h)?(?:{_NUMBER}m(?:in)?)?(?:{_NUMBER}s(?:ec)?)?")
_SECONDS = (86_400, 3600, 60, 1)


def parse_duration(written: str) -> float:
    """Seconds, of days, hours, minutes and seconds in this order, any of which may be left out; spaces do not matter.

    Raises:
        ValueError: if it is none.
    """
    match = _DURATION.fullmatch("".join(written.split()).lower())
    if match is None or not any(match.groups()):
        raise ValueError(f"a duration is written like {EXAMPLES}, not {written!r}")
    return sum(float(number) * unit for number, unit in zip(match.groups(), _SECONDS, strict=True) if number)
