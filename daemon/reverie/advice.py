"""What a person can do where a file or folder cannot be written or read: it depends on why."""

from __future__ import annotations

import errno
import getpass
import os
from pathlib import Path

_FULL = {errno.ENOSPC, errno.EDQUOT}
_MOST_ENTRIES = 50_000
"""Files that are looked at to find what is large; a card of many files must not take minutes."""
_WORTH_NAMING = 1_000_000
"""Bytes."""
_REMOUNT = (
    "its file system is mounted read-only: `mount -o remount,rw {mount}` as root, see `dmesg` for why it is, and under "
    "systemd allow it by ReadWritePaths={here}"
)
_ADVICE = (
    ({errno.EIO}, "the disk of {here} fails: save what is on it, and replace it"),
    ({errno.EBADMSG, errno.EUCLEAN}, "its file system is damaged: unmount {mount}, run `fsck`, or replace the disk"),
    ({errno.EROFS}, _REMOUNT),
    (
        {errno.ESTALE, errno.ETIMEDOUT, errno.EHOSTDOWN, errno.EHOSTUNREACH, errno.ENOTCONN, errno.ECONNREFUSED},
        "the share with {here} does not answer: see to its server, or mount it again",
    ),
    ({errno.ENOTDIR, errno.EEXIST, errno.EISDIR, None}, "move {here} away, which is in its place"),
    ({errno.ENOENT}, "make the folder {folder}, or mount the disk that it is on"),
    ({errno.ELOOP}, "links lead in a circle there; remove the link {path}"),
    ({errno.ENAMETOOLONG}, "give it a shorter name"),
    ({errno.EBUSY, errno.ETXTBSY}, "another program holds it; see `lsof {path}` and `findmnt {path}`"),
    ({errno.EMFILE, errno.ENFILE}, "too many files are open: restart Reverie, and raise LimitNOFILE"),
)


def is_full(error: OSError) -> bool:
    """Whether there is no room left, on the disk or for this user."""
    return error.errno in _FULL


def advice_on(error: OSError, path: Path) -> str:
    """What to do about ``error``, which came of writing or reading ``path``; one sentence without its mark."""
    if error.errno in {None, errno.ENOENT} and isinstance(error.filename, str | bytes):
        path = Path(os.fsdecode(error.filename))  # what is in the way in the folder ``path``, or where a link leads
    here = nearest(path)
    if error.errno == errno.ENOSPC:
        return f"make room on the disk of {here}{_largest(here)}"
    if error.errno == errno.EDQUOT:
        return f"give {user()} more room on the disk of {here} (`quota`), or delete files{_largest(here)}"
    if error.errno in {errno.EACCES, errno.EPERM}:
        return _refused(here, path)
    advice = next((text for numbers, text in _ADVICE if error.errno in numbers), "see to the disk of {here}")
    return advice.format(here=here, path=path, folder=path.parent, mount=mount_point(here))


def user() -> str:
    """The user that this process runs as, in words: a name alone, such as nobody, would read as another word."""
    try:
        return f"the user {getpass.getuser()}"
    except (KeyError, OSError):  # a number without a name, as in a container
        return f"the user {os.geteuid()}"


def nearest(path: Path) -> Path:
    """The path, or the nearest folder above it that is there."""
    while not os.path.exists(path) and path != path.parent:  # noqa: PTH110 - Path.exists raises where it may not look
        path = path.parent
    return path


def mount_point(path: Path) -> Path:
    """The root of the file system that a path is on."""
    path = Path(os.path.realpath(path))
    while not os.path.ismount(path) and path != path.parent:
        path = path.parent
    return path


def _refused(path: Path, wanted: Path) -> str:
    """``path`` may not be written; it is what is there of the way to ``wanted``."""
    if os.geteuid() == 0:
        return (
            f"even root may not: see `lsattr -d {path}` (`chattr -i` lifts what is immutable), and what the service or "
            "container may write (ReadWritePaths=)"
        )
    if path not in {wanted, wanted.parent} or path == path.parent:
        missing = path.joinpath(*wanted.relative_to(path).parts[:1])
        if missing != path and os.access(path, os.X_OK):  # else it may be there, and cannot be seen
            command = f"sudo install -d -o {os.geteuid()} {missing}"
            return f"there is no {missing}: make that folder for {user()}, by `{command}`"
    return f"let {user()} write {path}, by `sudo chown` or `sudo chmod`, or do it as a user who may"


def _largest(path: Path) -> str:
    """Which part of a folder has most of its bytes, in words; empty if that cannot be said."""
    folder = path if path.is_dir() else path.parent
    sizes = sorted(((size, name) for name, size in _sizes(folder).items()), reverse=True)
    if not sizes or sizes[0][0] < _WORTH_NAMING:
        return ""
    size, name = sizes[0]
    return f"; the largest thing in {folder} is {name} ({size / 1e6:,.0f} MB)"


def _sizes(folder: Path) -> dict[str, int]:
    """Bytes on the disk below a folder, by its entries."""
    sizes = dict[str, int]()
    left = _MOST_ENTRIES
    for parent, _, files in os.walk(folder):
        below = Path(parent).relative_to(folder).parts
        for name in files:
            left -= 1
            if left < 0:
                return sizes
            try:
                status = os.lstat(os.path.join(parent, name))  # noqa: PTH118 - many of them
            except OSError:
                continue
            entry = below[0] if below else name
            sizes[entry] = sizes.get(entry, 0) + status.st_blocks * 512
    return sizes
