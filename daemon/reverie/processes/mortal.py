"""Becomes another program that is killed with whoever started it: ``-m reverie.processes.mortal FILE PROGRAM ...``.

The file is what the program is to read; it is looked for here, since a folder on a network may answer nothing for long,
and whoever started this has music to play meanwhile.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys
from pathlib import Path

PR_SET_PDEATHSIG = 1
"""prctl(2)."""
NO_FILE, NO_PROGRAM = 66, 69
"""Exit statuses: there is no such file (``EX_NOINPUT`` of sysexits.h), or no such program (``EX_UNAVAILABLE``)."""


def main(arguments: list[str]) -> int:
    """Run a program on a file; an exit status, where it could not be begun."""
    parent = os.getppid()
    file, program, *rest = arguments
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        if os.getppid() != parent:  # it died before
            return 0
    if not Path(file).is_file():
        return NO_FILE
    signal.pthread_sigmask(signal.SIG_SETMASK, ())
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    try:
        os.execvp(program, [program, *rest, file])  # noqa: S606 - what the site names
    except OSError:
        return NO_PROGRAM


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
