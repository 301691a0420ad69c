"""The cache of banks: each is found by its recipe, whole or not at all, and the least used make room."""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Collection, Mapping
from pathlib import Path

from reverie.files import oldest_first
from reverie.timbre.bank.bank import CARD, Bank, read_bank
from reverie.timbre.errors import TimbreError

SAFE = 600.0
"""Seconds after its last use for which a bank is never thrown away: somebody may be reading it."""


class BankCache:
    """Banks in folders that bear their ids; ``quota`` is in bytes. ``report`` is told of what is damaged."""

    def __init__(self, cache: Path, quota: int, report: Callable[[str], object] = lambda _: None) -> None:
        self._folder = cache / "banks"
        self._quota = quota
        self._report = report

    def find(self, bank: str) -> Bank | None:
        """The bank of that id, checked; a damaged one is set aside, and is not there. To find it is to use it.

        Raises:
            OSError: if it is damaged and cannot be moved, so that none could be put in its place.
        """
        folder = self._folder / bank
        if not folder.is_dir():
            return None
        try:
            found = _of_that_id(read_bank(folder), bank)
        except (ValueError, OSError) as error:
            self._set_aside(folder, error)
            return None
        with contextlib.suppress(OSError):
            os.utime(folder)
        return found

    def put(self, bank: str, files: Mapping[str, bytes]) -> Bank:
        """Keep a bank's files: all of them appear at once.

        Raises:
            OSError: if the folder cannot be written.
        """
        self._folder.mkdir(parents=True, exist_ok=True)
        target = self._folder / bank
        making = Path(tempfile.mkdtemp(prefix=".making-", dir=self._folder))
        try:
            for name, data in files.items():
                (making / name).write_bytes(data)
            for name in files:  # once all are written: a disk takes many together as fast as one
                _sync(making / name)
            _sync(making)
            making.chmod(0o755)
            try:
                making.rename(target)
            except OSError as error:  # another process was faster, with the same bytes
                if error.errno not in {errno.EEXIST, errno.ENOTEMPTY}:
                    raise
                if self.find(bank) is None:  # or what is there was damaged meanwhile
                    making.rename(target)
            _sync(self._folder)
        finally:
            shutil.rmtree(making, ignore_errors=True)
        return read_bank(target)

    def banks(self) -> list[Bank]:
        """All banks, the last used first; damaged ones are left out."""
        found: list[Bank] = []
        for folder in self._folders():
            with contextlib.suppress(ValueError, OSError):
                found.append(read_bank(folder))
        return found

    def named(self, beginning: str) -> Bank:
        """The one bank whose id begins so.

        Raises:
            TimbreError: if there is none, or more than one.
        """
        found = [folder.name for folder in self._folders() if folder.name.startswith(beginning)]
        if len(found) != 1 or not beginning:
            said = "no bank's id begins" if not found else f"{len(found)} banks' ids begin"
            raise TimbreError(f"{said} with {beginning!r}; `reverie timbre list` shows them all")
        bank = self.find(found[0])
        if bank is None:
            raise TimbreError(f"the bank {found[0]} was damaged and is set aside; render it anew")
        return bank

    def tidy(self, pinned: Collection[str] = (), beside: int = 0) -> list[str]:
        """Throw away the banks that were not used for longest, until the rest fits; the ids of those that went.

        Banks that are ``pinned`` or were just used stay, whatever their size. ``beside`` is what else takes of the
        quota.
        """
        self._sweep()
        sizes = {folder: size_of(folder) for folder in self._folders()}
        total = sum(sizes.values()) + beside
        gone: list[str] = []
        for folder in self._unused(pinned):
            if total <= self._quota:
                break
            shutil.rmtree(folder, ignore_errors=True)
            total -= sizes[folder]
            gone.append(folder.name)
        return gone

    def make_room(self, pinned: Collection[str] = ()) -> bool:
        """Throw away the bank that was not used for longest, whatever the quota; False if all have to stay."""
        for folder in self._unused(pinned)[:1]:
            shutil.rmtree(folder, ignore_errors=True)
            return not folder.exists()
        return False

    def _unused(self, pinned: Collection[str]) -> list[Path]:
        """The folders of banks that nobody reads and nobody has pinned, the longest unused first."""
        banks = oldest_first(self._folders())
        return [folder for folder in banks if folder.name not in pinned and _age(folder) >= SAFE]

    def _folders(self) -> list[Path]:
        """The folders of banks, the last used first."""
        if not self._folder.is_dir():
            return []
        banks = [path for path in self._folder.iterdir() if (path / CARD).is_file() and "." not in path.name]
        return sorted(banks, key=lambda path: (_age(path), path.name))

    def _set_aside(self, folder: Path, error: Exception) -> None:
        aside = folder.with_name(f"{folder.name}.damaged")
        shutil.rmtree(aside, ignore_errors=True)
        if aside.is_symlink() or aside.is_file():
            aside.unlink()
        folder.rename(aside)
        reason = error.strerror if isinstance(error, OSError) else error
        self._report(f"The bank {folder.name[:12]} is damaged ({reason}); it lies in {aside} and is rendered anew.")

    def _sweep(self) -> None:
        """Throw away what was set aside or left half-made long ago."""
        if self._folder.is_dir():
            for path in self._folder.iterdir():
                if "." in path.name and _age(path) > SAFE:
                    shutil.rmtree(path, ignore_errors=True)


def _of_that_id(bank: Bank, wanted: str) -> Bank:
    if bank.id != wanted:
        raise ValueError(f"it is the bank {bank.id[:12]}")
    return bank


def _age(folder: Path) -> float:
    """Seconds since its last use; one that has just gone is as old as can be."""
    try:
        return time.time() - folder.stat().st_mtime
    except OSError:
        return float("inf")


def size_of(folder: Path) -> int:
    """Bytes of a bank's files."""
    total = 0
    for path in folder.iterdir():
        with contextlib.suppress(OSError):
            total += path.stat().st_size
    return total


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
