"""The finished parts of a bank that is still being rendered, kept on disk so that a crash loses little."""

from __future__ import annotations

import contextlib
import logging
import os
import shutil
import time
from collections.abc import Generator, Mapping
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from reverie.files import oldest_first, read_file, write_atomically
from reverie.locks import Hold, try_lock
from reverie.models.archive import packed, unpacked
from reverie.timbre.errors import TimbreError

log = logging.getLogger(__name__)

FORGOTTEN = 14 * 24 * 3600.0
"""Seconds after which what nobody went on with is thrown away."""
LARGEST = 1_000_000_000
"""Bytes of what is kept by one name."""
_LOCK = "lock"


class Unfinished:
    """A folder of tensors by name; what is damaged is not there."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def get(self, name: str) -> dict[str, NDArray[Any]] | None:
        """What was kept; None if there is nothing, or nothing that can be read."""
        data = self.get_bytes(name)
        if data is None:
            return None
        try:
            return unpacked(data)
        except ValueError:
            return None

    def get_bytes(self, name: str) -> bytes | None:
        """What was kept, as it was given."""
        try:
            return read_file(self._folder / name, LARGEST)
        except OSError:
            return None

    def keep(self, name: str, tensors: Mapping[str, NDArray[Any]]) -> None:
        """Keep tensors.

        Raises:
            OSError: if the folder cannot be written.
        """
        self.keep_bytes(name, packed(tensors))

    def keep_bytes(self, name: str, data: bytes) -> None:
        """Keep something, wholly or not at all; only a power cut may cost it, as what is damaged is not there.

        Raises:
            OSError: if the folder cannot be written.
        """
        write_atomically(self._folder / name, data, lasting=False)

    def drop(self, name: str) -> None:
        """Forget something."""
        (self._folder / name).unlink(missing_ok=True)


@contextlib.contextmanager
def unfinished(cache: Path, bank: str) -> Generator[Unfinished]:
    """The unfinished bank of that id, for one process alone; it is thrown away once the ``with`` is over without error.

    Raises:
        TimbreError: if another process renders it.
        OSError: if the folder cannot be written.
    """
    above = cache / "unfinished"
    folder = above / bank
    folder.mkdir(parents=True, exist_ok=True)
    _forget_old(above, bank)
    lock = _open_lock(folder)
    try:
        match try_lock(lock):
            case Hold.TAKEN:
                raise TimbreError(
                    "another process renders this very bank; wait for it, and it will be found in the cache"
                )
            case Hold.NONE:
                log.warning("The file system of %s keeps no locks; render one bank with one process only.", cache)
            case _:
                pass
        os.utime(folder)
        yield Unfinished(folder)
        shutil.rmtree(folder, ignore_errors=True)
    finally:
        os.close(lock)


def _open_lock(folder: Path) -> int:
    return os.open(folder / _LOCK, os.O_RDWR | os.O_CREAT | os.O_NONBLOCK | os.O_CLOEXEC, 0o644)


def _forget_old(above: Path, present: str) -> None:
    """Throw away the oldest that nobody went on with for weeks: one at a time and not the last, if a clock is wrong."""
    others = [path for path in oldest_first(above.iterdir()) if path.name != present]
    for folder in others[:-1]:
        with contextlib.suppress(OSError):
            if time.time() - folder.lstat().st_mtime > FORGOTTEN and not _in_use(folder):
                shutil.rmtree(folder, ignore_errors=True)
                return


def _in_use(folder: Path) -> bool:
    """Whether another process renders it.

    Raises:
        OSError: if that cannot be found out.
    """
    lock = _open_lock(folder)
    try:
        return try_lock(lock) is Hold.TAKEN
    finally:
        os.close(lock)
