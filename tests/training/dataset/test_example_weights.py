"""Music of a wanted style, or that is steady, is learned from more often, by the seed, and the census says so."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from fakes.training_pieces import HAT, KICK, SNARE, beat, piece_of, tune, workspace_with
from reverie.training.dataset.example_weights import ExampleWeights, check_weights
from reverie.training.errors import TrainingError
from reverie.training.pieces import ConvertedPiece
from reverie.training.recipes import TrainingRecipe
from reverie.training.workspace import Split, Workspace

DRUMS = TrainingRecipe("drums", "drum_kit", window=32)
TAKE = ConvertedPiece("1", "Ambient/slow/take.mid", "take", "4/4", 8, 100, 20.0, style="rock")


def test_a_weight_is_of_a_folder_or_a_style_whatever_its_case_and_several_are_multiplied() -> None:
    assert ExampleWeights({}, 1, 0).weight(TAKE, 0.3) == 1
    assert ExampleWeights({"ambient": 3, "ROCK": 0.5, "jazz": 9}, 1, 0).weight(TAKE, None) == 1.5


@pytest.mark.parametrize(("steadiness", "weight"), [(1.0, 4), (0.75, 2), (0.5, 1), (0.25, 0.5), (0.0, 0.25), (None, 1)])
def test_steady_music_counts_more_and_restless_music_less(steadiness: float | None, weight: float) -> None:
    assert ExampleWeights({}, 4, 0).weight(TAKE, steadiness) == pytest.approx(weight)


def test_a_product_of_weights_differed_in_its_last_bit_from_run_to_run() -> None:
    program = (
        "from reverie.training.dataset.example_weights import ExampleWeights\n"
        "from reverie.training.pieces import ConvertedPiece\n"
        "weights = {'a': 0.1, 'b': 0.7, 'c': 3.3, 'd': 1.9, 'e': 0.3}\n"
        "piece = ConvertedPiece('1', 'a/b/c/d/e/piece.mid', 'title', '4/4', 8, 64, 16.0)\n"
        "print(repr(ExampleWeights(weights, 1, 0).weight(piece, None)))"
    )
    found: set[str] = set()
    for order in "012345":
        environment = {**os.environ, "PYTHONHASHSEED": order}
        command = [sys.executable, "-c", program]
        found.add(subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout)
    assert len(found) == 1


def test_copies_are_as_many_as_the_weight_says_on_average_and_drawn_by_the_seed() -> None:
    def drawn(seed: int) -> list[int]:
        weights = ExampleWeights({"rock": 1.25}, 1, seed)
        return [weights.copies(TAKE, None, str(number)) for number in range(2000)]

    assert drawn(0) == drawn(0) != drawn(1)
    assert set(drawn(0)) == {1, 2}
    assert sum(drawn(0)) / 2000 == pytest.approx(1.25, abs=0.05)


def test_a_weight_of_no_piece_is_refused_with_the_names_that_there_are() -> None:
    check_weights({"Slow": 2, "rock": 3}, [TAKE])
    with pytest.raises(TrainingError, match=r"'polka'; there is ambient, rock, slow"):
        check_weights({"polka": 2}, [TAKE])


def restless(bars: int) -> Any:
    """A beat of which no two neighbouring bars have a stroke in common."""
    places = [(bar * 4 + (bar % 2) / 4 + beat, (KICK, SNARE)[bar % 2]) for bar in range(bars) for beat in range(4)]
    return piece_of([(place, 0.2, pitch) for place, pitch in places], drums=True)


def written(workspace: Workspace, split: Split = "train") -> Counter[bytes]:
    import tensorflow.compat.v1 as tf

    return Counter(record for path in workspace.shards(split) for record in tf.python_io.tf_record_iterator(str(path)))


@pytest.mark.magenta
def test_only_what_is_learned_from_is_weighed_and_the_census_says_by_how_much(tmp_path: Path) -> None:
    from reverie.training.dataset.make import make_dataset

    pieces = [
        ("steady", beat("4/4", (0, 8), 8), "train"),
        ("restless", restless(8), "train"),
        ("held out", beat("4/4", (0, 6), 8), "validation"),
        ("held out, too", beat("4/4", (0, 10), 8), "test"),
    ]
    workspace = workspace_with(tmp_path, pieces)
    plain = make_dataset(DRUMS, workspace, print)
    before = {split: written(workspace, split) for split in ("train", "validation", "test")}
    weighed = make_dataset(replace(DRUMS, steady=3.0), workspace, print)

    assert written(workspace, "validation") == before["validation"]
    assert written(workspace, "test") == before["test"]
    assert plain.splits["train"].repeated == plain.splits["train"].outweighed == 0
    train = weighed.splits["train"]
    after = written(workspace)
    assert max(after.values()) % 3 == 0
    assert train.repeated == (after - before["train"]).total() > 0
    assert train.outweighed == (before["train"] - after).total() > 0
    assert train.examples == plain.splits["train"].examples + train.repeated - train.outweighed
    assert train.steadiness.keys() == {"1.0", "0.0"}
    assert f"{train.repeated} more of examples of weight, {train.outweighed} fewer of others" in weighed.table()
    assert {HAT, KICK} == {int(pitch) for pitch, count in train.pitches.items() if count > 20}


@pytest.mark.magenta
def test_what_has_no_weight_is_not_learned_from_and_the_census_says_why(tmp_path: Path) -> None:
    from reverie.training.dataset.make import make_dataset

    pieces = [(f"beat {number}", beat("4/4", (0, number), 8), "train") for number in range(1, 5)]
    workspace = workspace_with(tmp_path, pieces)
    with_styles(workspace, "fill", "beat", "fill", "beat")
    train = make_dataset(replace(DRUMS, weights={"fill": 0.0}), workspace, print).splits["train"]
    assert (train.used, train.examples, train.outweighed) == (2, 8, 8)
    assert list(train.nothing.values()) == [["it counts too little to be drawn"]] * 2


@pytest.mark.magenta
def test_two_bars_are_enough_to_learn_from(tmp_path: Path) -> None:
    from reverie.training.dataset.make import make_dataset

    pieces = [("two", beat("7/8", (0, 4, 8), 2), "train"), ("one", beat("4/4", (0,), 1), "train")]
    census = make_dataset(DRUMS, workspace_with(tmp_path, pieces), print).splits["train"]
    assert (census.pieces, census.used, census.examples) == (2, 1, 1)
    assert list(census.nothing.values()) == [["a drum part has no second bar"]]


def with_styles(workspace: Workspace, *styles: str) -> None:
    lines = [json.loads(line) for line in workspace.journal.read_text(encoding="utf-8").splitlines()]
    for line, style in zip(lines, styles, strict=True):
        line["pieces"][0]["style"] = style
    workspace.journal.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")


@pytest.mark.magenta
def test_versions_that_are_weighed_out_are_not_said_to_have_no_room(tmp_path: Path) -> None:
    from reverie.training.dataset.make import make_dataset

    workspace = workspace_with(tmp_path, [(f"tune {number}", tune("4/4", 16 + number), "train") for number in range(2)])
    with_styles(workspace, "jazz", "folk")
    recipe = TrainingRecipe("melody", "mono_rnn", keys=(1, 2), weights={"jazz": 0.0})
    train = make_dataset(recipe, workspace, print).splits["train"]
    assert train.used == 1
    assert train.outweighed > 0
    assert (train.versions, train.versions_left_out) == (4, 0)


@pytest.mark.magenta
def test_without_weights_examples_are_kept_where_files_are_moved_to_other_folders(tmp_path: Path) -> None:
    from reverie.training.dataset.make import DatasetProgress, make_dataset

    def never(_: DatasetProgress) -> None:
        pytest.fail("they were made again")

    workspace = workspace_with(tmp_path, [("beat", beat("4/4", (0, 8), 8), "train")])
    first = make_dataset(DRUMS, workspace, print)
    with_styles(workspace, "rock")
    assert make_dataset(DRUMS, workspace, never) == first
    weighed = replace(DRUMS, weights={"rock": 2.0})
    assert make_dataset(weighed, workspace, print).splits["train"].repeated > 0
