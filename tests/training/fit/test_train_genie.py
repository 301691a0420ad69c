# pyright: basic
"""From a folder of music to a Piano Genie, and the same in stock Magenta."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fakes.genie import random_genie
from fakes.midi_folders import pianos
from fakes.training_commands import ended, running
from reverie.models.genie.decoder import Genie
from reverie.models.golden import check
from reverie.models.library.bundle import read_bundle
from reverie.models.library.card import read_card
from reverie.training.errors import TrainingError
from reverie.training.first_weights import first_weights
from reverie.training.judge.genie_counting import in_turn, keys_counted, told_buttons
from reverie.training.judge.judged_genie import judge_genie
from reverie.training.workspace import Workspace

pytestmark = pytest.mark.timeout(900)


def train(folder: Path, *more: str) -> tuple[str, Path]:
    words = ["train", "piano-genie", "--data", str(pianos(folder / "music")), "--work", str(folder / "work")]
    sizes = ["--set", "batch_size=4", "--set", "rnn_nunits=16", "--out", str(folder / "models" / "small")]
    with running([sys.executable, "-m", "reverie", *words, *sizes, *more]) as process:
        return ended(process)[0], folder / "models" / "small.safetensors"


def test_a_genie_is_trained_from_a_folder_and_equals_stock_magenta(tmp_path: Path) -> None:
    said, model = train(tmp_path, "--steps", "30", "--set", "learning_rate=0.01")
    assert "step 30: loss " in said
    card = read_card(model)
    figures = card.training["heldout"]
    assert card.training["hparams"]["rnn_nunits"] == 16
    assert sum(figures["buttons"]) == pytest.approx(1, abs=1e-3)
    assert 0 <= figures["against"] <= 1 - figures["along"]
    assert figures["loss"] < 4.4, "it knows more than that there are 88 keys"
    assert card.training["markov"]["loss"] < card.training["unigram"]["loss"] < 4.4
    assert str(tmp_path).encode() not in model.read_bytes()
    bundle = read_bundle(model)
    assert check(bundle) < 1e-4
    judged = judge_genie(bundle, Workspace(tmp_path / "work"), 4, 0, lambda _done, _of: None)
    assert judged.counting_told < judged.counting
    assert {*judged.obeyed} == {0.25, 1.0}
    assert "keys drawn at temperature 0.25" in judged.as_text()
    assert sum(judged.as_json()["buttons"]) == pytest.approx(1, abs=1e-2)
    _check_equal(Genie(bundle), model.with_suffix(".tar"), tmp_path)


def _check_equal(genie: Genie, archive: Path, folder: Path) -> None:
    """Stock Magenta says the same of keys of which its own encoder gives the buttons."""
    import tarfile

    import reverie.magenta  # noqa: F401 - prepares TensorFlow  # isort: skip
    import tensorflow.compat.v1 as tf
    from magenta.models.piano_genie.configs import get_named_config
    from magenta.models.piano_genie.model import build_genie_model

    config, _ = get_named_config("piano_genie_paper", "rnn_nunits=16")
    random = np.random.default_rng(1)
    keys, bins = random.integers(0, 88, (2, 40)), random.integers(0, 33, (2, 40))
    with tarfile.open(archive) as files:
        files.extractall(folder / "checkpoint", filter="data")
    with tf.Graph().as_default(), tf.Session() as session:
        told: dict[str, Any] = {
            "midi_pitches": tf.constant(keys + 21, tf.int32),
            "delta_times_int": tf.constant(bins, tf.int32),
            "velocities": tf.zeros((2, 40), tf.int32),
        }
        with tf.variable_scope("phero_model"):
            said = build_genie_model(told, config, 2, 40, is_training=False)
        [index] = (folder / "checkpoint").glob("*.index")
        tf.train.Saver().restore(session, str(index.with_suffix("")))
        scores, buttons = session.run([said["dec_recons_scores"], said["stp_emb_iq_discrete"]])
    for row in range(2):
        memory = genie.start()
        for place in range(40):
            wait = bins[row, place] * 0.032
            likelihoods, _ = genie.hear(memory, int(buttons[row, place]), wait)
            np.testing.assert_allclose(np.exp(likelihoods), scores[row, place], atol=1e-5)
            memory = genie.told(memory, int(buttons[row, place]), wait, int(keys[row, place]))


@pytest.mark.slow
def test_a_hyperparameter_that_magenta_has_not_is_told(tmp_path: Path) -> None:
    words = ["train", "piano-genie", "--data", str(pianos(tmp_path / "music", 2)), "--work", str(tmp_path / "work")]
    for setting, sentence in (
        ("rnn_layers=3", "rnn_layers=3"),
        ("rnn_nlayers=2.5", "rnn_nlayers=2.5"),
        ("rnn_nunits=0", "it must be a whole number from 1"),
    ):
        with running([sys.executable, "-m", "reverie", *words, "--set", setting]) as process:
            _, complained = ended(process, status=1)
        assert sentence in complained


def test_a_decoder_alone_is_not_begun_with(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="has only the decoder of a Piano Genie"):
        first_weights(random_genie(), "piano_genie", tmp_path / "genie.safetensors")


def test_who_is_told_the_buttons_foretells_what_they_say() -> None:
    random = np.random.default_rng(2)
    keys = [random.integers(20, 28, 60).tolist() for _ in range(30)]
    buttons = [[key - 20 for key in one] for one in keys]
    turns = [in_turn(one, pressed) for one, pressed in zip(keys, buttons, strict=True)]
    told, untold = told_buttons(turns[:20], turns[20:25], turns[25:]), keys_counted(keys[:20], keys[20:25], keys[25:])
    assert told < 0.1
    assert untold == pytest.approx(np.log(8), abs=0.2)
