"""What is wrong now: each fault once in the log, and on page, status and metrics until it is mended.

Whoever finds a fault names its kind and its subject and says it as often as it likes; :class:`Faults` tells people
once. Told again is only what has changed. A fault never stops the music by itself: it is there to be read.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Container
from dataclasses import dataclass, field, replace

from reverie.errors import ended
from reverie.watch.fault_kinds import FaultKind, Severity

log = logging.getLogger(__name__)

MOST_CLEARED = 20
"""Faults that are remembered after they were mended."""

_WORST_FIRST = tuple(Severity)


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that is wrong, in one plain sentence, and what a person can do about it.

    ``id`` is that of its kind, ``subject`` whom it befalls (a voice, a slot, a file) or empty. The two together are
    one fault, whatever its sentence says.
    """

    id: str
    subject: str
    sentence: str
    advice: str
    severity: Severity
    since: float = field(default=0.0, compare=False)
    """Unix time at which it was first told."""
    cleared: float | None = field(default=None, compare=False)
    """Unix time at which it was mended; None while it is there."""

    @property
    def text(self) -> str:
        """The sentence with the advice behind it."""
        return " ".join(ended(part) for part in (self.sentence, self.advice) if part)


Listener = Callable[[Fault], object]


class Faults:
    """The register of all faults. Threads may tell and clear."""

    def __init__(self, wall: Callable[[], float] = time.time) -> None:
        self._wall = wall
        self._lock = threading.RLock()
        self._active: dict[tuple[str, str], Fault] = {}
        self._cleared: dict[tuple[str, str], Fault] = {}
        self._listeners: list[Listener] = []

    @property
    def active(self) -> tuple[Fault, ...]:
        """The faults that are not mended: the most severe first, and of these the oldest."""
        with self._lock:
            return tuple(sorted(self._active.values(), key=lambda fault: _WORST_FIRST.index(fault.severity)))

    @property
    def cleared(self) -> tuple[Fault, ...]:
        """Faults that were mended, each as it was last, the latest first; :data:`MOST_CLEARED` of them at most.

        One that comes and goes all day takes one place, and keeps no other from being remembered.
        """
        with self._lock:
            return tuple(reversed(self._cleared.values()))

    def of(self, *kinds: FaultKind) -> tuple[Fault, ...]:
        """Those of these kinds that are not mended."""
        ids = {kind.id for kind in kinds}
        return tuple(fault for fault in self.active if fault.id in ids)

    def listen(self, listener: Listener) -> None:
        """Have every fault that is told, changed or cleared, in the thread that says so, before it is logged.

        ``cleared`` says which it is. Other threads wait meanwhile, so that what they say is heard in the order in
        which it came to count: a fault that is over must not be heard of last. So nobody who listens may wait for them.
        """
        self._listeners.append(listener)

    def tell(self, kind: FaultKind, subject: str, sentence: str, advice: str | None = None) -> None:
        """There is this fault. It is logged when it is new or its sentence has changed.

        Args:
            kind: What kind of fault it is.
            subject: Whom it befalls.
            sentence: What is wrong.
            advice: What to do, where more is known of it than the kind's own advice says; empty where the sentence
                says it already.
        """
        key = (kind.id, subject)
        with self._lock:
            known = self._active.get(key)
            since = known.since if known else self._wall()
            told = kind.advice if advice is None else advice
            fault = Fault(kind.id, subject, sentence, told, kind.severity, since)
            if fault == known:
                return
            self._active[key] = fault
            self._hand_on(fault)
        # A log that takes no line for a while must not hold up those who ask the register meanwhile.
        log.warning("%s", fault.text)

    def clear(self, kind: FaultKind, subject: str | None = None) -> None:
        """The fault is mended; without a subject, all faults of that kind are. What was no fault is not spoken of."""
        self._clear(kind, lambda one: subject in (None, one))

    def only(self, kind: FaultKind, subjects: Container[str]) -> None:
        """Whatever there is of that kind with other subjects is mended."""
        self._clear(kind, lambda one: one not in subjects)

    def _clear(self, kind: FaultKind, which: Callable[[str], bool]) -> None:
        with self._lock:
            keys = [key for key in self._active if key[0] == kind.id and which(key[1])]
            mended = {key: replace(self._active.pop(key), cleared=self._wall()) for key in keys}
            for key, fault in mended.items():
                self._cleared.pop(key, None)
                self._cleared[key] = fault
            while len(self._cleared) > MOST_CLEARED:
                del self._cleared[next(iter(self._cleared))]
            for fault in mended.values():
                self._hand_on(fault)
        for fault in mended.values():
            log.info("No longer so: %s", ended(fault.sentence))

    def _hand_on(self, fault: Fault) -> None:
        for listener in self._listeners:
            listener(fault)
