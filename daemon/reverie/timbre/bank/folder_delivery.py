"""Banks for samplers that watch a folder: copied there whole, and then pointed to by ``current``.

A sampler may read at any moment, so that nothing it can find is ever half: a bank is copied under a name that begins
with a dot, flushed to the disk and renamed; then the link ``current`` is replaced by one rename. Where a file system
has no links (FAT, many SMB shares), ``current`` is a folder of its own: it is renamed away and the next one to its
name, and between these two renames there is none.
"""

from __future__ import annotations

import contextlib
import errno
import json
import os
import shutil
import socket
from dataclasses import dataclass
from pathlib import Path

from pythonosc.osc_message_builder import build_msg

from reverie.errors import reason_of
from reverie.files import OddFileError, oldest_first, read_file
from reverie.timbre.bank.bank import CARD, Bank, read_bank
from reverie.timbre.errors import DamagedBankError, TimbreError

CURRENT = "current"
ADDRESS = "/reverie/bank"
PREFIX = 12
"""Digits of a bank's id that name its folder."""
NO_PROGRAM = -1
_PART = ".part"
_LINKLESS = {errno.EPERM, errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP, errno.EACCES, errno.EINVAL}
_FULL = {errno.ENOSPC, errno.EDQUOT}


@dataclass(frozen=True, slots=True)
class BankNotice:
    """What is said of a bank by OSC. ``channel`` is 1 to 16; ``program`` from 0, or None if none will be chosen."""

    scene: str
    timbre: str
    voice: str
    step: int
    bank: str
    folder: Path
    channel: int
    program: int | None = None


def deliver(bank_folder: Path, target: Path, keep: int) -> Path:
    """Let ``current`` in ``target`` be the bank in ``bank_folder``; returns the folder in which it then lies.

    ``target`` is made, but not the folder that it is in: one that is missing is a share that is not mounted. ``keep``
    banks before it stay, at least the one that was just in use.

    Raises:
        DamagedBankError: if it is not as it was written; ``current`` is then as it was.
        TimbreError: if it cannot be written there; ``current`` is then as it was.
    """
    try:
        bank = read_bank(bank_folder)
    except (ValueError, OSError) as error:
        sentence = f"the bank in {bank_folder} cannot be delivered ({error}); it is rendered anew"
        raise DamagedBankError(sentence) from error
    try:
        target.mkdir(exist_ok=True)
        for part in target.glob(f".*{_PART}"):
            _remove(part)
        if _is_current(target, bank):
            return _home(target)
        version = target / bank.id[:PREFIX]
        if not _is_whole(version, bank):
            _copy(bank, version)
        home = _point(target, version)
        _forget(target, keep)
    except OSError as error:
        raise _refused(target, error) from error
    return home


def tell(to: tuple[str, int], news: BankNotice) -> None:
    """Say by OSC that a bank is there, in one datagram, which nobody has to answer.

    Raises:
        TimbreError: if there is no such machine, or no way to it.
    """
    program = NO_PROGRAM if news.program is None else news.program
    words = (news.scene, news.timbre, news.voice, news.step, news.bank, str(news.folder), news.channel, program)
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(*to, type=socket.SOCK_DGRAM)[0]
        with socket.socket(family, kind, protocol) as connection:
            connection.sendto(build_msg(ADDRESS, words).dgram, address)
    except (OSError, UnicodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise TimbreError(
            f"{to[0]}:{to[1]} cannot be told of the bank ({reason}); switch it on, or mend `osc`"
        ) from error


def _copy(bank: Bank, version: Path) -> None:
    """Copy a bank's files whole to a folder that is not there, or not whole."""
    part = version.with_name(f".{version.name}{_PART}")
    try:
        part.mkdir()
        for name in (*bank.card["files"], CARD):
            with (bank.folder / name).open("rb") as source, (part / name).open("wb") as copy:
                shutil.copyfileobj(source, copy)
                copy.flush()
                os.fsync(copy.fileno())
        _sync(part)
        if version.exists():
            _remove(version)
        part.rename(version)
        _sync(version.parent)
    except BaseException:
        shutil.rmtree(part, ignore_errors=True)
        raise


def _point(target: Path, version: Path) -> Path:
    """Replace ``current``, by a link where there can be one; where the bank is then."""
    current = target / CURRENT
    link = target / f".{CURRENT}{_PART}"
    if not current.exists() or current.is_symlink():
        with contextlib.suppress(OSError):
            os.utime(_home(target))  # it was in use until now, which makes it the youngest of those that were
        try:
            link.symlink_to(version.name, target_is_directory=True)
        except OSError as error:
            if error.errno not in _LINKLESS:
                raise
        else:
            os.utime(version)
            link.replace(current)
            _sync(target)
            return version
    if current.exists():
        before = target / _id(current)[:PREFIX]
        if before.exists():
            _remove(before)
        os.utime(current)
        current.rename(before)
    os.utime(version)
    version.rename(current)
    _sync(target)
    return current


def _forget(target: Path, keep: int) -> None:
    """Remove the oldest banks but ``keep``, and at least one: a sampler may still read what was current until now."""
    home = _home(target)
    old = [path for path in target.iterdir() if (path / CARD).is_file() and path.name != CURRENT and path != home]
    for path in oldest_first(old)[: -max(keep, 1)]:
        _remove(path)


def _home(target: Path) -> Path:
    """The folder that ``current`` is, or leads to."""
    current = target / CURRENT
    return target / current.readlink() if current.is_symlink() else current


def _is_current(target: Path, bank: Bank) -> bool:
    return (target / CURRENT).exists() and _is_whole(_home(target), bank)


def _is_whole(folder: Path, bank: Bank) -> bool:
    """Whether a folder has all files of a bank, as far as their sizes tell."""
    names = (*bank.card["files"], CARD)
    try:
        same = all((folder / name).stat().st_size == (bank.folder / name).stat().st_size for name in names)
    except FileNotFoundError:
        return False
    return same and _id(folder) == bank.id


def _id(folder: Path) -> str:
    try:
        return str(json.loads(read_file(folder / CARD))["id"])
    except (ValueError, KeyError, TypeError, RecursionError, OddFileError, FileNotFoundError):
        return "unknown"


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink()


def _sync(folder: Path) -> None:
    """Let names last; some network file systems cannot be asked to."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        with contextlib.suppress(OSError):
            os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _refused(target: Path, error: OSError) -> TimbreError:
    if error.errno in _FULL:
        return TimbreError(f"there is no room for another bank in {target}; free some, or keep fewer")
    if error.errno in {errno.ENOENT, errno.ENOTDIR}:
        return TimbreError(f"there is no folder {target.parent}; mount the share, or mend `folder`")
    return TimbreError(f"no bank can be put into {target} ({reason_of(error)}); see to the share, or mend `folder`")
