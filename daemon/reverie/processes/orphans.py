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

from reverie.processes.children import is_own

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
    with contextlib.suppress(ChildProcessError, ProcessLookupError):
        while (pid := _ended()) and not is_own(pid) and os.getsid(pid) != os.getsid(0):
            os.waitpid(pid, os.WNOHANG)
            count += 1
    return count


async def reap_for_ever() -> None:
    """Look for orphans that have ended, until cancelled."""
    while True:
        reap_orphans()
        await asyncio.sleep(EVERY)


def _ended() -> int:
    """A child that has ended and that nobody has waited for yet; 0 if there is none, or the system cannot say (macOS).

    Raises:
        ChildProcessError: if there is no child at all.
    """
    if not hasattr(os, "waitid"):
        return 0
    found = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
    return found.si_pid if found else 0
