"""Which bar sounds, as the player says: what is performed next is known a bar before it does."""

from __future__ import annotations

from reverie.bus import Bus
from reverie.watch.happenings import BarEntered, BarSounded


class SoundingBar:
    """The bar that was entered last, or that follows the last that went out, whichever is known first."""

    def __init__(self) -> None:
        self._latest = -1, -1

    def subscribe_to(self, bus: Bus) -> None:
        """Hear from now on of every bar."""
        bus.subscribe(BarEntered, lambda said: self._reached(said.bar.epoch, said.bar.scene_bar))
        bus.subscribe(BarSounded, lambda said: self._reached(said.bar.epoch, said.bar.scene_bar + 1))

    @property
    def epoch(self) -> int | None:
        """The performance of which it is a bar; None before the first."""
        return None if self._latest[0] < 0 else self._latest[0]

    @property
    def scene_bar(self) -> int | None:
        """Its number within that performance's scene, from 0; None before the first."""
        return None if self._latest[0] < 0 else self._latest[1]

    def _reached(self, epoch: int, scene_bar: int) -> None:
        self._latest = max(self._latest, (epoch, scene_bar))
