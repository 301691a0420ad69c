"""What is wrong now: each fault once in the log, and on page, status and metrics until it is mended.

Whoever finds a fault names it by an id and a subject and says it as often as it likes; :class:`Faults` tells people
once. Told again is only what has changed. A fault never stops the music by itself: it is there to be read.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from reverie.errors import ended

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that is wrong, in one plain sentence, and what a person can do about it.

    ``id`` is a kind of fault in lower case with hyphens (``state-folder-full``), ``subject`` whom it befalls (a
    voice, a slot, a file) or empty. The two together are one fault, whatever its sentence says.
    """

    id: str
    subject: str
    sentence: str
    advice: str = ""
    since: float = field(default=0.0, compare=False)
    """Unix time at which it was first told."""

    @property
    def text(self) -> str:
        """The sentence with the advice behind it."""
        return " ".join(ended(part) for part in (self.sentence, self.advice) if part)


class Faults:
    """The register of all faults. Threads may tell and clear."""

    def __init__(self, wall: Callable[[], float] = time.time) -> None:
        self._wall = wall
        self._lock = threading.Lock()
        self._active: dict[tuple[str, str], Fault] = {}

    @property
    def active(self) -> tuple[Fault, ...]:
        """The faults that are not mended, oldest first."""
        with self._lock:
            return tuple(self._active.values())

    def tell(self, fault_id: str, subject: str, sentence: str, advice: str = "") -> None:
        """There is this fault. It is logged when it is new or its sentence has changed."""
        key = (fault_id, subject)
        with self._lock:
            known = self._active.get(key)
            fault = Fault(fault_id, subject, sentence, advice, known.since if known else self._wall())
            if fault == known:
                return
            self._active[key] = fault
        log.warning("%s", fault.text)

    def clear(self, fault_id: str, subject: str | None = None) -> None:
        """The fault is mended; without a subject, all faults of that id are. What was no fault is not spoken of."""
        with self._lock:
            keys = [key for key in self._active if key[0] == fault_id and subject in (None, key[1])]
            mended = [self._active.pop(key) for key in keys]
        for fault in mended:
            log.info("No longer so: %s", ended(fault.sentence))
