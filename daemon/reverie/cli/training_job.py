"""Which training a command is about: its recipe, its folder of music and its work folder."""

from __future__ import annotations

import argparse
import contextlib
import errno
import importlib.util
import json
import shlex
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reverie.cli.models import installed
from reverie.errors import reason_of
from reverie.places import state_folder
from reverie.training.dataset.shortened_bars import POSSIBLE
from reverie.training.errors import TrainingError
from reverie.training.hyperparameter_bounds import check_bounds
from reverie.training.known_collections import data_of
from reverie.training.recipes import TrainingData, TrainingRecipe, read_data, recipe_of, with_hparams, with_part
from reverie.training.workspace import Step, Workspace, digest_of

if TYPE_CHECKING:
    from reverie.training.first_weights import FirstWeights

ModelFolders = Callable[[Path | None], Sequence[Path]]
"""Given the site's configuration, the folders in which models lie; what is trained goes into the last."""

_NAMED = 12
"""Digits of the digest in the name of a work folder."""
_ONE_METRE = frozenset({"music-vae"})
_NEVER_STEADY = frozenset({"music-vae", "performance", "piano-genie"})
_NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_MAGENTA = ("magenta", "note_seq", "tensorflow")


@dataclass(frozen=True, slots=True)
class TrainingJob:
    """What is to be trained, where, on what, and from what on.

    ``data`` is None where only later steps are asked for, ``first`` where weights are drawn to begin with.
    """

    recipe: TrainingRecipe
    workspace: Workspace
    data: Path | None
    about: TrainingData
    first: FirstWeights | None = None


def job_of(options: argparse.Namespace, steps: Sequence[Step], folders: ModelFolders) -> TrainingJob:
    """The training that arguments are about; ``folders`` tells where models lie.

    Raises:
        TrainingError: if they do not say, or there is no such recipe, folder or model.
    """
    recipe = recipe_of(options.model, options.model_config)
    first = _first_weights(model_file(options.begin, folders), recipe.config) if options.begin else None
    if first:
        recipe = replace(with_hparams(recipe, first.hparams), begins=f"{first.name} {first.digest[:_NAMED]}")
    hparams = _hparams(options.set)
    check_bounds(hparams)
    if first:
        _check_layers(first, hparams)
    recipe = with_hparams(recipe, hparams)
    _check_heeded(recipe, options)
    recipe = replace(recipe, metres=tuple(options.metre) or recipe.metres, seed=options.seed)
    recipe = replace(
        recipe,
        weights=_weights(options.weight) or recipe.weights,
        steady=recipe.steady if options.steady is None else options.steady,
    )
    if options.shorten_bars:
        recipe = _with_shortened_bars(recipe)
    if options.part:
        recipe = with_part(recipe, options.part)
    data: Path | None = options.data
    work: Path | None = options.work
    if data is None and "convert" in steps:
        raise TrainingError("there is nothing to read; give the folder of your music with --data")
    if data is not None:
        check_folder(data)
    if work is None:
        if data is None:
            raise TrainingError(
                "it is not said which training is meant; give --data DIR, or --work DIR if you named it"
            )
        work = work_folder(recipe, data)
    workspace = Workspace(work)
    return TrainingJob(recipe, workspace, data, data_of(data) if data else read_data(workspace.about), first)


def _first_weights(path: Path, config: str) -> FirstWeights:
    from reverie.models.library.importing import read_any_bundle
    from reverie.training.first_weights import first_weights

    return first_weights(read_any_bundle(path), config, path)


def _check_layers(first: FirstWeights, hparams: Mapping[str, Any]) -> None:
    """Whether the network keeps the layers that it begins with.

    Raises:
        TrainingError: if not.
    """
    for name, value in first.hparams.items():
        if hparams.get(name, value) != value:
            raise TrainingError(
                f"--set {name}={json.dumps(hparams[name])}: {first.name} cannot be begun with, since it has"
                f" {name}={json.dumps(value)}; leave its layers as they are"
            )


def _check_heeded(recipe: TrainingRecipe, options: argparse.Namespace) -> None:
    """Whether what is asked for makes a difference to such a model.

    Raises:
        TrainingError: if not.
    """
    if options.metre and recipe.model in _ONE_METRE:
        raise TrainingError(f"--metre: a {recipe.model} knows only bars like those of 4/4, and learns from no others")
    if options.steady is not None and recipe.model in _NEVER_STEADY:
        raise TrainingError(f"--steady: of the examples of a {recipe.model} it is not known how steady they are")


def _weights(asked: Sequence[tuple[str, float]]) -> dict[str, float]:
    """The weights by name.

    Raises:
        TrainingError: if a name has two; large and small letters are alike.
    """
    known: set[str] = set()
    for name, _ in asked:
        if name.casefold() in known:
            raise TrainingError(f"--weight: {name} is given twice; give it one weight")
        known.add(name.casefold())
    return dict(asked)


def _with_shortened_bars(recipe: TrainingRecipe) -> TrainingRecipe:
    """The recipe, which learns from shortened bars besides.

    Raises:
        TrainingError: if there are none for it.
    """
    if recipe.model != "drums":
        raise TrainingError(f"--shorten-bars is for drums: what a {recipe.model} holds across a cut would be torn")
    if not set(recipe.metres) & set(POSSIBLE):
        metres = ", ".join(POSSIBLE)
        raise TrainingError(f"--shorten-bars wants --metre with what bars can be shortened to: {metres}")
    return replace(recipe, shorten_bars=True)


def check_folder(data: Path) -> None:
    """Whether there is a folder of music.

    Raises:
        TrainingError: if not.
    """
    if not data.is_dir():
        raise TrainingError(f"{data}: there is no such folder; give the folder of your music with --data")


def work_folder(recipe: TrainingRecipe, data: Path) -> Path:
    """Where a training works if nobody says otherwise: the same for the same recipe and folder of music."""
    digest = digest_of({"recipe": recipe.as_json(), "data": str(data.resolve())})
    return trainings() / f"{recipe.config}-{digest[:_NAMED]}"


def trainings() -> Path:
    """The folder of all work folders of this user."""
    return state_folder() / "training"


def check_magenta() -> None:
    """Whether what trains is installed.

    Raises:
        TrainingError: if not.
    """
    if any(importlib.util.find_spec(module) is None for module in _MAGENTA):
        raise TrainingError(
            "training needs Magenta and TensorFlow (3 GB), which are not installed here; `make magenta`, in a checkout"
            " of Reverie, installs them"
        )


def model_file(named: str, folders: ModelFolders) -> Path:
    """The file that is meant: in the run-time format, or one of Magenta's bundles.

    Raises:
        TrainingError: if there is none.
    """
    path = Path(named)
    if path.is_file():
        return path
    found = installed(folders(None))
    if named not in found:
        raise TrainingError(f"{named}: there is no such model; name the file that `reverie train` wrote")
    return found[named]


@contextlib.contextmanager
def room_told(folder: Path) -> Generator[None]:
    """Say of a disk that is full that it is, and what to do; the system does not always say where it is.

    Raises:
        TrainingError: if it is.
        OSError: if the system refuses a file for another reason.
    """
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        if error.filename is not None and error.errno not in _NO_ROOM:
            raise
        advice = "make room there, and give" if error.errno in _NO_ROOM else "give"
        raise TrainingError(
            f"{error.filename or folder}: {reason_of(error)}; {advice} the same command again: it goes on from what is"
            " whole"
        ) from error


def command_of(job: TrainingJob, options: argparse.Namespace) -> str:
    """What makes the same model again, without the paths of this machine: for its card."""
    words = ["reverie", "train", job.recipe.model, "--data", job.about.name]
    words += _recipe_words(job.recipe, options, str(job.first.name) if job.first else "")
    for name in ("steps", "patience"):
        words += [f"--{name}", str(getattr(options, name))] if hasattr(options, name) else []
    return shlex.join(words)


def bundle_command(job: TrainingJob, options: argparse.Namespace) -> str:
    """What makes a model of what was trained so far, on this machine."""
    words = ["reverie", "train", "bundle", job.recipe.model, "--work", str(job.workspace.folder)]
    return shlex.join(words + _recipe_words(job.recipe, options, options.begin or ""))


def _recipe_words(recipe: TrainingRecipe, options: argparse.Namespace, begin: str) -> list[str]:
    """The arguments that make the recipe, which begins with the weights of ``begin``."""
    words = ["--config", recipe.config]
    words += [word for setting in options.set for word in ("--set", setting)]
    words += ["--from", begin] if begin else []
    words += [word for metre in recipe.metres for word in ("--metre", metre)]
    words += [word for name, weight in recipe.weights.items() for word in ("--weight", f"{name}={weight:g}")]
    words += ["--steady", f"{recipe.steady:g}"] if recipe.steady != 1 else []
    words += ["--shorten-bars"] if recipe.shorten_bars else []
    words += ["--part", recipe.part] if options.part else []
    return [*words, "--seed", str(recipe.seed)]


def _hparams(settings: Sequence[str]) -> dict[str, Any]:
    """Hyperparameters as they are written: ``learning_rate=0.001``.

    Raises:
        TrainingError: if one is no setting.
    """
    found: dict[str, Any] = {}
    for setting in settings:
        name, equals, value = setting.partition("=")
        try:
            found[name.strip()] = json.loads(value)
        except ValueError:
            equals = ""
        if not equals:
            raise TrainingError(f"--set takes NAME=VALUE, such as learning_rate=0.001, not {setting!r}")
    return found
