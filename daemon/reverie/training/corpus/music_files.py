"""What lies in a folder of music, at any depth: its files in order, and what cannot be looked into, with the reason."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from reverie.errors import reason_of
from reverie.training.pieces import Rejection

_KINDS = {
    stat.S_IFIFO: "a FIFO",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}


@dataclass(frozen=True, slots=True)
class MusicFile:
    """A file that may be music.

    Attributes:
        name: its path below the data folder, with ``/`` between its parts; bytes that are no text stand in it as
            :func:`os.fsdecode` has them.
        size: bytes.
        changed: when it was changed last, in nanoseconds since 1970.
    """

    name: str
    size: int
    changed: int


def walk(data: Path, but: Path) -> Iterator[MusicFile | Rejection]:
    """All files below a folder, except those of folders whose names begin with a dot, and of the folder ``but``.

    Links to folders are followed after all that is really there, so that a file is known by its real place. A folder
    that was looked into already is told and not looked into again: links may lead in a circle.

    Raises:
        OSError: if the data folder itself cannot be read.
    """
    seen, links = set[tuple[int, int]](), [""]
    hidden = _identity(but) if but.exists() else None
    top = True
    while links:
        folders = [links.pop(0)]
        while folders:
            name = folders.pop()
            try:
                identity = _identity(data / name)
                if identity == hidden:
                    continue
                if identity in seen:
                    yield Rejection(name, "it is a link to a folder that was looked into already")
                    continue
                seen.add(identity)
                entries = sorted(os.scandir(data / name), key=lambda entry: entry.name)
            except OSError as error:
                if top:
                    raise
                yield Rejection(name, f"the folder cannot be read: {reason_of(error)}")
                continue
            top = False
            inner: list[str] = []
            for entry in entries:
                path = f"{name}/{entry.name}" if name else entry.name
                if entry.is_dir(follow_symlinks=False):
                    inner += [] if entry.name.startswith(".") else [path]
                elif entry.is_symlink() and os.path.isdir(data / path):  # noqa: PTH112 - Path.is_dir raises
                    links.append(path)
                else:
                    yield _look_at(data, path)
            folders += reversed(inner)


def _look_at(data: Path, name: str) -> MusicFile | Rejection:
    try:
        status = (data / name).stat()
    except FileNotFoundError:
        return Rejection(name, "it is a link that leads nowhere")
    except OSError as error:
        return Rejection(name, f"it cannot be read: {reason_of(error)}")
    if not stat.S_ISREG(status.st_mode):
        return Rejection(name, f"it is no file but {_KINDS.get(stat.S_IFMT(status.st_mode), 'something else')}")
    return MusicFile(name, status.st_size, status.st_mtime_ns)


def _identity(path: Path) -> tuple[int, int]:
    status = path.stat()
    return status.st_dev, status.st_ino
