"""A JACK client of its own that looks at its MIDI input late in each period, and prints what it found.

Run as ``python -P late_listener.py CLIENT SECONDS``, the seconds being those from a period's beginning to the look. It
says "ready" in its first period, as JACK lets others connect before that, and then each message in hexadecimal digits.
"""

from __future__ import annotations

import itertools
import queue
import sys
import time
from typing import Any


def main(name: str, late: float) -> None:
    import jack

    client: Any = jack.Client(name)
    port = client.midi_inports.register("in")
    found: queue.SimpleQueue[str] = queue.SimpleQueue()
    periods = itertools.count()

    def process(_: int) -> None:
        if next(periods) == 0:
            found.put("ready")
        time.sleep(late)
        for _, data in port.incoming_midi_events():
            found.put(bytes(data).hex())

    client.set_process_callback(process)
    with client:
        while True:
            print(found.get(), flush=True)


if __name__ == "__main__":
    main(sys.argv[1], float(sys.argv[2]))
