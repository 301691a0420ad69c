"""How this box stands in its room, for people and figures."""

from __future__ import annotations

import math
from dataclasses import dataclass

from prometheus_client import CollectorRegistry, Gauge


@dataclass(frozen=True, slots=True)
class RoomGuestView:
    """A box that follows this one: its last question, so many ``seconds`` ago, and what it said of itself."""

    name: str
    address: str
    seconds: float
    together: bool
    scene: str
    scene_bar: int
    offset_ms: float | None
    error_ms: float | None = None
    round_trip_ms: float | None = None
    here: bool = True
    """Whether it has asked of late."""


@dataclass(frozen=True, slots=True)
class RoomView:
    """This box leads, or follows ``leader``; ``together`` says whether both play the same bar.

    ``offset_ms`` is how far the leader's clock is ahead, which is wrong by ``error_ms`` at most. The leader calls
    itself ``leader_name``, answered ``seconds`` ago (None: never), is ``here`` if that is not long, and plays
    ``scene_bar`` of ``scene``.
    """

    role: str
    sentence: str
    leader: str = ""
    together: bool = False
    offset_ms: float | None = None
    error_ms: float | None = None
    followers: tuple[RoomGuestView, ...] = ()
    name: str = ""
    """What this box calls itself."""
    leader_name: str = ""
    here: bool = False
    seconds: float | None = None
    round_trip_ms: float | None = None
    scene: str = ""
    scene_bar: int | None = None


class RoomMetrics:
    """Says in a registry how this box stands in its room; NaN where it is in none."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._together = Gauge(
            "reverie_room_together",
            "Whether this box plays the same bar as its leader; NaN where it follows none.",
            registry=registry,
        )
        self._error = Gauge(
            "reverie_room_clock_error_seconds",
            "By how much the leader's clock may be misjudged; NaN where nobody is followed.",
            registry=registry,
        )
        self._followers = Gauge(
            "reverie_room_followers",
            "Boxes that follow this one, by whether they play the same bar.",
            ["together"],
            registry=registry,
        )
        self._together.set(math.nan)
        self._error.set(math.nan)

    def view_is(self, view: RoomView) -> None:
        """It stands so."""
        follows = view.role == "follow"
        self._together.set(view.together if follows else math.nan)
        self._error.set(math.nan if view.error_ms is None else view.error_ms / 1000)
        for together in (True, False):
            count = sum(1 for one in view.followers if one.together is together)
            self._followers.labels("yes" if together else "no").set(count)
