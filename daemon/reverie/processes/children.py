"""Children of this process: how all of Reverie's own are started, watched, killed, waited for and let go.

A child runs by this Python, is as strict as this one, and never imports from the working folder: without ``-P`` a
``json.py`` that lies in the folder in which the daemon was started would be taken for Python's own. It has one
descriptor, its end of a socket, which it is told by ``--fd``; its log is ours.

Nothing here waits but :meth:`Child.wait` and :func:`wait_all`. Whoever has notes to send lets a child go instead, and
:func:`reap` takes it from the system's list of the dead later.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from typing import IO, NoReturn, cast

from reverie.processes.crash_dumps import HUNG
from reverie.processes.signals import held_at_birth

FAREWELL = 1.0
"""Seconds that those who were let go have to send what they were given last, and leave."""
PAUSE = 0.01  # seconds
STDERR = 2
_FLAGS = {"isolated": "-I", "ignore_environment": "-E", "no_user_site": "-s", "dont_write_bytecode": "-B"}

_OWN: set[int] = set()
_LEAVING: list[Child] = []


def own_module(module: str, *arguments: str) -> list[str]:
    """The command that runs one of Reverie's modules as a process."""
    flags = [flag for name, flag in _FLAGS.items() if getattr(sys.flags, name)]
    warnings = [f"-W{option}" for option in sys.warnoptions]
    return [sys.executable, "-P", *flags, *warnings, "-m", module, *arguments]


def become_module(module: str, *arguments: str) -> NoReturn:
    """Let a module, one of Reverie's or another's, take the place of this process.

    Raises:
        OSError: if the system refuses it.
    """
    command = own_module(module, *arguments)
    os.execv(command[0], command)  # noqa: S606 - no shell is wanted


class Child:
    """A process that this one has started.

    Args:
        process: The process, which nobody else waits for.
        leads: Whether it leads a group of its own, all of which is killed with it.
    """

    def __init__(self, process: subprocess.Popen[bytes], *, leads: bool = False) -> None:
        self._process = process
        self._leads = leads
        _OWN.add(process.pid)

    @classmethod
    def start(
        cls, module: str, descriptor: int, *, leads: bool = False, environment: Mapping[str, str] | None = None
    ) -> Child:
        """Run one of Reverie's modules as ``module --fd descriptor``.

        Its signals wait until it has said which it heeds.

        Args:
            module: Its name.
            descriptor: Its end of a socket, of which it gets a copy.
            leads: Whether it has a session of its own, so that what ends us by the terminal does not end it.
            environment: What is added to our own.

        Raises:
            OSError: if the system grants no process.
        """
        with held_at_birth():
            process = subprocess.Popen(
                own_module(module, "--fd", str(descriptor)),
                pass_fds=(descriptor,),
                stdin=subprocess.DEVNULL,
                stdout=STDERR,
                start_new_session=leads,
                env={**os.environ, **(environment or {})},
            )
        return cls(process, leads=leads)

    @classmethod
    def start_quietly(cls, module: str, *arguments: str) -> Child:
        """Run one of Reverie's modules that says nothing and hears nothing, in a session of its own.

        Args:
            module: Its name.
            arguments: What it is told.

        Raises:
            OSError: if the system grants no process.
        """
        with held_at_birth():
            process = subprocess.Popen(
                own_module(module, *arguments),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
            )
        return cls(process, leads=True)

    @classmethod
    def start_with_pipes(cls, module: str, *arguments: str, environment: Mapping[str, str] | None = None) -> Child:
        """Run one of Reverie's modules that is asked by its standard input and answers by its standard output.

        Args:
            module: Its name.
            arguments: What it is told.
            environment: What is added to our own.

        Raises:
            OSError: if the system grants no process.
        """
        with held_at_birth():
            process = subprocess.Popen(
                own_module(module, *arguments),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env={**os.environ, **(environment or {})},
            )
        return cls(process)

    @property
    def pipes(self) -> tuple[IO[bytes], IO[bytes]]:
        """Where it is asked and where it answers, if :meth:`start_with_pipes` has started it."""
        return cast("IO[bytes]", self._process.stdin), cast("IO[bytes]", self._process.stdout)

    @property
    def pid(self) -> int:
        """The process's number, which is also that of its group where it leads one."""
        return self._process.pid

    def poll(self) -> int | None:
        """Its exit status, or less the number of the signal that ended it; None while it runs."""
        code = self._process.poll()
        if code is not None:
            _OWN.discard(self.pid)
        return code

    def terminate(self) -> None:
        """Ask the process alone to leave: it may need those that it has started for the last note."""
        self._process.terminate()

    def ask_where(self) -> None:
        """Have it leave a dump of where it stands; it is to be killed then, as not all that we start can do that."""
        self._process.send_signal(HUNG)

    def kill(self) -> None:
        """Kill it, with all that is left of its group if it leads one, though it may be dead itself."""
        if not self._leads:
            self._process.kill()
            return
        with contextlib.suppress(ProcessLookupError, PermissionError):  # macOS: EPERM where only a zombie is left
            os.killpg(self.pid, signal.SIGKILL)

    def wait(self, seconds: float | None = None) -> int:
        """Wait for its end, as long as it takes.

        Raises:
            TimeoutExpired: if that is more than so many seconds.
        """
        code = self._process.wait(seconds)
        _OWN.discard(self.pid)
        return code

    def release(self) -> None:
        """Leave it to its end; :func:`reap` takes it from the system's list of the dead."""
        _LEAVING.append(self)


def reap() -> bool:
    """Ask those that were let go whether they have left, without waiting; whether all have."""
    _LEAVING[:] = [child for child in _LEAVING if child.poll() is None]
    return not _LEAVING


def wait_all() -> None:
    """Wait until all have left, though not for one that hangs: the last thing before this process ends itself.

    systemd kills what a service leaves behind, and what was sent last would be lost with it.
    """
    limit = time.monotonic() + FAREWELL
    while not reap() and time.monotonic() < limit:
        time.sleep(PAUSE)


def is_own(pid: int) -> bool:
    """Whether somebody here has started that process and has not seen its end yet."""
    return pid in _OWN
