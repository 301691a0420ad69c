"""The log: plain lines on standard error, none of which strangers can forge, and not more of a kind than help.

Whatever way a text from outside has taken into a line, it is made printable here (:mod:`reverie.foreign`). And
whoever makes Reverie say the same thing again and again, by a flood of packets or requests, must not fill the disk:
the first lines of a kind are written, the others of that minute are counted, and the count is told.
"""

from __future__ import annotations

import logging
import os
import sys
import threading
import time
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass

from reverie.foreign import LONGEST_LINE, plain

ONCE: Mapping[str, int] = {"most": 1}
"""To be given as ``extra`` with what strangers cause: one line a minute, and the count of the others."""
MOST = 30
"""Lines of one kind that are written in a minute."""
WITHIN = 60.0
"""Seconds of that minute."""
LOOK = 10.0
"""Seconds between looks at what is to be told."""
KINDS = 256
"""Kinds that are counted at once."""
LIBRARIES = frozenset({"root", "zeroconf", "asyncio", "aiohttp"})
"""Who logs what is sent to them in words that are different each time; all of it is one kind."""


@dataclass(slots=True)
class _Kind:
    since: float
    record: logging.LogRecord
    written: int = 1
    left_out: int = 0


class Plain(logging.Formatter):
    """A record as printable lines; those after the first are indented, so that none looks like another record."""

    def format(self, record: logging.LogRecord) -> str:
        """The lines."""
        return "\n    ".join(plain(line, LONGEST_LINE) for line in super().format(record).split("\n"))


class RepeatCounter(logging.Filter):
    """Counts what is said too often. To be added to a handler, which then tells the counts too."""

    def __init__(self, handler: logging.Handler, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._handler = handler
        self._clock = clock
        self._lock = threading.Lock()
        self._kinds: dict[Hashable, _Kind] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether the record is to be written."""
        if getattr(record, "is_count", False):
            return True
        self.tell()
        library = record.name.partition(".")[0] in LIBRARIES
        most: int = getattr(record, "most", 3 if library else MOST)
        key = (record.name, record.levelno, None if library else str(record.msg))
        with self._lock:
            kind = self._kinds.get(key)
            if kind is None:
                if len(self._kinds) >= KINDS:
                    del self._kinds[min(self._kinds, key=lambda known: self._kinds[known].left_out)]
                self._kinds[key] = _Kind(self._clock(), record)
                return True
            if kind.written < most:
                kind.written += 1
                return True
            kind.left_out += 1
            kind.record = record
            return False

    def tell(self) -> None:
        """Write how many lines of a minute that is over were left out; called by each record, and now and then."""
        now = self._clock()
        with self._lock:
            over = [key for key, kind in self._kinds.items() if now - kind.since >= WITHIN]
            kinds = [self._kinds.pop(key) for key in over]
        for kind in kinds:
            if kind.left_out:
                self._handler.handle(_count(kind))


def log_plainly(level: int = logging.INFO) -> None:
    """Sentences on standard error: with the time for a person; without for the journal, which has its own.

    Whoever has set up the log of this process already keeps it.
    """
    if logging.getLogger().handlers:
        return
    form = "%(message)s" if "JOURNAL_STREAM" in os.environ else "%(asctime)s %(message)s"
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(Plain(form, datefmt="%H:%M:%S"))
    repeats = RepeatCounter(handler)
    handler.addFilter(repeats)
    logging.basicConfig(handlers=[handler], level=level)
    threading.Thread(target=_go_on_telling, args=(repeats,), daemon=True, name="log").start()


def _go_on_telling(repeats: RepeatCounter) -> None:
    """Tell of a flood that is over, though nobody logs anything after it."""
    while True:
        time.sleep(LOOK)
        repeats.tell()


def _count(kind: _Kind) -> logging.LogRecord:
    last = kind.record
    said = f"{kind.left_out} more like it in the last minute. The last one: {plain(last.getMessage())}"
    count = logging.LogRecord(last.name, last.levelno, last.pathname, last.lineno, said, None, None)
    count.is_count = True
    return count
