"""Processes that were let go, and whom nobody waits for: notes are due."""

from __future__ import annotations

import subprocess

_LEAVING: list[subprocess.Popen[bytes]] = []


def let_go(process: subprocess.Popen[bytes]) -> None:
    """Leave a process to its end; :func:`reap` takes it from the system's list of the dead."""
    _LEAVING.append(process)


def reap() -> bool:
    """Ask those that were let go whether they have left, without waiting; whether all have."""
    _LEAVING[:] = [process for process in _LEAVING if process.poll() is None]
    return not _LEAVING
