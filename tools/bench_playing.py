#!/usr/bin/env python3
"""Measure a playing daemon: seconds to the first note, lateness of notes, memory of each process.

    python tools/bench_playing.py --config reverie.yaml --seconds 120 [--busy]

With ``--busy`` further processes ask models for loops all the while, so that the machine composes without a pause.
Run it on an otherwise idle machine; the figures are of that machine.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from pathlib import Path
from typing import Any

from reverie.play.messages import BarPlayed
from reverie.site.load import load_site
from reverie.stage.run import run
from reverie.watch.metrics import Metrics


def main() -> None:
    """Play, and print what was measured."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--config", type=Path)
    parser.add_argument("--seconds", type=float, default=120.0)
    parser.add_argument("--busy", action="store_true")
    options = parser.parse_args()
    lateness: list[float] = []
    processes: list[dict[str, Any]] = []
    heard = Metrics.bar_played

    def listen(self: Metrics, bar: BarPlayed, wall: float) -> None:
        lateness.extend(bar.lateness)
        heard(self, bar, wall)

    def ask() -> None:
        time.sleep(options.seconds * 0.9)
        with urllib.request.urlopen(f"http://127.0.0.1:{load_site(options.config).health.port}/status") as answer:
            processes.extend(json.load(answer)["processes"])

    Metrics.bar_played = listen
    threading.Thread(target=ask, daemon=True).start()
    endless = [sys.executable, "-m", "reverie.cli", "perform", "cat-dreams", "--bars", "1000000"]
    endless += ["--midi", str(Path(tempfile.gettempdir()) / "reverie-bench.mid")]
    quiet = subprocess.DEVNULL
    load = subprocess.Popen(endless, stdout=quiet, stderr=quiet) if options.busy else None
    try:
        run(options.config, None, options.seconds)
    finally:
        if load is not None:
            load.kill()
            load.wait()
    cuts = statistics.quantiles(lateness, n=100)
    print(
        f"{len(lateness)} notes; lateness p50 {cuts[49] * 1e3:.2f} ms, p99 {cuts[98] * 1e3:.2f} ms, "
        f"max {max(lateness) * 1e3:.2f} ms"
    )
    for process in processes:
        print(f"{process['role']}: {process['rss_bytes'] / 1e6:.0f} MB")


if __name__ == "__main__":
    main()
