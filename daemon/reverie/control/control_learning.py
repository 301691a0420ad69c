"""Which knob, key or pad is meant, found out by moving it. Pure: the messages are handed in."""

from __future__ import annotations

from collections import defaultdict

from reverie.control.surface import PRESSED, Control, heard
from reverie.site.actions import HIGHEST

TURNED = 3
"""So many values of a controller show that it is a knob, and that it was not merely touched."""


class Search:
    """Waits for a knob to be turned (``level``), or for a key, pad or button to be pressed."""

    def __init__(self, *, level: bool) -> None:
        self._level = level
        self._values: defaultdict[Control, list[int]] = defaultdict(list)

    def hear(self, message: bytes) -> Control | None:
        """The control that is meant, once it is clear."""
        found = heard(message)
        if found is None:
            return None
        control, value = found
        before = self._values[control]
        if value not in before[-1:]:
            before.append(value)
        if self._level:
            return control if control.sort == "cc" and len(set(before)) >= TURNED else None
        if control.sort == "cc":
            return control if value == HIGHEST or (value >= PRESSED and set(before) <= {0, value}) else None
        return control if value > 0 else None
