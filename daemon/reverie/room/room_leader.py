"""The one who leads: answers whoever asks with the room's token, and remembers who did. No socket, no clock.

An address is easily forged, and a question that somebody recorded is sealed as well as a new one. So only those are
remembered, and told of bars, who say back what was answered to that very place of late: to know it one must have heard
it there, and to say it one must have the token.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Iterator
from dataclasses import dataclass

from reverie.room.room_words import RoomAnswer, RoomAsk, RoomWord, opened, sealed

LEFT = 10.0
"""Seconds without a question after which a follower is told of no bars any more."""
FORGOTTEN = 3600.0
"""Seconds after which nobody is shown that it was there."""
MOST = 256
"""Followers that are remembered."""

COOKIES_LAST = 60.0
"""Seconds for which the same cookie is given out; it is taken for as long again."""

Place = tuple[str, int]


@dataclass(frozen=True, slots=True)
class RoomGuest:
    """A follower: its last question, and when that came."""

    ask: RoomAsk
    moment: float


class RoomLeader:
    """What the leading box says, and to whom."""

    def __init__(self, token: bytes, name: str) -> None:
        self._token = token
        self._name = name
        self._secret = secrets.token_bytes(16)
        self.guests: dict[Place, RoomGuest] = {}
        """Who asked, by network address and port."""
        self.word: RoomWord | None = None
        """What is played; None before the first bar."""

    def answer(self, datagram: bytes, place: Place, came: float, now: float) -> bytes | None:
        """What to answer to a datagram that came at ``came`` and is answered at ``now``; None: nothing.

        Raises:
            RoomVersionError: if it is of this room, and of another major version.
            RoomWordError: if it is no word of this room; nothing is answered then, not even that.
        """
        ask = opened(datagram, self._token)
        if not isinstance(ask, RoomAsk):
            return None
        if self._is_there(ask, place, now):
            known = self.guests.pop(place, None)
            if known is not None and came - known.moment < LEFT and ask.asked <= known.ask.asked:
                self.guests[place] = known  # it was said before; who began anew was away for longer
                return None
            self.guests[place] = RoomGuest(ask, came)
            while len(self.guests) > MOST:
                del self.guests[next(iter(self.guests))]
        cookie = self._cookie(place, now)
        return sealed(RoomAnswer(ask.nonce, self._name, now, ask.asked, came, self.word, cookie), self._token)

    def refusal(self, now: float) -> bytes:
        """What one of another major version is answered: it sees ours, and says to its people what is to be done."""
        return sealed(RoomAnswer("", self._name, now), self._token)

    def tell(self, word: RoomWord, now: float) -> Iterator[tuple[Place, bytes]]:
        """Another word counts from now on: it is told at once to all who have asked of late."""
        self.word = word
        for place, guest in self.guests.items():
            if now - guest.moment < LEFT:
                yield place, sealed(RoomAnswer(guest.ask.nonce, self._name, now, word=word), self._token)

    def _is_there(self, ask: RoomAsk, place: Place, now: float) -> bool:
        """Whether who asks has heard what was answered to this place of late."""
        return any(
            hmac.compare_digest(ask.cookie.encode(), self._cookie(place, at).encode())
            for at in (now, now - COOKIES_LAST)
        )

    def _cookie(self, place: Place, at: float) -> str:
        told = f"{place[0]} {place[1]} {at // COOKIES_LAST:.0f}".encode()
        return hmac.digest(self._secret, told, "sha256")[:12].hex()

    def forget(self, now: float) -> None:
        """Forget who was not there for long."""
        for place in [place for place, guest in self.guests.items() if now - guest.moment > FORGOTTEN]:
            del self.guests[place]
