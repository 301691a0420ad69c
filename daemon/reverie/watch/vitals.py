"""How Reverie fares, minute by minute: bars, silence, lateness, refused loops, restarts, the machine's heat and load.

A minute is counted as it goes by and then fixed; an hour is made of its minutes. Whoever draws the last day or month
needs no more.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import astuple, dataclass, fields
from typing import Any

from reverie.bus import Bus
from reverie.clock import Clock
from reverie.watch.happenings import BarSounded, LoopAnswered, WorkerDied
from reverie.watch.silence import BarSound, SilenceJudge

MINUTE, HOUR = 60, 3600
MOST_LATENESSES = 20_000
"""Notes of a minute whose lateness is kept until it is over: more than any cable carries."""


@dataclass(frozen=True, slots=True)
class Vitals:
    """What was counted in a minute or an hour that began ``at`` a Unix time.

    ``silence`` are seconds in which no music sounded, intended or not, and ``rest`` those of them that were intended.
    ``late_half`` and ``late_most`` are the lateness in milliseconds that half and 99 of 100 messages kept under; of an
    hour the median of its minutes, and the worst of them. ``heat`` is the processor's temperature in degrees Celsius,
    ``load`` the number of processes that wanted one, as means. None stands for what nobody knows.
    """

    at: int
    bars: int
    silence: float
    rest: float
    late_half: float | None
    late_most: float | None
    refused: int
    restarts: int
    heat: float | None
    load: float | None

    def as_row(self) -> list[Any]:
        """The values in the order of the fields, short enough for a file."""
        return [round(value, 3) if isinstance(value, float) else value for value in astuple(self)]

    @classmethod
    def from_row(cls, row: object) -> Vitals:
        """Read :meth:`as_row`'s list.

        Raises:
            ValueError: if it is none.
        """
        if not isinstance(row, list) or len(row) != len(FIELDS):  # pyright: ignore[reportUnknownArgumentType]
            raise ValueError("this is no row of vitals")
        values: list[Any] = row  # pyright: ignore[reportUnknownVariableType]
        for name, value in zip(FIELDS, values, strict=True):
            known = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
            if not known and (value is not None or name not in OPTIONAL):
                raise ValueError(f"{name!r} of a row of vitals is {value!r}")
        return cls(*(int(value) if name in WHOLE else value for name, value in zip(FIELDS, values, strict=True)))


FIELDS = tuple(one.name for one in fields(Vitals))
OPTIONAL = frozenset({"late_half", "late_most", "heat", "load"})
WHOLE = frozenset({"at", "bars", "refused", "restarts"})


class MinuteOfVitals:
    """Counts what happens until the minute is over."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._silence = SilenceJudge()
        self._begin()

    def subscribe_to(self, bus: Bus) -> None:
        """Count from now on."""
        self._silence.subscribe_to(bus)
        bus.subscribe(BarSounded, self._bar_sounded)
        bus.subscribe(LoopAnswered, self._loop_answered)
        bus.subscribe(WorkerDied, self._worker_died)

    def over(self, heat: float | None, load: float | None) -> Vitals:
        """What was counted since the last call; another minute begins."""
        seconds = self._clock.now() - self._begun
        late = sorted(self._late)
        row = Vitals(
            at=int(self._clock.wall() - seconds) // MINUTE * MINUTE,
            bars=self._bars,
            silence=max(seconds - self._sounded, 0.0),
            rest=min(self._rested, max(seconds - self._sounded, 0.0)),
            late_half=_share(late, 0.5),
            late_most=_share(late, 0.99),
            refused=self._refused,
            restarts=self._restarts,
            heat=heat,
            load=load,
        )
        self._begin()
        return row

    def _begin(self) -> None:
        self._begun = self._clock.now()
        self._bars = self._refused = self._restarts = 0
        self._sounded = self._rested = 0.0
        self._late: list[float] = []

    def _bar_sounded(self, said: BarSounded) -> None:
        bar = said.bar
        self._bars += 1
        match self._silence.judge(bar):
            case BarSound.INTENDED:
                self._rested += bar.seconds
            case BarSound.MUSIC:
                self._sounded += bar.seconds
            case BarSound.UNINTENDED:
                pass
        room = MOST_LATENESSES - len(self._late)
        self._late += bar.lateness[:room]

    def _loop_answered(self, said: LoopAnswered) -> None:
        self._refused += sum(said.answer.refused.values())

    def _worker_died(self, said: WorkerDied) -> None:
        self._restarts += not said.recycled


def hour_of(minutes: Sequence[Vitals]) -> Vitals:
    """The hour in which these minutes lie; there is at least one."""
    return Vitals(
        at=minutes[0].at // HOUR * HOUR,
        bars=sum(one.bars for one in minutes),
        silence=sum(one.silence for one in minutes),
        rest=sum(one.rest for one in minutes),
        late_half=_share(sorted(_known(one.late_half for one in minutes)), 0.5, scale=1.0),
        late_most=max(_known(one.late_most for one in minutes), default=None),
        refused=sum(one.refused for one in minutes),
        restarts=sum(one.restarts for one in minutes),
        heat=_mean(_known(one.heat for one in minutes)),
        load=_mean(_known(one.load for one in minutes)),
    )


def _known(values: Iterable[float | None]) -> list[float]:
    return [value for value in values if value is not None]


def _mean(values: Sequence[float]) -> float | None:
    return sum(values) / len(values) if values else None


def _share(ordered: Sequence[float], share: float, scale: float = 1000.0) -> float | None:
    """The value that ``share`` of them do not go beyond; None of none."""
    return ordered[min(int(len(ordered) * share), len(ordered) - 1)] * scale if ordered else None
