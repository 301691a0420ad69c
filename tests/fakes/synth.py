"""A synthesizer with keys, as a JACK client in a process of its own: it is plugged in and out, and played."""

from __future__ import annotations

import subprocess
import sys

_CODE = """
import sys, jack
client = jack.Client(sys.argv[1], no_start_server=True)
inputs, output = [client.midi_inports.register(name) for name in sys.argv[2:]], client.midi_outports.register("out")
due = []
@client.set_process_callback
def process(frames):
    output.clear_buffer()
    while due:
        output.write_midi_event(0, due.pop())
client.activate()
print("there", flush=True)
for line in sys.stdin:
    due.append(bytes.fromhex(line))
"""


class JackSynth:
    """One device with an output ``out`` and inputs by name."""

    def __init__(self, name: str, *inputs: str) -> None:
        self._command = [sys.executable, "-c", _CODE, name, *(inputs or ("in",))]
        self._process: subprocess.Popen[str] | None = None

    def plug(self) -> None:
        self._process = subprocess.Popen(self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        assert self._process.stdout.readline() == "there\n"

    def unplug(self) -> None:
        if self._process is not None:
            with self._process as process:
                process.kill()
            self._process = None

    def play(self, message: str) -> None:
        """Send a message, in hexadecimal digits."""
        assert self._process is not None
        assert self._process.stdin is not None
        self._process.stdin.write(f"{message}\n")
        self._process.stdin.flush()
