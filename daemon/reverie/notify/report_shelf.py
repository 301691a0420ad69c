"""Reports on days as files: each is written once, at its time of day or as soon after it as the daemon runs."""

from __future__ import annotations

import contextlib
import datetime as dt
import logging
from collections.abc import Callable
from functools import partial
from pathlib import Path

from reverie.clock import LocalClock
from reverie.files import write_atomically
from reverie.history.moment_store import MomentStore
from reverie.notify.message import FarMessage
from reverie.notify.morning_report import DayHistory, MorningReport
from reverie.notify.notice_words import NoticeWords

log = logging.getLogger(__name__)

FOLDER = "reports"
KEPT = 62
"""Days whose reports are kept."""


class ReportShelf:
    """Knows when a report is due, and writes it.

    Args:
        state: The state folder.
        at: The time of day at which the day before is reported; None: never.
        words: In what language.
        history: Gives what is known of days by now.
        clock: By which it is morning.
        version: What runs.
    """

    def __init__(
        self,
        state: Path,
        at: dt.time | None,
        words: NoticeWords,
        history: Callable[[], DayHistory],
        clock: LocalClock,
        version: str,
    ) -> None:
        self._folder = state / FOLDER
        self._moments = state / "moments"
        self._at = at
        self._words = words
        self._history = history
        self._clock = clock
        self._version = version
        self._done: dt.date | None = None

    def take(self, at: dt.time | None, words: NoticeWords) -> None:
        """Reports are written at this time and in these words from now on."""
        self._at, self._words = at, words

    def due(self) -> Callable[[], FarMessage | None] | None:
        """What writes the report that is due and gives it to be sent, in a thread; None where none is due.

        A day before which Reverie had never run has none. Of one whose report is there already, nothing is sent.
        """
        local = self._clock.local()
        day = local.date() - dt.timedelta(days=1)
        if self._at is None or local.time() < self._at or self._done == day:
            return None
        self._done = day
        history = self._history()
        return partial(self._begin, day, history) if history.days and history.days[0].day <= day else None

    def _begin(self, day: dt.date, history: DayHistory) -> FarMessage | None:
        return None if self._path(day, "txt").exists() else self.write(day, history)

    def write(self, day: dt.date, history: DayHistory) -> FarMessage:
        """Write a day's report. May wait for the disk.

        A report that cannot be written is sent all the same.
        """
        report = report_of(day, self._words, history, self._moments, self._version)
        message = report.message(day, self._clock.wall())
        try:
            write_atomically(self._path(day, "html"), message.html.encode("utf-8", "backslashreplace"))
            write_atomically(self._path(day, "txt"), message.text.encode("utf-8", "backslashreplace"))
        except OSError:
            log.warning("The report of %s cannot be written to %s.", day, self._folder)
        for suffix in ("txt", "html"):
            for old in sorted(self._folder.glob(f"????-??-??.{suffix}"))[:-KEPT]:
                with contextlib.suppress(OSError):
                    old.unlink()
        return message

    def _path(self, day: dt.date, suffix: str) -> Path:
        return self._folder / f"{day.isoformat()}.{suffix}"


def report_of(day: dt.date, words: NoticeWords, history: DayHistory, moments: Path, version: str) -> MorningReport:
    """The report of a day, with the moments that were kept in a folder. May wait for the disk."""
    headings = MomentStore(moments, 0).headings()
    that_day = [one for one in headings if words.local(float(one["time"])).date() == day]
    return MorningReport(words, history, len(that_day), version)
