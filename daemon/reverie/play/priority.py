"""Being on time: the real-time priority that the player and its carriers ask the system for."""

from __future__ import annotations

import os

PRIORITY = 20
"""Of 99; below what JACK and the kernel's own threads have, above all that is not real-time."""


def be_punctual() -> bool:
    """Ask for real-time priority for this thread alone: children and the threads of libraries start without it.

    Returns:
        Whether the system granted it: it needs CAP_SYS_NICE or an RLIMIT_RTPRIO (sched(7)), and is no Mac.
    """
    try:
        os.sched_setscheduler(0, os.SCHED_FIFO | os.SCHED_RESET_ON_FORK, os.sched_param(PRIORITY))
    except (OSError, AttributeError):
        return False
    return True
