"""A daemon that writes down how late each note went out: ``python -m reverie.bench.page_daemon CONFIG FILE``.

It is ``reverie run`` in all else. Each line of the file is a bar: the monotonic moment at which it was reported, and
the lateness of what was sent in it, in microseconds.
"""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path
from typing import Any, TextIO

from reverie.conductor.conductor import Conductor
from reverie.conductor.run import run
from reverie.watch.happenings import BarSounded


def main() -> int:
    """Run until stopped by a signal; the exit status."""
    config, file = sys.argv[1:]
    with Path(file).open("w", encoding="utf-8") as written:
        return run(Path(config), None, conductor=partial(_watched, written))


def _watched(written: TextIO, *arguments: Any, **more: Any) -> Conductor:
    conductor = Conductor(*arguments, **more)

    def note(said: BarSounded) -> None:
        late = " ".join(f"{1e6 * seconds:.0f}" for seconds in said.bar.lateness)
        written.write(f"{said.at.now:.3f} {late}\n")
        written.flush()

    conductor.bus.subscribe(BarSounded, note)
    return conductor


if __name__ == "__main__":
    sys.exit(main())
