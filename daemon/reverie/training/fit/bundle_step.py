# pyright: basic, reportMissingModuleSource=false
# Magenta has no types.
"""The step ``bundle``: the best weights as Magenta's programs read them, and in the run-time format with its card."""

from __future__ import annotations

import os
import platform
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from reverie.files import write_atomically
from reverie.models.library.card import SUFFIX
from reverie.models.library.importing import ImportRequest, import_model
from reverie.training.bundle_place import check_place, remove_drafts
from reverie.training.dataset.census import Census
from reverie.training.fit.fit_step import network_of_recipe
from reverie.training.fit.held_out import count_records
from reverie.training.fit.network_training import NetworkTraining
from reverie.training.fit.training_progress import read_progress
from reverie.training.held_out_figures import HeldOutFigures
from reverie.training.recipes import TrainingData, TrainingRecipe, check_trained, fit_inputs
from reverie.training.trained_recipe import trained_recipe
from reverie.training.workspace import SPLITS, Split, Workspace, digest_of

_SCORES = frozenset({"MXL", "MusicXML", "ABC"})
"""Formats of what somebody wrote, and nobody played."""
_BY_THE_CLOCK = frozenset({"performance", "piano-genie"})
"""Those that hear seconds."""
_PACKAGES = ("magenta", "tensorflow", "note-seq", "reverie-daemon")


@dataclass(frozen=True, slots=True)
class BundleRequest:
    """Where bundles go, and what people should know of them.

    ``out`` is the path of both without their endings; its name is what scenes call the model.
    """

    out: Path
    data: TrainingData
    command: str
    threads: int = 1
    replace: bool = False


@dataclass(frozen=True, slots=True)
class TrainedBundle:
    """Both files of a model that was trained, and what it makes of the examples of ``split``, which it never saw."""

    magenta: Path
    runtime: Path
    split: str
    held_out: HeldOutFigures


def bundle(recipe: TrainingRecipe, workspace: Workspace, request: BundleRequest) -> TrainedBundle:
    """Write the best weights so far as stock Magenta reads them, and as a run-time bundle.

    Raises:
        TrainingError: if nothing is trained yet, or by another recipe, the model cannot be named so, or another file is
            there already.
    """
    check_place(request.out, workspace, replace=request.replace)
    remove_drafts(request.out)
    check_trained(workspace)
    recipe = trained_recipe(recipe, workspace)
    progress = read_progress(workspace.progress)
    checkpoint = workspace.best / f"model.ckpt-{progress.best_step}"
    network = network_of_recipe(recipe)
    made = request.out.parent / f"{request.out.name}{network.ending}"
    runtime = request.out.parent / f"{request.out.name}{SUFFIX}"
    inputs = digest_of(
        {"fit": fit_inputs(recipe, workspace), "step": progress.best_step, "out": str(runtime.resolve())}
    )
    split, held_out, told = _figures(network, workspace, str(checkpoint))
    facts = _facts(recipe, network, workspace, request) | {split_name(split): held_out.as_json(), **told}
    workspace.finish("bundle", "", {"out": str(runtime.resolve())})  # begun: what is there is ours from here on
    data = request.data
    description = f"{data.description}. Trained on: {data.name}, {data.licence}."
    _write_magenta(network, str(checkpoint), made, description)
    source = {"description": description, "licence": f"trained on {data.name}, {data.licence}"}
    settings = network.settings(workspace.shards("validation"), str(checkpoint))
    wished = ImportRequest(request.out.name, network.asked_config, source, facts, replace=True, settings=settings)
    import_model(made, runtime.parent, wished)
    workspace.finish("bundle", inputs, {"out": str(runtime.resolve()), "split": split, **held_out.as_json()})
    return TrainedBundle(made, runtime, split, held_out)


def split_name(split: str) -> str:
    """The name in a card of what was measured: only figures of a split that chose nothing are held out."""
    return "heldout" if split == "test" else split


def _figures(
    network: NetworkTraining, workspace: Workspace, checkpoint: str
) -> tuple[str, HeldOutFigures, Mapping[str, Any]]:
    """On the test split, or where a small collection has none, on the one by which the best was chosen."""
    split: Split = "test" if count_records(workspace.shards("test")) else "validation"
    shards = workspace.shards(split)
    return split, network.held_out(shards).figures(checkpoint), network.least(workspace, split)


def _facts(
    recipe: TrainingRecipe, network: NetworkTraining, workspace: Workspace, request: BundleRequest
) -> dict[str, Any]:
    """What the card says of the training."""
    progress = read_progress(workspace.progress)
    data = request.data
    return {
        "description": data.description,
        "hparams": network.hparams,
        "data": {
            "name": data.name,
            "licence": data.licence,
            "source": data.source,
            "split": data.split,
            "pieces": _pieces(workspace),
            "examples": {split: count_records(workspace.shards(split)) for split in SPLITS},
            "weighted": _weighted(workspace),
        },
        **_nobody_played(recipe, workspace),
        "recipe": recipe.as_json(),
        "command": request.command,
        "steps": progress.best_step,
        "steps_trained": progress.step,
        "seconds": round(progress.seconds),
        "machine": {"cores": os.cpu_count(), "processor": platform.machine(), "threads": request.threads},
        "batch_size": network.batch_size,
        "example_steps": recipe.window,
        "validation_loss": round(progress.best_loss, 4),
        "versions": {package: version(package) for package in _PACKAGES},
        "created": datetime.now(UTC).date().isoformat(),
    }


def _pieces(workspace: Workspace) -> dict[str, int]:
    """How many pieces gave examples to each split, as the step ``dataset`` said."""
    census = Census.from_json((workspace.manifest("dataset") or {})["census"])
    return {name: split.used for name, split in census.splits.items()}


def _nobody_played(recipe: TrainingRecipe, workspace: Workspace) -> dict[str, str]:
    """A warning, where a model that hears seconds learned from scores alone."""
    formats = set((workspace.manifest("convert") or {}).get("formats", ()))
    if recipe.model not in _BY_THE_CLOCK or not formats or formats - _SCORES:
        return {}
    dynamics = "their dynamics and " if recipe.model == "performance" else ""
    return {"played": f"by no human: scores, with {dynamics}a computed rubato"}


def _weighted(workspace: Workspace) -> dict[str, int]:
    """What the recipe's weights made of the training examples."""
    train = Census.from_json((workspace.manifest("dataset") or {})["census"]).splits["train"]
    return {"repeated": train.repeated, "left_out": train.outweighed}


def _write_magenta(network: NetworkTraining, checkpoint: str, path: Path, description: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        draft = Path(folder) / path.name
        network.write(draft, checkpoint, description)
        write_atomically(path, draft.read_bytes())
