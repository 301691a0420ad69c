"""What became of processes."""

from __future__ import annotations

from collections.abc import Iterable

import psutil


def stray(family: Iterable[psutil.Process]) -> list[psutil.Process]:
    """Those that still run; one that ended and was not asked for its status yet does not."""
    return [process for process in family if _runs(process)]


def _runs(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
