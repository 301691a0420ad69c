#!/usr/bin/env python3
"""Measure scenes over several seeds: figures of form, and whether their minutes can be told apart.

nice python tools/measure_scenes.py --seeds 1 2 --for 1h --out before.json
nice python tools/measure_scenes.py --seeds 1 2 3 4 5 --for 1h --out after.json
python tools/measure_scenes.py --table before.json after.json

What is measured already is taken from the file, which is written after each scene and seed.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from reverie.cli.arguments import duration
from reverie.conductor.offline.measuring import ModelAnswers, longest_allowed, piece_on_paper, scene_figures
from reverie.conductor.offline.on_paper import compose_on_paper
from reverie.errors import ReverieError
from reverie.files import write_atomically
from reverie.measure.minute_measures import minute_measures
from reverie.measure.told_apart import MeasuredMinute, told_apart
from reverie.music.time import Length
from reverie.places import scenes_folder

MINUTES = 12
"""Minutes of each recording by which scenes are told apart, spread over it."""
HEADS = (
    "scene",
    "seeds",
    "density, largest (lag)",
    "whole piece",
    "greatest rise (lag: value there)",
    "minutes near",
    "far",
    "difference",
    "longest hold by its limit",
    "voice",
    "heard before, last 10 min",
    "sections F1",
    "by chance",
)


def measure(options: argparse.Namespace) -> dict[str, Any]:
    """Measure what is not in the file yet."""
    path: Path = options.out
    told: dict[str, Any] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {"scenes": {}}
    scenes = options.scenes or sorted(one.stem for one in scenes_folder().glob("*.yaml"))
    for scene in scenes:
        own = told["scenes"].setdefault(Path(scene).stem, {})
        for seed in options.seeds:
            if str(seed) in own:
                continue
            print(f"{scene}, seed {seed}", file=sys.stderr)
            begun, answers = time.process_time(), ModelAnswers()
            paper = compose_on_paper(options.config, scene, Length(seconds=options.length), seed, answers)
            composed = time.process_time() - begun
            piece = piece_on_paper(paper)
            minutes = [*minute_measures(piece)]
            spread = [minutes[number * len(minutes) // MINUTES] for number in range(MINUTES)] if minutes else []
            own[str(seed)] = {
                "figures": scene_figures(piece, answers, seed, longest=longest_allowed(paper.scene)),
                "minutes": [[round(value, 4) for value in one] for one in spread],
                "composing_seconds": round(composed, 1),
            }
            write_atomically(path, (json.dumps(told) + "\n").encode())
    told["told_apart"] = _told_apart(told["scenes"])
    write_atomically(path, (json.dumps(told) + "\n").encode())
    return told


def _told_apart(scenes: Mapping[str, Any]) -> dict[str, Any] | None:
    minutes = [
        MeasuredMinute(scene, f"{scene} {seed}", tuple(one))
        for scene, seeds in scenes.items()
        for seed, found in seeds.items()
        for one in found["minutes"]
    ]
    found = told_apart(minutes)
    return found.as_json() if found else None


def table(paths: Sequence[Path]) -> str:
    """What is to be shown of each file, scene by scene; means over seeds, and the worst of them behind a slash."""
    lines = [
        f"| {' | '.join(HEADS)} |",
        "|" + "---|" * len(HEADS),
    ]
    tail = list[str]()
    for path in paths:
        told = json.loads(path.read_text(encoding="utf-8"))
        lines += [f"| **{path.stem}** |" + " |" * (len(HEADS) - 1)]
        lines += [_row(scene, [one["figures"] for one in seeds.values()]) for scene, seeds in told["scenes"].items()]
        apart = told.get("told_apart")
        if apart:
            wrong = ", ".join(f"{what} {count}" for what, count in apart["wrong"].items())
            tail.append(
                f"{path.stem}: {apart['value']:.1%} of {apart['of']} minutes told right ({wrong or 'none wrong'})"
            )
    return "\n".join([*lines, "", *tail])


def _row(scene: str, figures: Sequence[Mapping[str, Any]]) -> str:
    parts = [part for one in figures for part in _densities(one) if part]
    most = max(parts, key=lambda one: one["largest"]["value"], default=None)
    rising = max(parts, key=lambda one: one["rise"]["value"], default=None)
    whole = [one["density"]["largest"]["value"] for one in figures if one["density"]]
    minutes = [one["minutes"] for one in figures if one["minutes"]]
    voices = [(name, voice) for one in figures for name, voice in one["voices"].items()]
    longest = max(voices, key=lambda one: one[1]["longest_hold"] / (one[1].get("longest_allowed") or 1e9), default=None)
    heard = [voice["heard_before_at_the_end"] for _, voice in voices if voice["heard_before_at_the_end"] is not None]
    sections = [one["sections"] for one in figures if one["sections"]]
    cells = [
        scene,
        str(len(figures)),
        f"{most['largest']['value']:.2f} ({most['lag']})" if most else "",
        _mean(whole),
        _rise(rising) if rising else "",
        _mean([one["near"] for one in minutes]),
        _mean([one["far"] for one in minutes]),
        _mean([one["difference"]["value"] for one in minutes], worst=min),
        f"{longest[1]['longest_hold']} / {longest[1].get('longest_allowed')}" if longest else "",
        longest[0] if longest else "",
        _mean(heard, worst=max),
        _mean([one["value"] for one in sections], worst=min),
        _mean([one["by_chance"] for one in sections]),
    ]
    return "| " + " | ".join(cells) + " |"


def _rise(density: Mapping[str, Any]) -> str:
    there = "" if density["period"] is None else f" ({density['period']}: {density['at_period']:.2f})"
    return f"{density['rise']['value']:.2f}{there}"


def _densities(figures: Mapping[str, Any]) -> Sequence[Mapping[str, Any] | None]:
    return [figures["density"], figures["drums"]["density"], *(one["density"] for one in figures["voices"].values())]


def _mean(values: Sequence[float | None], worst: Any = None) -> str:
    known = [value for value in values if value is not None]
    if not known:
        return "–"  # noqa: RUF001 - a dash
    mean = f"{sum(known) / len(known):.2f}"
    return mean if worst is None else f"{mean} / {worst(known):.2f}"


def main() -> None:
    """Measure, or print the table of what was measured."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("scenes", nargs="*", help="names or files; all that come with Reverie if none is named")
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--for", dest="length", type=duration, default=3600.0, help="how much of each, such as 1h")
    parser.add_argument("--config", type=Path, help="the site's configuration")
    parser.add_argument("--out", type=Path, help="the file of figures")
    parser.add_argument("--table", type=Path, nargs="+", metavar="FILE", help="print the table of these files")
    options = parser.parse_args()
    if options.table:
        print(table(options.table))
    elif options.out:
        measure(options)
        print(table([options.out]))
    else:
        parser.error("name a file with --out, or files with --table")


if __name__ == "__main__":
    try:
        main()
    except ReverieError as error:
        sys.exit(str(error))
