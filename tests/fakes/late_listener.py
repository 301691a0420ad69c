"""A JACK client of its own that looks at its MIDI input late in each period, and prints what it found.

Run as ``python -P late_listener.py CLIENT SECONDS``, the seconds being those from a period's beginning to the look; a
line of hexadecimal digits for each message.
"""

from __future__ import annotations

import queue
import sys
import time
from typing import Any


def main(name: str, late: float) -> None:
    import jack

    client: Any = jack.Client(name)
    port = client.midi_inports.register("in")
    found: queue.SimpleQueue[bytes] = queue.SimpleQueue()

    def process(_: int) -> None:
        time.sleep(late)
        for _, data in port.incoming_midi_events():
            found.put(bytes(data))

    client.set_process_callback(process)
    with client:
        while True:
            print(found.get().hex(), flush=True)


if __name__ == "__main__":
    main(sys.argv[1], float(sys.argv[2]))
