"""Processes that were let go, and whom nobody waits for while notes are due."""

from __future__ import annotations

import subprocess
import time

FAREWELL = 1.0
"""Seconds that those who were let go have to send what they were given last, and leave."""
PAUSE = 0.01  # seconds

_LEAVING: list[subprocess.Popen[bytes]] = []


def release(process: subprocess.Popen[bytes]) -> None:
    """Leave a process to its end; :func:`reap` takes it from the system's list of the dead."""
    _LEAVING.append(process)


def reap() -> bool:
    """Ask those that were let go whether they have left, without waiting; whether all have."""
    _LEAVING[:] = [process for process in _LEAVING if process.poll() is None]
    return not _LEAVING


def wait_all() -> None:
    """Wait until all have left, though not for one that hangs: the last thing before this process ends itself.

    systemd kills what a service leaves behind, and what was sent last would be lost with it.
    """
    limit = time.monotonic() + FAREWELL
    while not reap() and time.monotonic() < limit:
        time.sleep(PAUSE)
