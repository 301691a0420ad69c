"""Beats in 7/8 and 3/4 out of beats in 4/4: what is left out of a bar, and what stays where it was."""

from __future__ import annotations

import argparse
from pathlib import Path

import pytest

from fakes.training_pieces import KICK, SNARE, beat, workspace_with
from reverie.cli.training_job import command_of, job_of
from reverie.training.dataset.shortened_bars import POSSIBLE, cuts_to, shortened
from reverie.training.errors import TrainingError
from reverie.training.recipes import RECIPES, TrainingRecipe

METRES = ("7/8", "3/4")


@pytest.mark.parametrize(
    ("metre", "wanted", "left"),
    [
        ("4/4", "7/8", [*range(14)]),
        ("4/4", "3/4", [*range(8), *range(12, 16)]),
        ("6/8", "5/8", [*range(10)]),
    ],
)
def test_a_part_of_every_bar_is_left_out(metre: str, wanted: str, left: list[int]) -> None:
    [cut] = cuts_to([wanted], metre)
    bar = 16 if metre == "4/4" else 12
    events, shorter = shortened([*range(bar)] * 3, bar, 4, cut)
    assert (events, shorter) == (left * 3, len(left))


def test_in_other_steps_the_same_is_left_out() -> None:
    seven, waltz = cuts_to(METRES, "4/4")
    assert shortened([*range(8)], 8, 2, seven) == ([0, 1, 2, 3, 4, 5, 6], 7)
    assert shortened([*range(4)], 4, 1, waltz) == ([0, 1, 3], 3)
    with pytest.raises(ValueError, match="cannot be left out"):
        shortened([*range(4)], 4, 1, seven)


def test_only_metres_that_are_wanted_come_of_it() -> None:
    assert [cut.metre for cut in cuts_to(("3/4", "5/8"), "4/4")] == ["3/4"]
    assert not cuts_to(POSSIBLE, "3/4")


def test_a_recipe_that_shortens_nothing_is_the_same_as_ever() -> None:
    assert "shorten_bars" not in RECIPES["drum_kit"].as_json()
    assert TrainingRecipe("drums", "drum_kit", shorten_bars=True).as_json()["shorten_bars"] is True


def options(model: str, folder: Path, *metres: str) -> argparse.Namespace:
    told = {"model": model, "model_config": None, "set": [], "metre": [*metres], "seed": 3, "shorten_bars": True}
    told |= {"begin": None, "weight": [], "steady": None, "part": None}
    return argparse.Namespace(**told, data=folder, work=folder / "work")


def test_the_card_says_it(tmp_path: Path) -> None:
    asked = options("drums", tmp_path, *METRES)
    job = job_of(asked, ("convert",), lambda _: [])
    assert "--metre 7/8 --metre 3/4 --shorten-bars --seed 3" in command_of(job, asked)


def test_what_cannot_be_shortened_is_said(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="is for drums"):
        job_of(options("melody", tmp_path, *METRES), ("convert",), lambda _: [])
    for metres in ((), ("5/4",)):
        with pytest.raises(TrainingError, match="wants --metre"):
            job_of(options("drums", tmp_path, *metres), ("convert",), lambda _: [])


@pytest.mark.magenta
def test_examples_are_of_whole_shortened_bars_beside_those_in_the_metre_itself(tmp_path: Path) -> None:
    from reverie.training.dataset.make import make_dataset

    pieces = [
        ("common", beat("4/4", (0, 10), 40, snare=12), "train"),
        ("waltz", beat("3/4", (0, 7), 20), "train"),
        ("five", beat("5/4", (0,), 20), "train"),
    ]
    workspace = workspace_with(tmp_path, pieces)
    recipe = TrainingRecipe("drums", "drum_kit", metres=METRES, shorten_bars=True)
    census = make_dataset(recipe, workspace, print).splits["train"]
    assert {metre: row["events"] for metre, row in census.metres.items()} == {
        "7/8": 40 * 14 - 1,
        "3/4": 40 * 12 - 2 + 20 * 12 - 2,  # a model is not asked for the first step, nor for one after the last hat
    }
    assert all(bar_end <= 64 for bar_end in (int(row.partition("-")[2]) for row in census.lengths))
    assert census.reasons == {"a passage is in 5/4": 1}
    struck = {int(pitch) for pitch in census.pitches}
    assert {KICK, SNARE} <= struck
