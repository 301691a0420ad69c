"""An hour of beats of the player's own arithmetic, on a clock that is turned by hand."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

from reverie.music.notes import Loop, Note
from reverie.music.time import TICKS_PER_QUARTER, Metre, Tempo
from reverie.play.messages import Part, Place, SetScene
from reverie.play.outputs.output import Output
from reverie.play.player import Player
from reverie.play.recording.ledger import Ledger
from reverie.play.recording.tape import Tape
from reverie.play.slots import Slot

QPM = 97.3
"""A tempo whose beats no binary number says exactly."""
_UP = 30 * 86400.0
"""Seconds since the machine was started: the longer, the coarser are its clock's numbers."""


class _Turned:
    """A clock, and an output on which it can be seen when something was sent."""

    def __init__(self) -> None:
        self.time = _UP

    def now(self) -> float:
        return self.time

    def wall(self) -> float:
        return self.time

    def wait_until(self, moment: float) -> None:
        self.time = max(self.time, moment)


class _Notes(Output):
    def __init__(self, clock: _Turned) -> None:
        self._clock = clock
        self.begun: list[float] = []

    @property
    def description(self) -> str:
        return "noting when notes begin"

    def open(self) -> None:
        pass

    def poll(self) -> bool:
        return True

    def send(self, message: bytes) -> None:
        if message[0] & 0xF0 == 0x90:  # noqa: PLR2004 - a note begins
            self.begun.append(self._clock.time)

    def close(self) -> None:
        pass


def drift_us(hours: float = 1.0) -> float:
    """How far the beats of so many hours have come to lie from where they belong, at most: microseconds."""
    bars = round(hours * 60 * QPM / 4)
    begun = _play(bars)
    first, beat = Fraction(begun[0]), Fraction(60) / Fraction(QPM)
    return float(max(abs(Fraction(at) - first - number * beat) for number, at in enumerate(begun)) * 1_000_000)


def _play(bars: int) -> Sequence[float]:
    clock = _Turned()
    output = _Notes(clock)
    with tempfile.TemporaryDirectory(prefix="reverie-bench-") as name:
        folder = Path(name)
        slot = Slot("main", output, Ledger(folder, "main"), lambda _: None)
        player = Player({"main": slot}, Tape(folder / "tape"), clock, lambda _: None)
        player.tend()
        beats = tuple(Note(beat * TICKS_PER_QUARTER, TICKS_PER_QUARTER // 2, 60) for beat in range(4))
        player.handle(SetScene(1, 0, "bench", Metre(), Tempo(QPM), (Part("lead", "main", 1),)))
        player.handle(Place(1, "lead", "", 0, bars, Loop(1, Metre(), beats)))
        while len(output.begun) < bars * 4:
            clock.time = max(clock.time, player.due)
            player.advance()
            player.tend()
        player.close()
    return output.begun
