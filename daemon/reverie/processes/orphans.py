"""Processes whose parent died before them: this process adopts those of its descendants, and waits for them.

A process that has ended stays in the system's list of the dead, as a zombie, until its parent has waited for it. One
whose parent is dead is handed to the next ancestor that adopts, or to PID 1. In a container PID 1 may be any program,
and most wait for nobody but their own children; it may be the conductor itself. So the conductor adopts: when the
player is killed, output processes still end its notes, and nobody else would wait for them.

What the conductor itself leaves when it is killed falls to PID 1 all the same, since the dead wait for nobody.
"""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import os
import sys

import psutil

from reverie.processes.children import is_own, reap

EVERY = 1.0
"""Seconds between looks."""
PR_SET_CHILD_SUBREAPER = 36
"""prctl(2)."""


def adopt() -> bool:
    """Adopt every descendant whose parent dies, from now on; whether the system can do that (Linux)."""
    if sys.platform != "linux":
        return False
    return ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) == 0


def reap_orphans() -> int:
    """Wait for adopted processes that have ended, without waiting for one that has not; how many there were.

    What this process has started itself is left to whoever started it. That is what
    :class:`~reverie.processes.children.Child` has begun, and all that has not left our session: workers lead sessions
    of their own, and so what is theirs has another.
    """
    count = 0
    for pid in _children() if _any_has_ended() else ():
        with contextlib.suppress(ChildProcessError, ProcessLookupError):
            if not is_own(pid) and os.getsid(pid) != os.getsid(0):
                ended, _ = os.waitpid(pid, os.WNOHANG)
                count += ended != 0
    return count


async def reap_for_ever() -> None:
    """Look for orphans that have ended, and for those of our own that were let go, until cancelled."""
    while True:
        reap()
        reap_orphans()
        await asyncio.sleep(EVERY)


def _any_has_ended() -> bool:
    """Whether a child has ended for which nobody has waited yet; never, where the system cannot say (macOS)."""
    if not hasattr(os, "waitid"):
        return False
    try:
        return os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None
    except ChildProcessError:  # there is no child at all
        return False


def _children() -> list[int]:
    """All children: the system shows only the first that has ended, and that may be one which is not ours to take."""
    return [child.pid for child in psutil.Process().children()]
