# pyright: basic
# Magenta's configurations have no types.
"""The step ``fit``: Magenta's graph of a recipe, trained on the examples of a workspace."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from typing import Any

from reverie.magenta.families import Family, family_of
from reverie.models.vae.converter_table import CONVERTERS
from reverie.training.errors import TrainingError
from reverie.training.first_weights import FirstWeights
from reverie.training.fit.coconet_training import CoconetTraining
from reverie.training.fit.genie_training import GenieTraining
from reverie.training.fit.latent_training import LatentTraining
from reverie.training.fit.network_training import EventTraining, NetworkTraining
from reverie.training.fit.training_loop import FitLimits, train
from reverie.training.fit.training_progress import FitReport, TrainingProgress, read_progress
from reverie.training.genie_records import PIANO_GENIE
from reverie.training.recipes import TrainingRecipe, fit_inputs
from reverie.training.trained_recipe import is_trained_by, note_trained
from reverie.training.workspace import Workspace


def family_of_recipe(recipe: TrainingRecipe) -> Family:
    """Magenta's classes for a recipe.

    Raises:
        TrainingError: if models of its configuration cannot be trained yet.
    """
    try:
        return family_of(recipe.config)
    except KeyError:
        raise TrainingError(f"models of the configuration {recipe.config} cannot be trained yet") from None


def config_of_recipe(recipe: TrainingRecipe) -> Any:
    """Magenta's configuration with the recipe's hyperparameters.

    Raises:
        TrainingError: if the recipe sets what that configuration has not, or a value of another type.
    """
    try:
        return family_of_recipe(recipe).config(recipe.config, recipe.hparams)
    except (KeyError, ValueError, TypeError) as error:
        known = ", ".join(sorted(family_of_recipe(recipe).config(recipe.config).hparams.values()))
        raise TrainingError(f"a hyperparameter of {recipe.config} is wrong ({error}); it has {known}") from error


def network_of_recipe(recipe: TrainingRecipe) -> NetworkTraining:
    """Magenta's network of a recipe.

    Raises:
        TrainingError: if there is none, or the recipe's hyperparameters are not those of its configuration.
    """
    if recipe.config in CONVERTERS:
        return LatentTraining(recipe)
    if recipe.config == PIANO_GENIE:
        return GenieTraining(recipe)
    if recipe.model == "coconet":
        return CoconetTraining(recipe)
    return EventTraining(family_of_recipe(recipe), config_of_recipe(recipe))


def fit(
    recipe: TrainingRecipe,
    workspace: Workspace,
    limits: FitLimits,
    report: Callable[[FitReport], None],
    stop: Callable[[], bool] = lambda: False,
    first: FirstWeights | None = None,
) -> TrainingProgress:
    """Train on from what is there until a limit is reached or ``stop`` says so; ``best/`` has the best weights then.

    Where the examples or the recipe have changed since, what was trained is thrown away. It begins with the weights of
    ``first``, else the same seed draws the same ones; the order of examples is that of Magenta's threads, which differs
    from run to run.

    Raises:
        TrainingError: if there are no examples, or the loss is no number.
    """
    inputs = fit_inputs(recipe, workspace)
    network = network_of_recipe(recipe)
    if not is_trained_by(recipe, workspace):
        _begin_anew(recipe, workspace)
    progress = train(network, recipe.seed, workspace, limits, report, stop, first)
    if progress.step >= limits.steps or progress.stale >= limits.patience:
        why = "steps" if progress.stale < limits.patience else "no better any more"
        facts = {"best_step": progress.best_step, "best_loss": round(progress.best_loss, 4)}
        workspace.finish("fit", inputs, {"steps": progress.step, "ended": why, "seconds": progress.seconds, **facts})
    return progress


def steps_of_another(recipe: TrainingRecipe, workspace: Workspace) -> int:
    """How many steps were trained by another recipe or on other examples: :func:`fit` throws them away.

    Raises:
        TrainingError: if there are no examples.
    """
    return 0 if is_trained_by(recipe, workspace) else read_progress(workspace.progress).step


def _begin_anew(recipe: TrainingRecipe, workspace: Workspace) -> None:
    """Throw away what was trained by another recipe or on other examples."""
    workspace.progress.unlink(missing_ok=True)
    for folder in (workspace.best, workspace.run):
        shutil.rmtree(folder, ignore_errors=True)
    (workspace.folder / "fit.json").unlink(missing_ok=True)
    note_trained(recipe, workspace)
