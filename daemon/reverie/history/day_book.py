"""What each day was like: how long music was heard, what was composed and refused, what went wrong and was mended.

It is what the morning report is written from. It counts what happens on the bus, by the date where the installation
stands, and keeps two months in one small file, which is written seldom and in one step.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import logging
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, cast

from reverie.bus import Bus
from reverie.clock import LocalClock
from reverie.files import read_file, set_aside, write_in_any_case
from reverie.generations import is_readable, known_fields
from reverie.watch.faults import Fault
from reverie.watch.happenings import BarSounded, DreamBegun, FaultCleared, FaultRaised, LoopAnswered, WorkerDied
from reverie.watch.silence import BarSound, SilenceJudge

log = logging.getLogger(__name__)

FILE = "days.json"
MOST_DAYS = 62
MOST_FAULTS, MOST_RESTARTS = 60, 60
"""Of a day; what is beyond them is counted."""
WRITE = 900.0
"""Seconds between two writes."""
LONGEST_STEP = 120.0
"""Seconds between two looks that count as running; a machine that slept was not."""
SETTLES = 180.0
"""Seconds after a start in which what was wrong before it is found again, or is over."""
_LARGEST = 4_000_000
_VERSION = 1

_Key = tuple[str, str]
"""A fault's kind and its subject."""


@dataclass(frozen=True, slots=True)
class FaultOfDay:
    """A fault as it was that day: how often it came, since when (Unix time), and when it was mended, if it was."""

    id: str
    subject: str
    severity: str
    sentence: str
    times: int
    since: float
    cleared: float | None


@dataclass(frozen=True, slots=True)
class RestartOfDay:
    """A worker that was started anew at a Unix time: its role, and why."""

    at: float
    role: str
    reason: str


@dataclass(frozen=True, slots=True)
class DayRecord:
    """One day. Times are seconds: ``running`` while the daemon ran, ``rest`` of intended silence, ``sounded`` of music.

    What belongs to music counts as such: chords that are held, rests of the form, and that people have muted all of it.
    ``starts`` is how often the daemon was started, ``crashes`` how often that was after an end that nobody asked for;
    ``free`` are the bytes that the disks of the folders had left at the last look.
    """

    day: dt.date
    running: float = 0.0
    rest: float = 0.0
    sounded: float = 0.0
    bars: int = 0
    loops: int = 0
    dreams: int = 0
    starts: int = 0
    crashes: int = 0
    refused: Mapping[str, int] = field(default_factory=dict[str, int])
    scenes: Mapping[str, float] = field(default_factory=dict[str, float])
    restarts: tuple[RestartOfDay, ...] = ()
    faults: tuple[FaultOfDay, ...] = ()
    free: Mapping[str, int] = field(default_factory=dict[str, int])

    @property
    def open(self) -> float:
        """Seconds in which music was intended, as far as the daemon ran."""
        return max(self.running - self.rest, 0.0)

    @property
    def silence(self) -> float:
        """Seconds without music that nobody intended."""
        return max(self.open - self.sounded, 0.0)

    def as_json(self) -> dict[str, Any]:
        """Plain data for a file."""
        return asdict(self) | {"day": self.day.isoformat()}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> DayRecord:
        """Read :meth:`as_json`'s data.

        Raises:
            TypeError, ValueError, KeyError: if it is no such data.
        """
        given: dict[str, Any] = known_fields(cls, data) | {
            "day": dt.date.fromisoformat(data["day"]),
            "restarts": tuple(RestartOfDay(**known_fields(RestartOfDay, one)) for one in data.get("restarts", ())),
            "faults": tuple(FaultOfDay(**known_fields(FaultOfDay, one)) for one in data.get("faults", ())),
        }
        record = cls(**given)
        for name in ("running", "rest", "sounded", "bars", "loops", "dreams", "starts", "crashes"):
            if not isinstance(value := getattr(record, name), int | float):
                raise TypeError(f"{name!r} of a day is {value!r}")
        return record


class _Count:
    """A day that goes on."""

    def __init__(self, record: DayRecord) -> None:
        self.record = record
        self.running, self.rest, self.sounded = record.running, record.rest, record.sounded
        self.bars, self.loops, self.dreams = record.bars, record.loops, record.dreams
        self.starts, self.crashes = record.starts, record.crashes
        self.refused, self.scenes = Counter(record.refused), Counter[str](cast("Any", record.scenes))
        self.restarts = [*record.restarts]
        self.faults = {(one.id, one.subject): one for one in record.faults}
        self.free = dict(record.free)

    def closed(self) -> DayRecord:
        return DayRecord(
            self.record.day,
            round(self.running, 1),
            round(self.rest, 1),
            round(self.sounded, 1),
            self.bars,
            self.loops,
            self.dreams,
            self.starts,
            self.crashes,
            dict(self.refused),
            {name: round(seconds, 1) for name, seconds in self.scenes.items()},
            tuple(self.restarts),
            tuple(self.faults.values()),
            dict(self.free),
        )


class DayBook:
    """Counts from :meth:`subscribe_to` on, and keeps the file ``path``."""

    def __init__(self, path: Path, clock: LocalClock) -> None:
        self._path = path
        self._clock = clock
        self._days = {record.day: record for record in read_days(path, set_wrong_aside=True)}
        self._looked = self._written_at = clock.now()
        self._count = _Count(self._record(clock.local().date()))
        self._there: dict[_Key, Fault] = {}
        self._settles: float | None = clock.now() + SETTLES
        self._silence = SilenceJudge()

    @property
    def known(self) -> KnownDays:
        """Every day that is known by now."""
        self._close_count()
        return KnownDays(tuple(self._days[day] for day in sorted(self._days)))

    def subscribe_to(self, bus: Bus) -> None:
        """Count from now on."""
        self._silence.subscribe_to(bus)
        bus.subscribe(BarSounded, self._bar_sounded)
        bus.subscribe(LoopAnswered, self._loop_answered)
        bus.subscribe(WorkerDied, self._worker_died)
        bus.subscribe(DreamBegun, self._dream_begun)
        bus.subscribe(FaultRaised, lambda said: self.fault_told(said.fault))
        bus.subscribe(FaultCleared, lambda said: self.fault_told(said.fault))

    def life_begun(self, *, crashed: bool) -> None:
        """The daemon was started; the life before ended by a crash, or not. That is to be written at once."""
        self._count.starts += 1
        self._count.crashes += crashed
        self._written_at = float("-inf")

    def look(self, free: Mapping[str, int] | None = None) -> None:
        """Count the time that has passed; now and then, and more often than once a minute."""
        now, today = self._clock.now(), self._clock.local().date()
        self._count.running += min(now - self._looked, LONGEST_STEP)
        self._looked = now
        self._count.free |= dict(free or {})
        if today != self._count.record.day:
            self._close_count()
            self._drop_after(today)
            self._count = _Count(self._record(today))
            for fault in self._there.values():  # what is wrong since before is wrong today as well
                self._note_fault(fault)
        if self._settles is not None and now >= self._settles:
            self._settles = None
            self._close_what_is_over()

    def fault_told(self, fault: Fault) -> None:
        """A fault came, changed or was mended."""
        key = fault.id, fault.subject
        self._note_fault(fault, again=key not in self._there and fault.cleared is None)
        if fault.cleared is None:
            self._there[key] = fault
        else:
            self._there.pop(key, None)
            self._close_before(key, fault.cleared)

    def due(self) -> bytes | None:
        """What is to be written now, if it is time; in the thread that counts."""
        return self.text() if self._clock.now() - self._written_at >= WRITE else None

    def text(self) -> bytes:
        """All of it, to be written."""
        self._written_at = self._clock.now()
        days = [record.as_json() for record in self.known.days]
        text = json.dumps({"version": _VERSION, "days": days}, ensure_ascii=False, separators=(",", ":"))
        return text.encode("utf-8", "backslashreplace")

    def write(self, text: bytes) -> None:
        """Write :meth:`text`; in any thread. What cannot be written is told of by whoever keeps the state."""
        with contextlib.suppress(OSError, ValueError):
            write_in_any_case(self._path, text)

    def _record(self, day: dt.date) -> DayRecord:
        return self._days.get(day, DayRecord(day))

    def _close_count(self) -> None:
        self._days[self._count.record.day] = self._count.closed()
        for day in sorted(self._days)[:-MOST_DAYS]:
            del self._days[day]

    def _close_what_is_over(self) -> None:
        """What was wrong in the life before and was not found again is over since then, or since now."""
        today, now = self._count.faults, self._clock.wall()
        before = next(self._days_before(), None)
        known = {**{(one.id, one.subject): one for one in (before.faults if before else ())}, **today}
        for key in [key for key, one in known.items() if one.cleared is None and key not in self._there]:
            if key in today:
                today[key] = replace(today[key], cleared=now)
            self._close_before(key, now)

    def _close_before(self, key: _Key, cleared: float) -> None:
        """What was wrong as days ended is over: they say so, too."""
        for record in self._days_before():
            faults = {(one.id, one.subject): one for one in record.faults}
            if key not in faults or faults[key].cleared is not None:
                return
            faults[key] = replace(faults[key], cleared=cleared)
            self._days[record.day] = replace(record, faults=tuple(faults.values()))

    def _days_before(self) -> Iterator[DayRecord]:
        """The days before this one, the latest first."""
        for day in sorted(self._days, reverse=True):
            if day < self._count.record.day:
                yield self._days[day]

    def _drop_after(self, today: dt.date) -> None:
        """Forget what was counted by a clock that was ahead. Where most days lie ahead it is this clock that is wrong.

        Tomorrow stays: a clock is set back over midnight for good reasons, too.
        """
        ahead = [day for day in self._days if day > today + dt.timedelta(days=1)]
        if len(ahead) < len(self._days) / 2:
            for day in ahead:
                del self._days[day]

    def _bar_sounded(self, said: BarSounded) -> None:
        bar, count = said.bar, self._count
        count.bars += 1
        count.scenes[bar.scene] += cast("Any", bar.seconds)
        sound = self._silence.judge(bar)
        if bar.resting:
            count.rest += bar.seconds
        elif sound is not BarSound.UNINTENDED:
            count.sounded += bar.seconds

    def _loop_answered(self, said: LoopAnswered) -> None:
        self._count.loops += said.answer.loop is not None
        self._count.refused.update(said.answer.refused)

    def _worker_died(self, said: WorkerDied) -> None:
        if len(self._count.restarts) < MOST_RESTARTS and not said.recycled:
            self._count.restarts.append(RestartOfDay(said.at.wall, said.role, said.reason))

    def _dream_begun(self, _: DreamBegun) -> None:
        self._count.dreams += 1

    def _note_fault(self, fault: Fault, *, again: bool = True) -> None:
        key, faults = (fault.id, fault.subject), self._count.faults
        known = faults.get(key)
        if known is None and len(faults) >= MOST_FAULTS:
            return
        times = known.times + again if known else 1
        since = known.since if known else fault.since
        faults[key] = FaultOfDay(*key, fault.severity.value, fault.sentence, times, since, fault.cleared)


def read_days(path: Path, *, set_wrong_aside: bool = False) -> tuple[DayRecord, ...]:
    """The days that a file has, the oldest first; none where there is no file, or none that makes sense."""
    try:
        data: Any = json.loads(read_file(path, _LARGEST))
        return tuple(sorted(_records(data), key=lambda record: record.day))
    except (FileNotFoundError, NotADirectoryError):
        return ()
    except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        if set_wrong_aside:
            with contextlib.suppress(OSError, ValueError):
                log.warning("%s could not be read (%s) and is now %s.", path, error, set_aside(path).name)
        return ()


@dataclass(frozen=True, slots=True)
class KnownDays:
    """Days as they were at one look, the oldest first: whoever reads them in a thread sees them stand still."""

    days: tuple[DayRecord, ...]

    def day(self, date: dt.date) -> DayRecord | None:
        """One day; None if nothing is known of it."""
        return next((record for record in self.days if record.day == date), None)

    def until(self, date: dt.date) -> tuple[DayRecord, ...]:
        """The days up to one: what is dated later was counted by a clock that was ahead."""
        return tuple(record for record in self.days if record.day <= date)


def days_left(days: Iterable[DayRecord], folder: str) -> float | None:
    """Days until the disk of ``folder`` is full, if it fills as it did from day to day; None where that is not known.

    The slope is that of a line through the last two weeks (least squares); it is infinite where nothing fills.
    """
    points = [(record.day.toordinal(), record.free[folder]) for record in days if folder in record.free][-14:]
    if len(points) < 3:  # noqa: PLR2004 - two days have a slope by chance
        return None
    mean_day = sum(day for day, _ in points) / len(points)
    mean_free = sum(free for _, free in points) / len(points)
    spread = sum((day - mean_day) ** 2 for day, _ in points)
    slope = sum((day - mean_day) * (free - mean_free) for day, free in points) / spread
    return points[-1][1] / -slope if slope < 0 else float("inf")


def _records(data: Any) -> Iterable[DayRecord]:
    if not is_readable(data["version"], _VERSION):
        raise ValueError(f"written in version {data['version']} of this format")
    return (DayRecord.from_json(one) for one in data["days"])
