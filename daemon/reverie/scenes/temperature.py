"""How boldly a voice composes, over the bars of a scene."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

After = Literal["back", "hold"]


@dataclass(frozen=True, slots=True)
class Temperature:
    """From ``start`` to ``end`` in ``over`` bars; after that it goes ``back`` and forth for ever, or ``hold``s the end.

    It depends on the bar alone, so the same bar of the same scene is always as bold.
    """

    start: float = 1.0
    end: float = 1.0
    over: int = 64
    after: After = "back"

    def __call__(self, bar: int) -> float:
        """The temperature in bar number ``bar`` of the scene (from 0)."""
        there_and_back = 1.0 - abs(bar % (2 * self.over) / self.over - 1.0)
        done = min(bar / self.over, 1.0) if self.after == "hold" else there_and_back
        return self.start + (self.end - self.start) * done

    def at(self, bar: int) -> float:
        """The same, by name."""
        return self(bar)
