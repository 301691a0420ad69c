"""Which step of a timbre's path is due, and when the next one is.

All is computed from what was kept (:class:`PathProgress`) and the time, whenever it is asked: there is no alarm that
could be missed. One call goes one step at most, so neither a clock that is set nor a night without current makes a
timbre leap; where what was kept is lost, it begins anew.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from reverie.scenes.timbre import PathPace, Timbre, TimbrePath
from reverie.timbre.path import ends, following

_MOST = 1 << 53
"""Steps, seconds and nights: beyond it, one more would make no difference."""


@dataclass(frozen=True, slots=True)
class PathProgress:
    """How far a timbre has come: what must last over a restart.

    ``step`` is due now. With a pace of minutes, it has ``played`` so many seconds. With steps a night, it was due in
    part ``part`` of the ``night`` that began on the day of this number (``date.toordinal``).
    """

    step: int = 0
    played: float = 0.0
    night: int | None = None
    part: int = 0

    def as_json(self) -> dict[str, Any]:
        """Plain data for a file."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> PathProgress:
        """Read :meth:`as_json`'s data.

        Raises:
            ValueError, KeyError, TypeError: if it is no such data.
        """
        step, played, night, part = data["step"], data["played"], data["night"], data["part"]
        whole = all(
            type(number) is int and 0 <= number < _MOST for number in (step, part, 0 if night is None else night)
        )
        if not whole or type(played) not in {int, float} or not 0 <= played < _MOST:
            raise ValueError(f"no progress of a timbre: {dict(data)!r}")
        return cls(step, float(played), night, part)


def begun(progress: PathProgress, path: TimbrePath) -> PathProgress:
    """The progress as a scene begins (not as it goes on after a restart): a line begins anew, other paths go on."""
    return PathProgress() if ends(path) else progress


def later(progress: PathProgress, timbre: Timbre, played: float, now: dt.datetime) -> PathProgress:
    """The progress after the scene has played ``played`` seconds more (by a monotonic clock), at the time ``now``.

    ``now`` is local time, with or without its zone; without, the zone is the system's. So is a fixed offset
    that is the system's at that moment, as ``datetime.astimezone()`` gives it: a night may begin with one offset and
    end with another.
    """
    pace, now = timbre.pace, _in_its_zone(now)
    if pace.every is not None:
        total = progress.played + max(played, 0.0)
        if total < pace.every:
            return replace(progress, played=total)
        return replace(progress, step=_onward(progress.step, timbre.path), played=total % pace.every)
    night = _night(pace, now)
    if night is None:
        return progress
    here = replace(progress, night=night.number, part=night.part(now, pace))
    if progress.night is None:
        return here
    if progress.night != here.night:
        return replace(here, step=0 if ends(timbre.path) else progress.step + 1)
    return replace(here, step=_onward(progress.step, timbre.path)) if here.part > progress.part else here


def _onward(step: int, path: TimbrePath) -> int:
    """The step after that; a line stays at its last."""
    return step if ends(path) and following(path, step) == 0 else step + 1


def next_in(progress: PathProgress, pace: PathPace, now: dt.datetime) -> float:
    """Seconds until the next step is due: of playing, with a pace of minutes, else by the clock."""
    if pace.every is not None:
        return max(pace.every - progress.played, 0.0)
    now = _in_its_zone(now)
    night = _night(pace, now)
    if night is not None and (part := night.part(now, pace) + 1) < _parts(pace):
        return night.begin + (night.end - night.begin) * part / _parts(pace) - now.timestamp()
    coming = (_night_of(pace, now, now.date() + dt.timedelta(days)) for days in range(4))
    return min((night.begin - now.timestamp() for night in coming if night.begin > now.timestamp()), default=0.0)


@dataclass(frozen=True, slots=True)
class _Night:
    """A night by the number of the day on which it begins, and where it begins and ends in seconds of the epoch."""

    number: int
    begin: float
    end: float

    def part(self, now: dt.datetime, pace: PathPace) -> int:
        """Which of the night's equal parts it is, by time that really passes: a change to summer time does not count.

        Its last moment may be a hair from its end, which belongs to the last part.
        """
        done = (now.timestamp() - self.begin) / (self.end - self.begin)
        return min(int(done * _parts(pace)), _parts(pace) - 1)


def _night(pace: PathPace, now: dt.datetime) -> _Night | None:
    """The night that it is, begun today or yesterday, or the day before where a zone has left one out."""
    for days in (0, 1, 2):
        night = _night_of(pace, now, now.date() - dt.timedelta(days))
        if night.begin <= now.timestamp() < night.end:
            return night
    return None


def _night_of(pace: PathPace, now: dt.datetime, day: dt.date) -> _Night:
    first, last = pace.hours
    morrow = day + dt.timedelta(days=1) if last <= first else day
    begin, end = (
        dt.datetime.combine(*moment, tzinfo=now.tzinfo).timestamp() for moment in ((day, first), (morrow, last))
    )
    return _Night(day.toordinal(), begin, end)


def _in_its_zone(now: dt.datetime) -> dt.datetime:
    """The same moment; without a zone where its offset is merely the one that the system's zone has just now."""
    if not isinstance(now.tzinfo, dt.timezone):
        return now
    here = dt.datetime.fromtimestamp(now.timestamp())  # noqa: DTZ006 - the system's zone is meant
    return here if here.astimezone().utcoffset() == now.utcoffset() else now


def _parts(pace: PathPace) -> int:
    return pace.steps or 1
