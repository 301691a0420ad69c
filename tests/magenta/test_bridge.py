"""What makes Magenta run, and how training decides which checkpoint is best."""

from __future__ import annotations

import math

import pytest

pytestmark = pytest.mark.magenta


def test_preparing_twice_is_preparing_once() -> None:
    from tensorflow.python.framework import ops  # pyright: ignore[reportAttributeAccessIssue]

    from reverie.magenta.compat import prepare

    prepare()
    mended = vars(ops)["IndexedSlices"]
    prepare()
    assert vars(ops)["IndexedSlices"] is mended


def test_a_family_hands_out_copies_of_its_configurations() -> None:
    from reverie.magenta.families import family_of

    family = family_of("attention_rnn")
    changed = family.config("attention_rnn", {"batch_size": 1, "rnn_layer_sizes": [64]})
    assert (changed.hparams.batch_size, changed.hparams.rnn_layer_sizes) == (1, [64])
    assert family.configs["attention_rnn"].hparams.batch_size == 128


def test_an_unknown_configuration_has_no_family() -> None:
    from reverie.magenta.families import family_of

    with pytest.raises(KeyError):
        family_of("polyphony")


def test_the_best_checkpoint_is_the_one_of_the_lowest_loss() -> None:
    from reverie.training.sequences import TrainingProgress

    progress = TrainingProgress()
    assert math.isinf(progress.best_loss)
    for step, loss in ((10, 2.0), (20, 1.5), (30, 1.6), (40, 1.5)):
        progress = progress.after(step, loss)
    assert (progress.step, progress.best_step, progress.best_loss, progress.stale) == (40, 20, 1.5, 2)
    assert progress.after(50, 1.4).stale == 0
