#!/usr/bin/env python3
"""Train the timbre model that ships with Reverie, from the sounds of Sound Maker and tones of the project's own.

The steps, each of which takes up what an interrupted run has left: ``pool`` moves all sounds to all pitches, ``train``
trains from the last checkpoint on, ``bundle`` writes the model with its model card. Without a step all are done. Two
cores that do nothing else train it in an hour.
"""

from __future__ import annotations

import argparse
import math
import sys
from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from reverie.training.timbre.data import Pool

STEPS = ("pool", "train", "bundle")
NAME = "timbre"
TONES = 42


def pool(data: Path, work: Path) -> Pool:
    """All sounds at all pitches."""
    from reverie.training.timbre.data import build_pool

    return build_pool(data, work, TONES, _say)


def train(data: Path, work: Path, wishes: Mapping[str, Any]) -> None:
    """Train, and say how it goes."""
    from reverie.training.timbre.gan_network import TimbreSizes
    from reverie.training.timbre.training import Plan
    from reverie.training.timbre.training import train as go_on

    go_on(pool(data, work), TimbreSizes(), Plan(**wishes), work / "checkpoints", _say)


def bundle(data: Path, work: Path, out: Path, wishes: Mapping[str, Any]) -> None:
    """Write the run-time bundle."""
    from reverie.models.library.bundle import write_bundle
    from reverie.models.library.card import ModelCard
    from reverie.training.timbre import data as timbre_data
    from reverie.training.timbre.export import bundle_of
    from reverie.training.timbre.training import Plan, steps_done

    learned = pool(data, work)
    facts = {
        "description": "Notes of any pitch from a point between timbres, and the point that a sound is nearest to",
        "data": {
            "name": "Sound Maker, by Google Creative Lab",
            "licence": "Apache-2.0",
            "source": "https://github.com/googlecreativelab/aiexperiments-sound-maker",
            "split": "eight pairs of instruments held out",
            "heldout": list(timbre_data.HELD_OUT),
            "characters": sum(not name.startswith("tone/") for name in learned.names),
            "tones": TONES,
        },
        "plan": {name: value for name, value in asdict(Plan(**wishes)).items() if value != math.inf},
        "steps": steps_done(work / "checkpoints"),
        "versions": {package: version(package) for package in ("magenta", "tensorflow", "numpy")},
        "created": datetime.now(UTC).date().isoformat(),
    }
    source = {
        "file": "tools/train_timbre.py",
        "licence": "Apache-2.0; trained on Sound Maker, by Google Creative Lab, Apache-2.0, and on tones of Reverie's",
    }
    card = ModelCard(NAME, "gansynth", source=source, training=facts)
    made = bundle_of(work / "checkpoints", card, timbre_data.PITCHES)
    path = out / f"{NAME}.safetensors"
    write_bundle(path, made)
    _say(f"{path}: {path.stat().st_size:,} bytes after {facts['steps']} steps")


def parse_arguments(arguments: list[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("step", nargs="*", choices=[*STEPS, []], help="what to do (default: all)")
    parser.add_argument("--data", type=Path, required=True, metavar="DIR", help="folder of Sound Maker's sounds")
    parser.add_argument("--work", type=Path, required=True, metavar="DIR", help="folder for the pool and checkpoints")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder for the run-time bundle")
    parser.add_argument("--steps", type=int, default=4600, help="train so many batches (default: 4600)")
    parser.add_argument("--minutes", type=float, default=math.inf, help="end after so long, if that is sooner")
    parser.add_argument("--threads", type=int, default=2, help="threads to train on (default: 2)")
    return parser.parse_args(arguments)


def main(arguments: list[str] | None = None) -> int:
    """Do what the command line says."""
    options = parse_arguments(arguments)
    steps = options.step or STEPS
    wishes = {"steps": options.steps, "minutes": options.minutes, "threads": options.threads}
    try:
        if "pool" in steps:
            pool(options.data, options.work)
        if "train" in steps:
            train(options.data, options.work, wishes)
        if "bundle" in steps:
            bundle(options.data, options.work, options.out, wishes)
    except FileNotFoundError as error:
        print(f"{error.filename or error}: is missing; has the step before been done?", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nInterrupted; the same command goes on from the last checkpoint.", file=sys.stderr)
        return 130
    return 0


def _say(text: str) -> None:
    print(text, flush=True)


if __name__ == "__main__":
    sys.exit(main())
