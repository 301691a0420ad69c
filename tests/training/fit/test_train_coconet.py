# pyright: basic
"""From a folder of music to a Coconet, and the same in stock Magenta."""

from __future__ import annotations

import sys
import tarfile
from pathlib import Path

import numpy as np
import pytest

from fakes.midi_folders import quartets
from fakes.training_commands import ended, running
from reverie.models.coconet.part_network import Coconet
from reverie.models.golden import check
from reverie.models.library.bundle import read_bundle
from reverie.models.library.card import read_card
from reverie.training.judge.judged_parts import judge_parts
from reverie.training.workspace import Workspace

pytestmark = pytest.mark.timeout(900)


def test_a_coconet_is_trained_from_a_folder_and_equals_stock_magenta(tmp_path: Path) -> None:
    words = ["train", "coconet", "--data", str(quartets(tmp_path / "music")), "--work", str(tmp_path / "work")]
    sizes = ["--set", "batch_size=4", "--set", "num_filters=8", "--set", "num_layers=6", "--steps", "60"]
    out = tmp_path / "models" / "small"
    with running([sys.executable, "-m", "reverie", *words, *sizes, "--out", str(out)]) as process:
        said = ended(process)[0]
    assert "step 60: loss " in said
    model = out.with_suffix(".safetensors")
    card = read_card(model)
    assert card.training["hparams"]["num_filters"] == 8
    assert card.training["heldout"]["loss"] < np.log(49), "it knows more than that there are 49 pitches"
    assert card.training["heldout"]["loss"] < card.training["unigram"]["loss"]
    assert str(tmp_path).encode() not in model.read_bytes()
    bundle = read_bundle(model)
    assert check(bundle) < 1e-4
    judged = judge_parts(bundle, Workspace(tmp_path / "work"), 2, 0, lambda _done, _of: None)
    assert 0 < judged.counting < 10
    assert "hidden places of" in judged.as_text()
    assert set(judged.as_json()["measures"]["held out"]) == {"crossed", "rough", "parallel", "moving", "wide"}
    _check_equal(Coconet(bundle), model.with_suffix(".tar"), tmp_path)


def _check_equal(model: Coconet, archive: Path, folder: Path) -> None:
    """Stock Magenta reads the archive's checkpoint and configuration, and finds the same likely."""
    import reverie.magenta  # noqa: F401 - prepares TensorFlow  # isort: skip
    import tensorflow.compat.v1 as tf
    from magenta.models.coconet import lib_graph

    with tarfile.open(archive) as files:
        files.extractall(folder / "checkpoint", filter="data")
    random = np.random.default_rng(1)
    parts = random.integers(model.design.pitches, size=(1, 16, 4))
    hidden = random.random(parts.shape) < 0.5
    with tf.Graph().as_default():
        theirs = lib_graph.load_checkpoint(str(folder / "checkpoint"))
        told = {
            "pianorolls": parts[:, :, None, :] == np.arange(model.design.pitches)[None, None, :, None],
            "masks": np.repeat(hidden[:, :, None, :], model.design.pitches, axis=2),
            "lengths": np.full(1, 16),
        }
        fed = {theirs.model.placeholders[name]: value.astype(np.float32) for name, value in told.items()}
        chances = theirs.sess.run(theirs.model.predictions, fed)
    np.testing.assert_allclose(np.exp(model.log_likelihoods(parts, hidden)).transpose(0, 1, 3, 2), chances, atol=1e-5)
