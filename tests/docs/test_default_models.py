"""The page about how the default models were made, and the tool that makes them again, say what the cards say."""

from __future__ import annotations

import runpy
from pathlib import Path
from typing import Any

import pytest

from reverie.cli.main import command_line
from reverie.cli.training_job import job_of
from reverie.places import models_folder
from reverie.training.workspace import STEPS

ROOT = Path(__file__).parents[2]
TOOL: dict[str, Any] = runpy.run_path(str(ROOT / "tools" / "make_default_models.py"))
CARDS: dict[str, Any] = TOOL["cards"]()
TRAINED = [name for name, card in CARDS.items() if str(card.training.get("command", "")).startswith("reverie train ")]


def test_the_page_is_that_of_the_cards() -> None:
    kept = (ROOT / "docs" / "explanation" / "default-models.md").read_text(encoding="utf-8")
    assert kept == TOOL["page"](), "run: .venv/bin/python tools/make_default_models.py --page"


@pytest.mark.parametrize("name", TRAINED)
def test_the_command_in_a_card_makes_the_recipe_in_it(name: str, tmp_path: Path) -> None:
    for folder in TOOL["FOLDERS"].values():
        (tmp_path / "data" / folder).mkdir(parents=True)
    words = TOOL["command_for"](name, CARDS[name], tmp_path / "data", tmp_path / "work", tmp_path / "out")
    options = command_line().parse_args(words[1:])
    assert options.steps == CARDS[name].training["steps_trained"] or "--steps" in CARDS[name].training["command"]
    recipe = job_of(options, STEPS, lambda _: [models_folder()]).recipe.as_json()
    told = CARDS[name].training["recipe"]
    compared = told.keys() - {"begins"}  # what has that name now may be a later model
    assert {key: _plain(recipe[key]) for key in compared} == {key: told[key] for key in compared}
    assert bool(recipe["begins"]) == bool(told["begins"])


@pytest.mark.parametrize("name", TRAINED)
def test_no_card_says_that_a_model_began_with_itself(name: str) -> None:
    begins, _, digest = CARDS[name].training["recipe"]["begins"].rpartition(" ")
    assert not (digest and CARDS[name].weights.startswith(digest)), f"{name} cannot have begun with {begins} {digest}"


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value
