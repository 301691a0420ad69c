"""The volume of a slot: what its settings say, what hands have set, and the way there in small steps."""

from __future__ import annotations

STEP = 0.05
"""Seconds between the steps of a fade: 20 a second are heard as one movement, and are little on a DIN cable."""
USUAL = 100
"""Controller 7 of General MIDI at power-on, for slots whose settings say nothing."""


class Fader:
    """A share from 0 to 1 that moves in a straight line to where it is wanted."""

    def __init__(self, share: float = 1.0) -> None:
        self._from = self._to = share
        self._begin = self._end = float("-inf")

    @property
    def target(self) -> float:
        """Where it goes."""
        return self._to

    def aim(self, share: float, now: float, seconds: float) -> None:
        """Move to ``share`` within ``seconds``, from wherever it is at monotonic moment ``now``."""
        self._from, self._to = self.share(now), share
        self._begin, self._end = now, now + seconds

    def share(self, now: float) -> float:
        """Where it is."""
        if now >= self._end:
            return self._to
        return self._from + (self._to - self._from) * (now - self._begin) / (self._end - self._begin)

    def arrived(self, now: float) -> bool:
        """Whether it is where it is wanted."""
        return now >= self._end
