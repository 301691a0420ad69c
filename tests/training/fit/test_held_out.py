"""What is measured on held-out examples, in bounded passages, is what hearing them whole gives."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow.compat.v1 as tf

from reverie.training.fit import held_out
from reverie.training.fit.fit_step import config_of_recipe
from reverie.training.fit.training_progress import TrainingProgress, read_progress
from reverie.training.recipes import recipe_of, with_hparams

SMALL = {"rnn_layer_sizes": [8, 8], "attn_length": 5}


@pytest.fixture
def melody() -> Any:
    """Magenta's melody model with attention, whose state is the largest of all."""
    return config_of_recipe(with_hparams(recipe_of("melody"), SMALL))


@pytest.fixture
def checkpoint(melody: Any, tmp_path: Path) -> str:
    """Random weights of it."""
    from magenta.models.shared import events_rnn_graph

    with tf.Graph().as_default():
        tf.set_random_seed(1)
        events_rnn_graph.get_build_graph_fn("generate", melody)()
        with tf.Session() as session:
            session.run(tf.global_variables_initializer())
            return str(tf.train.Saver().save(session, str(tmp_path / "model.ckpt"), global_step=1))


def shard(path: Path, melody: Any, lengths: list[int]) -> Path:
    """Examples of random events."""
    rng = np.random.default_rng(1)
    encoder = melody.encoder_decoder
    with tf.python_io.TFRecordWriter(str(path)) as writer:
        for length in lengths:
            example = tf.train.SequenceExample()
            for _ in range(length):
                inputs = rng.standard_normal(encoder.input_size)
                example.feature_lists.feature_list["inputs"].feature.add().float_list.value.extend(inputs)
                label = int(rng.integers(encoder.num_classes))
                example.feature_lists.feature_list["labels"].feature.add().int64_list.value.append(label)
            writer.write(example.SerializeToString())
    return path


def test_short_passages_give_what_whole_examples_give(
    melody: Any, checkpoint: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    paths = [shard(tmp_path / "a", melody, [40, 3, 17, 64]), shard(tmp_path / "b", melody, [1, 30])]
    whole = held_out.HeldOutExamples(melody, paths).figures(checkpoint)
    assert whole.events == 155
    monkeypatch.setattr(held_out, "_PASSAGE", 7)
    monkeypatch.setattr(held_out, "_ROWS", 3)
    pieces = held_out.HeldOutExamples(melody, paths).figures(checkpoint)
    assert pieces.loss == pytest.approx(whole.loss, rel=1e-6)
    assert (pieces.accuracy, pieces.events) == (whole.accuracy, whole.events)


def test_one_event_each_counts_the_same(melody: Any, checkpoint: str, tmp_path: Path) -> None:
    both = [shard(tmp_path / "a", melody, [20]), shard(tmp_path / "b", melody, [60])]
    alone = [held_out.HeldOutExamples(melody, [path]).figures(checkpoint) for path in both]
    together = held_out.HeldOutExamples(melody, both).figures(checkpoint)
    assert together.loss == pytest.approx((20 * alone[0].loss + 60 * alone[1].loss) / 80, rel=1e-6)


def test_without_examples_there_is_no_figure(melody: Any, checkpoint: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no examples"):
        held_out.HeldOutExamples(melody, [shard(tmp_path / "a", melody, [])]).figures(checkpoint)


def test_what_occurs_always_costs_little_and_what_never_occurred_is_possible(melody: Any, tmp_path: Path) -> None:
    paths = [shard(tmp_path / "a", melody, [200])]
    classes = melody.encoder_decoder.num_classes
    assert 0 < held_out.unigram_loss(paths, paths, classes) < np.log(classes)
    assert held_out.unigram_loss(paths, [], classes) == pytest.approx(np.log(classes))


def test_progress_keeps_the_best_and_counts_what_was_no_better(tmp_path: Path) -> None:
    progress = TrainingProgress().after(10, 2.0, 1.0).after(20, 1.5, 1.0).after(30, 1.6, 1.0).after(40, 1.5, 2.0)
    assert (progress.best_step, progress.best_loss, progress.stale, progress.seconds) == (20, 1.5, 2, 5.0)
    progress.write(tmp_path / "progress.json")
    assert read_progress(tmp_path / "progress.json") == progress
    assert read_progress(tmp_path / "none.json") == TrainingProgress()
