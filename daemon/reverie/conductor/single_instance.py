"""One daemon alone plays from a state folder: two would play to the same slots, and into one ledger and one tape.

Two locks see to that. The file ``lock`` in the folder keeps out whoever sees the same folder, from another container or
over the network as well. A socket with an abstract name (unix(7)), made of the folder's place, keeps out whoever runs
on this machine, also where the file system has no locks, the folder cannot be written, or somebody removed it with its
lock. The system gives both back however this process ends. Strangers cannot use the name to keep the music from
starting: who holds it is asked of the system, and counts only if it is root, this user or the folder's owner.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import logging
import os
import socket
import stat
import struct
from pathlib import Path
from types import TracebackType
from typing import Self

from reverie.advice import nearest
from reverie.errors import ReverieError
from reverie.files import set_aside
from reverie.locks import Hold, try_lock
from reverie.watch.fault_kinds import STATE_SHARED, STATE_UNLOCKED
from reverie.watch.faults import Faults

log = logging.getLogger(__name__)

LOCK = "lock"
_BACKLOG = 64
_CREDENTIALS = struct.Struct("3i")  # process, user, group: unix(7), SO_PEERCRED
_PATIENCE = 2.0
"""Seconds that a holder's system may take to say who it is."""
_READABLE = {errno.EACCES, errno.EPERM, errno.EROFS}


class AlreadyRunsError(ReverieError):
    """Two daemons on one state folder would play into each other's ledger and tape."""


class Alone:
    """The claim of this process on a state folder, from :meth:`__enter__` to :meth:`__exit__`."""

    def __init__(self, folder: Path, faults: Faults) -> None:
        self._folder = folder
        self._faults = faults
        self._name: socket.socket | None = None
        self._lock = -1

    def __enter__(self) -> Self:
        """Claim the folder.

        A folder that cannot be written has no lock; whoever writes there finds and tells that.

        Raises:
            AlreadyRunsError: if a daemon plays from it already.
        """
        with contextlib.suppress(OSError):
            self._folder.mkdir(parents=True, exist_ok=True)
        self._name = self._claimed_name()
        if self._take_lock() is Hold.TAKEN:
            self._give_back()
            raise self._already_runs()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Give the folder back."""
        self._give_back()

    def renew(self) -> None:
        """Take the lock again if it is gone with its file, or could not be had; to be called every few seconds."""
        self._forget_callers()
        if self._holds_the_file():
            return
        if self._take_lock() is Hold.TAKEN:
            self._faults.tell(
                STATE_SHARED,
                "",
                f"Another daemon plays from {self._folder} as well",
            )
        else:
            self._faults.clear(STATE_SHARED)

    def _take_lock(self) -> Hold | None:
        """Lock the file, which is made if need be; None if there can be no such file."""
        self._close()
        path = self._folder / LOCK
        try:
            self._lock = _open_lock(path)
        except OSError:
            return None
        hold = try_lock(self._lock)
        if hold is Hold.TAKEN:
            self._close()
        elif hold is Hold.INSTEAD:
            log.info("%s has no flock; a record lock of %s keeps a second daemon away instead.", self._folder, LOCK)
        if hold is Hold.NONE:
            who = "a daemon of another machine" if self._name else "a second daemon"
            self._faults.tell(
                STATE_UNLOCKED,
                "",
                f"The file system of {self._folder} keeps no locks, so nothing keeps {who} from playing from it too",
            )
        else:
            self._faults.clear(STATE_UNLOCKED)
        return hold

    def _holds_the_file(self) -> bool:
        """Whether the file that we have locked is still the one that others would find."""
        if self._lock < 0:
            return False
        try:
            there, ours = (self._folder / LOCK).lstat(), os.fstat(self._lock)
        except OSError:
            return False
        return (there.st_dev, there.st_ino) == (ours.st_dev, ours.st_ino)

    def _claimed_name(self) -> socket.socket | None:
        """The name of the folder on this machine; None if it cannot be had, and no daemon has it."""
        try:
            name = _name(self._folder)
            claim = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        except OSError:
            return None
        try:
            claim.bind(name)
            claim.listen(_BACKLOG)
        except OSError as error:  # elsewhere than on Linux there are no such names
            claim.close()
            if error.errno == errno.EADDRINUSE and _holder(name) in self._trusted():
                raise self._already_runs() from error
            return None
        claim.setblocking(False)
        return claim

    def _trusted(self) -> set[int]:
        """The users whose claim counts."""
        users = {0, os.geteuid()}
        with contextlib.suppress(OSError):
            users.add(self._folder.stat().st_uid)
        return users

    def _forget_callers(self) -> None:
        """Let those go who asked who we are: their queue has an end."""
        while self._name is not None:
            try:
                caller, _ = self._name.accept()
            except OSError:
                return
            caller.close()

    def _give_back(self) -> None:
        if self._name is not None:
            self._name.close()
            self._name = None
        self._close()

    def _close(self) -> None:
        if self._lock >= 0:
            os.close(self._lock)
            self._lock = -1

    def _already_runs(self) -> AlreadyRunsError:
        return AlreadyRunsError(f"a daemon already plays from {self._folder}; stop it first, or name another `state`")


def name_is_held(folder: Path) -> bool:
    """Whether a daemon that counts holds the folder's name on this machine."""
    try:
        holder, users = _holder(_name(folder)), {0, os.geteuid(), folder.stat().st_uid}
    except OSError:
        return False
    return holder in users


def _name(folder: Path) -> str:
    """An abstract name for a folder: made of the folder above it, which stays where this one is removed.

    The path alone would not do: containers that share the machine's network have other folders at the same paths.
    """
    real = Path(os.path.realpath(folder))
    above = nearest(real.parent)
    identity = f"{above.stat().st_dev}:{above.stat().st_ino}:{real.relative_to(above)}"
    return f"\0reverie-state-{hashlib.sha256(os.fsencode(identity)).hexdigest()[:32]}"


def _open_lock(path: Path) -> int:
    """Open the file; what is there and is no file is set aside first.

    Raises:
        OSError: if there can be no such file.
    """
    with contextlib.suppress(FileNotFoundError):
        if not stat.S_ISREG(path.lstat().st_mode):
            log.warning("%s is no file; it now lies beside it as %s.", path, set_aside(path).name)
    flags = os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    try:
        return os.open(path, os.O_RDWR | os.O_CREAT | flags, 0o644)
    except OSError as error:
        if error.errno not in _READABLE:
            raise
        return os.open(path, os.O_RDONLY | flags)  # another user's, or read-only: it can be locked all the same


def _holder(name: str) -> int | None:
    """The user who listens at an abstract name; None if nobody does, or it cannot be told."""
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as caller:
            caller.settimeout(_PATIENCE)
            caller.connect(name)
            _, user, _ = _CREDENTIALS.unpack(
                caller.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
            )
    except OSError:
        return None
    return user
