"""Errands: a process of its own does one thing that takes its time, and answers; whoever sends it has notes to play.

It is asked by its standard input and answers by its standard output, both in JSON. It has the lowest priority, and it
ends in any case: by its own alarm, with whoever has sent it, or killed.
"""

from __future__ import annotations

import ctypes
import json
import os
import signal
import sys
import threading
from types import FrameType
from typing import Any, NoReturn

from reverie.processes.children import Child
from reverie.processes.mortal import PR_SET_PDEATHSIG

LONGEST = 120
"""Seconds after which an errand ends by itself."""
PATIENCE = 150.0
"""Seconds after which it is killed."""
FAREWELL = 2.0
"""Seconds in which one that is told to leave has ended its own children, and left."""
NICE = 19


class ErrandError(RuntimeError):
    """Nothing was answered; the text says why, without a full stop."""


class Errands:
    """Sends processes that run one of Reverie's modules with these arguments, one at a time."""

    def __init__(self, module: str, *arguments: str) -> None:
        self._module = module
        self._arguments = arguments
        self._child: Child | None = None
        self._closed = False

    def send(self, wanted: object) -> Any:
        """Have done what plain data says; what was answered. This waits: it is for a thread that nobody waits for.

        Raises:
            ErrandError: if there is no answer.
        """
        if self._closed:
            raise ErrandError("Reverie is leaving")
        try:
            child = self._child = Child.start_with_pipes(self._module, *self._arguments)
        except OSError as error:
            raise ErrandError(f"the system grants no process ({error.strerror})") from error
        if self._closed:
            child.kill()
        timer = _kill_later(child, PATIENCE)
        asked, answers = child.pipes
        try:
            with asked, answers:
                asked.write(json.dumps(wanted).encode())
                asked.close()
                said = answers.read()
            child.wait()
            return json.loads(said)
        except (OSError, ValueError) as error:
            raise ErrandError("its process ended without an answer") from error
        finally:
            timer.cancel()
            self._child = None
            if child.poll() is None:
                child.kill()
                child.release()

    def close(self) -> None:
        """End what is being done, quickly, and do nothing more."""
        self._closed = True
        if (child := self._child) is not None:
            child.terminate()
            _kill_later(child, FAREWELL)


def be_errand() -> None:
    """Let this process be as modest as one that was sent shall be; call it before what computes is imported.

    Whoever ends it lets it end its own children, and wait for that, before it leaves.
    """
    for number in (signal.SIGTERM, signal.SIGALRM):
        signal.signal(number, _leave)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the conductor, which ends this process
    signal.pthread_sigmask(signal.SIG_SETMASK, ())
    signal.alarm(LONGEST)
    if sys.platform == "linux":  # it ends with the conductor, however that ends
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
    os.nice(NICE)
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")


def _leave(number: int, _: FrameType | None) -> NoReturn:
    sys.exit(128 + number)


def _kill_later(child: Child, seconds: float) -> threading.Timer:
    timer = threading.Timer(seconds, child.kill)
    timer.daemon = True
    timer.start()
    return timer
