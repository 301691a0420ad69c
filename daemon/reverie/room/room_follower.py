"""One who follows: asks, hears what is played, and knows the leader's clock. No socket, no clock of its own."""

from __future__ import annotations

import secrets

from reverie.room.clock_offset import ClockOffset
from reverie.room.room_words import RoomAnswer, RoomAsk, RoomWord, opened, sealed

ASKS_EVERY, ASKS_AT_FIRST = 0.5, 0.1
"""Seconds from question to question, and while the clock is hardly known."""
AT_FIRST = 16
"""Questions until the clock is known well."""
GONE = 3.0
"""Seconds without an answer after which nobody leads."""
TOLD_LAST = 8
"""Questions whose answers still count."""


class RoomFollower:
    """What one box knows of its leader."""

    def __init__(self, token: bytes, name: str) -> None:
        self._token = token
        self._name = name
        self._clock = ClockOffset()
        self._asked: dict[str, float] = {}
        self._answers = 0
        self._heard = float("-inf")
        self._cookie = ""
        self.leader = ""
        """What the leader calls itself; empty before it has answered."""
        self.word: RoomWord | None = None
        """What it plays; None before it has said so."""

    def ask(self, now: float, *, together: bool, scene: str, scene_bar: int) -> bytes:
        """The next question."""
        nonce = secrets.token_hex(8)
        self._asked[nonce] = now
        while len(self._asked) > TOLD_LAST:
            del self._asked[next(iter(self._asked))]
        known = self._clock.known
        ask = RoomAsk(
            nonce,
            now,
            self._name,
            together,
            scene,
            scene_bar,
            self.offset,
            self._cookie,
            error=None if known is None else known.error(now),
            round_trip=self.round_trip,
        )
        return sealed(ask, self._token)

    def hear(self, datagram: bytes, now: float) -> bool:
        """Take in what came; whether it says something new of what is played.

        Raises:
            RoomWordError: if it is no word of this room.
        """
        said = opened(datagram, self._token)
        if not isinstance(said, RoomAnswer) or said.nonce not in self._asked:
            return False
        self._heard, self.leader = now, said.name
        self._cookie = said.cookie or self._cookie
        word = said.word
        if word is not None and self.word is not None and word.life != self.word.life:
            self._clock.forget()
            self._answers, self.word = 0, None
        if said.asked is not None and said.asked == self._asked[said.nonce]:
            self._clock.learn(said.asked, said.came, said.sent, now)
            self._answers += 1
        if word is None or (self.word is not None and word.number <= self.word.number):
            return False
        self.word = word
        return True

    def is_there(self, now: float) -> bool:
        """Whether the leader answers, and is known well enough to be followed."""
        return now - self._heard < GONE and self.word is not None and self._clock.known is not None

    def silence(self, now: float) -> float | None:
        """Seconds since the leader answered last; None before it has."""
        return now - self._heard if self.leader else None

    @property
    def offset(self) -> float | None:
        """Seconds that the leader's clock is ahead of ours; None before that is known."""
        known = self._clock.known
        return None if known is None else known.offset

    def error(self, now: float) -> float:
        """Seconds by which the offset may be wrong."""
        known = self._clock.known
        return float("inf") if known is None else known.error(now)

    @property
    def round_trip(self) -> float | None:
        """Seconds that the best question and its answer were under way."""
        known = self._clock.known
        return None if known is None else known.round_trip

    def next_ask(self, now: float) -> float:
        """Seconds until the next question."""
        return ASKS_AT_FIRST if self._answers < AT_FIRST and now - self._heard < GONE else ASKS_EVERY

    def here(self, moment: float) -> float:
        """A moment of the leader's clock by ours."""
        return moment - (self.offset or 0.0)

    def there(self, moment: float) -> float:
        """A moment of our clock by the leader's."""
        return moment + (self.offset or 0.0)
