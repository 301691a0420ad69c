"""What a knob, key or pad of a control surface does: values that the site's file is read into."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from reverie.site.actions import LEVELS, Kind, Level

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
    """What a control does. With ``value`` a level's control is a button that sets it, and a switch's has one way."""

    control: Control
    kind: Kind
    voice: str | None = None
    value: float | bool | str | None = None

    @property
    def level(self) -> Level | None:
        """The level that the control turns; None if it is a button."""
        turns = self.kind in LEVELS and self.value is None and self.control.sort == "cc"
        return next((level for level in LEVELS if level == self.kind), None) if turns else None
