"""Messages about faults, in the language of those who read them.

A fault's sentence is written in English where it is found. In other languages its kind says what is wrong and what to
do, and the sentence stands below, for whoever helps.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Protocol, cast

from reverie.errors import ended
from reverie.notify.message import FarMessage, Mood
from reverie.notify.notice_policy import Notice, Told
from reverie.watch.fault_kinds import Severity
from reverie.watch.faults import Fault

TEXTS = Path(__file__).with_name("texts")
"""A catalogue for each language."""
ENGLISH = "en"
_MOODS: Mapping[Severity, Mood] = {Severity.SILENT: "bad", Severity.IMPAIRED: "doubtful", Severity.NOTICE: "plain"}


class Befallen(Protocol):
    """What is known of a fault wherever it is told."""

    @property
    def id(self) -> str:
        """That of its kind."""
        ...

    @property
    def subject(self) -> str:
        """Whom it befalls."""
        ...

    @property
    def sentence(self) -> str:
        """What is wrong."""
        ...


class NoticeWords:
    """Writes messages in one language, of an installation that is called ``place``.

    ``local`` gives the time where it stands for a Unix time; the machine's own unless given.
    """

    def __init__(
        self, language: str, place: str, local: Callable[[float], dt.datetime] = dt.datetime.fromtimestamp
    ) -> None:
        self.language = language
        self.place = place
        self.local = local
        self._texts = texts_of(language)

    def message(self, notice: Notice, at: float) -> FarMessage:
        """The message of a notice; ``at`` is the Unix time."""
        there = [one.fault for one in notice.told if one.fault.cleared is None or one.restless]
        if notice.digest:
            title = self.say("digest.title", count=len(notice.told))
        elif len(notice.told) == 1:
            [told] = notice.told
            key = "restless.title" if told.restless else "over.title" if told.fault.cleared else "title"
            title = self.say(key, what=self._short(told.fault))
        elif there:
            title = self.say("many.title", count=len(there), what=self._short(there[0]))
        else:
            title = self.say("all-over.title", count=len(notice.told))
        return FarMessage(title, "\n\n".join(self._paragraphs(notice)), _mood(there), at)

    def say(self, key: str, **values: object) -> str:
        """A text of the catalogue with its values; ``place`` is always known."""
        return self._texts[key].format_map({"place": self.place, **values})

    def knows(self, key: str) -> bool:
        """Whether the catalogue has a text."""
        return key in self._texts

    def time(self, at: float) -> str:
        """A date and time of day where the installation stands."""
        return f"{self.local(at):{self._texts['time']}}"

    def meaning(self, fault: Befallen) -> str:
        """What is wrong."""
        known = self._texts.get(f"fault.{fault.id}.meaning")
        if known is None:
            return ended(fault.sentence)
        return f"{known} ({fault.subject})" if fault.subject else known

    def _paragraphs(self, notice: Notice) -> Iterator[str]:
        if notice.digest:
            yield self.say("digest.intro")
        for told in notice.told:
            yield self._paragraph(told)

    def _paragraph(self, told: Told) -> str:
        fault = told.fault
        if fault.cleared is not None and not told.restless:
            return self.say(
                "over", since=self.time(fault.since), until=self.time(fault.cleared), what=self.meaning(fault)
            ) + (self.say("often", times=told.times) if told.times > 1 else "")
        key = "restless" if told.restless else "since"
        lines = [self.say(key, since=self.time(fault.since), times=told.times, what=self.meaning(fault))]
        if advice := self._texts.get(f"fault.{fault.id}.advice", fault.advice):
            lines.append(self.say("advice", advice=ended(advice)))
        if self.language != ENGLISH:
            lines.append(self.say("wording", sentence=fault.text))
        return "\n".join(lines)

    def _short(self, fault: Fault) -> str:
        return self.meaning(fault).rstrip(".").split(": ")[0]


@cache
def texts_of(language: str) -> Mapping[str, str]:
    """The catalogue of a language."""
    return cast("dict[str, str]", json.loads((TEXTS / f"{language}.json").read_text(encoding="utf-8")))


def _mood(there: list[Fault]) -> Mood:
    if not there:
        return "good"
    return _MOODS[min((fault.severity for fault in there), key=[*_MOODS].index)]
