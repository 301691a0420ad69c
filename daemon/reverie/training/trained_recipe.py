"""Of what a training is: its ``run`` folder keeps by what recipe and on what examples its weights were learned.

A bundle says in its card how it was made. What a command says anew need not be what was trained: other options may be
given, and a model that was begun with may have been replaced since by one of the same name, even by the one that was
trained.
"""

from __future__ import annotations

from dataclasses import replace

from reverie.training.errors import TrainingError
from reverie.training.recipes import TrainingRecipe, fit_inputs
from reverie.training.workspace import Workspace

_INPUTS = "inputs"
_BEGINS = "begins"


def note_trained(recipe: TrainingRecipe, workspace: Workspace) -> None:
    """Keep of what the training is that begins now; the digest is written last, since it says that all is there."""
    workspace.run.mkdir(parents=True)
    (workspace.run / _BEGINS).write_text(recipe.begins, encoding="utf-8")
    (workspace.run / _INPUTS).write_text(fit_inputs(recipe, workspace), encoding="ascii")


def is_trained_by(recipe: TrainingRecipe, workspace: Workspace) -> bool:
    """Whether what was trained so far is of this recipe, on the examples that are there.

    Raises:
        TrainingError: if there are no examples.
    """
    note = workspace.run / _INPUTS
    return note.is_file() and note.read_text(encoding="ascii") == fit_inputs(recipe, workspace)


def trained_recipe(recipe: TrainingRecipe, workspace: Workspace) -> TrainingRecipe:
    """The recipe as it was trained: with the weights that were begun with then, whatever has their name now.

    Raises:
        TrainingError: if there are no examples, or the weights were trained by another recipe or on other examples.
    """
    begun = workspace.run / _BEGINS
    if recipe.begins and begun.is_file():
        begins = begun.read_text(encoding="utf-8")
        if _name(begins) == _name(recipe.begins):
            recipe = replace(recipe, begins=begins)
    if not is_trained_by(recipe, workspace):
        raise TrainingError(
            f"{workspace.folder}: these weights were trained with other options, or on other examples; give those"
            " options, or train with these by `reverie train fit`"
        )
    return recipe


def _name(begins: str) -> str:
    return begins.rpartition(" ")[0]
