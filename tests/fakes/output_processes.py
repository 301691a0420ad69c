"""Output processes without a device, and their far ends without a process."""

from __future__ import annotations

import socket
import subprocess
import time
from collections.abc import Callable
from typing import Any

import pytest

from fakes.jack import wait_until
from fakes.outputs import FakeClock
from fakes.patience import PATIENCE
from reverie.midi.errors import DeviceError
from reverie.play.output_process import proxy as carried
from reverie.play.output_process.messages import OutputState
from reverie.play.output_process.proxy import OutputProxy
from reverie.play.outputs.output import Output, Trouble
from reverie.processes.children import Child, reap
from reverie.processes.helper import LARGEST, packed


class FarEnd:
    """Where an output process would be: says what it is told to, and reads only when it is asked to."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        patch.setattr(carried, "_start", self._start)
        self.process: Child | None = None
        self.clock = FakeClock()
        self.output = OutputProxy("main", {"kind": "port"}, None, self.clock.now)
        self.output.open()

    def _start(self, descriptor: int) -> Child:
        self.socket = socket.socket(fileno=socket.dup(descriptor))
        self.process = Child(subprocess.Popen(["sleep", "60"]))
        return self.process

    def say(self, up: bool, detail: str = "", trouble: Trouble | None = None) -> None:
        self.socket.send(packed(OutputState(up, detail, trouble)))

    def read(self, most: int = 1 << 30) -> list[bytes]:
        """The packets that have come."""
        found: list[bytes] = []
        while len(found) < most:
            try:
                packet = self.socket.recv(LARGEST, socket.MSG_DONTWAIT)
            except BlockingIOError:
                break
            if not packet:
                break
            found.append(packet)
        return found

    def end(self) -> None:
        self.output.close()
        self.socket.close()
        if self.process is not None:
            self.process.kill()
        wait_until(reap)


def say(output: Output, message: bytes) -> None:
    """Send one message, with nothing else of its moment."""
    output.send(message)
    output.flush()


def come_up(output: OutputProxy, seconds: float = PATIENCE) -> None:
    """Wait for an output process's device."""
    wait_until(output.poll, seconds)


def lose(output: OutputProxy, step: Callable[[], Any], seconds: float = PATIENCE) -> str:
    """Repeat a step until the output is lost; what it says."""
    limit = time.monotonic() + seconds
    while time.monotonic() < limit:
        try:
            step()
        except DeviceError as error:
            output.close()
            return str(error)
        time.sleep(0.005)
    pytest.fail("it was not lost in time")
