"""A program that sends MIDI through JACK with mido, as whoever leads does: ``python -m fakes.midi_sender PORT PLAN``.

The plan is JSON: a list of what is sent, one after the other: bytes as a list of numbers, a pause as ``{"wait":
seconds}``, pulses as ``{"qpm": tempo, "pulses": how many}``. Pulses are up to 1.3 ms late. For every message that it
sends, it prints the monotonic second at which it was due, and its bytes.
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import time
from typing import Any

import mido

from fakes.jack import wait_until
from fakes.patience import PATIENCE

JITTER = 64 / 48_000
CONNECTS = 0.3  # seconds after which a new connection surely carries


class Sender:
    """The program, and what it said."""

    def __init__(self, port: str, *plan: Any) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "fakes.midi_sender", port, json.dumps(plan)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
        )
        assert self.process.stdout is not None
        assert self.process.stdout.readline() == b"open\n"

    def go(self) -> None:
        """Send what is planned."""
        assert self.process.stdin is not None
        self.process.stdin.write(b"go\n")
        self.process.stdin.flush()

    def sent(self) -> list[tuple[float, bytes]]:
        """When each message was due; waits until the program has ended."""
        output, _ = self.process.communicate(timeout=PATIENCE)
        rows = [line.split(" ", 1) for line in output.decode().splitlines()]
        return [(float(due), bytes(json.loads(message))) for due, message in rows]

    @property
    def done(self) -> bool:
        return self.process.poll() is not None

    def end(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.communicate()


def main() -> None:
    """Open the port, wait for a line on stdin, send."""
    name, plan = sys.argv[1], json.loads(sys.argv[2])
    output: Any = mido.Backend("mido.backends.rtmidi/UNIX_JACK").open_output(name, virtual=True, client_name=name)
    print("open", flush=True)
    sys.stdin.readline()
    due, chance = time.monotonic() + CONNECTS, random.Random(1)
    told: list[str] = []

    def send(message: list[int], late: float = 0.0) -> None:
        time.sleep(max(due + late - time.monotonic(), 0.0))
        output.send(mido.Message.from_bytes(message))
        told.append(f"{due} {message}")

    for item in plan:
        match item:
            case {"wait": seconds}:
                due += seconds
            case {"qpm": qpm, "pulses": pulses}:
                for _ in range(pulses):
                    send([0xF8], chance.uniform(0, JITTER))
                    due += 60 / qpm / 24
            case _:
                send(item)
    wait_until(lambda: time.monotonic() > due + CONNECTS)
    print("\n".join(told))
    output.close()


if __name__ == "__main__":
    main()
