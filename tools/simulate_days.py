#!/usr/bin/env python3
"""Compose days of one scene, and say whether they are alike, drift or freeze.

python tools/simulate_days.py night-watch --days 30 --hours 8 --out /tmp/month
python tools/simulate_days.py night-watch --days 30 --hours 8 --out /tmp/month-without --without-guards
python tools/simulate_days.py --report /tmp/month /tmp/month-without

Each day is written to a file of its own, wholly or not at all. Whoever interrupts it loses the day that is being
composed; the same command goes on after the last one that is there.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from reverie.compose.engines.by_family import make_engine
from reverie.conductor.configuration.site_resources import bundles_of
from reverie.conductor.offline.on_paper import load_models, scene_of
from reverie.conductor.offline.simulated_days import HOUR, SimulatedDays, remembered
from reverie.errors import ReverieError
from reverie.files import write_atomically
from reverie.measure.days import NotedHour, figures_of_days
from reverie.site.load import load_site

RUN = "run.json"


@dataclass
class Told:
    """Tells on standard error how far a day is."""

    day: int
    days: int
    begun: float
    said: int = -1

    def hours(self, done: float) -> None:
        """So much of the day is done."""
        if int(done * 4) > self.said:
            self.said = int(done * 4)
            took = time.monotonic() - self.begun
            print(
                f"\rday {self.day + 1} of {self.days}, {done:.2f} h, {took:.0f} s ", end="", file=sys.stderr, flush=True
            )


def simulate(options: argparse.Namespace) -> None:
    """Compose the days that are not there yet."""
    site = load_site(options.config)
    bundles, _ = bundles_of(site)
    scene, _ = scene_of(site, options.scene)
    folder: Path = options.out
    folder.mkdir(parents=True, exist_ok=True)
    asked = {"scene": scene.name, "hash": scene.hash, "seed": options.seed, "hours": options.hours}
    asked |= {"opens": options.opens, "guarded": not options.without_guards}
    _same_run(folder, asked)
    engine = make_engine(site.composer.engine)
    load_models(engine, scene, bundles)
    hours = [*noted(folder)]
    memory = remembered(hours, scene.name)
    for number in range(len({hour.day for hour in hours}), options.days):
        told = Told(number, options.days, time.monotonic())
        days = SimulatedDays(
            scene,
            bundles,
            engine,
            opens_at=options.opens * HOUR,
            hours=options.hours,
            guarded=not options.without_guards,
            seed=options.seed,
            progress=told.hours,
        )
        lines = [json.dumps(hour.as_json(), separators=(",", ":")) + "\n" for hour in days.day(number, memory)]
        write_atomically(folder / f"day-{number:03}.jsonl", "".join(lines).encode())
    print(file=sys.stderr)


def _same_run(folder: Path, asked: Mapping[str, Any]) -> None:
    path = folder / RUN
    if path.exists() and json.loads(path.read_text(encoding="utf-8")) != asked:
        sys.exit(f"{folder} has days of another scene, or of one that has changed; name another folder with --out")
    write_atomically(path, (json.dumps(asked, indent=1) + "\n").encode())


def noted(folder: Path) -> Iterator[NotedHour]:
    """The hours in a folder."""
    for path in sorted(folder.glob("day-*.jsonl")):
        for line in path.read_text(encoding="utf-8").splitlines():
            yield NotedHour.from_json(json.loads(line))


def report(folders: Sequence[Path]) -> dict[str, Any]:
    """The figures of each folder."""
    found = dict[str, Any]()
    for folder in folders:
        run = json.loads((folder / RUN).read_text(encoding="utf-8"))
        size = sum(path.stat().st_size for path in folder.glob("day-*.jsonl"))
        found[str(folder)] = {"run": run, "bytes": size, **figures_of_days([*noted(folder)])}
    return found


def main() -> None:
    """Simulate, or report."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("scene", nargs="?", help="a scene's name, or its file")
    parser.add_argument("--days", type=int, default=30)
    parser.add_argument("--hours", type=int, default=8, help="hours of a day")
    parser.add_argument("--opens", type=float, default=10.0, help="the hour at which a day begins")
    parser.add_argument("--seed", type=int, help="another seed than the scene's own")
    parser.add_argument("--without-guards", action="store_true", help="compose as if nobody remembered what was played")
    parser.add_argument("--config", type=Path, help="the site's configuration")
    parser.add_argument("--out", type=Path, help="the folder into which the days are written")
    parser.add_argument("--report", type=Path, nargs="+", metavar="FOLDER", help="print the figures of these folders")
    options = parser.parse_args()
    if options.report:
        print(json.dumps(report(options.report), indent=1))
    elif options.scene and options.out:
        simulate(options)
        print(json.dumps(report([options.out]), indent=1))
    else:
        parser.error("name a scene and a folder with --out, or folders with --report")


if __name__ == "__main__":
    try:
        main()
    except ReverieError as error:
        sys.exit(str(error))
    except KeyboardInterrupt:
        sys.exit("\nInterrupted; the days that are whole are kept.")
