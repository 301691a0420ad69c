"""What models remember of loops they composed, so that continuing one does not mean composing all before it again.

Nothing is lost with a memory: it can be drawn again from the recipe's past. The newest are kept, as a loop is continued
soon or not at all. For the same reason the disk is spared: what a voice has made obsolete before it was due to be
written is never written. Whoever is killed loses what was not written, and pays with the time of drawing it again.
"""

from __future__ import annotations

import contextlib
import hashlib
import logging
import os
import stat
import threading
from collections import OrderedDict
from pathlib import Path

from reverie.advice import advice_on
from reverie.clock import Clock, SystemClock
from reverie.errors import reason_of
from reverie.files import oldest_first, read_file

log = logging.getLogger(__name__)

QUOTA = 8_000_000
"""Bytes on disk. A memory has some tens of kilobytes at most, and a voice needs its last one."""

_AT_HAND = 256
"""How many are kept in memory."""

_CAREFULLY = os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC

_SUM = hashlib.sha256().digest_size


class Memories:
    """By name, in memory, and in a folder if there is one, where they outlast this process.

    Args:
        folder: Where they are kept.
        quota: Bytes that they may take there.
        flush: Seconds between two writes; at 0 each is written at once.
        clock: By which writes are spaced.
    """

    def __init__(
        self, folder: Path | None = None, quota: int = QUOTA, flush: float = 0.0, clock: Clock | None = None
    ) -> None:
        self._folder = folder
        self._quota = quota
        self._flush = flush
        self._clock = clock or SystemClock()
        self._at_hand: OrderedDict[str, bytes] = OrderedDict()
        self._unwritten: OrderedDict[str, str] = OrderedDict()
        """By name, the voice that each is of, the oldest first."""
        self._due = float("-inf")
        self._lock = threading.Lock()
        """Whoever ends the process writes from another thread than that which composes."""
        self._on_disk: int | None = None
        self._failing = False

    def keep(self, name: str, memory: bytes, voice: str = "") -> None:
        """Keep a memory, of a ``voice`` that goes on from its last one; it is written with what is due."""
        with self._lock:
            self._at_hand[name] = memory
            while len(self._at_hand) > _AT_HAND:
                gone, _ = self._at_hand.popitem(last=False)
                self._unwritten.pop(gone, None)
            if self._folder is None:
                return
            for old in [one for one, of in self._unwritten.items() if one == name or (voice and of == voice)]:
                del self._unwritten[old]
            self._unwritten[name] = voice
        self.write()

    def flush_every(self, seconds: float) -> None:
        """Write as seldom as that from now on."""
        with self._lock:
            self._flush, self._due = seconds, min(self._due, self._clock.now() + seconds)

    def seconds_until_due(self) -> float | None:
        """In how many seconds there is something to write; None if there is nothing."""
        return max(self._due - self._clock.now(), 0.0) if self._unwritten else None

    def write(self, *, anyway: bool = False) -> None:
        """Write what is due, or what there is; from any thread.

        A folder that cannot be written is told once, and costs no more than time.
        """
        with self._lock:
            if self._folder is None or not self._unwritten or (not anyway and self._clock.now() < self._due):
                return
            self._due = self._clock.now() + self._flush
            names, self._unwritten = list(self._unwritten), OrderedDict()
            try:
                for name in names:
                    memory = self._at_hand[name]
                    self._write(self._folder, name, hashlib.sha256(memory).digest() + memory)
                self._failing = False
            except OSError as error:
                if not self._failing:
                    advice = advice_on(error, self._folder)
                    log.warning(
                        "What models remember cannot be kept in %s (%s); %s.", self._folder, reason_of(error), advice
                    )
                self._failing = True
                self._on_disk = None  # whatever was done to the folder, it is looked at anew

    def find(self, name: str) -> bytes | None:
        """A memory by its name; None where it is no longer there, or damaged."""
        if name in self._at_hand:
            return self._at_hand[name]
        if self._folder is None:
            return None
        try:
            data = read_file(self._folder / name, self._quota)
        except OSError:
            return None
        memory = data[_SUM:]
        return memory if hashlib.sha256(memory).digest() == data[:_SUM] else None

    def forget(self, name: str) -> None:
        """A memory has turned out to be of no use."""
        with self._lock:
            self._at_hand.pop(name, None)
            self._unwritten.pop(name, None)
        if self._folder is not None:
            with contextlib.suppress(OSError):
                (self._folder / name).unlink()

    def _write(self, folder: Path, name: str, data: bytes) -> None:
        """Write a file, without waiting for the disk: what a power cut leaves of it is known by its sum."""
        if self._on_disk is None:
            folder.mkdir(parents=True, exist_ok=True)
            self._on_disk = sum(_sizes(folder).values())
        draft = folder / f".{name}"
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | _CAREFULLY, 0o644)
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
        draft.replace(folder / name)
        self._on_disk += len(data)
        if self._on_disk > self._quota:
            self._on_disk = self._make_room(folder)

    def _make_room(self, folder: Path) -> int:
        """Delete the oldest until three quarters of the quota are left; says how much is."""
        sizes = _sizes(folder)
        left = sum(sizes.values())
        for path in oldest_first(sizes):
            if left <= self._quota * 3 // 4:
                break
            with contextlib.suppress(FileNotFoundError):
                path.unlink()
            left -= sizes[path]
        return left


def _sizes(folder: Path) -> dict[Path, int]:
    """How large each file of the folder is; what else may lie there is none of our business."""
    found: dict[Path, int] = {}
    for path in folder.iterdir():
        with contextlib.suppress(FileNotFoundError):
            status = path.lstat()
            if not stat.S_ISDIR(status.st_mode):
                found[path] = status.st_size
    return found
