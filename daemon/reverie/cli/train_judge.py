"""The command ``reverie train judge``: a model beside a Markov model, and its loops beside music it has not seen."""

from __future__ import annotations

import argparse
import contextlib
import json
import sys
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import fields
from functools import partial
from pathlib import Path
from typing import Any

from reverie.cli.arguments import add_command, add_json, loop_bars, loops, seed
from reverie.cli.train_steps import read_music, say
from reverie.cli.training_job import ModelFolders, check_folder, check_magenta, model_file, room_told, work_folder
from reverie.models.library.card import ModelCard
from reverie.timbre.meter import Meter
from reverie.training.errors import TrainingError
from reverie.training.pieces import ConvertedPiece
from reverie.training.recipes import RECIPES, TrainingRecipe
from reverie.training.workspace import Split, Workspace

_SPLIT_WORDS: Mapping[Split, str] = {
    "train": "to learn from",
    "validation": "to look at while training",
    "test": "that was held out",
}


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
    add_json(judge)
    judge.set_defaults(command=partial(_judge, folders))


def _judge(folders: ModelFolders, options: argparse.Namespace) -> int:
    from reverie.models.library.importing import read_any_bundle
    from reverie.training.judge.judged_bundle import judge_file

    path = model_file(options.bundle, folders)
    recipe = _recipe(read_any_bundle(path).card)
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
        splits: dict[Split, list[ConvertedPiece]] = {
            split: [piece for piece in members if not recipe.metres or piece.metre in recipe.metres]
            for split, members in split_pieces(pieces, recipe.seed).items()
        }
        try:
            with warnings.catch_warnings():  # of note_seq's libraries, about programs that are not needed here
                warnings.simplefilter("ignore")
                found = judge_file(path, workspace, splits, request, report=report)
        except ValueError as error:
            raise TrainingError(f"{options.data}: {missing_metre(recipe, splits) or error}") from error
        finally:
            for meter in meters.values():
                meter.end()
    say(*([json.dumps(found.data, indent=1)] if options.json else [found.text, "", *map(str, found.files)]))
    return 0


def missing_metre(recipe: TrainingRecipe, splits: Mapping[Split, Sequence[ConvertedPiece]]) -> str:
    """Which music a model cannot be judged without; empty if it is not for want of a metre."""
    missing = [_SPLIT_WORDS[split] for split, pieces in splits.items() if not pieces]
    if not recipe.metres or not missing:
        return ""
    cut = ", and bars that were shortened to it are none" if recipe.shorten_bars else ""
    metres = " or ".join(recipe.metres)
    return f"there is no music in {metres} {' or '.join(missing)}, which the model is judged by{cut}"


def _recipe(card: ModelCard) -> TrainingRecipe:
    """The recipe that a model was trained by, as its card says; else that of its configuration.

    Raises:
        TrainingError: if there is none.
    """
    told = card.training.get("recipe")
    if isinstance(told, dict):
        names = {field.name for field in fields(TrainingRecipe)}
        known: dict[str, Any] = {
            str(name): tuple(value) if isinstance(value, list) else value  # pyright: ignore[reportUnknownArgumentType]
            for name, value in told.items()  # pyright: ignore[reportUnknownVariableType]
            if name in names
        }
        return TrainingRecipe(**known)
    try:
        return RECIPES[card.config]
    except KeyError:
        raise TrainingError(f"{card.name}: is of {card.config}, which cannot be judged yet") from None
