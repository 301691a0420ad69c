"""Listening through a program that records, such as arecord, pw-record or parec: it writes raw samples to a pipe.

The program dies with its pipe: with whoever reads it, however that ends.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from reverie.foreign import plain
from reverie.midi.errors import DeviceError
from reverie.processes.priority import be_modest

RATE = 16_000
"""Frames a second that programs are asked for: what a meter needs of music lies below 8 kHz."""
AT_ONCE = 1 << 16
LAST_WORDS = 200
PATIENCE = 1.0
"""Seconds in which a program that was asked to leave does."""


class ProgramSource:
    """One program, which writes signed little-endian 16 bits, one channel, :data:`RATE` frames a second.

    Args:
        command: The program and its arguments.
    """

    def __init__(self, command: Sequence[str]) -> None:
        self._command = tuple(command)
        self._process: subprocess.Popen[bytes] | None = None
        self._odd = b""
        self._said = ""
        self.rate = RATE
        self.channels = 1
        self.astray = False
        self.lacks: str | None = None

    def open(self) -> str:
        """Start it.

        Raises:
            DeviceError: if it is not installed, or does not start.
        """
        be_modest()
        program = self._command[0]
        if shutil.which(program) is None:
            raise DeviceError(f"{program} is not installed, by which the meter would listen; install it")
        try:
            self._process = subprocess.Popen(
                self._command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE
            )
        except OSError as error:
            raise DeviceError(f"{program} does not start ({error.strerror}); see whether it runs by hand") from error
        for pipe in (self._process.stdout, self._process.stderr):
            assert pipe is not None  # noqa: S101 - they were asked for
            os.set_blocking(pipe.fileno(), False)
        self._odd, self._said = b"", ""
        return f"listening by {' '.join(self._command)}"

    def check(self) -> None:
        """Notice that it has ended.

        Raises:
            DeviceError: if it has; with its own last words.
        """
        process = self._process
        if process is None:
            return
        if process.stderr is not None and (said := _taken(process.stderr.fileno())):
            self._said = plain(said.decode(errors="replace").strip().rpartition("\n")[2], LAST_WORDS)
        if process.poll() is not None:
            why = self._said or f"exit status {process.returncode}"
            raise DeviceError(f"{self._command[0]} has ended ({why}); look at its device and its arguments")

    def read(self) -> NDArray[np.float32]:
        """What it has written."""
        if self._process is None or self._process.stdout is None:
            return np.zeros((0, 1), np.float32)
        raw = self._odd + _taken(self._process.stdout.fileno())
        even = len(raw) - len(raw) % 2
        self._odd = raw[even:]
        return np.divide(np.frombuffer(raw[:even], "<i2"), 1 << 15, dtype=np.float32).reshape(-1, 1)

    def close(self) -> None:
        """End it."""
        if self._process is None:
            return
        process, self._process = self._process, None
        process.terminate()
        try:
            process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        for pipe in (process.stdout, process.stderr):
            if pipe is not None:
                pipe.close()


def _taken(descriptor: int) -> bytes:
    """What a pipe has, up to :data:`AT_ONCE`, without waiting."""
    with contextlib.suppress(BlockingIOError):
        return os.read(descriptor, AT_ONCE)
    return b""
