"""What a knob, key or pad of a control surface does: values that the site's file is read into."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from reverie.site.actions import HIGHEST, LEVELS, Action, DreamWish, Kind, Level

Sort = Literal["cc", "note", "program"]


@dataclass(frozen=True, slots=True)
class Control:
    """One knob, key or pad: a controller, note or program by its number from 0; the channel from 1, None for any."""

    sort: Sort
    number: int
    channel: int | None = None

    def meets(self, other: Control) -> bool:
        """Whether some message is of both."""
        same = (self.sort, self.number) == (other.sort, other.number)
        return same and (self.channel is None or other.channel is None or self.channel == other.channel)

    def __str__(self) -> str:
        sort = {"cc": "controller", "note": "note", "program": "program"}[self.sort]
        return f"{sort} {self.number}" + (f" on channel {self.channel}" if self.channel else "")


@dataclass(frozen=True, slots=True)
class Binding:
    """What a control does. With ``value`` a level's control is a button that sets it, and a switch's has one way.

    A dream of a ``mood`` is wanted by a button, whose velocity is the weight unless ``value`` is; or a controller
    without a ``value`` is the fader of its weight.
    """

    control: Control
    kind: Kind
    voice: str | None = None
    value: float | bool | str | None = None
    mood: str | None = None

    @property
    def level(self) -> Level | None:
        """The level that the control turns; None if it is a button."""
        turns = self.kind in LEVELS and self.value is None and self.control.sort == "cc"
        return next((level for level in LEVELS if level == self.kind), None) if turns else None

    def dream(self, position: int) -> Action | None:
        """The dream that is wanted as the control goes to a position (0 to 127); None for a button that is let go."""
        if self.control.sort == "cc" and self.value is None:
            if position == 0:
                return Action("wake", self.mood)
            return Action.of_dream(DreamWish(self.mood or "", position / HIGHEST, replaces=True))
        if position == 0:
            return None
        weight = self.value if isinstance(self.value, float) else position / HIGHEST
        return Action.of_dream(DreamWish(self.mood or "", weight))
