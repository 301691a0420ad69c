"""Perplexity on the examples of a dataset, as Magenta's trainer reads them."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fakes.judged import beat, music, tune
from reverie.models.library.bundle import read_bundle
from reverie.models.library.formats.crc32c import masked_crc32c
from reverie.models.recurrent.model import RecurrentModel
from reverie.places import models_folder
from reverie.training.errors import TrainingError
from reverie.training.judge.example_likelihood import judge_perplexity, read_examples
from reverie.training.judge.judged_music import JudgedPassage
from reverie.training.judge.likelihood import Likelihood, labels_of, likelihood
from reverie.training.workspace import SPLITS, Workspace


def varint(number: int) -> bytes:
    parts = bytearray()
    while number >= 0x80:
        parts.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*parts, number])


def field(number: int, data: bytes) -> bytes:
    return varint(number << 3 | 2) + varint(len(data)) + data


def example(model: RecurrentModel, passage: JudgedPassage) -> bytes:
    """A SequenceExample as Magenta writes it, by hand."""
    encoding = model.encoding
    state, inputs = encoding.push(encoding.start(), passage.events[0]), list[bytes]()
    for event in passage.events[1:]:
        vector = np.zeros(encoding.input_size, "<f4")
        hot = encoding.input(state)
        vector[list(hot.places)] = hot.values
        inputs.append(field(1, field(2, field(1, vector.tobytes()))))
        state = encoding.push(state, event)
    labels = next(iter(labels_of(model, [passage])))[1:]
    named = {
        "inputs": b"".join(inputs),
        "labels": b"".join(field(1, field(3, field(1, varint(int(label))))) for label in labels),  # type: ignore[arg-type]
    }
    entries = b"".join(field(1, field(1, name.encode()) + field(2, steps)) for name, steps in named.items())
    return field(2, entries)


def record(data: bytes) -> bytes:
    head = struct.pack("<Q", len(data))
    crcs = (struct.pack("<I", masked_crc32c(part)) for part in (head, data))
    return head + next(crcs) + data + next(crcs)


def workspace_of(folder: Path, model: RecurrentModel, make: Any) -> Workspace:
    workspace = Workspace(folder)
    workspace.examples.mkdir()
    for split, passages in music(make, 4).items():
        records = b"".join(record(example(model, one)) for one in passages)
        (workspace.examples / f"{split}-00000.tfrecord").write_bytes(records)
    return workspace


def both(folder: Path, name: str, make: Any) -> tuple[Likelihood, Likelihood]:
    """What is made of a shipped model on examples, and on the passages that they were cut from."""
    bundle = read_bundle(models_folder() / f"{name}.safetensors")
    model = RecurrentModel(bundle)
    return judge_perplexity(bundle, workspace_of(folder, model, make)), likelihood(model, music(make, 4))


def test_of_melodies_the_passages_count_what_is_said_in_several_ways_and_examples_do_not(tmp_path: Path) -> None:
    found, whole = both(tmp_path, "attention_rnn", tune)
    assert found.events == whole.events
    assert found.loss > whole.loss
    assert found.markov_loss > whole.markov_loss


def test_it_is_what_it_is_on_the_passages_themselves(tmp_path: Path) -> None:
    found, whole = both(tmp_path, "drum_kit", beat)
    assert found.events == whole.events
    assert found.loss == pytest.approx(whole.loss, rel=1e-5)
    # The Markov model is not told what the first event was.
    assert found.markov_loss == pytest.approx(whole.markov_loss, rel=0.03)


def test_examples_that_are_cut_off_damaged_or_missing_are_told(tmp_path: Path) -> None:
    bundle = read_bundle(models_folder() / "drum_kit.safetensors")
    workspace = workspace_of(tmp_path, RecurrentModel(bundle), beat)
    path = workspace.examples / "test-00000.tfrecord"
    data = path.read_bytes()
    for broken, what in ((data[:-1], "cut off"), (data[:5], "cut off"), (b"\xff" + data[1:], "damaged")):
        path.write_bytes(broken)
        with pytest.raises(TrainingError, match=f"test-00000.tfrecord: is {what}"):
            list(read_examples(workspace, "test"))
    path.unlink()
    with pytest.raises(TrainingError, match="make the dataset first"):
        judge_perplexity(bundle, workspace)


def test_examples_of_another_model_are_told(tmp_path: Path) -> None:
    drums = RecurrentModel(read_bundle(models_folder() / "drum_kit.safetensors"))
    workspace = workspace_of(tmp_path, drums, beat)
    with pytest.raises(TrainingError, match="the examples are none of attention_rnn"):
        judge_perplexity(read_bundle(models_folder() / "attention_rnn.safetensors"), workspace)


def test_the_examples_are_those_that_tensorflow_reads(tmp_path: Path) -> None:
    import tensorflow.compat.v1 as tf

    import reverie.magenta  # noqa: F401  # pyright: ignore[reportUnusedImport] - it prepares TensorFlow

    bundle = read_bundle(models_folder() / "attention_rnn.safetensors")
    workspace = workspace_of(tmp_path, RecurrentModel(bundle), tune)
    for split in SPLITS:
        theirs = [
            tf.train.SequenceExample.FromString(data)
            for path in workspace.shards(split)
            for data in tf.python_io.tf_record_iterator(str(path))
        ]
        ours = list(read_examples(workspace, split))
        assert len(ours) == len(theirs) == 4
        for one, other in zip(ours, theirs, strict=True):
            lists = other.feature_lists.feature_list
            assert list(one.labels) == [step.int64_list.value[0] for step in lists["labels"].feature]
            for hot, step in zip(one.inputs, lists["inputs"].feature, strict=True):
                vector = np.array(step.float_list.value)
                assert list(hot.places) == np.flatnonzero(vector).tolist()
                assert list(hot.values) == vector[list(hot.places)].tolist()


def test_the_examples_of_a_dataset_are_judged(tmp_path: Path) -> None:
    import note_seq

    from fakes.judged import sequence_of
    from reverie.training.corpus.convert import convert
    from reverie.training.dataset.make import make_dataset
    from reverie.training.recipes import RECIPES

    data, workspace = tmp_path / "data", Workspace(tmp_path / "work")
    data.mkdir()
    for seed in range(6):
        note_seq.sequence_proto_to_midi_file(sequence_of(beat(seed)), str(data / f"beat {seed}.mid"))
    convert(data, workspace, lambda _progress: None)
    census = make_dataset(RECIPES["drum_kit"], workspace, lambda _progress: None)
    found = judge_perplexity(read_bundle(models_folder() / "drum_kit.safetensors"), workspace)
    assert found.pieces == census.splits["test"].examples > 0
    assert found.events == sum(len(one.labels) for one in read_examples(workspace, "test"))
    assert 1 < found.markov_perplexity < 50
    assert found.perplexity > 1
