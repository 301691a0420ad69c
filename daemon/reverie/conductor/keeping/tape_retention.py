"""How old the days of the tape are: by how long this box has run since it first saw them, and by no clock.

A clock that is wrong once, after a start without network or with an empty battery, would otherwise make a whole tape
look old. So a day's files are deleted only when the box has been running for as many days since they were first seen;
it does not matter what date they bear, which may lie in the future. The record of that lies with the tape, as
``.ages.json``, and lasts as long as it does.
"""

from __future__ import annotations

import contextlib
import json
import logging
import math
import time
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any

from reverie.files import read_file, set_aside, write_in_any_case
from reverie.generations import is_readable

log = logging.getLogger(__name__)

RECORD = ".ages.json"
KEEP_EVERY = 300.0
"""Seconds of running that a power cut may lose of the count."""
_DAY = 86_400.0
_VERSION = 1
_WRONG = (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError)


class Ages:
    """The ages of a tape's days, in a record that is kept in its ``folder``."""

    def __init__(self, folder: Path, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._path = folder / RECORD
        self._monotonic = monotonic
        self._looked = monotonic()
        self._ran, self._seen = self._read()
        self._is_there = False
        self._kept: tuple[float, dict[str, float]] = self._ran, dict(self._seen)

    def older_than(self, days: float, present: Collection[str]) -> set[str]:
        """Which of the days that are ``present`` on the tape were seen that many days of running ago, or more.

        A day that was never seen is as young as can be.
        """
        now = self._monotonic()
        self._ran += max(now - self._looked, 0.0)
        self._looked = now
        self._is_there = bool(present)
        if not present:
            return set()  # perhaps its disk is not mounted just now
        self._seen = {day: self._seen.get(day, self._ran) for day in present}
        return {day for day, seen in self._seen.items() if self._ran - seen >= days * _DAY}

    def in_order(self, present: Collection[str]) -> list[str]:
        """The days, those first that were seen first; what date they bear counts only among those seen at once."""
        return sorted(present, key=lambda day: (self._seen.get(day, self._ran), day))

    def keep(self, *, anyway: bool = False) -> None:
        """Write the record each few minutes of running; a disk that takes none makes files younger."""
        ran, seen = self._kept
        if self._ran - (0.0 if anyway else ran) < KEEP_EVERY or (self._ran, self._seen) == (ran, seen):
            return
        if not self._is_there:
            return  # nor shall there be a folder where its disk is to be mounted
        data = {"version": _VERSION, "ran": self._ran, "seen": self._seen}
        with contextlib.suppress(OSError):  # that the tape cannot be written is told by whoever writes it
            write_in_any_case(self._path, json.dumps(data).encode())
            self._kept = self._ran, dict(self._seen)

    def _read(self) -> tuple[float, dict[str, float]]:
        try:
            data: dict[str, Any] = json.loads(read_file(self._path))
            if not is_readable(data["version"], _VERSION):
                raise ValueError(f"written in version {data['version']}")
            ran, seen = float(data["ran"]), {str(day): float(at) for day, at in data["seen"].items()}
            if not (math.isfinite(ran) and ran >= 0 and all(0 <= at <= ran for at in seen.values())):
                raise ValueError("these are no ages")
        except (FileNotFoundError, NotADirectoryError):
            return 0.0, {}
        except (OSError, *_WRONG) as error:
            with contextlib.suppress(OSError):
                aside = set_aside(self._path)
                log.warning(
                    "%s could not be read (%s) and is now %s: the tape is kept longer.", self._path, error, aside
                )
            return 0.0, {}
        return ran, seen
