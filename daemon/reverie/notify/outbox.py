"""Messages that wait for a channel: they are sent in order, again and again until it takes them.

A box that is offline for a week is no reason for an error, and none for a flood when it is back. Nobody says whether a
channel is away or minds one message: so after a while those behind it are tried, too. If one is taken and the first is
refused once more, that one is set aside, and keeps nothing back any more.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from reverie.clock import Clock
from reverie.notify.message import FarMessage

log = logging.getLogger(__name__)

FIRST_PAUSE, LONGEST_PAUSE = 15.0, 1800.0
"""Seconds from a failure to the next try: doubled with each, to half an hour."""
TRIES = 7
"""Refusals in a row, half an hour of them, after which those are tried in turn that wait behind the first."""
SET_ASIDE = 86400.0
"""Seconds for which a message is tried that the channel refuses while it takes others."""
MOST = 40
"""Messages that wait; beyond them the oldest goes."""


class Outbox:
    """Keeps the messages of one channel until they are taken."""

    def __init__(self, clock: Clock, kept: Sequence[Mapping[str, Any]] = ()) -> None:
        self._clock = clock
        self._waiting = [*_readable(kept)][-MOST:]
        self._aside: dict[FarMessage, float] = {}
        """What the channel refuses while it takes others, and the monotonic time since when."""
        self._doubted: FarMessage | None = None
        """The first that waits, where one behind it was taken just now."""
        self._refusals = 0
        self._pause = FIRST_PAUSE
        self._not_before = self._aside_not_before = clock.now()
        self.failing_since: float | None = None
        """The monotonic time since when the channel has taken nothing; None while it takes what it is given."""
        self.lost = 0
        """Messages that gave way to others or were refused for good, since the start."""

    def __len__(self) -> int:
        return len(self._aside) + len(self._waiting)

    def add(self, message: FarMessage) -> None:
        """Have another message sent."""
        self._waiting.append(message)
        while len(self) > MOST:
            self._drop(next(iter(self._aside), self._waiting[0]))

    def next(self) -> FarMessage | None:
        """The message that is to be tried now, if one is."""
        now = self._clock.now()
        if self._waiting:
            turn = max(self._refusals - TRIES + 1, 0) % len(self._waiting)
            return self._waiting[turn] if now >= self._not_before else None
        return next(iter(self._aside), None) if now >= self._aside_not_before else None

    def taken(self, message: FarMessage) -> None:
        """The channel has taken it."""
        self._begin_anew()
        if self._waiting and message in self._waiting[1:]:
            self._doubted, self._refusals = self._waiting[0], TRIES - 1
        self._forget(message)

    def refused(self, message: FarMessage) -> None:
        """The channel has not taken it: wait, longer each time."""
        now = self._clock.now()
        if message in self._aside:
            self._aside_not_before = now + LONGEST_PAUSE
            if now - self._aside[message] >= SET_ASIDE:
                log.warning("A message is given up, as its channel takes others and not this one: %s", message.title)
                self._drop(message)
            return
        if message == self._doubted:
            self._forget(message)
            self._aside[message], self._doubted = now, None
            self._aside_not_before = now + LONGEST_PAUSE
            return
        self._refusals += 1
        self.failing_since = now if self.failing_since is None else self.failing_since
        self._not_before = now + self._pause
        self._pause = min(self._pause * 2, LONGEST_PAUSE)

    def hurry(self) -> None:
        """The channel has another address: what waits is tried at once."""
        self._waiting = [*self._aside, *self._waiting]
        self._aside.clear()
        self._begin_anew()

    def give_up(self) -> None:
        """Nobody wants the channel any more, and it takes nothing: what waits is lost."""
        self.lost += len(self)
        self._waiting.clear()
        self._aside.clear()

    def as_json(self) -> list[dict[str, Any]]:
        """What waits, as plain data."""
        return [message.as_json() for message in (*self._aside, *self._waiting)]

    def _begin_anew(self) -> None:
        self._pause, self.failing_since, self._not_before = FIRST_PAUSE, None, self._clock.now()
        self._refusals, self._doubted = 0, None

    def _drop(self, message: FarMessage) -> None:
        self._forget(message)
        self.lost += 1

    def _forget(self, message: FarMessage) -> None:
        self._aside.pop(message, None)
        if message in self._waiting:
            self._waiting.remove(message)


def _readable(kept: Sequence[Mapping[str, Any]]) -> Iterator[FarMessage]:
    """The messages that can be read: one that cannot be loses none of the others."""
    for data in kept:
        try:
            yield FarMessage.from_json(data)
        except (KeyError, TypeError, ValueError) as error:
            log.warning("A message that waited cannot be read (%r).", error)
