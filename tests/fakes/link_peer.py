"""A peer of Ableton Link in another process, by another library than Reverie's: ``python -m fakes.link_peer QPM``.

It prints where it is every 20 ms, and does what lines of JSON on stdin say: ``{"tempo": 131}``, ``{"playing": true}``.
"""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import json
import os
import subprocess
import sys
import time
from collections.abc import Generator
from dataclasses import dataclass
from typing import Any

import pytest

from fakes.jack import need

BAR = 4.0
CLONE_NEWNET = 0x40000000
LOOKS = 0.02


@contextlib.contextmanager
def network_of_its_own() -> Generator[None]:
    """A network namespace with nothing but loopback, for this thread and the processes that it starts."""
    need("ip")
    libc = ctypes.CDLL(None, use_errno=True)
    with open("/proc/thread-self/ns/net", "rb") as before:  # noqa: PTH123 - the open file is what keeps it
        if libc.unshare(CLONE_NEWNET) != 0:
            reason = f"a network namespace of its own needs root ({os.strerror(ctypes.get_errno())})"
            if os.environ.get("CI"):
                pytest.fail(reason)
            pytest.skip(reason)
        try:
            plug_in()
            yield
        finally:
            assert libc.setns(before.fileno(), CLONE_NEWNET) == 0


def plug_in() -> None:
    """Let there be a network, with a way for multicast."""
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    subprocess.run(["ip", "route", "add", "224.0.0.0/4", "dev", "lo"], check=True)


def unplug() -> None:
    """Let there be none."""
    subprocess.run(["ip", "link", "set", "lo", "down"], check=True)


@dataclass(frozen=True, slots=True)
class Seen:
    """What the peer said: at that monotonic second it was at that beat of its bar of four."""

    time: float
    beat: float
    phase: float
    tempo: float
    peers: int
    playing: bool


class Peer:
    """The process, and what it says."""

    def __init__(self, qpm: float) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "fakes.link_peer", str(qpm)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
        )
        assert self.process.stdout is not None
        os.set_blocking(self.process.stdout.fileno(), False)
        self._rest = b""

    def tell(self, **what: Any) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(what).encode() + b"\n")
        self.process.stdin.flush()

    def seen(self) -> list[Seen]:
        """What it has said since last asked."""
        assert self.process.stdout is not None
        *lines, self._rest = (self._rest + (self.process.stdout.read() or b"")).split(b"\n")
        return [Seen(*json.loads(line)) for line in lines]

    def end(self) -> None:
        self.process.kill()
        self.process.communicate()


async def main() -> None:
    """Be a peer until stdin ends."""
    import aalink

    link: Any = aalink.Link(float(sys.argv[1]))
    link.quantum = BAR
    link.start_stop_sync_enabled = True
    link.enabled = True
    over = asyncio.Event()

    def obey() -> None:
        line = sys.stdin.readline()
        if not line:
            over.set()
            return
        for name, value in json.loads(line).items():
            setattr(link, name, value)

    asyncio.get_running_loop().add_reader(sys.stdin, obey)
    while not over.is_set():
        before = time.monotonic()
        beat = link.beat
        now = (before + time.monotonic()) / 2
        print(json.dumps([now, beat, link.phase, link.tempo, link.num_peers, link.playing]), flush=True)
        await asyncio.sleep(LOOKS)


if __name__ == "__main__":
    asyncio.run(main())
