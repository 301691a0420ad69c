"""A real JACK server without a sound card, with MIDI ports that record, for tests marked `real`."""

from __future__ import annotations

import contextlib
import importlib
import os
import shutil
import subprocess
import time
from collections.abc import Callable, Generator
from typing import Any

import pytest


def need(program: str) -> None:
    """Skip the test where a program is not installed, but not in continuous integration, where all must be."""
    if shutil.which(program) is None:
        if os.environ.get("CI"):
            pytest.fail(f"{program} is not installed")
        pytest.skip(f"{program} is not installed")


def wait_until(condition: Callable[[], object], seconds: float = 15.0) -> None:
    """Wait for something that a real program does in its own time."""
    limit = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < limit, "it did not happen in time"
        time.sleep(0.01)


class Jack:
    """One server, which can be killed and started again.

    One name for the whole test run: JACK has room for eight names of servers, and one that was killed keeps its own.
    """

    def __init__(self) -> None:
        self.name = f"reverie-{os.getpid()}"
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process else None

    def start(self) -> None:
        command = ["jackd", "-n", self.name, "-R", "-P", "10", "-d", "dummy", "-r", "48000", "-p", "256"]
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_until(lambda: subprocess.run(["jack_lsp"], check=False, capture_output=True).returncode == 0)

    def kill(self) -> None:
        assert self._process is not None
        self._process.kill()
        self._process.wait()

    def end(self) -> None:
        """End it the way in which it gives its name back, though a test that failed may just have killed it."""
        if self._process is not None and self._process.poll() is not None:
            self.start()
        if self._process is not None:
            self._process.terminate()
            self._process.wait()


@contextlib.contextmanager
def running_jack(patch: pytest.MonkeyPatch) -> Generator[Jack]:
    """A server under a name of its own, which this process and its children reach as if it were the default."""
    need("jackd")
    jack = Jack()
    patch.setenv("JACK_DEFAULT_SERVER", jack.name)
    patch.setenv("JACK_NO_START_SERVER", "1")
    try:
        jack.start()
        yield jack
    finally:
        jack.end()


class Receiver:
    """A MIDI input that others send to.

    What arrives waits in a queue of python-rtmidi: JACK does not wait for a client that waits for Python's lock, but
    hands it some messages twice and others never.
    """

    def __init__(self, client: str) -> None:
        self._client = client
        self._input: Any = None
        self._messages: list[bytes] = []
        self.moments: list[float] = []
        """Seconds at which each message arrived, by JACK's own clock, from the first on."""
        self.open()

    def open(self) -> None:
        rtmidi: Any = importlib.import_module("rtmidi")
        self._input = rtmidi.MidiIn(rtmidi.API_UNIX_JACK, name=self._client, queue_size_limit=100_000)
        self._input.ignore_types(False, False, False)
        self._input.open_virtual_port("in")

    @property
    def messages(self) -> list[bytes]:
        """All that has arrived."""
        while self._input is not None and (event := self._input.get_message()):
            self._messages.append(bytes(event[0]))
            self.moments.append(self.moments[-1] + event[1] if self.moments else 0.0)
        return self._messages

    def close(self) -> None:
        if self._input is not None:
            self._input.close_port()
            self._input.delete()
            self._input = None

    @property
    def ons(self) -> list[bytes]:
        return [message for message in self.messages if message[0] & 0xF0 == 0x90]

    def sounding(self) -> set[tuple[int, int]]:
        """Channel and pitch of every note that was started and not ended."""
        open_notes: set[tuple[int, int]] = set()
        for status, *data in self.messages:
            if status & 0xF0 == 0x90:
                open_notes.add((status & 0xF, data[0]))
            elif status & 0xF0 == 0x80:
                open_notes.discard((status & 0xF, data[0]))
        return open_notes
