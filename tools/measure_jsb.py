#!/usr/bin/env python3
"""Train Pianoroll-RNN-NADE on the JSB chorales, and measure it as others have published it.

``train`` trains with Magenta's graph and trainer until the validation chorales are found no likelier; it may be
interrupted, and the same command goes on. ``measure`` says the mean log-likelihood of a step of the test chorales, in
nats. Without a step both are done.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from reverie.training.fit.nade_chorales import ALL_KEYS, Chorale, read_chorales, to_c, transposed

if TYPE_CHECKING:
    from reverie.training.fit.nade_training import NadeProgress

STEPS = ("train", "measure")
FILE = Path("jsb-chorales/jsb-chorales-16th.json")
PUBLISHED = {"RNN-RBM (2012)": -6.27, "RNN-NADE (2012)": -5.56, "LSTM (2018)": -8.45, "TCN (2018)": -8.10}


def main(arguments: list[str] | None = None) -> int:
    """Run the steps that are asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("steps", nargs="*", metavar="STEP", help="train, measure")
    parser.add_argument("--data", type=Path, required=True, help=f"the folder with {FILE}")
    parser.add_argument("--work", type=Path, required=True, help="what is trained is kept here, and taken up again")
    parser.add_argument(
        "--keys",
        choices=("all", "c"),
        default="all",
        help="""all: learn each chorale in twelve keys,
                        measure it in its own; c: learn and measure in C, as the published figures (default: all)""",
    )
    parser.add_argument("--begin", type=Path, metavar="WORK", help="begin with the best weights of another --work")
    parser.add_argument("--layers", type=int, nargs="+", default=[384], help="sizes of the LSTMs")
    parser.add_argument("--hidden", type=int, default=192, help="hidden units of the NADE")
    parser.add_argument("--keep", type=float, default=0.6, help="share of units that do not drop out")
    parser.add_argument("--rate", type=float, default=0.004, help="learning rate at first")
    parser.add_argument("--batch", type=int, default=16, help="chorales in a batch")
    parser.add_argument("--between", type=int, default=344, help="updates between two measurements")
    parser.add_argument("--updates", type=int, help="train no longer than so many updates, over all runs")
    parser.add_argument("--minutes", type=float, default=45, help="train no longer than this now")
    given = parser.parse_args(arguments)
    if unknown := set(given.steps) - set(STEPS):
        parser.error(f"there is no step {min(unknown)!r}, only {' and '.join(STEPS)}")
    try:
        chorales = read_chorales(given.data / FILE)
    except (OSError, ValueError) as error:
        print(error, file=sys.stderr)
        return 1
    from reverie.magenta import compat

    compat.prepare()
    from reverie.training.fit.nade_training import NadeDesign, NadeTraining, roll_log_likelihoods, write_rolls

    heard = {split: tuple(map(to_c, pieces)) if given.keys == "c" else pieces for split, pieces in chorales.items()}
    design = NadeDesign(
        {
            "rnn_layer_sizes": given.layers,
            "nade_hidden_units": given.hidden,
            "dropout_keep_prob": given.keep,
            "learning_rate": given.rate,
            "batch_size": given.batch,
        }
    )
    training = NadeTraining(design, given.work, heard["validation"])
    steps = given.steps or STEPS
    if "train" in steps:
        if (begun := _begun(given.work, given.keys)) != given.keys:
            print(f"{given.work}: training began with --keys {begun}; name another --work", file=sys.stderr)
            return 1
        if not training.examples.exists():
            learned = heard["train"] if given.keys == "c" else _in_all_keys(heard["train"])
            print(f"{write_rolls(learned, design.keys, training.examples, design.seed)} examples", flush=True)
        if given.begin:
            training.begin_with(NadeTraining(design, given.begin, ()).checkpoint)
        end = time.monotonic() + 60 * given.minutes
        training.run(given.between, _report, lambda: time.monotonic() > end, given.updates)
    if "measure" in steps:
        found = roll_log_likelihoods(design, training.checkpoint, heard["test"])
        print(f"test: {found.a_step:.3f} nats a step ({found.a_piece:.3f} if each chorale counts the same)")
        for name, nats in PUBLISHED.items():
            print(f"{name}: {nats:.2f}")
    return 0


def _begun(work: Path, keys: str) -> str:
    """In which keys the training in a folder began; it begins now where there is none."""
    path = work / "keys"
    if not path.exists():
        work.mkdir(parents=True, exist_ok=True)
        path.write_text(keys, encoding="utf-8")
    return path.read_text(encoding="utf-8")


def _in_all_keys(chorales: tuple[Chorale, ...]) -> list[Chorale]:
    return [transposed(chorale, semitones) for chorale in chorales for semitones in ALL_KEYS]


def _report(progress: NadeProgress) -> None:
    print(
        f"step {progress.step}, {progress.seconds / 60:.1f} min: validation {progress.history[-1][1]:.3f} nats a step"
        f" (best {progress.best:.3f}, rate halved {progress.halvings} times)",
        flush=True,
    )


if __name__ == "__main__":
    sys.exit(main())
