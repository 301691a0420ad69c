"""A player on a hand-turned clock beside the mirror of its score, as pages have it."""

from __future__ import annotations

from collections import deque
from pathlib import Path
from typing import Any

from fakes.playing import Studio
from reverie.web.live_bar import LiveBar
from reverie.web.live_score import LiveScore

ON = 0x90


class Mirrored:
    """What the player is told takes ``transit`` seconds to it, and so may come after the bar line that it was for."""

    def __init__(self, folder: Path, *slots: str, transit: float = 0.0) -> None:
        self.studio = Studio(folder, *slots)
        self.score = LiveScore()
        self.bars: list[LiveBar] = []
        self.foretold: list[tuple[LiveBar, ...]] = []
        self._transit = transit
        self._foretold: LiveBar | None = None
        """The next bar as it was foretold, if nothing was told since."""
        self._coming: deque[tuple[float, Any]] = deque()

    @property
    def now(self) -> float:
        return self.studio.clock.time

    def tell(self, *messages: Any) -> None:
        for message in messages:
            self.score.told(message, self.now)
            self._foretold = None
            self._coming.append((self.now + self._transit, message))
        self._arrive()

    def go(self, seconds: float) -> None:
        """Time passes, and the player plays."""
        end = self.now + seconds
        while True:
            deadline = self.studio.player.deadline()
            due = end if deadline is None else max(min(self.studio.player.due, end), self.now)
            arrives = self._coming[0][0] if self._coming else float("inf")
            self.studio.clock.time = max(min(due, arrives), self.now)
            self._arrive()
            self.studio.player.advance()
            self.studio.player.tend()
            for begun in self.studio.begun:
                bar = self.score.begun(begun)
                assert bar is not None, "the mirror does not know what is played"
                if self._foretold is not None and not self._foretold.open:
                    assert bar.notes == self._foretold.notes, "nothing was told, and it is not what was foretold"
                self._foretold = next(iter(self.score.ahead()), None)
                self.bars.append(bar)
                self.foretold.append(self.score.ahead())
            self.studio.begun.clear()
            if self.score.bar is not None and self.bars:
                self.bars[-1] = self.score.bar
            if self.now >= end:
                return

    def _arrive(self) -> None:
        while self._coming and self._coming[0][0] <= self.now:
            self.studio.tell(self._coming.popleft()[1])

    def sent(self) -> list[tuple[float, int, int]]:
        """Moment, pitch and velocity of every note that the device was sent."""
        return sorted(
            (round(at, 6), data[1], data[2])
            for output in self.studio.outputs.values()
            for at, data in output.sent
            if data[0] & 0xF0 == ON
        )

    def mirrored(self) -> list[tuple[float, int, int]]:
        """The same, as the mirror's bars have it up to now."""
        return sorted(
            (round(_moment(bar, note.tick), 6), note.pitch, note.velocity)
            for bar in self.bars
            for note in bar.notes
            if _moment(bar, note.tick) <= self.now
        )


def _moment(bar: LiveBar, tick: float) -> float:
    return next(one for one in reversed(bar.pace) if one.tick <= tick).moment(tick)
