"""What models remember of loops they composed, kept by hash, so that a loop can be continued after any restart.

A memory is some kilobytes. The newest ones are kept; a loop whose memory is gone is continued by reading it again, as
its recipe then says.
"""

from __future__ import annotations

import contextlib
import hashlib
import logging
from collections import OrderedDict
from pathlib import Path

from reverie.files import write_atomically

log = logging.getLogger(__name__)

QUOTA = 64_000_000
"""Bytes on disk: some thousand loops."""

_AT_HAND = 256
"""How many are kept in memory."""


class Memories:
    """By hash, in memory, and in a folder if there is one."""

    def __init__(self, folder: Path | None = None, quota: int = QUOTA) -> None:
        self._folder = folder
        self._quota = quota
        self._at_hand: OrderedDict[str, bytes] = OrderedDict()
        self._failing = False

    def keep(self, memory: bytes) -> str:
        """Keep a memory; says its name, by which :meth:`find` has it again.

        A folder that cannot be written is told once, and costs nothing but the memory of a restart.
        """
        name = hashlib.sha256(memory).hexdigest()[:32]
        self._at_hand[name] = memory
        while len(self._at_hand) > _AT_HAND:
            self._at_hand.popitem(last=False)
        if self._folder is not None:
            try:
                write_atomically(self._folder / name, memory)
                self._make_room(self._folder)
                self._failing = False
            except OSError as error:
                if not self._failing:
                    log.warning("What models remember cannot be kept in %s (%s).", self._folder, error.strerror)
                self._failing = True
        return name

    def find(self, name: str) -> bytes | None:
        """A memory by its name; None where it is no longer there, or damaged."""
        if name in self._at_hand:
            return self._at_hand[name]
        if self._folder is None:
            return None
        try:
            memory = (self._folder / name).read_bytes()
        except OSError:
            return None
        return memory if hashlib.sha256(memory).hexdigest().startswith(name) else None

    def _make_room(self, folder: Path) -> None:
        files: list[tuple[float, int, Path]] = []
        for path in folder.iterdir():
            with contextlib.suppress(FileNotFoundError):
                status = path.stat()
                files.append((status.st_mtime, status.st_size, path))
        excess = sum(size for _, size, _ in files) - self._quota
        for _, size, path in sorted(files):
            if excess <= 0:
                return
            path.unlink(missing_ok=True)
            excess -= size
