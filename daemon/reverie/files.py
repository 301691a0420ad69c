"""Files that are either wholly the old or wholly the new, whatever dies in between, and that are what they seem to be.

What lies in a folder may have been put there by anybody: a FIFO would be waited for for ever, a device has no end, and
a file of some gigabytes fills the memory. So files are looked at before they are opened, and read up to a bound.
"""

from __future__ import annotations

import contextlib
import errno
import os
import re
import stat
import tempfile
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import BinaryIO, ParamSpec, TypeVar

_P = ParamSpec("_P")
_T = TypeVar("_T")
LARGEST = 16_000_000
"""Bytes that a file may have where nobody says otherwise."""
_AT_ONCE = 1 << 20
"""Bytes that are asked for at once where there may be no end: memory is taken for all of them beforehand."""
_NEW, _REPLACING = 0o666, 0o600
"""Modes with which a file is begun: the system takes the umask of the process from the first."""
_LONGEST_NAME = 100
"""Bytes of a name that its temporary file bears: the system allows 255 in all."""
_TEMPORARY = ".{}."
_LEFTOVER = re.compile(r"\.(writable|.+\.(jsonl?|yaml)|.{90,})\.[a-z0-9_]{8}")
"""What :func:`tempfile.mkstemp` makes of that for what is written here: a folder may have other hidden files."""
_NOT_KEPT = {errno.EINVAL, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EACCES, errno.EPERM, errno.EBADF}
"""What a file system says that cannot sync a file or a folder, or has no owners or modes: FAT, FUSE, network shares."""
_IN_PLACE = {errno.EBUSY, errno.EACCES, errno.EPERM, errno.EROFS, errno.EXDEV, errno.EINVAL, errno.ETXTBSY}
"""Why a folder has no room for a new name, though the file itself may be written: it is mounted there, or the folder
belongs to somebody else."""
_AHEAD = 3600.0
"""Seconds by which a file may be younger than now: clocks of shares differ."""


class OddFileError(OSError):
    """There is something, but no file that could be read or written: a FIFO, a device, a folder, or far too much."""

    def __init__(self, path: Path, what: str) -> None:
        super().__init__(None, what)
        self.filename = str(path)

    def __str__(self) -> str:
        return f"{self.filename}: {self.strerror}"


def open_file(path: Path) -> BinaryIO:
    """A regular file, to be read; never waits for whoever would write it.

    Raises:
        OddFileError: if it is no regular file.
        OSError: if there is no file, or it cannot be read.
    """
    _check_regular(path, path.stat())  # before it is opened: to open a device can do something
    file = os.fdopen(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC), "rb")
    try:
        _check_regular(path, os.fstat(file.fileno()))
    except OddFileError:
        file.close()
        raise
    return file


def read_file(path: Path, largest: int = LARGEST) -> bytes:
    """The bytes of a regular file; never waits for whoever would write them.

    Raises:
        OddFileError: if it is no regular file, or larger than ``largest`` bytes.
        OSError: if there is no file, or it cannot be read.
    """
    with open_file(path) as file:
        size = os.fstat(file.fileno()).st_size
        parts = [] if size > largest else [file.read(size + 1)]
        while 0 < (length := sum(map(len, parts))) <= largest and (more := file.read(_AT_ONCE)):  # it grows
            parts.append(more)
    if max(size, length) > largest:
        raise OddFileError(path, f"it is larger than the {largest:,} bytes that it may have")
    return b"".join(parts)


def stamp(path: Path) -> tuple[int, int] | None:
    """When a file was written (in nanoseconds) and how many bytes it has: what changes with it; None if it is gone."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size


def write_atomically(path: Path, data: bytes, *, lasting: bool = True) -> None:
    """Replace ``path`` with ``data``: temporary file beside it, fsync, rename, fsync of the folder.

    A link stays, and what it leads to is replaced. Mode, owner, group and access list stay as far as the system allows.
    A file that cannot be replaced, because it is mounted by itself or its folder is somebody else's, is written in
    place; should that fail, its old bytes are written back. What need not be ``lasting`` does not wait for the disk: a
    power cut within the next half minute may cost it, and leave a file that is empty.

    Raises:
        OSError: if the file cannot be written; the old one is then still whole.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    target = _target(path)
    try:
        _replace(target, data, lasting=lasting)
    except OSError as error:
        if error.errno not in _IN_PLACE or not target.is_file():
            raise
        try:
            _overwrite(target, data)
        except OSError as again:
            raise again from error
    if lasting:
        _sync_folder(target.parent)


def take_place(made: Path, path: Path) -> None:
    """Give a file that is written its name: fsync, rename, fsync of the folder.

    For what is too large to be written by :func:`write_atomically`. Without the first a power cut could leave the name,
    and of the bytes some or none. Both lie in the same file system, and whatever has the name is replaced.

    Raises:
        OSError: if the bytes or the name cannot be kept; what had the name is then still whole.
    """
    descriptor = os.open(made, os.O_RDONLY | os.O_CLOEXEC)
    try:
        _sync(descriptor)
    finally:
        os.close(descriptor)
    made.replace(path)
    _sync_folder(path.parent)


def write_in_any_case(path: Path, data: bytes) -> Path | None:
    """As :func:`write_atomically`; but what is in the place of the file and is none is set aside: its new path.

    Raises:
        OSError: if the file cannot be written.
    """
    try:
        write_atomically(path, data)
    except OSError as error:
        if not isinstance(error, OddFileError) and error.errno != errno.ELOOP:
            raise
        aside = set_aside(path)
        write_atomically(path, data)
        return aside
    return None


def once_more(do: Callable[_P, _T], *args: _P.args, **named: _P.kwargs) -> _T:
    """Do something to a disk, and once more where that fails: a single fault is made good, and nobody is told.

    Raises:
        OSError: if it fails twice.
    """
    try:
        return do(*args, **named)
    except OSError:
        return do(*args, **named)


def check_writable(path: Path) -> None:
    """See whether :func:`write_atomically` could write ``path``; nothing is left behind.

    Raises:
        OSError: if it could not.
    """
    target = _target(path)
    folder = target.parent
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    try:
        descriptor, name = tempfile.mkstemp(prefix=".writable.", dir=folder)
    except OSError as error:
        if error.errno not in _IN_PLACE or not target.is_file():
            raise
        os.close(os.open(target, os.O_WRONLY | os.O_NONBLOCK | os.O_CLOEXEC))
        return
    try:
        os.write(descriptor, bytes(4096))  # a full disk gives a name, and no bytes
    finally:
        os.close(descriptor)
        Path(name).unlink()


def set_aside(path: Path) -> Path:
    """Rename what is in the way of a file, so that it can be written anew and nothing is lost; its new path.

    Raises:
        OSError: if it cannot be renamed.
    """
    stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
    number = 0
    while True:
        aside = path.with_name(f"{path.name[:_LONGEST_NAME]}.broken-{stamp}{f'-{number}' if number else ''}")
        if not os.path.lexists(aside):
            return path.rename(aside)
        number += 1


def remove_leftovers(folder: Path) -> None:
    """Remove the temporary files of writes that a power cut broke off. Nobody may be writing there now."""
    with contextlib.suppress(OSError):
        for path in folder.iterdir():
            if _LEFTOVER.fullmatch(path.name) and path.is_file() and not path.is_symlink():
                path.unlink()


def oldest_first(paths: Iterable[Path]) -> list[Path]:
    """Paths by the time of their last change, and those that are gone left out.

    A clock that was wrong may have stamped some in the future. These get the present time, in their order: they are
    young now, but not for ever.
    """
    stamps = dict[Path, float]()
    for path in paths:
        with contextlib.suppress(OSError):
            stamps[path] = path.lstat().st_mtime
    found = sorted(stamps, key=lambda path: (stamps[path], path.name))
    now = time.time()
    ahead = [path for path in found if stamps[path] > now + _AHEAD]
    for number, path in enumerate(ahead):
        stamp = now - (len(ahead) - number) / 1000
        with contextlib.suppress(OSError):
            os.utime(path, (stamp, stamp), follow_symlinks=False)
    return found


def _check_regular(path: Path, status: os.stat_result) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise OddFileError(path, f"it is no file but {_kind(status.st_mode)}")


def _kind(mode: int) -> str:
    kinds = {
        stat.S_IFDIR: "a folder",
        stat.S_IFIFO: "a FIFO",
        stat.S_IFSOCK: "a socket",
        stat.S_IFCHR: "a device",
        stat.S_IFBLK: "a device",
    }
    return kinds.get(stat.S_IFMT(mode), "something else")


def _target(path: Path) -> Path:
    """What is to be replaced: ``path``, or where it leads as a link.

    Raises:
        OSError: if links lead in a circle, or to what is no file; or if a folder is there.
    """
    if path.is_symlink():
        target = Path(os.path.realpath(path))
        if target.is_symlink():
            raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), str(path))
        if target.exists():
            _check_regular(path, target.stat())
        return target
    if path.is_dir():
        raise OddFileError(path, "it is no file but a folder")
    return path


def _replace(target: Path, data: bytes, *, lasting: bool) -> None:
    prefix = _TEMPORARY.format(os.fsdecode(os.fsencode(target.name)[:_LONGEST_NAME]))
    old = _regular(target)
    temporary, descriptor = _begin(target.parent, prefix, _NEW if old is None else _REPLACING)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            if old is not None:
                _look_like(target, old, descriptor)
            if lasting:
                _sync(descriptor)
        temporary.replace(target)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def _begin(folder: Path, prefix: str, mode: int) -> tuple[Path, int]:
    """A new file in a folder, open to be written, named as :func:`tempfile.mkstemp` does, which heeds no umask."""
    while True:
        path = folder / f"{prefix}{os.urandom(4).hex()}"
        with contextlib.suppress(FileExistsError):
            flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
            return path, os.open(path, flags, mode)


def _overwrite(target: Path, data: bytes) -> None:
    descriptor = os.open(target, os.O_RDWR | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC)
    with os.fdopen(descriptor, "r+b", buffering=0) as file:
        before = file.readall()
        try:
            _fill(descriptor, data)
        except OSError:
            with contextlib.suppress(OSError):  # the first error says more
                _fill(descriptor, before)
            raise


def _fill(descriptor: int, data: bytes) -> None:
    done = 0
    while done < len(data):
        done += os.pwrite(descriptor, data[done:], done)
    os.ftruncate(descriptor, len(data))
    _sync(descriptor)


def _regular(target: Path) -> os.stat_result | None:
    """What a file is that is to be replaced; None where there is none."""
    try:
        old = target.stat()
    except OSError:
        return None
    return old if stat.S_ISREG(old.st_mode) else None


def _look_like(target: Path, old: os.stat_result, descriptor: int) -> None:
    """Give a new file the owner, group, mode and attributes of the ``old`` one that it replaces, as far as may be."""
    new = os.fstat(descriptor)
    if new.st_gid != old.st_gid:
        _may_fail(os.fchown, descriptor, -1, old.st_gid)
    if new.st_uid != old.st_uid:
        _may_fail(os.fchown, descriptor, old.st_uid, -1)
    with contextlib.suppress(OSError, AttributeError):  # access lists are attributes here; Linux only
        for name in os.listxattr(target):
            _may_fail(os.setxattr, descriptor, name, os.getxattr(target, name))
    _may_fail(os.fchmod, descriptor, stat.S_IMODE(old.st_mode))


def _may_fail(call: Callable[..., object], *arguments: object) -> None:
    """Do what some file systems cannot, and some users may not."""
    with contextlib.suppress(OSError):
        call(*arguments)


def _sync(descriptor: int) -> None:
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in _NOT_KEPT:
            raise


def _sync_folder(folder: Path) -> None:
    """Let a name last, where the file system can be asked to; a folder may be writable and still not be readable."""
    try:
        descriptor = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return
    try:
        _sync(descriptor)
    finally:
        os.close(descriptor)
