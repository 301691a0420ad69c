#!/usr/bin/env python3
# pyright: basic, reportMissingImports=false
# note_seq and Magenta have no types.
"""Train the models that ship with Reverie, from the Groove MIDI Dataset and OpenEWLD.

The steps, each of which takes up what an interrupted run has left: ``convert`` reads the scores into Magenta's
examples, ``train`` trains until it no longer helps, ``bundle`` measures the best checkpoint on the test set and writes
it with its model card. Without a step all are done, one model after the other.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import shutil
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reverie.models.library.importing import ImportRequest, import_model

if TYPE_CHECKING:
    from reverie.training.sequences import Training, TrainingProgress

SPLITS = ("train", "validation", "test")
STEPS = ("convert", "train", "bundle")
GROOVE = "groove-midi"
OPENEWLD = "openewld"


@dataclass(frozen=True, slots=True)
class Corpus:
    """A collection of scores: where it lies below the data folder, whose it is, and which of its files are in a split.

    ``split`` says how the files are divided, in words for the model card.
    """

    folder: str
    name: str
    licence: str
    source: str
    split: str
    files: Callable[[Path, str], Iterator[Path]]

    def sequences(self, data: Path, split: str) -> Iterator[Any]:
        """Read the split's files as NoteSequences, leaving out what Magenta cannot read."""
        import note_seq

        for path in self.files(data / self.folder, split):
            try:
                if path.suffix == ".mid":
                    yield note_seq.midi_file_to_note_sequence(str(path))
                else:
                    yield _read_mxl(path)
            except (note_seq.MIDIConversionError, note_seq.MusicXMLConversionError) as error:
                print(f"left out {path.name}: {error}", flush=True)


def _read_mxl(path: Path) -> Any:
    """Read the score in a compressed MusicXML file.

    note_seq would look its name up in the container's list, which in OpenEWLD is broken where titles have apostrophes.
    """
    import note_seq

    with zipfile.ZipFile(path) as archive, tempfile.NamedTemporaryFile(suffix=".xml") as score:
        (name,) = (name for name in archive.namelist() if not name.startswith("META-INF/"))
        score.write(archive.read(name))
        score.flush()
        return note_seq.musicxml_file_to_sequence_proto(score.name)


@dataclass(frozen=True, slots=True)
class Plan:
    """What to train on what, in examples of ``window`` steps; two cores train a model of these sizes in an hour."""

    corpus: Corpus
    description: str
    window: int
    hparams: Mapping[str, Any]


def groove_files(folder: Path, split: str) -> Iterator[Path]:
    """The Groove dataset's beats in 4/4 of a split of its own; fills last a bar or two, too short to learn from."""
    with (folder / "info.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            wanted = (row["beat_type"], row["time_signature"], row["split"]) == ("beat", "4-4", split)
            path = folder / row["midi_filename"]
            if wanted and path.exists():
                yield path


def openewld_files(folder: Path, split: str) -> Iterator[Path]:
    """Lead sheets, divided by a hash of their title, so that two settings of one song stay together."""
    for path in sorted(folder.glob("dataset/*/*/*.mxl")):
        place = int.from_bytes(hashlib.sha256(path.stem.encode()).digest()[:4], "big") % 100
        if split == ("train" if place < 90 else "validation" if place < 95 else "test"):  # noqa: PLR2004 - the split
            yield path


PLANS: dict[str, Plan] = {
    "drum_kit": Plan(
        corpus=Corpus(
            folder=GROOVE,
            name="Groove MIDI Dataset",
            licence="CC BY 4.0",
            source="https://magenta.tensorflow.org/datasets/groove",
            split="the dataset's own; beats in 4/4 only",
            files=groove_files,
        ),
        description="Drum loops after human drummers",
        window=128,
        hparams={
            "batch_size": 16,
            "rnn_layer_sizes": [128, 128],
            # With attention over 16 steps its feedback on itself grew without bound, and nothing was learnt.
            "attn_length": 0,
            "dropout_keep_prob": 0.7,
            "learning_rate": 0.001,
        },
    ),
    "attention_rnn": Plan(
        corpus=Corpus(
            folder=OPENEWLD,
            name="OpenEWLD",
            licence="MIT; the scores are in the public domain",
            source="https://github.com/00sapo/OpenEWLD",
            split="90/5/5 by a hash of the title",
            files=openewld_files,
        ),
        description="Melodies after songs of the early twentieth century",
        window=128,
        hparams={
            "batch_size": 32,
            "rnn_layer_sizes": [128, 128],
            "attn_length": 40,
            "dropout_keep_prob": 0.7,
            "learning_rate": 0.002,
        },
    ),
}


def convert(name: str, data: Path, folder: Path) -> None:
    """Make the SequenceExamples of each split.

    Melodies are not transposed to have more of them: the model's configuration moves every melody to C.
    """
    from reverie.training import sequences as training

    design = training.Design(name, PLANS[name].hparams)
    for split in SPLITS:
        path = folder / f"{split}.examples"
        if not path.exists():
            window = PLANS[name].window if split == "train" else 0
            count = training.write_examples(design, PLANS[name].corpus.sequences(data, split), path, window)
            print(f"{name}: {count} examples to {split}", flush=True)


def train(name: str, folder: Path, steps: int, minutes: float, patience: int) -> None:
    """Train, and say how it goes."""
    begun = time.monotonic()

    def report(progress: TrainingProgress) -> None:
        spent = (time.monotonic() - begun) / 60
        print(
            f"{name}: {spent:5.1f} min, step {progress.step} of {steps}, validation loss {progress.history[-1][1]:.4f}"
            f" (best {progress.best_loss:.4f} at {progress.best_step})",
            flush=True,
        )

    _training(name, folder).run(steps, patience, report, lambda: time.monotonic() - begun > 60 * minutes)


def bundle(name: str, data: Path, folder: Path, out: Path) -> None:
    """Write Magenta's bundle into the work folder, and import it as a run-time bundle, each whole or not at all."""
    from reverie.training.sequences import count_records

    plan, training = PLANS[name], _training(name, folder)
    held_out, unigram = _measure(training, training.checkpoint)
    config = training.design.family.config(name, plan.hparams)
    facts = {
        "description": plan.description,
        "hparams": config.hparams.values(),
        "data": {
            "name": plan.corpus.name,
            "licence": plan.corpus.licence,
            "source": plan.corpus.source,
            "split": plan.corpus.split,
            "files": {split: sum(1 for _ in plan.corpus.files(data / plan.corpus.folder, split)) for split in SPLITS},
            "examples": {split: count_records(folder / f"{split}.examples") for split in SPLITS},
        },
        "steps": training.progress.best_step,
        "batch_size": config.hparams.batch_size,
        "example_steps": plan.window,
        "heldout": held_out,
        "unigram": unigram,
        "versions": {package: version(package) for package in ("magenta", "tensorflow", "note-seq")},
        "created": datetime.now(UTC).date().isoformat(),
    }
    draft = folder / f"{name}.mag"
    training.write_bundle(draft, f"{plan.description}. Trained on: {plan.corpus.name}, {plan.corpus.licence}.")
    licence = f"Apache-2.0; trained on {plan.corpus.name}, {plan.corpus.licence}"
    made = import_model(draft, out, ImportRequest(source={"licence": licence}, training=facts, replace=True))
    print(f"{made.path}: {made.path.stat().st_size} bytes, {held_out}, unigram {unigram}", flush=True)


def _measure(training: Training, checkpoint: str) -> tuple[dict[str, Any], dict[str, Any]]:
    import math

    from reverie.training.sequences import HeldOut

    test = HeldOut(training.design, training.folder / "test.examples")
    loss, baseline = test.loss(checkpoint), test.unigram_loss(training.folder / "train.examples")
    return (
        {"loss": round(loss, 4), "perplexity": round(math.exp(loss), 3), "events": test.events},
        {"loss": round(baseline, 4), "perplexity": round(math.exp(baseline), 3)},
    )


def _training(name: str, folder: Path) -> Training:
    from reverie.training.sequences import Design, Training

    return Training(Design(name, PLANS[name].hparams), folder)


def parse_arguments(arguments: list[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("step", nargs="*", choices=[*STEPS, []], help="what to do (default: all)")
    parser.add_argument("--model", action="append", choices=list(PLANS), help="only this one (may be repeated)")
    parser.add_argument(
        "--data", type=Path, required=True, metavar="DIR", help=f"folder that has {GROOVE} and {OPENEWLD}"
    )
    parser.add_argument("--work", type=Path, required=True, metavar="DIR", help="folder for examples and checkpoints")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder for run-time bundles")
    parser.add_argument("--steps", type=int, default=8000, help="train so many batches at most (default: 8000)")
    parser.add_argument("--minutes", type=float, default=180, help="begin no more training after that (default: 180)")
    parser.add_argument(
        "--patience", type=int, default=8, help="stop after so many measurements that were no better (default: 8)"
    )
    parser.add_argument("--restart", action="store_true", help="forget what an earlier run has trained")
    return parser.parse_args(arguments)


def main(arguments: list[str] | None = None) -> int:
    """Do what the command line says."""
    options = parse_arguments(arguments)
    steps = options.step or STEPS
    try:
        for name in options.model or PLANS:
            folder = options.work / name
            if options.restart:
                shutil.rmtree(folder, ignore_errors=True)
            if "convert" in steps:
                convert(name, options.data, folder)
            if "train" in steps:
                train(name, folder, options.steps, options.minutes, options.patience)
            if "bundle" in steps:
                bundle(name, options.data, folder, options.out)
    except FileNotFoundError as error:
        print(f"{error.filename or error}: is missing; has the step before been done?", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nInterrupted; the same command goes on from the last checkpoint.", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
