"""A program of its own that follows our MIDI clock with isobar, and prints what it made of it.

Run as ``python isobar_follower.py CLIENT BEATS``: a virtual port is opened; after so many beats of the clock it prints
a line of JSON with isobar's estimate of the tempo, and the monotonic moments of its beats and of the notes it heard.
"""

from __future__ import annotations

import json
import logging
import sys
import time
from typing import Any


def main(client: str, beats: int) -> None:
    import isobar
    import mido

    logging.disable()
    mido.set_backend("mido.backends.rtmidi/UNIX_JACK")
    device: Any = isobar.MidiInputDevice(client, virtual=True)
    moments: list[float] = []
    notes: list[float] = []
    device.callback = lambda message: notes.append(time.monotonic()) if message.type == "note_on" else None
    timeline: Any = isobar.Timeline(output_device=isobar.DummyOutputDevice())
    timeline.clock_source = device
    timeline.stop_when_done = False
    timeline.schedule({"action": lambda: moments.append(time.monotonic()), "duration": 1})
    print("ready", flush=True)
    limit = time.monotonic() + 60
    while len(moments) < beats and time.monotonic() < limit:
        time.sleep(0.05)
    print(json.dumps({"tempo": device.tempo, "beats": moments, "notes": notes}), flush=True)
    sys.stdout.flush()
    import os

    os._exit(0)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
