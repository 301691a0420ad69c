"""The vitals of the last day by the minute, and of a month by the hour, in one small file.

The file is written whole, seldom and in one step: memory cards wear out by being written. A power cut takes the last
minutes of the curves and nothing else. Nothing here raises.
"""

from __future__ import annotations

import contextlib
import json
import logging
import threading
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any, cast

from reverie.clock import Clock
from reverie.files import read_file, set_aside, write_in_any_case
from reverie.generations import is_readable
from reverie.watch.vitals import FIELDS, HOUR, MINUTE, OPTIONAL, Vitals, hour_of

log = logging.getLogger(__name__)

FILE = "vitals.json"
MINUTES, HOURS = 24 * 60, 32 * 24
WRITE = 900.0
"""Seconds between two writes."""
AHEAD = 2 * MINUTE
"""Seconds beyond the present in which nothing can have been counted: such rows are of a clock that was wrong."""
_LARGEST = 1_000_000
_VERSION = 1


class VitalsStore:
    """Keeps rows in memory, and now and then in the file.

    Args:
        path: The file.
        clock: By whose wall rows are dated, and by whose time it is written.
    """

    def __init__(self, path: Path, clock: Clock) -> None:
        self._path = path
        self._clock = clock
        self._lock = threading.Lock()
        self._minutes: deque[Vitals] = deque(maxlen=MINUTES)
        self._hours: deque[Vitals] = deque(maxlen=HOURS)
        self._read()
        self._written_at = clock.now()
        self._changed = False

    @property
    def minutes(self) -> tuple[Vitals, ...]:
        """The last day, oldest first; minutes in which Reverie did not run are missing."""
        return self._since(self._minutes, MINUTES * MINUTE)

    @property
    def hours(self) -> tuple[Vitals, ...]:
        """The last month and the hour that goes on, oldest first."""
        with self._lock:
            last = self._hours[-1].at if self._hours else -1
            going_on = [one for one in self._minutes if one.at // HOUR * HOUR > last]
            rows = [*self._hours, *_by_hour(going_on)]
        return self._since(rows, HOURS * HOUR)

    def add(self, row: Vitals) -> None:
        """A minute is over."""
        with self._lock:
            now = self._clock.wall()
            for rows in (self._minutes, self._hours):
                while rows and rows[-1].at > now + AHEAD:
                    rows.pop()
            before = self._minutes[-1].at // HOUR * HOUR if self._minutes else None
            if before is not None and before < row.at // HOUR * HOUR:
                self._close_hour(before)
            self._minutes.append(row)
            self._changed = True

    def write(self) -> None:
        """Write the file if it is time; in a thread, for disks are slow."""
        if self._changed and self._clock.now() - self._written_at >= WRITE:
            self.close()

    def close(self) -> None:
        """Write what is not written yet."""
        with self._lock:
            if not self._changed:
                return
            data: dict[str, Any] = {
                "version": _VERSION,
                "fields": list(FIELDS),
                "minutes": [row.as_row() for row in self._minutes],
                "hours": [row.as_row() for row in self._hours],
            }
            self._changed = False
        self._written_at = self._clock.now()
        with contextlib.suppress(OSError, ValueError):  # the store of the state tells that the folder cannot be written
            write_in_any_case(self._path, json.dumps(data, separators=(",", ":")).encode())

    def _close_hour(self, hour: int) -> None:
        rows = [one for one in self._minutes if one.at // HOUR * HOUR == hour]
        if rows and (not self._hours or self._hours[-1].at < hour):
            self._hours.append(hour_of(rows))

    def _since(self, rows: Iterable[Vitals], seconds: float) -> tuple[Vitals, ...]:
        now = self._clock.wall()
        with self._lock:
            return tuple(row for row in rows if now - seconds <= row.at <= now + AHEAD)

    def _read(self) -> None:
        try:
            known: Any = json.loads(read_file(self._path, _LARGEST))
            if not isinstance(known, dict) or not _begins_as_ours(cast("dict[str, Any]", known)):
                raise ValueError("these are no vitals of this version")  # noqa: TRY301 - it is set aside below
            data = cast("dict[str, Any]", known)
            self._minutes.extend(_rows(data.get("minutes")))
            self._hours.extend(_rows(data.get("hours")))
        except (FileNotFoundError, NotADirectoryError):
            return
        except (OSError, ValueError, RecursionError) as error:
            self._minutes.clear()
            self._hours.clear()
            with contextlib.suppress(OSError, ValueError):
                log.warning("%s could not be read (%s) and is now %s.", self._path, error, set_aside(self._path).name)


def _begins_as_ours(known: Mapping[str, Any]) -> bool:
    """Whether its rows have our fields: another version may have more behind them, or not yet the last of them."""
    fields = known.get("fields")
    if not is_readable(known.get("version", _VERSION), _VERSION) or not isinstance(fields, list):
        return False
    theirs = tuple(cast("list[Any]", fields)[: len(FIELDS)])
    return theirs == FIELDS[: len(theirs)] and OPTIONAL.issuperset(FIELDS[len(theirs) :])


def _rows(written: object) -> list[Vitals]:
    if not isinstance(written, list):
        raise ValueError("rows are a list")  # noqa: TRY004 - the file is wrong, not the program
    rows = [Vitals.from_row(_ours(row)) for row in cast("list[object]", written)]
    return sorted(rows, key=lambda row: row.at)


def _ours(row: object) -> object:
    """A row without what a later version has behind our fields, and with nothing for what an earlier one had not."""
    if not isinstance(row, list):
        return row
    values = cast("list[object]", row)[: len(FIELDS)]
    return [*values, *(None for _ in FIELDS[len(values) :])]


def _by_hour(minutes: Sequence[Vitals]) -> list[Vitals]:
    hour: Callable[[Vitals], int] = lambda row: row.at // HOUR  # noqa: E731 - it needs its type
    return [hour_of([*rows]) for _, rows in groupby(minutes, key=hour)]
