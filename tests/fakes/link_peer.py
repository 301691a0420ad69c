"""A peer of Ableton Link in another process, by another library than Reverie's: ``python -m fakes.link_peer QPM``.

It prints where it is every 20 ms, and does what lines of JSON on stdin say: ``{"tempo": 131}``, ``{"playing": true}``.
"""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from typing import Any

BAR = 4.0
LOOKS = 0.02


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
