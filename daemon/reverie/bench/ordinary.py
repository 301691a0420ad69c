"""Run a program without the right to real-time priority: ``python -m reverie.bench.ordinary PROGRAM ARGUMENT...``."""

from __future__ import annotations

import ctypes
import os
import resource
import sys

_CAPBSET_DROP, _CAP_SYS_NICE = 24, 23
"""Numbers of prctl(2) and capabilities(7)."""


def main() -> None:
    """Give the right up, for this process and all its children, and become the program.

    No limit grants it any more; and as the capability is no longer in the bounding set, no program that is started has
    it, not even root's. An ordinary user is refused the latter, and does not need it.
    """
    resource.setrlimit(resource.RLIMIT_RTPRIO, (0, 0))
    ctypes.CDLL(None).prctl(_CAPBSET_DROP, _CAP_SYS_NICE, 0, 0, 0)
    os.execv(sys.argv[1], sys.argv[1:])  # noqa: S606 - the bench's own


if __name__ == "__main__":
    main()
