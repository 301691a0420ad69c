"""What became of processes."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable

import psutil


def stray(family: Iterable[psutil.Process]) -> list[psutil.Process]:
    """Those that still run; one that ended and was not asked for its status yet does not."""
    return [process for process in family if _runs(process)]


def running(module: str, family: Iterable[psutil.Process]) -> list[psutil.Process]:
    """Those that run a module; one that has ended has no command line any more."""
    found: list[psutil.Process] = []
    for process in family:
        with contextlib.suppress(psutil.NoSuchProcess):
            if module in process.cmdline():
                found.append(process)
    return found


def _runs(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
