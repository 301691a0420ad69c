"""A real JACK server without a sound card, with MIDI ports that record, for tests marked `real`."""

from __future__ import annotations

import contextlib
import fcntl
import importlib
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Generator
from pathlib import Path
from typing import IO, Any

import psutil
import pytest

from fakes.patience import PATIENCE

_METADATA = Path(f"/dev/shm/jack_db-{os.getuid()}")  # noqa: S108 - JACK's own choice
"""What all servers and clients of a user say about themselves: JACK 2, common/JackMetadata.cpp."""
_HANGS = 10.0  # seconds
NAMES = 8


def need(program: str) -> None:
    """Skip the test where a program is not installed, but not in continuous integration, where all must be."""
    if shutil.which(program) is None:
        if os.environ.get("CI"):
            pytest.fail(f"{program} is not installed")
        pytest.skip(f"{program} is not installed")


def wait_until(condition: Callable[[], object], seconds: float = PATIENCE) -> None:
    """Wait for something that a real program does in its own time."""
    limit = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < limit, "it did not happen in time"
        time.sleep(0.01)


def _own_name() -> tuple[str, IO[str]]:
    """A name that no other test run has now, and what holds it.

    JACK has room for eight names of servers in a /dev/shm. One that was killed keeps its own until a server of that
    name starts again, so the names are few and used again.
    """
    for number in range(NAMES):
        held = (Path(tempfile.gettempdir()) / f"reverie-jack-{number}.lock").open("w")
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            held.close()
            continue
        if f"/jack_reverie-{number}_" not in Path("/proc/net/unix").read_text():  # a test run that was killed left one
            return f"reverie-{number}", held
        held.close()
    pytest.fail(f"{NAMES} other test runs have JACK servers on this machine")


def _answers() -> bool:
    """Whether the server of this process's environment does; a client that hangs is no reason to wait for ever."""
    try:
        return subprocess.run(["jack_lsp"], check=False, capture_output=True, timeout=_HANGS).returncode == 0
    except subprocess.TimeoutExpired:
        return False


class Jack:
    """One server, which can be killed and started again. What it prints is told when it does not start.

    In every period it waits for its clients (-S). A sound card would not; then a client that the machine keeps waiting
    is too late for its period, and JACK loses its messages or hands them on twice.
    """

    def __init__(self, period: int = 256) -> None:
        """Make one that computes so many frames at a time, of 48,000 a second."""
        self._period = str(period)
        self.name, self._held = _own_name()
        self._process: subprocess.Popen[bytes] | None = None
        self._log = Path(tempfile.gettempdir()) / f"{self.name}.log"

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process else None

    @property
    def skipped(self) -> int:
        """How often a client was too late for its period, whose messages then go nowhere, or twice."""
        return self._log.read_text(errors="replace").count("was not finished")

    def start(self) -> None:
        """Start it with room for few ports: for the usual 2,048 it would fill 105 MB of shared memory.

        Clients that were killed, of whatever server, may have left a lock for all servers and clients of this user.
        """
        shutil.rmtree(_METADATA, ignore_errors=True)
        server = ["jackd", "-n", self.name, "-R", "-P", "10", "-S", "-p", "128"]
        command = [*server, "-d", "dummy", "-r", "48000", "-p", self._period]
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT)
        limit = time.monotonic() + PATIENCE
        while not _answers():
            if self._process.poll() is not None or time.monotonic() > limit:
                printed = self._log.read_text(errors="replace")
                pytest.fail(f"jackd did not start (exit status {self._process.poll()}); it printed:\n{printed}")
            time.sleep(0.01)

    def freeze(self) -> None:
        """Stop it in its tracks; it is only when the system says so, some time after the signal."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)
        wait_until(lambda: psutil.Process(self.pid).status() == psutil.STATUS_STOPPED)

    def kill(self) -> None:
        assert self._process is not None
        self._process.kill()
        self._process.wait()

    def end(self) -> None:
        """End it, even one that hangs: the next test wants its name."""
        if self._process is not None:
            self._process.terminate()
            try:
                self._process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                self.kill()
        self._held.close()


@contextlib.contextmanager
def running_jack(patch: pytest.MonkeyPatch, period: int = 256) -> Generator[Jack]:
    """A server under a name of its own, which this process and its children reach as if it were the default."""
    need("jackd")
    jack = Jack(period)
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
