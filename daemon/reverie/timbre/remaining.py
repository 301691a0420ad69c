"""How long a render will take yet, by how fast it has come in the last minutes."""

from __future__ import annotations

from collections import deque

from reverie.timbre.meter import lasting

WINDOW = 300.0
"""Seconds of rendering that are looked back upon: one that is gone on with leaps to where it was."""
PAUSE = 30.0
"""Seconds from one word about progress to the next above which the render was held, and the time does not count."""
FEWEST = 5.0
"""Seconds of rendering before which nobody can tell."""


class RemainingTime:
    """Told of each word about progress; ``done`` is how much is, None of no render at all."""

    def __init__(self, done: float | None) -> None:
        self.done = done
        self._heard: deque[tuple[float, float]] = deque()
        """Seconds of rendering, and how much was done."""
        self._last = 0.0

    def progress(self, now: float, done: float) -> None:
        """So much is done, from 0 to 1, at a monotonic moment."""
        spent = 0.0
        if self._heard:
            passed = now - self._last
            spent = self._heard[-1][0] + (passed if passed <= PAUSE else 0.0)
        self._last, self.done = now, done
        self._heard.append((spent, done))
        while spent - self._heard[0][0] > WINDOW:
            self._heard.popleft()

    @property
    def seconds(self) -> float | None:
        """What is left at that pace; None while nobody can tell."""
        if not self._heard:
            return None
        (begun, before), (now, done) = self._heard[0], self._heard[-1]
        if now - begun < FEWEST or done <= before:
            return None
        return (now - begun) * (1 - done) / (done - before)

    def status(self) -> dict[str, object]:
        """How much is done, and for how long it will take yet, in seconds and in words."""
        left = self.seconds
        words = "" if left is None else f"done in about {lasting(left)}"
        return {"rendering": self.done, "done_in_seconds": left and round(left), "done_in": words}


NOT_RENDERING = RemainingTime(None)
