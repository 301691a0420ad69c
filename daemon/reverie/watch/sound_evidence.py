"""Whether notes that were sent are heard, judged by levels: of a synthesizer's own output, or of the hall.

A bar with notes is heard if its level stands out from that of silence. Silence is known from rests, once what sounded
before has died away; before any was, it is taken for what a listener's threshold says, since the usual level of the
music alone cannot tell a soft passage from silence. Noise of a hall can hide that the music is gone, and makes no fault
of music that is there: where rests are as loud as music, as when others play meanwhile, the usual level counts too.

All moments are monotonic seconds and handed in.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

SILENT_BARS = 4
SILENT_SECONDS = 8.0
"""So many bars with notes, and so many seconds of them, go by unheard before that is a fault."""
DIES_AWAY = 3.0
"""Seconds after the last bar with notes in which a hall or an effect may still sound."""
ARRIVES = 0.5
"""Seconds after its bar in which the last note of it may still reach a listener."""
LOUDEST_SHARE = 0.1
"""The level of a stretch is the mean power of this share of its tenths of a second, the loudest, so that few short
strokes of a bar count, and a click does not."""
FLOORS = 60
"""Silent stretches of which the middle one is the floor: the last minutes of silence, whatever slams in them."""
USUAL = 200
"""Bars that were heard, of which the middle one is the usual level."""
KEPT = 1200
"""Levels that are kept: two minutes, more than any bar is long."""
MOST_WAITING = 64
LOST = 10.0
"""Seconds without a level after which a bar is no evidence any more."""


@dataclass(frozen=True, slots=True)
class SoundListener:
    """Who hears what.

    ``name`` is that of a slot whose own output it hears, or of an input that hears all ``slots`` that are named (None:
    every one). What is not louder than ``below`` dBFS is not heard, nor what does not exceed the floor by ``margin``
    dB.
    """

    name: str
    slots: frozenset[str] | None
    below: float
    margin: float

    def hears(self, slot: str) -> bool:
        """Whether a slot's sound reaches it."""
        return self.slots is None or slot in self.slots


@dataclass(frozen=True, slots=True)
class SoundState:
    """What a listener makes of the sound.

    ``up`` says whether it listens, ``able`` whether it ever can, and ``detail`` is a sentence about it. ``dbfs`` is the
    loudest tenth of the last half second, ``floor`` the level of silence, as far as they are known. ``heard`` is None
    as long as no bar has told. ``slots`` and ``below`` are those of its :class:`SoundListener`.
    """

    name: str
    slots: tuple[str, ...] | None
    below: float
    up: bool
    able: bool
    detail: str
    dbfs: float | None
    floor: float | None
    heard: bool | None

    def hears(self, slot: str) -> bool:
        """Whether a slot's sound reaches it."""
        return self.slots is None or slot in self.slots


@dataclass(frozen=True, slots=True)
class _Stretch:
    """A bar: its first and last moment, and whether it has notes that the listener is to hear; else nothing sounds."""

    begins: float
    ends: float
    notes: bool


class SoundEvidence:
    """What one listener has heard, and what follows from it."""

    def __init__(self, listener: SoundListener) -> None:
        self.listener = listener
        self.heard: bool | None = None
        """Whether the last bars with notes were heard; None before any told."""
        self._levels: deque[tuple[float, float]] = deque(maxlen=KEPT)
        self._floors: deque[float] = deque(maxlen=FLOORS)
        self._usual: deque[float] = deque(maxlen=USUAL)
        self._waiting: deque[_Stretch] = deque(maxlen=MOST_WAITING)
        self.unheard_bars = 0
        """How many bars with notes in a row were not heard."""
        self._unheard_seconds = 0.0
        self._sounded = float("-inf")

    @property
    def floor(self) -> float | None:
        """The level of silence in dBFS, once some was heard."""
        return _middle(self._floors)

    @property
    def threshold(self) -> float:
        """What is louder than this many dBFS is heard."""
        floor, usual, margin = self.floor, _middle(self._usual), self.listener.margin
        stands_out = float("-inf") if floor is None else floor + margin
        return max(self.listener.below, stands_out if usual is None else min(stands_out, usual - margin))

    @property
    def dbfs(self) -> float | None:
        """The loudest of the last half second."""
        last = self._levels[-1][0] if self._levels else 0.0
        return max((level for at, level in self._levels if at > last - 0.5), default=None)

    def level(self, at: float, dbfs: float) -> None:
        """A tenth of a second from ``at`` on was so loud."""
        self._levels.append((at, dbfs))
        while self._waiting and at >= self._waiting[0].ends + ARRIVES:
            self._judge(self._waiting.popleft())

    def bar(self, begins: float, ends: float) -> None:
        """A bar is over that had notes which are to be heard."""
        self._sounded = ends
        self._wait(_Stretch(begins, ends, notes=True))

    def rest(self, begins: float, ends: float) -> None:
        """A bar is over in which nothing was to sound: neither notes, nor what was held from before."""
        if begins >= self._sounded + DIES_AWAY:
            self._wait(_Stretch(begins, ends, notes=False))

    def silence(self, begins: float, ends: float) -> None:
        """Nothing sounded meanwhile: so loud is nothing."""
        if (level := self.loudness(begins, ends)) is not None:
            self._floors.append(level)

    def loudness(self, begins: float, ends: float) -> float | None:
        """How loud a stretch was, in dBFS; None if nothing of it was listened to."""
        return loudest([level for at, level in self._levels if begins <= at < ends])

    def begin_anew(self) -> None:
        """Whatever was unheard until now, another player or device sounds; the floor stays."""
        self._waiting.clear()
        self.unheard_bars, self._unheard_seconds = 0, 0.0
        self.heard = None

    def _wait(self, stretch: _Stretch) -> None:
        """Judge it once its levels have come."""
        while self._waiting and self._waiting[0].ends < stretch.begins - LOST:
            self._waiting.popleft()
        self._waiting.append(stretch)

    def _judge(self, stretch: _Stretch) -> None:
        if not stretch.notes:
            self.silence(stretch.begins, stretch.ends)
            return
        level = self.loudness(stretch.begins, stretch.ends + ARRIVES)
        if level is None:
            return
        if level > self.threshold:
            self._usual.append(level)
            self.unheard_bars, self._unheard_seconds = 0, 0.0
            self.heard = True
            return
        self.unheard_bars += 1
        self._unheard_seconds += stretch.ends - stretch.begins
        if self.unheard_bars >= SILENT_BARS and self._unheard_seconds >= SILENT_SECONDS:
            self.heard = False


def _middle(levels: Sequence[float]) -> float | None:
    return sorted(levels)[len(levels) // 2] if levels else None


def loudest(levels: Sequence[float]) -> float | None:
    """The mean power, in dB, of the loudest tenth of some levels, of two of them at least; None of none."""
    if not levels:
        return None
    count = min(max(math.ceil(len(levels) * LOUDEST_SHARE), 2), len(levels))
    loud = sorted(levels, reverse=True)[:count]
    return 10.0 * math.log10(sum(10.0 ** (level / 10.0) for level in loud) / count)
