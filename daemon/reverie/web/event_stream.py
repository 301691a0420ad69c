"""Events for pages: numbered, kept for a while, and written once for all who listen.

An event's id is ``<boot>-<n>``, ``boot`` being another with each start of the daemon: whoever comes back with the last
id that he heard gets what he missed, or learns that it is too long ago.
"""

from __future__ import annotations

import json
import logging
import math
import secrets
import zlib
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from functools import cached_property
from typing import Any, Protocol, cast

log = logging.getLogger(__name__)

KEPT = 64
"""Events that are kept for those who come back: half a minute of bars at least."""
GZIP_HEAD = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"
"""What a gzip stream begins with (RFC 1952): deflated, without name, time or flags."""
_DIGITS = 16
"""Of the number of an event at most."""


class WrittenEvent:
    """The bytes of an event on the line, plain or packed, in chunks of HTTP or bare: each is made once, if wanted.

    What is packed is a part of a deflate stream (RFC 1951) that refers to nothing before it and ends at a byte: so
    parts can follow :data:`GZIP_HEAD` in any order, and one packing serves all who listen.
    """

    def __init__(self, plain: bytes) -> None:
        self.plain = plain

    @cached_property
    def packed(self) -> bytes:
        """Deflated."""
        packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
        return packer.compress(self.plain) + packer.flush(zlib.Z_FULL_FLUSH)

    @cached_property
    def plain_chunk(self) -> bytes:
        """As a chunk of HTTP/1.1."""
        return chunk(self.plain)

    @cached_property
    def packed_chunk(self) -> bytes:
        """Deflated, as a chunk of HTTP/1.1."""
        return chunk(self.packed)


class EventListener(Protocol):
    """Somebody who listens."""

    def hear(self, event: WrittenEvent) -> None:
        """An event; this may not wait."""
        ...


class EventStream:
    """The events since the start, those of the last while by their bytes."""

    def __init__(self, boot: str | None = None, kept: int = KEPT) -> None:
        self._boot = boot or secrets.token_hex(4)
        self._kept: deque[tuple[int, WrittenEvent]] = deque(maxlen=kept)
        self._latest: dict[str, WrittenEvent] = {}
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

    @property
    def latest(self) -> Iterable[WrittenEvent]:
        """The last event of each kind that holds still, in their order."""
        return self._latest.values()

    def publish(self, kind: str, data: Mapping[str, Any]) -> None:
        """Tell all who listen."""
        self._count += 1
        event = WrittenEvent(written(kind, data, self.last_id))
        self._kept.append((self._count, event))
        self._latest.pop(kind, None)
        self._latest[kind] = event
        self._tell(event)

    def forget(self, kind: str) -> None:
        """The last event of a kind holds no more: whoever begins to listen is not told."""
        self._latest.pop(kind, None)

    def skip(self) -> None:
        """There was something that nobody was told: whoever comes back has missed more than can be said."""
        self._count += 1
        self._kept.clear()

    def keep_alive(self) -> None:
        """Tell all who listen that nothing has happened: so both sides of a line learn if it is cut."""
        self._tell(WrittenEvent(b": \n\n"))

    def since(self, event_id: str) -> list[WrittenEvent] | None:
        """The events after the one of that id; None where that is too long ago, of another start, or no id."""
        boot, _, number = event_id.rpartition("-")
        if boot != self._boot or not (number.isascii() and number.isdecimal() and len(number) < _DIGITS):
            return None
        heard = int(number)
        if heard > self._count or (heard < self._count and (not self._kept or heard + 1 < self._kept[0][0])):
            return None
        return [event for count, event in self._kept if count > heard]

    def listen(self, listener: EventListener) -> Callable[[], None]:
        """Have somebody hear every event from now on, until what is returned is called."""
        self._listeners[listener] = None
        return lambda: self._listeners.pop(listener, None) and None

    def _tell(self, event: WrittenEvent) -> None:
        for listener in tuple(self._listeners):
            try:
                listener.hear(event)
            except Exception:
                log.exception("Somebody who listens to events cannot be told any; the others can.")
                self._listeners.pop(listener, None)


def written(kind: str, data: Mapping[str, Any], event_id: str) -> bytes:
    """An event as Server-Sent Events have it."""
    return b"id: %b\nevent: %b\ndata: %b\n\n" % (event_id.encode(), kind.encode(), json_bytes(data))


def json_bytes(data: Mapping[str, Any]) -> bytes:
    """Plain data in JSON, in one line. Numbers that JSON does not have, such as a score that is no number, are null."""
    try:
        text = json.dumps(data, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    except ValueError:
        text = json.dumps(_finite(data), separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return text.encode("utf-8", "replace")


def _finite(value: object) -> object:
    match value:
        case float():
            return value if math.isfinite(value) else None
        case Mapping():
            return {name: _finite(one) for name, one in cast("Mapping[str, object]", value).items()}
        case list() | tuple():
            return [_finite(one) for one in cast("Iterable[object]", value)]
        case _:
            return value


def chunk(data: bytes) -> bytes:
    """Some bytes as a chunk of HTTP/1.1 (RFC 9112)."""
    return b"%x\r\n%b\r\n" % (len(data), data)
