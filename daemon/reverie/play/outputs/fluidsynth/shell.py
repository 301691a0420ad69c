"""FluidSynth's process: lines go into its standard input, and come from its standard output and error.

Its own start files have no say: ``~/.fluidsynth`` and ``/etc/fluidsynth.conf`` are not read where another file is
named, nor is a soundfont loaded that nobody named; readline's ``~/.inputrc`` could give the first line another meaning.
"""

from __future__ import annotations

import fcntl
import os
import struct
import subprocess
import termios
from collections.abc import Mapping
from typing import IO

from reverie.midi.errors import DeviceError
from reverie.processes.children import Child, reap

HANGS = "FluidSynth hangs; it is started again"
_MOST_READS = 16
"""Of 64 KiB each: what a pipe holds, and what comes while it is read."""


class Shell:
    """One life of the program; nothing here waits."""

    def __init__(self, audio: str, settings: Mapping[str, str], font: str) -> None:
        """Start the program.

        Raises:
            OSError: if the system grants no process.
        """
        reap()
        options = [f"-o{name}={value}" for name, value in settings.items()]
        self._child = subprocess.Popen(
            ["fluidsynth", "--quiet", "--no-midi-in", "-f", os.devnull, "--audio-driver", audio, *options, font],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            bufsize=0,
            env=os.environ | {"INPUTRC": os.devnull},
        )
        self._life = Child(self._child)
        self._parts = {"out": b"", "err": b""}
        for stream in (self._child.stdin, self._child.stdout, self._child.stderr):
            os.set_blocking(_stream(stream).fileno(), False)

    @property
    def pid(self) -> int:
        """The process."""
        return self._life.pid

    @property
    def over(self) -> bool:
        """Whether it has ended."""
        return self._life.poll() is not None

    @property
    def out(self) -> int:
        """The descriptor of its standard output."""
        return _stream(self._child.stdout).fileno()

    def hear(self) -> tuple[list[str], list[str]]:
        """The lines of its standard output and of its standard error since the last time."""
        over = self.over  # asked before its last words are read, so that none is missed
        answers = self._lines("out", self._child.stdout, over)
        return answers, self._lines("err", self._child.stderr, over)

    def _lines(self, name: str, stream: IO[bytes] | None, over: bool) -> list[str]:
        *lines, rest = (self._parts[name] + _drain(stream)).split(b"\n")
        if over and rest:
            lines, rest = [*lines, rest], b""
        self._parts[name] = rest
        return [line.decode(errors="replace") for line in lines]

    def write(self, line: bytes) -> None:
        """Hand over lines, less than PIPE_BUF at a time.

        Raises:
            DeviceError: if it ended, or does not read.
        """
        try:
            os.write(_stream(self._child.stdin).fileno(), line)  # a pipe takes a short one wholly or not at all
        except BlockingIOError as error:
            raise DeviceError(HANGS) from error
        except BrokenPipeError as error:
            raise DeviceError("FluidSynth ended; it is started again") from error

    @property
    def unread(self) -> int:
        """Bytes that were written and not read yet."""
        size = fcntl.ioctl(_stream(self._child.stdin).fileno(), termios.FIONREAD, bytes(4))
        return struct.unpack("i", size)[0]

    def end(self) -> None:
        """End the program at once. Nobody waits for it: a broken sound driver can keep even the killed."""
        self._life.kill()
        self._life.release()
        for stream in (self._child.stdin, self._child.stdout, self._child.stderr):
            _stream(stream).close()


def _stream(stream: IO[bytes] | None) -> IO[bytes]:
    if stream is None:
        raise AssertionError("every stream of the child is a pipe")
    return stream


def _drain(stream: IO[bytes] | None) -> bytes:
    pieces: list[bytes] = []
    for _ in range(_MOST_READS):
        try:
            pieces.append(os.read(_stream(stream).fileno(), 1 << 16))
        except BlockingIOError:
            break
        if not pieces[-1]:
            break
    return b"".join(pieces)
