"""From the pulses of a MIDI clock to tempo and place.

MIDI clock has 24 pulses a quarter (F8), start (FA), continue (FB), stop (FC) and song position in sixteenths (F2):
MIDI 1.0 Detailed Specification, "System Real Time Messages". Pulses come with jitter of a JACK period or more, now and
then one is lost or comes twice, and leaders change their tempo from one pulse to the next.

Time is filtered by a delay-locked loop (F. Adriaensen, "Using a DLL to filter time", Linux Audio Conference 2005). It
begins as a straight line through all pulses so far, whose gains fall as they grow in number, until they are the loop's.
"""

from __future__ import annotations

from itertools import pairwise
from math import pi, sqrt
from statistics import median

from reverie.music.time import TICKS_PER_QUARTER
from reverie.play.sync.leader import Position

CLOCK, START, CONTINUE, STOP, SONG_POSITION = 0xF8, 0xFA, 0xFB, 0xFC, 0xF2

PULSES = 24
TICKS = TICKS_PER_QUARTER // PULSES
PULSES_PER_SIXTEENTH = PULSES // 4
SHORTEST, LONGEST = 60 / 400 / PULSES, 60 / 15 / PULSES
"""Seconds from pulse to pulse at 400 and at 15 quarters a minute, beyond which no clock is believed."""

GONE = 0.5  # seconds without a pulse that fits, after which nobody leads
FORGOTTEN = 5.0  # seconds after which the place of the next pulse cannot be told from the tempo any more
FITS = 0.25  # of a pulse by which a pulse may be early or late
JUMPS = 4  # pulses that do not fit but have a tempo of their own, after which the leader has jumped to it
ALIKE = 0.6  # of the mean by which the steps between such pulses may differ from each other
TWO, HALF = 1.6, 0.4  # pulses between two that tell of a lost one, and of one too many
LEANS = 8  # errors on one side in a row, after which the tempo has changed
BY = 0.06  # of a pulse, on an average, that such errors are large
WIDE = 6  # pulses on which what is known still weighs when a tempo is being left

_BANDWIDTH = 2 * pi * 0.01  # a hundredth of the rate of pulses
_LEAST = sqrt(2) * _BANDWIDTH, _BANDWIDTH**2


class _Loop:
    """The delay-locked loop: the filtered moment of the last pulse, and the seconds to the next."""

    def __init__(self, moment: float, period: float, weight: int = 1) -> None:
        self.moment = moment
        self.period = period
        self._weight = weight
        self._leaning: list[float] = []

    def pulses_to(self, moment: float) -> float:
        """How many pulses after the last one a moment is."""
        return (moment - self.moment) / self.period

    def feed(self, moment: float, steps: int = 1) -> None:
        """A pulse came at ``moment``, ``steps`` after the last."""
        due = self.moment + steps * self.period
        error = moment - due
        self._lean(error)
        if steps > 1:
            self._weight = min(self._weight, WIDE)
        self._weight = n = self._weight + 1
        phase = max(2 * (2 * n - 1) / (n * (n + 1)), _LEAST[0])
        speed = max(6 / (n * (n + 1)), _LEAST[1])
        self.moment = due + phase * error
        self.period = min(max(self.period + speed * error / steps, SHORTEST), LONGEST)

    def _lean(self, error: float) -> None:
        """Open the loop again when errors lean to one side: jitter does not."""
        if self._leaning and (error > 0) != (self._leaning[-1] > 0):
            self._leaning.clear()
        self._leaning.append(error)
        if len(self._leaning) >= LEANS:
            if abs(sum(self._leaning)) > len(self._leaning) * BY * self.period:
                self._weight = min(self._weight, WIDE)
            self._leaning.clear()


class ClockFollower:
    """Follows one MIDI clock. Moments are monotonic seconds.

    The place is counted in pulses from the last start. Where nothing was heard of a start, or so much was lost that the
    count is a guess, bar lines are not known.
    """

    def __init__(self) -> None:
        self.playing: bool | None = None
        self._loop: _Loop | None = None
        self._number = 0  # of the pulse at the loop's moment
        self._bars = False
        self._next: int | None = None  # number of the next pulse, after a start
        self._song: int | None = None  # number of the first pulse after the next continue
        self._recent: list[float] = []  # the last pulse that fitted, and those since that did not

    @property
    def qpm(self) -> float | None:
        """Quarters a minute, as far as they are known."""
        return 60 / PULSES / self._loop.period if self._loop is not None else None

    def position(self, now: float) -> Position | None:
        """Where the leader is at ``now``; None where there is none, or it has fallen silent."""
        loop = self._loop
        if loop is None or now - loop.moment > GONE:
            return None
        return Position((self._number + loop.pulses_to(now)) * TICKS, loop.period / TICKS, bars=self._bars)

    def hear(self, moment: float, message: bytes) -> None:
        """Take in a MIDI message that came at ``moment``; what is not about time is left out."""
        status = message[0] if message else 0
        if status == CLOCK:
            self._pulse(max([moment, *self._recent[-1:]]))
        elif status == START:
            self._begin(0)
        elif status == CONTINUE:
            self._begin(self._song)
        elif status == STOP:
            self.playing = False
            if self._bars:
                self._song = self._number + len(self._recent) if self._next is None else self._next
        elif status == SONG_POSITION and len(message) == 3:  # noqa: PLR2004 - status and 14 bits
            self._song = (message[1] | message[2] << 7) * PULSES_PER_SIXTEENTH

    def _begin(self, number: int | None) -> None:
        self.playing = True
        self._next, self._song = number, None

    def _pulse(self, moment: float) -> None:
        if self._recent and moment - self._recent[-1] > FORGOTTEN:
            self._loop, self._bars, self._recent = None, False, []
        loop = self._loop
        steps = max(round(loop.pulses_to(moment)), 1) if loop is not None else 0
        if self._next is not None:
            self._first(moment, steps, self._next)
        elif loop is not None and self._fits(loop, moment, steps):
            loop.feed(moment, steps)
            self._number += steps
            self._recent = [moment]
        else:
            self._recent.append(moment)
            if len(self._recent) > JUMPS:
                self._jump()

    def _first(self, moment: float, steps: int, number: int) -> None:
        """The pulse after a start: at its place on the grid if the clock ran on, or the first of another grid."""
        if self._loop is not None and abs(self._loop.pulses_to(moment) - steps) < FITS:
            self._loop.feed(moment, steps)
        elif self._loop is not None:
            self._loop = _Loop(moment, self._loop.period, WIDE)
        self._number, self._next, self._bars = number, None, True
        self._recent = [moment]

    def _fits(self, loop: _Loop, moment: float, steps: int) -> bool:
        """Whether a pulse is where the tempo has it; after some that were not, its distance must be right as well.

        So one lost pulse, or one too many, changes nothing; but that there was one must show in the distances, lest
        another tempo be taken for it.
        """
        if abs(loop.pulses_to(moment) - steps) >= FITS:
            return False
        distances = [step / loop.period for step in _steps([*self._recent, moment])]
        if len(distances) == 1:
            return steps == 1
        told = steps == len(distances) or max(distances) > TWO or min(distances) < HALF
        return told and abs(distances[-1] - 1) < FITS

    def _jump(self) -> None:
        """Take pulses that do not fit for another tempo, if they have one; each counts.

        While there is no tempo yet, those that are left behind count as many as their distance among others tells.
        """
        loop, steps = self._loop, _steps(self._recent)
        mean = sum(steps) / len(steps)
        if SHORTEST <= mean <= LONGEST and max(steps) - min(steps) < ALIKE * mean:
            missed = max(round(loop.pulses_to(self._recent[0])), 0) if loop is not None else 0
            self._loop = _Loop(self._recent[0], mean)
            for moment in self._recent[1:]:
                self._loop.feed(moment)
            self._number += missed + len(steps)
            self._bars = self._bars and missed == 0
            self._recent = self._recent[-1:]
        else:
            if loop is None:
                self._number += round(steps[0] / max(median(steps), SHORTEST))
            self._recent = self._recent[1:]


def _steps(moments: list[float]) -> list[float]:
    return [later - earlier for earlier, later in pairwise(moments)]
