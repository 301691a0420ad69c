"""Measure what an output process costs: the microseconds from the player's call to the write at the device.

The device is a named pipe, which a MIDI clock byte reaches at once; in the same run the same bytes are written to it
without an output process. With ``--burn``, as many processes as there are cores burn at ordinary priority meanwhile.
Run it with a real-time limit, as the service has one: ``python tools/measure_output_process.py [--burn]``.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import select
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from reverie.play.output_process.proxy import OutputProxy
from reverie.processes.priority import be_punctual

TIMES = 2000
EVERY = 0.002


def measure(send: Callable[[], object], reading: int) -> list[float]:
    """Microseconds from each call of ``send`` until its byte can be read."""
    found: list[float] = []
    for _ in range(TIMES):
        begun = time.perf_counter()
        send()
        if not select.select([reading], [], [], 2.0)[0]:
            sys.exit("nothing arrived")
        os.read(reading, 64)
        found.append((time.perf_counter() - begun) * 1e6)
        time.sleep(EVERY)
    return sorted(found)


def told(name: str, figures: list[float]) -> None:
    """One line of figures."""
    share = {"p50": 0.5, "p99": 0.99, "p99.9": 0.999}
    parts = [f"{label} {figures[int(len(figures) * part)]:.0f}" for label, part in share.items()]
    print(f"{name}: {', '.join(parts)}, max {figures[-1]:.0f}, mean {statistics.fmean(figures):.0f} us")


def burn() -> None:
    """Use a core up."""
    while True:
        pass


def main() -> int:
    """Measure, and print two lines."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--burn", action="store_true", help="with all cores burning")
    options = parser.parse_args()
    burning = [multiprocessing.Process(target=burn, daemon=True) for _ in range(os.cpu_count() or 1)]
    for process in burning if options.burn else ():
        process.start()
    path = Path(tempfile.mkdtemp()) / "cable"
    os.mkfifo(path)
    reading = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    writing = os.open(path, os.O_WRONLY)
    print(f"real-time priority: {be_punctual()}; all cores burning: {options.burn}")
    output = OutputProxy("main", {"kind": "din", "device": str(path)}, None)
    output.open()
    while not output.poll():
        time.sleep(0.01)
    told("written directly", measure(lambda: os.write(writing, b"\xf8"), reading))
    told("through an output process", measure(lambda: (output.send(b"\xf8"), output.flush()), reading))
    output.close()
    shutil.rmtree(path.parent)
    for process in burning if options.burn else ():
        process.kill()
    return 0


if __name__ == "__main__":
    sys.exit(main())
