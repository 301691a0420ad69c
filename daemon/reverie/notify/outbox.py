"""Messages that wait for a channel: they are sent in order, again and again until it takes them.

A box that is offline for a week is no reason for an error, and none for a flood when it is back.
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
MOST = 40
"""Messages that wait; beyond them the oldest goes."""


class Outbox:
    """Keeps the messages of one channel until they are taken."""

    def __init__(self, clock: Clock, kept: Sequence[Mapping[str, Any]] = ()) -> None:
        self._clock = clock
        self._waiting = [*_readable(kept)][-MOST:]
        self._not_before = clock.now()
        self._pause = FIRST_PAUSE
        self.failing_since: float | None = None
        """The monotonic time since when the channel has taken nothing; None while it takes what it is given."""
        self.lost = 0
        """Messages that gave way to others, since the start."""

    def __len__(self) -> int:
        return len(self._waiting)

    def add(self, message: FarMessage) -> None:
        """Have another message sent."""
        self._waiting.append(message)
        while len(self._waiting) > MOST:
            del self._waiting[0]
            self.lost += 1

    def next(self) -> FarMessage | None:
        """The message that is to be tried now, if one is."""
        return self._waiting[0] if self._waiting and self._clock.now() >= self._not_before else None

    def taken(self, message: FarMessage) -> None:
        """The channel has taken it."""
        if message in self._waiting:
            self._waiting.remove(message)
        self.hurry()

    def refused(self) -> None:
        """The channel has not taken it: wait, longer each time."""
        now = self._clock.now()
        self.failing_since = now if self.failing_since is None else self.failing_since
        self._not_before = now + self._pause
        self._pause = min(self._pause * 2, LONGEST_PAUSE)

    def hurry(self) -> None:
        """The channel has another address: what waits is tried at once."""
        self._pause, self.failing_since, self._not_before = FIRST_PAUSE, None, self._clock.now()

    def give_up(self) -> None:
        """Nobody wants the channel any more, and it takes nothing: what waits is lost."""
        self.lost += len(self._waiting)
        self._waiting.clear()

    def as_json(self) -> list[dict[str, Any]]:
        """What waits, as plain data."""
        return [message.as_json() for message in self._waiting]


def _readable(kept: Sequence[Mapping[str, Any]]) -> Iterator[FarMessage]:
    """The messages that can be read: one that cannot be loses none of the others."""
    for data in kept:
        try:
            yield FarMessage.from_json(data)
        except (KeyError, TypeError, ValueError) as error:
            log.warning("A message that waited cannot be read (%r).", error)
