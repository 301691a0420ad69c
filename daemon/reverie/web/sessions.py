"""Who has logged in: sessions in memory, few, and with an end.

They are kept by a digest of the cookie, so that neither how long a comparison takes nor a picture of the memory's
mapping tells a cookie that counts. A new start of the daemon ends all of them, and a token's change those that it made.
"""

from __future__ import annotations

import hashlib
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

MOST = 64
"""Sessions at a time; whoever has not been seen for longest makes room."""
IDLE = 4 * 3600.0
"""Seconds after which a session ends of which nothing has been heard."""
LONGEST = 24 * 3600.0
"""Seconds after which a session ends in any case."""
_BYTES = 32


@dataclass(frozen=True, slots=True)
class LoggedIn:
    """Somebody who has shown the token of a ``role``; the times are monotonic seconds."""

    role: str
    begun: float
    seen: float


class Sessions:
    """All of them."""

    def __init__(self, clock: Callable[[], float] = time.monotonic, most: int = MOST) -> None:
        self._clock = clock
        self._most = most
        self._known: dict[bytes, LoggedIn] = {}

    def __len__(self) -> int:
        return len(self._known)

    def begin(self, role: str) -> str:
        """A new session: the secret of 256 bits that its cookie carries."""
        now = self._clock()
        self._tidy(now)
        secret = secrets.token_urlsafe(_BYTES)
        self._known[_digest(secret)] = LoggedIn(role, now, now)
        if len(self._known) > self._most:
            del self._known[min(self._known, key=lambda one: self._known[one].seen)]
        return secret

    def role_of(self, secret: str) -> str | None:
        """The role of whoever has this cookie; None if it counts no more, or never did."""
        now, key = self._clock(), _digest(secret)
        session = self._known.get(key)
        if session is None:
            return None
        if _over(session, now):
            del self._known[key]
            return None
        self._known[key] = replace(session, seen=now)
        return session.role

    def end(self, secret: str) -> None:
        """Somebody logs out."""
        self._known.pop(_digest(secret), None)

    def end_all_of(self, role: str) -> None:
        """The token of that role is another now."""
        self._known = {key: session for key, session in self._known.items() if session.role != role}

    def _tidy(self, now: float) -> None:
        self._known = {key: session for key, session in self._known.items() if not _over(session, now)}


def _over(session: LoggedIn, now: float) -> bool:
    return now - session.seen >= IDLE or now - session.begun >= LONGEST


def _digest(secret: str) -> bytes:
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).digest()
