"""Being on time: the real-time priority that the player and its output processes ask the system for."""

from __future__ import annotations

import os

PRIORITY = 20
"""Of 99; below the kernel's own threads and a JACK tuned for sound (60 to 90), above all that is not real-time.

A JACK that was told nothing has 10, and its clients 5 (JACK 2, common/JackEngineControl.h): give it more, by ``-P 70``.
"""
PROMPT = 1
"""The least real-time priority: below the player and JACK, above all that is not real-time."""
MODEST = 5
"""How nice a process is that may be late."""


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


def be_prompt() -> bool:
    """Ask for the least real-time priority for this thread: it does little, and somebody real-time may wait for it.

    Returns:
        Whether the system granted it.
    """
    try:
        os.sched_setscheduler(0, os.SCHED_FIFO | os.SCHED_RESET_ON_FORK, os.sched_param(PROMPT))
    except (OSError, AttributeError):
        return False
    return True


def be_modest() -> None:
    """Let others go before this process and those that it starts."""
    os.setpriority(os.PRIO_PROCESS, 0, max(os.getpriority(os.PRIO_PROCESS, 0), MODEST))
