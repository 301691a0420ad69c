"""The morning report: what a day was like, for whoever drinks coffee far away, as text and as a page."""

from __future__ import annotations

import datetime as dt
import html
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from string import Template
from typing import Protocol

from reverie.history.day_book import DayRecord, FaultOfDay, days_left
from reverie.notify.message import FarMessage, Mood
from reverie.notify.notice_words import TEXTS, NoticeWords

SILENT = "silent"
LONG_SILENCE = 60.0
"""Seconds of unintended silence in a day beyond which it was no good day: a new start takes some seconds, too."""
_MINUTE, _HOUR = 60, 3600
_MOST_NAMED = 8


class DayHistory(Protocol):
    """Where days are kept."""

    def day(self, date: dt.date) -> DayRecord | None:
        """One day; None if nothing is known of it."""
        ...

    @property
    def days(self) -> Sequence[DayRecord]:
        """All that are known, the oldest first."""
        ...


@dataclass(frozen=True, slots=True)
class ReportLine:
    """A line of the report: what it is about, what is said, and whether that is bad."""

    label: str
    said: str
    bad: bool = False


class MorningReport:
    """Writes the report of a day.

    Args:
        words: In what language, and of which place.
        history: What is known of the day, and of those before.
        moments: How many moments were kept that day.
        version: What ran.
    """

    def __init__(self, words: NoticeWords, history: DayHistory, moments: int, version: str) -> None:
        self._words = words
        self._history = history
        self._moments = moments
        self._version = version

    def message(self, day: dt.date, at: float) -> FarMessage:
        """The report as it is sent, at a Unix time."""
        return FarMessage(self.title(day), self.text(day), self._mood(day), at, self.html(day))

    def title(self, day: dt.date) -> str:
        """The place, the date and the day in a word."""
        return self._say("report.title", date=self._date(day), verdict=self._verdict(day))

    def text(self, day: dt.date) -> str:
        """Lines for a mail or a terminal."""
        lines = self.lines(day)
        width = max((len(line.label) for line in lines), default=0)
        told = [f"{line.label + ':':{width + 1}} {line.said}" for line in lines]
        faults = [self._fault(fault) for fault in self._faults(day)]
        body = [*told, "", self._say("report.faults"), *(f"- {one}" for one in faults)] if faults else told
        return "\n".join([self.title(day), "", *body, ""])

    def html(self, day: dt.date) -> str:
        """A page of its own: no script, no picture, nothing from elsewhere."""
        page = Template((TEXTS / "report.html").read_text(encoding="utf-8"))
        rows = "\n".join(
            f'<tr{" class=bad" if line.bad else ""}><th scope="row">{_safe(line.label)}</th>'
            f"<td>{_safe(line.said)}</td></tr>"
            for line in self.lines(day)
        )
        faults = "\n".join(f"<li>{_safe(self._fault(fault))}</li>" for fault in self._faults(day))
        return page.substitute(
            language=self._words.language,
            title=_safe(self.title(day)),
            rows=rows,
            faults=f"<h2>{_safe(self._say('report.faults'))}</h2>\n<ul>\n{faults}\n</ul>" if faults else "",
            foot=_safe(self._say("report.foot", version=self._version)),
        )

    def lines(self, day: dt.date) -> list[ReportLine]:
        """What is said of the day."""
        record = self._history.day(day)
        if record is None:
            return [ReportLine(self._say("report.day"), self._say("report.nothing-known"), bad=True)]
        return [*self._lines(record)]

    def _lines(self, record: DayRecord) -> Iterator[ReportLine]:
        yield self._line("open", self._say("report.open.of", open=_span(record.open), running=_span(record.running)))
        silent = record.silence >= LONG_SILENCE
        yield self._line("silence", _span(record.silence) if silent else self._say("report.none"), bad=silent)
        scenes = sorted(record.scenes.items(), key=lambda one: -one[1])
        yield self._line("scenes", _listed({name: _span(seconds) for name, seconds in scenes}) or "-")
        yield self._line("loops", f"{record.loops}")
        refused = f"{sum(record.refused.values())}"
        if record.refused:
            refused += f" ({_listed({self._reason(why): f'{count}' for why, count in _most(record.refused)})})"
        yield self._line("refused", refused)
        restarts = [
            self._say("report.restart", at=self._words.time(one.at), role=one.role, reason=self._reason(one.reason))
            for one in record.restarts
        ]
        yield self._line("restarts", _first(restarts) or self._say("report.none"), bad=bool(restarts))
        crashed = record.crashes > 0
        starts = self._say("report.starts.of", starts=record.starts, crashes=record.crashes)
        yield self._line("starts", starts, bad=crashed)
        yield self._line("moments", f"{self._moments}")
        for folder, free in sorted(record.free.items()):
            left = days_left([one for one in self._history.days if one.day <= record.day], folder)
            yield self._line("disk", self._disk(folder, free, left), bad=left is not None and left < 7)  # noqa: PLR2004

    def _line(self, key: str, said: str, *, bad: bool = False) -> ReportLine:
        return ReportLine(self._say(f"report.{key}"), said, bad)

    def _disk(self, folder: str, free: int, left: float | None) -> str:
        room = self._say("report.disk.free", folder=folder, gigabytes=f"{free / 1e9:.1f}")
        if left is None:
            return room
        return f"{room}; {self._say('report.disk.steady') if left > 3650 else self._say('report.disk.days', days=f'{left:.0f}')}"  # noqa: E501, PLR2004

    def _faults(self, day: dt.date) -> Sequence[FaultOfDay]:
        record = self._history.day(day)
        order = {SILENT: 0, "impaired": 1}
        return sorted(record.faults, key=lambda one: (order.get(one.severity, 2), one.since)) if record else ()

    def _fault(self, fault: FaultOfDay) -> str:
        until = self._words.time(fault.cleared) if fault.cleared is not None else self._say("report.still")
        times = self._say("report.times", times=fault.times) if fault.times > 1 else ""
        since = self._words.time(fault.since)
        return self._say("report.fault", since=since, until=until, what=self._words.meaning(fault), times=times)

    def _mood(self, day: dt.date) -> Mood:
        record = self._history.day(day)
        if record is None or record.silence >= LONG_SILENCE:
            return "bad"
        doubtful = record.crashes or record.restarts or any(fault.cleared is None for fault in record.faults)
        return "doubtful" if doubtful else "good"

    def _verdict(self, day: dt.date) -> str:
        return self._say(f"report.verdict.{self._mood(day)}")

    def _reason(self, reason: str) -> str:
        key = f"report.reason.{reason}"
        return self._say(key) if self._words.knows(key) else reason.replace("_", " ")

    def _date(self, day: dt.date) -> str:
        return self._say(f"report.weekday.{day.weekday()}") + f" {day:{self._say('report.date')}}"

    def _say(self, key: str, **values: object) -> str:
        return self._words.say(key, **values)


def _span(seconds: float) -> str:
    """Hours and minutes, or seconds of what is shorter than a minute."""
    if seconds < _MINUTE:
        return f"{seconds:.0f} s"
    minutes = round(seconds / _MINUTE)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02} min" if hours else f"{minutes} min"


def _most(counts: Mapping[str, int]) -> list[tuple[str, int]]:
    return sorted(counts.items(), key=lambda one: (-one[1], one[0]))[:_MOST_NAMED]


def _listed(said: Mapping[str, str]) -> str:
    named = [f"{name} {value}" for name, value in said.items()]
    return _first(named, ", ")


def _first(said: Sequence[str], between: str = "; ") -> str:
    more = len(said) - _MOST_NAMED
    return between.join(said[:_MOST_NAMED]) + (f" +{more}" if more > 0 else "")


def _safe(text: str) -> str:
    return html.escape(text, quote=True)
