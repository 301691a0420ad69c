"""From pieces to examples: their places in the bar, their bytes, and what is left after an interruption."""

from __future__ import annotations

import importlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from fakes.encodings import dense
from fakes.training_pieces import HAT, KICK, beat, piece_of, tune, workspace_with
from reverie.models.encodings.encodings import encoding_of
from reverie.models.encodings.key_melody import KeyMelody
from reverie.models.encodings.melody import REGISTERS
from reverie.training.dataset.limits import DatasetLimits
from reverie.training.errors import TrainingError
from reverie.training.recipes import LearnedPart, TrainingRecipe
from reverie.training.workspace import SPLITS, Workspace

pytestmark = pytest.mark.magenta

DRUMS = TrainingRecipe("drums", "drum_kit")
SMALL = DatasetLimits(shard=300_000, piece=10_000_000, train=10_000_000, held_out=10_000_000)
BAR = {"3/4": 12, "6/8": 12, "7/8": 14, "4/4": 16}


def make(recipe: TrainingRecipe, workspace: Workspace, limits: DatasetLimits = SMALL, report: Any = print) -> Any:
    from reverie.training.dataset.make import make_dataset

    return make_dataset(recipe, workspace, report, limits)


def examples(workspace: Workspace, split: str = "train") -> Iterator[tuple[NDArray[np.float64], list[int]]]:
    """Inputs and labels of every example, as TensorFlow reads them."""
    import tensorflow.compat.v1 as tf

    for path in workspace.shards(split):  # type: ignore[arg-type]
        for record in tf.python_io.tf_record_iterator(str(path)):
            lists = tf.train.SequenceExample.FromString(record).feature_lists.feature_list
            inputs = np.array([step.float_list.value for step in lists["inputs"].feature])
            yield inputs, [step.int64_list.value[0] for step in lists["labels"].feature]


def events_of(config: str, inputs: NDArray[np.float64], labels: list[int], first_control: int = 0) -> list[Any]:
    """The events of an example as the engine's own encoding reads them; inputs and labels must be what it says."""
    encoding: Any = encoding_of(config)
    size = encoding.input_size
    assert inputs.shape == (len(labels), size)
    target: Any = getattr(encoding, "target", encoding)
    heard = inputs[:, first_control:]
    start = target.start()
    candidates = [target.event(start, label) for label in range(target.classes[0])]
    (state, first) = next(
        (state, event)
        for event in candidates
        for state in [target.push(start, event)]
        if dense(target.input(state), target.input_size) == pytest.approx(heard[0].tolist())
    )
    events = [first]
    for position, label in enumerate(labels):
        assert dense(target.input(state), target.input_size) == pytest.approx(heard[position].tolist())
        event = target.event(state, label)
        assert target.label(state, event) == label
        state = target.push(state, event)
        events.append(event)
    return events


@pytest.mark.parametrize(("metre", "kicks"), [("3/4", (0, 7)), ("7/8", (0, 4, 8)), ("6/8", (0, 6)), ("4/4", (0, 10))])
def test_a_kick_is_at_its_place_in_the_bar_in_every_window(metre: str, kicks: tuple[int, ...], tmp_path: Path) -> None:
    pieces = [(f"beat {n}", beat(metre, kicks, 20 + n, snare=2), "train") for n in range(4)]
    workspace = workspace_with(tmp_path, pieces)
    census = make(DRUMS, workspace)
    seen = 0
    for inputs, labels in examples(workspace):
        events = events_of("drum_kit", inputs, labels)
        assert len(events) <= 128 + 1
        assert {step % BAR[metre] for step, event in enumerate(events) if KICK in event} == set(kicks)
        assert all((KICK in event) == (step % BAR[metre] in kicks) for step, event in enumerate(events))
        seen += 1
    assert seen == census.splits["train"].examples > 8
    assert census.splits["train"].metres.keys() == {metre}


def two_lines(bars: int) -> Any:
    """A tune of eighths over a bass of quarters, on two instruments."""
    piece = tune("4/4", bars, first=60)
    for one in piece.notes:
        one.program = 73
    for quarter in range(4 * bars):
        pitch = (36, 43, 41, 38, 40)[quarter % 5]
        piece.notes.add(
            start_time=quarter / 2, end_time=quarter / 2 + 0.5, pitch=pitch, velocity=80, program=33, instrument=1
        )
    return piece


@pytest.mark.parametrize(("part", "every"), [("tune", 2), ("bass", 4)])
def test_only_the_part_that_is_asked_for_is_learned_from(part: LearnedPart, every: int, tmp_path: Path) -> None:
    recipe = TrainingRecipe("melody", "attention_rnn", part=part)
    workspace = workspace_with(tmp_path, [(f"song {n}", two_lines(16), "train") for n in range(3)])
    assert make(recipe, workspace).splits["train"].examples > 3
    for inputs, labels in examples(workspace):
        events = events_of("attention_rnn", inputs, labels)
        assert {step for step, event in enumerate(events) if event >= 0} == set(range(0, len(events), every))
    assert (
        make(replace(recipe, part="any"), workspace).splits["train"].examples
        == 2 * make(recipe, workspace).splits["train"].examples
    )


def test_a_repetition_is_learned_as_the_note_that_it_is_where_the_recipe_says_so(tmp_path: Path) -> None:
    workspace = workspace_with(tmp_path, [(f"song {n}", tune("4/4", 24), "train") for n in range(3)])
    encoding = KeyMelody(REGISTERS["attention_rnn"])
    (classes,) = encoding.classes
    for repeats in (True, False):
        make(TrainingRecipe("melody", "attention_rnn", repeats=repeats), workspace)
        told = [labels for _, labels in examples(workspace)]
        repetitions = sum(label >= classes - encoding.repeats for labels in told for label in labels)
        assert (repetitions > sum(map(len, told)) / 2) if repeats else repetitions == 0
        for labels in told:
            state, events = encoding.push(encoding.start(), 60), [60]  # each bar begins on it
            for label in labels:
                events.append(encoding.event(state, label))
                state = encoding.push(state, events[-1])
            assert {step % 2 for step, event in enumerate(events) if event >= 0} == {0}
            assert events[::16] == [60] * len(events[::16])


def test_after_a_pickup_a_change_of_tempo_and_another_metre_bars_are_counted_from_their_lines(tmp_path: Path) -> None:
    bar, pickup = 3.0, 1.0
    lines = [pickup + bar * number for number in range(24)]
    hats = [(step / 4, 0.2, HAT) for step in range(4 * int(pickup + 24 * bar))]
    notes = [(0.0, 0.2, HAT), *((line, 0.2, KICK) for line in lines), *hats]
    piece = piece_of(notes, "1/4", drums=True)
    piece.time_signatures.add(time=pickup * 0.5, numerator=3, denominator=4)
    slower = (pickup + 7.5 * bar) * 0.5  # in the middle of a bar
    piece.tempos.add(time=slower, qpm=60)
    for note in piece.notes:
        for name in ("start_time", "end_time"):
            moment = getattr(note, name)
            setattr(note, name, moment if moment <= slower else slower + 2 * (moment - slower))
    piece.total_time = max(note.end_time for note in piece.notes)
    workspace = workspace_with(tmp_path, [("pickup", piece, "train")])
    census = make(DRUMS, workspace).splits["train"]
    assert census.metres.keys() == {"3/4"}
    kicks: list[int] = []
    for inputs, labels in examples(workspace):
        events = events_of("drum_kit", inputs, labels)
        kicks += [step % 12 for step, event in enumerate(events) if KICK in event]
    assert len(kicks) >= 24
    assert set(kicks) == {0}
    assert census.events == 12 * 24 + 8 + 3  # from the line before the pickup to the last hat, but its first step


def test_a_melody_keeps_its_place_in_the_bar(tmp_path: Path) -> None:
    workspace = workspace_with(tmp_path, [(f"tune {n}", tune("7/8", 16 + n), "train") for n in range(3)])
    make(TrainingRecipe("melody", "attention_rnn"), workspace)
    for inputs, labels in examples(workspace):
        events = events_of("attention_rnn", inputs, labels)
        # Each bar of the tunes begins on their first pitch, which they have again only an octave higher.
        lowest = min(event for event in events if event >= 0)
        assert all(event == lowest for event in events[::14])


@pytest.mark.parametrize(
    ("model", "config", "control"),
    [
        ("melody", "mono_rnn", 0),
        ("melody", "lookback_rnn", 0),
        ("improv", "chord_pitches_improv", 37),
        ("improv", "attention_improv", 49),
        ("polyphony", "polyphony", 0),
        ("performance", "performance_with_dynamics", 0),
    ],
)
def test_examples_are_what_the_engine_itself_would_say(model: Any, config: str, control: int, tmp_path: Path) -> None:
    pieces = [(f"tune {n}", tune("3/4", 20 + n, chords=("C", "Am", "G7")), "train") for n in range(2)]
    workspace = workspace_with(tmp_path, pieces)
    census = make(TrainingRecipe(model, config, keys=(2,), window=60), workspace).splits["train"]
    read = list(examples(workspace))
    assert len(read) == census.examples
    for inputs, labels in read:
        events_of(config, inputs, labels, control)
    if control:
        encoding: Any = encoding_of(config)
        chords = {tuple(inputs[0, :control]) for inputs, _ in read}
        moved = [dense(encoding.control.encode(chord), control) for chord in ("C", "D", "Am", "Bm", "G7", "A7")]
        assert all(tuple(vector) in chords for vector in moved), "each example begins under the chord of its first bar"


@pytest.mark.parametrize(
    ("model", "config", "module", "name"),
    [
        ("drums", "drum_kit", "drums_rnn.drums_rnn_pipeline", "training_drum_tracks"),
        ("melody", "attention_rnn", "melody_rnn.melody_rnn_pipeline", "training_melodies"),
        ("improv", "chord_pitches_improv", "improv_rnn.improv_rnn_pipeline", "training_lead_sheets"),
    ],
)
def test_a_whole_piece_of_one_tempo_makes_the_examples_of_magentas_own_pipeline(
    model: Any, config: str, module: str, name: str, tmp_path: Path
) -> None:
    from reverie.magenta.families import family_of

    # In 4/4, for Magenta does not cut where its counters end.
    piece = beat("4/4", (0, 7), 20, 4) if model == "drums" else tune("4/4", 20, chords=("C", "Am", "G7"))
    workspace = workspace_with(tmp_path, [("piece", piece, "train")])
    make(TrainingRecipe(model, config, window=0), workspace, DatasetLimits())
    pipeline = importlib.import_module(f"magenta.models.{module}").get_pipeline(
        family_of(config).config(config), eval_ratio=0.0
    )
    theirs = pipeline.transform(piece)[name]
    ours = list(examples(workspace))
    assert len(ours) == len(theirs) == (12 if model == "improv" else 1)

    def plain(example: Any) -> tuple[Any, ...]:
        lists = example.feature_lists.feature_list
        return tuple(tuple(step.int64_list.value) for step in lists["labels"].feature), tuple(
            tuple(step.float_list.value) for step in lists["inputs"].feature
        )

    wanted = sorted(plain(example) for example in theirs)
    found = sorted((tuple((n,) for n in labels), tuple(map(tuple, inputs.tolist()))) for inputs, labels in ours)
    assert found == wanted


def test_two_chords_over_one_note_share_it_and_do_not_cost_the_piece(tmp_path: Path) -> None:
    from reverie.models.encodings.chord_alphabet import ChordPitches

    notes = [
        (3.0 * bar + place, 1.5, 60 + (bar + number) % 5) for bar in range(8) for number, place in enumerate((0, 1.5))
    ]
    piece = piece_of(notes, "3/4", chords=[(3.0 * bar, chord) for bar in range(8) for chord in ("C", "G7")])
    workspace = workspace_with(tmp_path, [("song", piece, "test")])
    assert make(TrainingRecipe("improv", "chord_pitches_improv"), workspace).splits["test"].used == 1
    (inputs, _), *_ = examples(workspace, "test")
    first, second = (dense(ChordPitches().encode(chord), 37) for chord in ("C", "G7"))
    # An input has the chord of the step to come: three sixteenths of C, and then G7 until the bar ends.
    assert [inputs[step, :37].tolist() == first for step in range(11, 23)] == [True] * 3 + [False] * 9
    assert inputs[14, :37].tolist() == second


def test_polyphony_begins_what_is_held_over_a_cut_and_ends_once(tmp_path: Path) -> None:
    from reverie.models.encodings.polyphony import END, START, Kind

    # A pedal that is held through all bars, and a note a bar above it.
    notes = [(0.0, 60.0, 48), *((3.0 * bar, 1.0, 60) for bar in range(20))]
    workspace = workspace_with(tmp_path, [("pedal", piece_of(notes, "3/4"), "train")])
    make(TrainingRecipe("polyphony", "polyphony", window=100), workspace)
    ends = 0
    for inputs, labels in examples(workspace):
        events = events_of("polyphony", inputs, labels)
        assert events[0] == START
        assert events[1:3] == [(Kind.NEW_NOTE, 60), (Kind.NEW_NOTE, 48)]
        assert len(labels) <= 100
        ends += events.count(END)
    assert ends == 1


def test_a_bar_of_more_events_than_an_example_may_have_is_cut_there(tmp_path: Path) -> None:
    chords = [(step / 4, 0.25, pitch) for step in range(12 * 8) for pitch in range(48, 60)]
    workspace = workspace_with(tmp_path, [("dense", piece_of(chords, "3/4"), "train")])
    make(TrainingRecipe("polyphony", "polyphony", window=100), workspace)
    assert [len(labels) for _, labels in examples(workspace)] == [100] * 8


def test_performances_begin_at_bar_lines_and_lose_no_note(tmp_path: Path) -> None:
    piece = tune("3/4", 40)
    workspace = workspace_with(tmp_path, [("tune", piece, "train")])
    census = make(TrainingRecipe("performance", "performance_with_dynamics", window=96), workspace).splits["train"]
    begun: list[int] = []
    for inputs, labels in examples(workspace):
        events = events_of("performance_with_dynamics", inputs, labels)
        pitches = [event.value for event in events if event.kind == 1]
        assert pitches[0] == 60, "the first note of a bar"
        begun += pitches
    # What is shared with the next window is there twice: no more than its first note.
    assert len(piece.notes) <= len(begun) <= len(piece.notes) + census.examples


def test_the_same_data_recipe_and_seed_make_the_same_bytes_and_another_seed_others(tmp_path: Path) -> None:
    pieces = [(f"tune {n}", tune("3/4", 16 + n), "") for n in range(8)]
    recipe = TrainingRecipe("melody", "mono_rnn", keys=(-1, 1))
    made = []
    for number, drawn in enumerate((recipe, recipe, replace(recipe, seed=1))):
        workspace = workspace_with(tmp_path / str(number), pieces if number else list(reversed(pieces)))
        make(drawn, workspace)
        made.append(contents(workspace))
    assert made[0] == made[1] != made[2]


def contents(workspace: Workspace) -> dict[str, bytes]:
    shards = [path for split in SPLITS for path in workspace.shards(split)]
    assert shards
    return {path.name: path.read_bytes() for path in shards} | {
        "census": (workspace.folder / "dataset.json").read_bytes()
    }


class _InterruptedError(Exception):
    pass


def stop_after(turns: int) -> Callable[[Any], None]:
    left = [turns]

    def report(_: Any) -> None:
        left[0] -= 1
        if not left[0]:
            raise _InterruptedError

    return report


def many(folder: Path) -> Workspace:
    return workspace_with(folder, [(f"beat {n}", beat("3/4", (0, n + 1), 12 + 5 * n, snare=4), "") for n in range(8)])


def test_interrupted_after_any_turn_it_resumes_to_the_same_bytes(tmp_path: Path) -> None:
    limits = replace(SMALL, shard=300_000)
    whole = many(tmp_path / "whole")
    make(DRUMS, whole, limits)
    wanted = contents(whole)
    assert len(whole.shards("train")) > 3
    interrupted = many(tmp_path / "interrupted")
    for turns in range(1, 40):
        try:
            make(DRUMS, interrupted, limits, stop_after(turns))
            break
        except _InterruptedError:
            assert interrupted.manifest("dataset") is None
    else:
        pytest.fail("it made no headway")
    assert contents(interrupted) == wanted


KILLED = """
import os, signal, sys
from pathlib import Path
from reverie.training.dataset.extraction import shards
from reverie.training.dataset.limits import DatasetLimits
from reverie.training.dataset.make import make_dataset
from reverie.training.errors import TrainingError
from reverie.training.recipes import LearnedPart, TrainingRecipe
from reverie.training.workspace import Workspace

write, count = shards.write_atomically, 0

def killed(path, data):
    global count
    count += 1
    if count == 3:  # an example file is in place, and what says that it is whole is not
        os.kill(os.getpid(), signal.SIGKILL)
    write(path, data)

shards.write_atomically = killed
limits = DatasetLimits(shard=300_000, piece=10_000_000, train=10_000_000, held_out=10_000_000)
make_dataset(TrainingRecipe("drums", "drum_kit"), Workspace(Path(sys.argv[1])), lambda _: None, limits)
"""


def test_killed_in_the_middle_of_a_file_it_resumes_to_the_same_bytes(tmp_path: Path) -> None:
    limits = replace(SMALL, shard=300_000)
    whole, killed = many(tmp_path / "whole"), many(tmp_path / "killed")
    make(DRUMS, whole, limits)
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(
        [sys.executable, "-c", KILLED, str(killed.folder)], env=environment, check=False, capture_output=True
    )
    assert done.returncode == -signal.SIGKILL, done.stderr
    assert len(killed.shards("train")) == 3
    assert not killed.shards("train")[-1].with_suffix(".json").exists()
    (killed.examples / ".train-00009.tfrecord").write_bytes(b"half a file")
    make(DRUMS, killed, limits)
    assert contents(killed) == contents(whole)
    assert not list(killed.examples.glob(".*"))


def test_what_is_done_is_not_done_again_but_a_changed_recipe_or_a_lost_file_is(tmp_path: Path) -> None:
    workspace = many(tmp_path)
    first = make(DRUMS, workspace)
    wanted = contents(workspace)

    def never(_: Any) -> None:
        pytest.fail("it was done again")

    assert make(DRUMS, workspace, report=never) == first
    assert make(replace(DRUMS, hparams={"batch_size": 4}), workspace, report=never) == first
    workspace.shards("train")[0].unlink()
    make(DRUMS, workspace)
    assert contents(workspace) == wanted
    make(replace(DRUMS, window=24), workspace)
    assert max(len(labels) for _, labels in examples(workspace)) == 24


def test_no_file_piece_or_split_becomes_larger_than_its_limit_and_what_has_no_room_is_told(tmp_path: Path) -> None:
    pieces = [(f"tune {n}", tune("3/4", 100), "train") for n in range(3)] + [("held", tune("3/4", 200), "test")]
    workspace = workspace_with(tmp_path, [(title, piece, split) for title, piece, split in pieces])
    recipe = TrainingRecipe("performance", "performance_with_dynamics", window=128, keys=(-1, 1), stretches=(0.95,))
    limits = DatasetLimits(shard=500_000, piece=4_000_000, train=6_000_000, held_out=700_000)
    census = make(recipe, workspace, limits)
    sizes = [path.stat().st_size for path in workspace.shards("train")]
    assert max(sizes) <= 500_000
    assert 5_000_000 < sum(sizes) <= 6_000_000
    assert sum(path.stat().st_size for path in workspace.shards("test")) <= 700_000
    train, test = census.splits["train"], census.splits["test"]
    assert train.used == 3
    assert train.bytes == sum(sizes)
    assert train.versions_left_out
    assert test.cuts_left_out
    assert f"no room for {train.versions_left_out} transposed" in census.table()


def test_where_there_is_room_for_few_each_piece_has_its_share_and_the_rest_is_told(tmp_path: Path) -> None:
    # A window of drums in 3/4 has 0.13 MB: of ten pieces of ten windows there is room for thirty-three in all.
    workspace = workspace_with(tmp_path, [(f"beat {n}", beat("3/4", (0, n + 1), 50), "train") for n in range(10)])
    train = make(DRUMS, workspace, replace(SMALL, train=4_200_000)).splits["train"]
    assert train.used == 10
    assert train.examples == 33
    assert train.cuts_left_out == 67
    few = make(DRUMS, workspace, replace(SMALL, train=700_000)).splits["train"]
    assert (few.used, few.examples) == (5, 5)
    assert list(few.nothing.values()) == [["there was no room"]] * 5


def test_a_version_that_lies_too_high_is_not_made_and_held_out_music_has_no_versions(tmp_path: Path) -> None:
    pieces = [("high", tune("3/4", 20, first=115), "train"), ("held", tune("3/4", 20), "test")]
    workspace = workspace_with(tmp_path, pieces)
    census = make(TrainingRecipe("melody", "mono_rnn", keys=(-1, 1, 12)), workspace)
    train, test = census.splits["train"], census.splits["test"]
    assert (train.versions, train.versions_impossible, train.versions_left_out) == (1, 2, 0)
    assert test.versions == 0
    assert {int(pitch) for pitch in train.pitches} <= set(range(114, 128))


def test_pieces_of_which_nothing_comes_are_told_with_the_reason(tmp_path: Path) -> None:
    two_voices = piece_of([(bar * 3.0, 3.0, pitch) for bar in range(12) for pitch in (60, 64)], "3/4")
    pieces = [
        ("good", tune("3/4", 12), "train"),
        ("short", tune("3/4", 1), "train"),
        ("chords", two_voices, "train"),
        ("empty", piece_of([], "3/4"), "train"),
        ("drums", beat("3/4", (0,), 12), "train"),
        ("odd", tune("4/4", 12), "train"),
    ]
    workspace = workspace_with(tmp_path, pieces)
    census = make(TrainingRecipe("melody", "attention_rnn", metres=("3/4",)), workspace).splits["train"]
    assert (census.pieces, census.used) == (6, 1)
    reasons = {file.partition("-")[0]: why for file, why in census.nothing.items()}
    assert reasons == {
        "short": ["a melody has no second bar"],
        "chords": ["a part is polyphonic, so it is no melody"],
        "empty": ["it has no notes for such a model"],
        "drums": ["it has no notes for such a model"],
        "odd": ["a passage is in 4/4"],
    }
    assert json.loads((workspace.folder / "dataset.json").read_text())["census"]["splits"]["train"]["used"] == 1


def test_without_pieces_or_with_a_broken_one_it_says_so(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="has no music yet"):
        make(DRUMS, Workspace(tmp_path / "nothing"))
    workspace = many(tmp_path / "broken")
    broken = next(workspace.pieces.iterdir())
    broken.write_bytes(b"\xff" * 40)
    with pytest.raises(TrainingError, match=broken.name):
        make(DRUMS, workspace)
