"""What models remember of loops they composed, so that continuing one does not mean composing all before it again.

Nothing is lost with a memory: it can be drawn again from the recipe's past. The newest are kept, as a loop is continued
soon or not at all.
"""

from __future__ import annotations

import contextlib
import hashlib
import logging
from collections import OrderedDict
from pathlib import Path

log = logging.getLogger(__name__)

QUOTA = 8_000_000
"""Bytes on disk. A memory has some tens of kilobytes at most, and a voice needs its last one."""

_AT_HAND = 256
"""How many are kept in memory."""

_SUM = hashlib.sha256().digest_size


class Memories:
    """By name, in memory, and in a folder if there is one, where they outlast this process."""

    def __init__(self, folder: Path | None = None, quota: int = QUOTA) -> None:
        self._folder = folder
        self._quota = quota
        self._at_hand: OrderedDict[str, bytes] = OrderedDict()
        self._on_disk: int | None = None
        self._failing = False

    def keep(self, name: str, memory: bytes) -> None:
        """Keep a memory. A folder that cannot be written is told once, and costs no more than time."""
        self._at_hand[name] = memory
        while len(self._at_hand) > _AT_HAND:
            self._at_hand.popitem(last=False)
        if self._folder is None:
            return
        try:
            self._write(self._folder, name, hashlib.sha256(memory).digest() + memory)
            self._failing = False
        except OSError as error:
            if not self._failing:
                log.warning("What models remember cannot be kept in %s (%s).", self._folder, error.strerror)
            self._failing = True

    def find(self, name: str) -> bytes | None:
        """A memory by its name; None where it is no longer there, or damaged."""
        if name in self._at_hand:
            return self._at_hand[name]
        if self._folder is None:
            return None
        try:
            data = (self._folder / name).read_bytes()
        except OSError:
            return None
        memory = data[_SUM:]
        return memory if hashlib.sha256(memory).digest() == data[:_SUM] else None

    def forget(self, name: str) -> None:
        """A memory has turned out to be of no use."""
        self._at_hand.pop(name, None)
        if self._folder is not None:
            with contextlib.suppress(OSError):
                (self._folder / name).unlink()

    def _write(self, folder: Path, name: str, data: bytes) -> None:
        """Write a file, without waiting for the disk: what a power cut leaves of it is known by its sum."""
        if self._on_disk is None:
            folder.mkdir(parents=True, exist_ok=True)
            self._on_disk = sum(size for _, size, _ in _files(folder))
        draft = folder / f".{name}"
        draft.write_bytes(data)
        draft.replace(folder / name)
        self._on_disk += len(data)
        if self._on_disk > self._quota:
            self._on_disk = self._make_room(folder)

    def _make_room(self, folder: Path) -> int:
        """Delete the oldest until three quarters of the quota are left; says how much is."""
        files = sorted(_files(folder))
        left = sum(size for _, size, _ in files)
        for _, size, path in files:
            if left <= self._quota * 3 // 4:
                break
            path.unlink(missing_ok=True)
            left -= size
        return left


def _files(folder: Path) -> list[tuple[float, int, Path]]:
    """When each file of the folder was written, and how large it is."""
    found: list[tuple[float, int, Path]] = []
    for path in folder.iterdir():
        with contextlib.suppress(FileNotFoundError):
            status = path.stat()
            found.append((status.st_mtime, status.st_size, path))
    return found
