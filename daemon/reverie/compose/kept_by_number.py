"""What was computed of a bar, a section or a block of sections, kept at hand: every voice asks, time and again."""

from __future__ import annotations

from typing import TypeVar

Value = TypeVar("Value")


class KeptByNumber(dict[int, Value]):
    """The latest values by their number; the one that came first gives way to another.

    Only what follows from its number alone may be kept, so that nothing but time is lost with what gives way. Whoever
    has a number to look up asks ``get``, and computes and keeps what is not there.
    """

    def __init__(self, most: int) -> None:
        """Keep ``most`` values at most."""
        super().__init__()
        self._most = most

    def keep(self, number: int, value: Value) -> Value:
        """Keep a value, which is given back."""
        while len(self) >= self._most:
            del self[next(iter(self))]
        self[number] = value
        return value
