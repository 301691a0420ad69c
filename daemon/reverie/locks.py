"""Locks on files, which the system gives back however their holder ends, also where a file system has not all kinds.

``flock`` is what most have. Where it is refused (a network share without its lock service, some FUSE file systems) a
record lock of the open file (F_OFD_SETLK, Linux) does the same. Both are given back when the descriptor is closed.
"""

from __future__ import annotations

import enum
import errno
import fcntl
import os
import struct

_TAKEN = {errno.EAGAIN, errno.EWOULDBLOCK, errno.EACCES}
_RECORD_LOCK = getattr(fcntl, "F_OFD_SETLK", fcntl.F_SETLK)  # elsewhere than on Linux: a lock of the process
_WHOLE_FILE = struct.pack("hhqqi0q", fcntl.F_WRLCK, os.SEEK_SET, 0, 0, 0)  # struct flock, see fcntl(2)


class Hold(enum.Enum):
    """What came of trying to lock a file."""

    OURS = "ours"
    INSTEAD = "ours, by a record lock"
    TAKEN = "another's"
    NONE = "no locks here"

    @property
    def ours(self) -> bool:
        """Whether the file is locked for us."""
        return self in {Hold.OURS, Hold.INSTEAD}


def try_lock(descriptor: int) -> Hold:
    """Lock an open file for ourselves alone, without waiting."""
    for call, hold in ((_flock, Hold.OURS), (_lock_record, Hold.INSTEAD)):
        try:
            call(descriptor)
        except OSError as error:
            if error.errno in _TAKEN:
                return Hold.TAKEN
        else:
            return hold
    return Hold.NONE


def _flock(descriptor: int) -> None:
    fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)


def _lock_record(descriptor: int) -> None:
    fcntl.fcntl(descriptor, _RECORD_LOCK, _WHOLE_FILE)
