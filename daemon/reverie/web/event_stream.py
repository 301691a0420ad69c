"""Events for pages: numbered, kept for a while, and written once for all who listen.

An event's id is ``<boot>-<n>``, ``boot`` being another with each start of the daemon: whoever comes back with the last
id that he heard gets what he missed, or learns that it is too long ago.
"""

from __future__ import annotations

import json
import secrets
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any, Protocol

KEPT = 64
"""Events that are kept for those who come back: half a minute of bars at least."""


class EventListener(Protocol):
    """Somebody who listens."""

    def hear(self, event: bytes) -> None:
        """An event, as it is written on the line; this may not wait."""
        ...


class EventStream:
    """The events since the start, those of the last while by their bytes."""

    def __init__(self, boot: str | None = None, kept: int = KEPT) -> None:
        self._boot = boot or secrets.token_hex(4)
        self._kept: deque[tuple[int, bytes]] = deque(maxlen=kept)
        self._count = 0
        self._listeners: dict[EventListener, None] = {}

    @property
    def listeners(self) -> int:
        """How many listen."""
        return len(self._listeners)

    @property
    def last_id(self) -> str:
        """The id of the last event."""
        return f"{self._boot}-{self._count}"

    def publish(self, kind: str, data: Mapping[str, Any]) -> None:
        """Tell all who listen."""
        self._count += 1
        event = written(kind, data, self.last_id)
        self._kept.append((self._count, event))
        for listener in tuple(self._listeners):
            listener.hear(event)

    def since(self, event_id: str) -> list[bytes] | None:
        """The events after the one of that id; None where that is too long ago, of another start, or no id."""
        boot, _, number = event_id.rpartition("-")
        if boot != self._boot or not (number.isascii() and number.isdecimal() and len(number) < 16):  # noqa: PLR2004
            return None
        heard = int(number)
        if heard > self._count or (heard < self._count and (not self._kept or heard + 1 < self._kept[0][0])):
            return None
        return [event for count, event in self._kept if count > heard]

    def listen(self, listener: EventListener) -> Callable[[], None]:
        """Have somebody hear every event from now on, until what is returned is called."""
        self._listeners[listener] = None
        return lambda: self._listeners.pop(listener, None) and None


def written(kind: str, data: Mapping[str, Any], event_id: str = "") -> bytes:
    """An event as Server-Sent Events have it; without an id it cannot be come back to."""
    name = f"id: {event_id}\n" if event_id else ""
    text = json.dumps(data, separators=(",", ":"), ensure_ascii=False)
    return f"{name}event: {kind}\ndata: {text}\n\n".encode("utf-8", "replace")
