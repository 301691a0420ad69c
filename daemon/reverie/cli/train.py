"""The commands ``reverie train ...``: from a folder of music to a model that a scene can name.

What does the work is imported by the command that needs it, so that ``reverie --help`` stays quick.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import sys
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from reverie.cli.arguments import add_command, add_json, duration, metre, seed, threads
from reverie.cli.interruption import GOES_ON, INTERRUPTED, interruptible
from reverie.cli.train_judge import add_judge
from reverie.cli.train_steps import STEP_COMMANDS, check_settings, place_of, say
from reverie.cli.training_job import ModelFolders, check_magenta, job_of, room_told, trainings
from reverie.processes.children import become_module
from reverie.training.errors import TrainingError
from reverie.training.recipes import MODELS, PARTS, RECIPES, check_trained, fit_inputs
from reverie.training.trained_recipe import trained_recipe
from reverie.training.workspace import STEPS, Step

_HELP: Mapping[Step, str] = {
    "convert": "read the files of a folder: notes of each that can be read, a reason for each that cannot",
    "dataset": "make examples of what was read: divided by piece, cut on bar lines",
    "fit": "train on the examples, from where it was left, until the held-out loss falls no more",
    "bundle": "make a model of the best weights so far, for scenes and for Magenta",
}


def add_parsers(commands: Any, folders: ModelFolders) -> None:
    """Add ``train`` to the commands of ``reverie``."""
    train = add_command(commands, "train", "train a model of your own, from a folder of music to a model for scenes")
    actions = train.add_subparsers(required=True, metavar="MODEL|ACTION")
    for model in MODELS:
        whole = add_command(
            actions, model, f"train a model of the kind {model}: all steps, each resumed where it was left"
        )
        whole.set_defaults(command=partial(_train, folders, STEPS), model=model)
        _add_arguments(whole, STEPS)
    for step in STEPS:
        single = add_command(actions, step, _HELP[step])
        single.add_argument("model", metavar="MODEL", choices=MODELS, help=", ".join(MODELS))
        single.set_defaults(command=partial(_train, folders, (step,)))
        _add_arguments(single, (step,))

    add_judge(actions, folders)

    watch = add_command(actions, "watch", "start TensorBoard, which draws how training goes in a browser")
    watch.add_argument("--work", type=Path, metavar="DIR", help="the work folder; all trainings of this user if none")
    watch.add_argument("--port", type=int, default=6006, metavar="N", help="the port of the page (default: 6006)")
    watch.set_defaults(command=_watch)

    listing = add_command(actions, "list", "list what can be trained")
    add_json(listing)
    listing.set_defaults(command=_list)


def _add_arguments(parser: argparse.ArgumentParser, steps: Sequence[Step]) -> None:
    whole = steps == STEPS
    parser.add_argument(
        "--data", type=Path, metavar="DIR", required=whole, help="the folder of music: MIDI, ABC, MusicXML, MXL"
    )
    parser.add_argument(
        "--config",
        "--model-config",
        dest="model_config",
        metavar="NAME",
        help="which of Magenta's configurations, where there are several (`reverie train list`)",
    )
    parser.add_argument(
        "--work",
        type=Path,
        metavar="DIR",
        help="the folder for notes, examples and checkpoints; if none is given, one in the state folder, of its own for"
        " each recipe and data folder",
    )
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="another hyperparameter of Magenta's, such as rnn_layer_sizes=[256,256] or learning_rate=0.0005",
    )
    parser.add_argument(
        "--metre",
        action="append",
        type=metre,
        default=[],
        metavar="N/M",
        help="learn only from pieces in this metre, such as 3/4",
    )
    parser.add_argument(
        "--from",
        dest="begin",
        metavar="MODEL",
        help="begin with the weights of a model that knows such music, a file's or an installed one's: then a dozen"
        " pieces and some minutes are enough",
    )
    parser.add_argument(
        "--weight",
        action="append",
        type=_weight,
        default=[],
        metavar="NAME=N",
        help="learn N times as often from the music of a folder or a style, such as rock=2 or fills=0",
    )
    parser.add_argument(
        "--steady",
        type=_steady,
        metavar="N",
        help="learn N times as often from examples whose bars are all alike, and less often from restless ones",
    )
    parser.add_argument(
        "--shorten-bars",
        action="store_true",
        help="of drums: learn the metres that --metre names from beats in longer ones besides, with a part of each bar"
        " left out: 7/8 from 4/4 without the last eighth, 3/4 from 4/4 without the third beat, 5/8 from 6/8 without the"
        " last eighth",
    )
    parser.add_argument(
        "--part",
        choices=PARTS,
        help="learn only from the tune of each piece (the singer's line, the first violin), or only from its bass (left"
        " hands, cellos, basses); melodies only (default: any line)",
    )
    parser.add_argument("--seed", type=seed, default=0, metavar="N", help="draws splits and first weights (default: 0)")
    if "fit" in steps:
        parser.add_argument(
            "--steps", type=_count, default=8000, metavar="N", help="train so many batches at most (default: 8000)"
        )
        parser.add_argument(
            "--minutes",
            type=_minutes,
            default=180.0,
            metavar="N",
            help="train no longer in this run; the same command goes on (default: 180)",
        )
        parser.add_argument(
            "--patience",
            type=_count,
            default=8,
            metavar="N",
            help="end after so many measurements without a better one (default: 8)",
        )
        parser.add_argument(
            "--every",
            type=duration,
            default=120.0,
            metavar="DURATION",
            help="measure the held-out loss so often; more often where the examples are few (default: 2m)",
        )
        parser.add_argument(
            "--threads", type=threads, default=1, metavar="N", help="multiply on so many threads (default: 1)"
        )
    if "bundle" in steps:
        parser.add_argument(
            "--out",
            type=Path,
            metavar="BUNDLE",
            help="the model to write, with and without Magenta's ending .mag; if none is given, it is named after data"
            " and configuration and put into the site's folder of models",
        )
        parser.add_argument(
            "--licence", metavar="TEXT", help="on which terms the music may be used, for the model card"
        )
        parser.add_argument("--describe", metavar="TEXT", help="one line about the model, for the model card")
        parser.add_argument(
            "--replace", action="store_true", help="replace a model of that name, also if it is not of this training"
        )


def _train(folders: ModelFolders, steps: Sequence[Step], options: argparse.Namespace) -> int:
    job = job_of(options, steps, folders)
    check_magenta()
    if steps[0] == "fit":
        fit_inputs(job.recipe, job.workspace)
    if steps[0] == "bundle":
        check_trained(job.workspace)
        trained_recipe(job.recipe, job.workspace)
    if "bundle" in steps:
        from reverie.training.bundle_place import check_place

        check_place(place_of(job, folders, options.out), job.workspace, replace=options.replace)
    if "fit" in steps:
        os.environ["TF_NUM_INTRAOP_THREADS"] = str(options.threads)
        if options.set:
            check_settings(job)

    def work() -> int:
        say(f"{job.recipe.model} ({job.recipe.config}), in {job.workspace.folder}")
        with room_told(job.workspace.folder), job.workspace.claimed():
            if job.data:
                job.about.write(job.workspace.about)
            for step in steps:
                if not STEP_COMMANDS[step](job, folders, options):
                    return INTERRUPTED
        return 0

    return interruptible(work, GOES_ON)


def _watch(options: argparse.Namespace) -> int:
    folder = options.work or trainings()
    if not folder.is_dir():
        raise TrainingError(f"{folder}: nothing has been trained there yet; name a work folder with --work")
    if importlib.util.find_spec("tensorboard") is None:
        raise TrainingError(
            "TensorBoard is not installed here; `make magenta`, in a checkout of Reverie, installs it, too; what"
            " `reverie train fit` prints has the same figures"
        )
    sys.stdout.flush()
    become_module("tensorboard.main", "--logdir", str(folder), "--port", str(options.port))


def _list(options: argparse.Namespace) -> int:
    if options.json:
        say(json.dumps({"models": [recipe.as_json() for recipe in RECIPES.values()]}, indent=2))
        return 0
    for model in MODELS:
        recipes = [recipe for recipe in RECIPES.values() if recipe.model == model]
        for recipe in recipes:
            sizes = recipe.hparams.get("rnn_layer_sizes") or recipe.hparams.get("dec_rnn_size", ())
            layers = " x ".join(map(str, sizes)) or "Magenta's own size"
            say(f"{model:<12} {recipe.config:<28} {layers}")
        if not recipes:
            say(f"{model:<12} cannot be trained yet")
    return 0


_MOST = 100.0
"""More than that is a mistake: so many times the disk is needed."""


def _weight(text: str) -> tuple[str, float]:
    name, equals, number = text.rpartition("=")
    weight = _number(number)
    if not (equals and name and weight is not None and 0 <= weight <= _MOST):
        raise argparse.ArgumentTypeError(f"a name and a number to {_MOST:.0f} are needed, such as rock=2, not {text!r}")
    return name, weight


def _steady(text: str) -> float:
    number = _number(text)
    if number is None or not 1 / _MOST <= number <= _MOST:
        raise argparse.ArgumentTypeError(f"a number of 0.01 to {_MOST:.0f} is needed, such as 3, not {text!r}")
    return number


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _minutes(text: str) -> float:
    try:
        minutes = float(text)
    except ValueError:
        minutes = 0.0
    if not 0 < minutes < float("inf"):
        raise argparse.ArgumentTypeError(f"a number of minutes is needed, such as 60, not {text!r}")
    return minutes


def _count(text: str) -> int:
    if not text.isdecimal() or not int(text):
        raise argparse.ArgumentTypeError(f"a whole number from 1 is needed, not {text!r}")
    return int(text)
