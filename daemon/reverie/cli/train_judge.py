"""The command ``reverie train judge``: a model beside a Markov model, and its loops beside music it has not seen."""

from __future__ import annotations

import argparse
import contextlib
import json
import sys
import warnings
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

from reverie.cli.arguments import add_command, add_json, loop_bars, loops, metre, seed
from reverie.cli.interruption import GOES_ON, interruptible
from reverie.cli.train_steps import read_music, say
from reverie.cli.training_job import ModelFolders, check_folder, check_magenta, model_file, room_told, work_folder
from reverie.music.time import Metre
from reverie.timbre.meter import Meter
from reverie.training.card_recipe import recipe_of_card
from reverie.training.errors import TrainingError
from reverie.training.workspace import Workspace


def add_judge(actions: Any, folders: ModelFolders) -> None:
    """Add ``judge`` to the actions of ``reverie train``."""
    judge = add_command(actions, "judge", "judge a model by held-out music: perplexity, loops, copies")
    judge.add_argument("bundle", metavar="BUNDLE", help="a model's file, or its name where it is installed")
    judge.add_argument("--data", type=Path, required=True, metavar="DIR", help="the music that it was trained on")
    judge.add_argument(
        "--work", type=Path, metavar="DIR", help="the work folder; that of its training if none is given"
    )
    judge.add_argument("--loops", type=loops, default=500, metavar="N", help="make so many loops (default: 500)")
    judge.add_argument("--bars", type=loop_bars, default=4, metavar="N", help="of so many bars (default: 4)")
    judge.add_argument("--seed", type=seed, default=0, metavar="N", help="draws the loops (default: 0)")
    judge.add_argument(
        "--metre",
        action="append",
        type=metre,
        default=[],
        metavar="N/M",
        help="judge drums or melodies by passages in this metre alone; each that is named has a judgement of its own"
        " (default: by the metres that it was trained on, together)",
    )
    add_json(judge)
    judge.set_defaults(command=partial(_judge, folders))


def _judge(folders: ModelFolders, options: argparse.Namespace) -> int:
    return interruptible(partial(_judged, folders, options), GOES_ON)


def _judged(folders: ModelFolders, options: argparse.Namespace) -> int:
    from reverie.models.library.importing import read_any_bundle
    from reverie.training.judge.judged_bundle import judge_file

    path = model_file(options.bundle, folders)
    recipe, metres = recipe_of_card(read_any_bundle(path).card), _metres(options.metre)
    check_folder(options.data)
    check_magenta()
    workspace = Workspace(options.work or work_folder(recipe, options.data))
    from reverie.training.dataset.title_split import split_pieces
    from reverie.training.judge.generated_loops import LoopRequest

    meters: dict[str, Meter] = {}

    def report(step: str, done: int, of: int) -> None:
        meters.setdefault(step, Meter(f"judging, {step}")).show(done / max(1, of))

    request = LoopRequest(options.loops, options.bars, options.seed)
    with room_told(workspace.folder), workspace.claimed():
        with contextlib.redirect_stdout(sys.stderr if options.json else sys.stdout):
            pieces = read_music(options.data, workspace).pieces
        splits = split_pieces(pieces, recipe.seed)
        for one in metres or [None]:
            try:
                with warnings.catch_warnings():  # of note_seq's libraries, about programs that are not needed here
                    warnings.simplefilter("ignore")
                    found = judge_file(path, workspace, splits, request, metre=one, report=report)
            except ValueError as error:
                raise TrainingError(f"{options.data}: {error}") from error
            finally:
                for meter in meters.values():
                    meter.end()
                meters.clear()
            say(*([json.dumps(found.data, indent=1)] if options.json else [found.text, "", *map(str, found.files)]))
    return 0


def _metres(asked: Sequence[str]) -> list[Metre]:
    """The metres that were asked for, each once.

    Raises:
        TrainingError: if one has no whole number of sixteenths in a bar, or too many.
    """
    try:
        return [Metre.parse(one) for one in dict.fromkeys(asked)]
    except ValueError as error:
        raise TrainingError(f"--metre: {error}") from error
