"""Where each process stood when it crashed, or when it hung and was ended: Python's own dumps, kept in a folder.

One file for each kind of process, begun anew when it is large, with the one before beside it: whatever dies, and
however often, the folder does not grow. To write a dump needs no Python that still runs (:mod:`faulthandler`).
"""

from __future__ import annotations

import contextlib
import faulthandler
import os
import signal
from collections.abc import MutableMapping
from datetime import UTC, datetime
from pathlib import Path

FOLDER = "REVERIE_DUMPS"
"""The variable that tells all processes of a daemon the folder."""
DUMPS = "dumps"
"""The name of that folder, in the folder of the state."""
HUNG = signal.SIGUSR1
"""The signal by which a process that hangs is asked where it stands."""
LARGEST = 262_144
"""Bytes after which a file is begun anew."""


def dump_into(folder: Path, environment: MutableMapping[str, str] = os.environ) -> None:
    """Have this process, and all that it starts from now on, leave their dumps in a folder.

    This one is not asked by :data:`HUNG`, which anybody may send: a dump of every thread in the moment in which Python
    ends is a crash of its own. The watchdog's own signal has it leave one.
    """
    environment[FOLDER] = str(folder)
    keep_dumps("reverie.conductor", asked=False)


def keep_dumps(module: str, environment: MutableMapping[str, str] = os.environ, *, asked: bool = True) -> None:
    """Leave a dump of every thread where this process crashes, or is asked by :data:`HUNG`; without a folder, none.

    The system tells of no dump that cannot be written, and nobody here does: it is no reason for silence.
    """
    folder = environment.get(FOLDER)
    if not folder:
        return
    with contextlib.suppress(OSError, ValueError):
        file = _begin(Path(folder) / f"{module}.txt", module)
        faulthandler.enable(file)
        if asked:
            faulthandler.register(HUNG, file)


def _begin(path: Path, module: str) -> int:
    """The descriptor of the file, with a line that says whose dumps follow; it stays open for as long as we live."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with contextlib.suppress(FileNotFoundError):
        if path.stat().st_size > LARGEST:
            path.replace(path.with_suffix(".before.txt"))
    flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK
    file = os.open(path, flags, 0o644)
    os.write(file, f"--- {module}, process {os.getpid()}, {datetime.now(UTC):%Y-%m-%d %H:%M:%S} UTC\n".encode())
    return file
