"""A model's card tells of the training that was, whatever options its step ``bundle`` is given."""

from __future__ import annotations

import shlex
from dataclasses import replace
from pathlib import Path

import pytest

from reverie.cli.main import command_line
from reverie.cli.training_job import bundle_command, job_of
from reverie.models.library.card import read_card
from reverie.places import models_folder
from reverie.training.errors import TrainingError
from reverie.training.fit.training_progress import TrainingProgress
from reverie.training.recipes import TrainingRecipe, recipe_of
from reverie.training.trained_recipe import is_trained_by, note_trained, trained_recipe
from reverie.training.workspace import Workspace

DRUMS = models_folder() / "drum_kit.safetensors"
SEVEN = replace(recipe_of("drums"), metres=("7/8",), seed=3)


def trained(recipe: TrainingRecipe, folder: Path) -> Workspace:
    workspace = Workspace(folder)
    workspace.folder.mkdir()
    workspace.finish("dataset", "digest", {"census": {"config": "drum_kit"}})
    note_trained(recipe, workspace)
    TrainingProgress().after(1, 2.5, 1.0).write(workspace.progress)
    return workspace


def test_weights_were_bundled_with_options_that_never_trained_them(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from reverie.cli.main import main

    workspace = trained(SEVEN, tmp_path / "work")
    assert trained_recipe(SEVEN, workspace) == SEVEN
    pytest.importorskip("magenta")
    out = tmp_path / "model"
    assert main(["train", "bundle", "drums", "--work", str(workspace.folder), "--out", str(out)]) == 1
    assert "these weights were trained with other options" in capsys.readouterr().err
    assert {path.name for path in tmp_path.iterdir()} == {"work"}


def test_what_was_trained_before_an_option_was_added_is_bundled(tmp_path: Path) -> None:
    workspace = trained(SEVEN, tmp_path / "work")
    (workspace.run / "begins").unlink()  # an earlier version kept the digest alone
    assert trained_recipe(replace(SEVEN, shorten_bars=False), workspace) == SEVEN
    with pytest.raises(TrainingError, match="trained with other options"):
        trained_recipe(replace(SEVEN, shorten_bars=True), workspace)


def test_what_was_trained_on_examples_that_were_made_anew_is_not_bundled(tmp_path: Path) -> None:
    workspace = trained(SEVEN, tmp_path / "work")
    workspace.finish("dataset", "other", {"census": {"config": "drum_kit"}})
    with pytest.raises(TrainingError, match="on other examples"):
        trained_recipe(SEVEN, workspace)


def test_a_model_that_replaced_its_predecessor_said_that_it_began_with_itself(tmp_path: Path) -> None:
    begun = replace(SEVEN, begins="drum_kit 111111111111")
    workspace = trained(begun, tmp_path / "work")
    named_again = replace(SEVEN, begins="drum_kit 222222222222")
    assert trained_recipe(named_again, workspace) == begun
    assert not is_trained_by(named_again, workspace)  # what trains on must not take other weights for these
    for other in ("other 111111111111", ""):
        with pytest.raises(TrainingError, match="trained with other options"):
            trained_recipe(replace(SEVEN, begins=other), workspace)


@pytest.mark.parametrize(
    "words",
    [
        ["drums", "--metre", "7/8", "--metre", "3/4", "--shorten-bars", "--seed", "3", "--steady", "8"],
        ["drums", "--from", str(DRUMS), "--set", "learning_rate=0.0005", "--weight", "jazz cats=0.25"],
        ["melody", "--part", "bass", "--config", "attention_rnn", "--set", "rnn_layer_sizes=[16]"],
    ],
)
def test_the_command_after_an_interruption_forgot_the_recipe(words: list[str], tmp_path: Path) -> None:
    asked = command_line().parse_args(["train", "fit", *words, "--work", str(tmp_path / "my work")])
    job = job_of(asked, ("fit",), lambda _: [])
    told = shlex.split(bundle_command(job, asked))
    assert told[:4] == ["reverie", "train", "bundle", words[0]]
    again = job_of(command_line().parse_args(told[1:]), ("bundle",), lambda _: [])
    assert (again.recipe, again.workspace.folder) == (job.recipe, job.workspace.folder)
    assert job.recipe.begins == (f"drum_kit {read_card(DRUMS).weights[:12]}" if "--from" in words else "")
