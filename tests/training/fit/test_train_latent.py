# pyright: basic
"""From a folder of music to a MusicVAE, killed on the way, and the same in stock Magenta."""

from __future__ import annotations

import copy
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fakes.midi_folders import beats, tunes
from fakes.training_commands import ended, running, wait_until
from reverie.models.golden import check
from reverie.models.library.bundle import read_bundle
from reverie.models.library.card import read_card
from reverie.models.vae.model import OFFSET_DEVIATION, VELOCITY_DEVIATION, Vae, load
from reverie.training.judge.judged_latent import judge_latent
from reverie.training.workspace import Workspace

pytestmark = pytest.mark.timeout(900)

SIZES: dict[str, Any] = {"z_size": 8, "enc_rnn_size": [12], "dec_rnn_size": [16, 12], "batch_size": 4}


class Course:
    """The training of a configuration in a folder of its own."""

    def __init__(self, folder: Path, config: str) -> None:
        self._config = config
        self._data = tunes(folder / "music") if config.startswith("cat-mel") else beats(folder / "music")
        self.work = folder / "work"
        self.out = folder / "models" / "small"
        self.model = folder / "models" / "small.safetensors"

    def begun(self, steps: int, *more: str) -> AbstractContextManager[subprocess.Popen[str]]:
        words = ["train", "music-vae", "--config", self._config, "--data", str(self._data), "--work", str(self.work)]
        sizes = [word for name, value in SIZES.items() for word in ("--set", f"{name}={json.dumps(value)}")]
        command = [sys.executable, "-m", "reverie", *words, *sizes, "--out", str(self.out), "--steps", str(steps)]
        environment = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
        return running([*command, *more], environment)

    def do(self, steps: int, *more: str) -> str:
        with self.begun(steps, *more) as process:
            return ended(process)[0]

    def kill_when(self, ready: Callable[[], bool]) -> None:
        with self.begun(100_000, "--every", "1") as process:
            wait_until(ready, process)

    @property
    def history(self) -> list[list[float]]:
        return json.loads((self.work / "progress.json").read_text(encoding="utf-8"))["history"]


@pytest.mark.parametrize(
    "config",
    [
        "cat-drums_2bar_small",
        pytest.param("cat-mel_2bar_small", marks=pytest.mark.slow),
        pytest.param("groovae_2bar_humanize", marks=pytest.mark.slow),
        pytest.param("groovae_2bar_tap_fixed_velocity", marks=pytest.mark.slow),
    ],
)
def test_a_latent_model_is_trained_from_a_folder_and_equals_stock_magenta(config: str, tmp_path: Path) -> None:
    course = Course(tmp_path, config)
    assert "step 4: loss " in course.do(4)
    card = read_card(course.model)
    assert {name: card.training["hparams"][name] for name in SIZES} == SIZES
    assert card.training["heldout"]["divergence_nats"] >= 0
    assert card.source["description"].startswith(f"{card.training['description']}. Trained on: ")
    assert str(tmp_path).encode() not in course.model.read_bytes()
    bundle = read_bundle(course.model)
    assert check(bundle) < 1e-4
    if config.startswith("cat-"):
        judged = judge_latent(bundle, Workspace(course.work), loops=30)
        assert judged.markov_perplexity > 1
        assert judged.loops == 30
        assert judged.ways.neighbours <= judged.ways.ends
    else:
        assert all(float(bundle.card.settings[name]) > 0 for name in (VELOCITY_DEVIATION, OFFSET_DEVIATION))
    _check_equal(config, load(bundle), course.model.with_suffix(".tar"), card.training["hparams"])


def _check_equal(config: str, vae: Vae, archive: Path, hparams: dict[str, Any]) -> None:
    """Stock Magenta, told the hyperparameters that the card has, encodes and decodes the same."""
    import reverie.magenta  # noqa: F401 - prepares TensorFlow  # isort: skip
    from magenta.models.music_vae import TrainedModel, configs

    known = copy.deepcopy(configs.CONFIG_MAP[config])
    known.hparams.override_from_dict(hparams)
    magenta = TrainedModel(known, batch_size=3, checkpoint_dir_or_path=str(archive))
    rng = np.random.default_rng(1)
    x = (rng.random((3, 32, known.data_converter.input_depth)) < 0.2).astype(np.float32)
    if config.startswith("cat-mel"):
        x = np.eye(90, dtype=np.float32)[rng.integers(0, 90, (3, 32))]
    _, mean, deviation = magenta.encode_tensors(list(x), [32] * 3)
    for ours, theirs in zip(vae.encode(x), (mean, deviation), strict=True):
        np.testing.assert_allclose(ours, theirs, atol=1e-5)
    z = rng.standard_normal((3, vae.latent_size)).astype(np.float32)
    _, outputs, samples = magenta.decode_to_tensors(z, length=32, return_full_results=True)
    if config.startswith("cat-"):
        heard, meant = samples.argmax(axis=-1)[..., None], np.exp(outputs - outputs.max(axis=-1, keepdims=True))
        meant /= meant.sum(axis=-1, keepdims=True)
    else:
        hits, offsets = np.split(outputs, [18], axis=-1)
        heard, meant = samples, np.concatenate([1 / (1 + np.exp(-hits)), np.tanh(offsets)], axis=-1)
    np.testing.assert_allclose(vae.activated(z, heard), meant, atol=1e-5)


@pytest.mark.slow
def test_a_latent_model_killed_in_dataset_and_fit_is_whole_in_the_end(tmp_path: Path) -> None:
    course = Course(tmp_path, "groovae_2bar_humanize")
    course.kill_when(lambda: any(course.work.glob("pieces/*")))
    course.kill_when(lambda: any(course.work.glob("examples/*")))
    course.kill_when(lambda: any(course.work.glob("run/train/*.ckpt-*")))
    course.kill_when(lambda: (course.work / "progress.json").exists() and len(course.history) > 1)
    steps = int(course.history[-1][0]) + 3
    assert f"step {steps}: " in course.do(steps)
    assert [int(step) for step, _ in course.history] == sorted({int(step) for step, _ in course.history})
    assert len(list((course.work / "best").glob("*.index"))) == 1
    assert check(read_bundle(course.model)) < 1e-4


@pytest.mark.slow
def test_a_training_begins_with_the_weights_of_a_latent_model(tmp_path: Path) -> None:
    course = Course(tmp_path, "cat-mel_2bar_small")
    course.do(12)
    known = read_bundle(course.model)
    course.work, course.out = tmp_path / "other", tmp_path / "models" / "fine"
    course.do(1, "--from", str(course.model), "--set", "learning_rate=0.000001", "--set", "min_learning_rate=0.000001")
    fine = read_bundle(course.out.with_suffix(".safetensors"))
    assert fine.card.training["recipe"]["begins"].startswith("small ")
    for name, weights in known.weights.items():
        np.testing.assert_allclose(fine.weights[name], weights, atol=1e-4)
        assert weights.ndim == 1 or np.abs(weights).max() > 1e-2, "what is drawn would differ"


@pytest.mark.slow
def test_ctrl_c_keeps_the_best_latent_model(tmp_path: Path) -> None:
    course = Course(tmp_path, "cat-mel_2bar_small")
    with course.begun(100_000, "--every", "1") as process:
        wait_until((course.work / "progress.json").exists, process)
        os.killpg(process.pid, signal.SIGINT)
        _, complained = ended(process, status=130)
    assert "is kept" in complained
    assert any((course.work / "best").glob("*.index"))
