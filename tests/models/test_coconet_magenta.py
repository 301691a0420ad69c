# pyright: basic, reportMissingModuleSource=false
"""Coconet against Magenta's own graph, with random weights: the same likelihoods, and the same parts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from reverie.models.coconet.gibbs import GibbsPlan, draw_parts, forgotten_share
from reverie.models.coconet.part_network import Coconet
from reverie.models.library.bundle import read_bundle
from reverie.models.library.importing import import_model

pytestmark = [pytest.mark.magenta, pytest.mark.filterwarnings("ignore"), pytest.mark.timeout(900)]

STRAIGHT = {"num_layers": 8, "num_filters": 12, "crop_piece_len": 16}
DILATED = {
    "architecture": "dilated",
    "num_dilation_blocks": 2,
    "num_filters": 8,
    "crop_piece_len": 16,
    "mask_indicates_context": True,
}
SEPARABLE = {**DILATED, "use_sep_conv": True, "num_initial_regular_conv_layers": 1}
DEEPER = {**SEPARABLE, "sep_conv_depth_multiplier": 2, "dilate_time_only": True, "repeat_last_dilation_level": True}


class Theirs:
    """Magenta's graph of some hyperparameters, and a checkpoint of its weights as its trainer leaves it."""

    def __init__(self, hparams: dict[str, Any], folder: Path) -> None:
        import reverie.magenta  # noqa: F401, I001 - it prepares Magenta
        import tensorflow.compat.v1 as tf
        from magenta.models.coconet import lib_graph, lib_hparams

        told = lib_hparams.Hyperparameters(**hparams)
        self._tf = tf.Graph()
        with self._tf.as_default():
            self._graph = lib_graph.build_graph(False, told)
            self._session = tf.Session()
            random = np.random.default_rng(1)
            for variable in tf.global_variables():
                shape, name = variable.shape.as_list(), variable.op.name
                value = random.standard_normal(shape) / np.sqrt(max(np.prod(shape[:-1]), 1))
                if "depthwise" in name:
                    value *= np.sqrt(shape[2])
                if name.endswith(("gamma", "popvariance")):
                    value = random.uniform(0.5, 1.5, shape)
                variable.load(value.astype(np.float32), self._session)
            tf.train.Saver().save(self._session, str(folder / "best_model.ckpt"), write_meta_graph=False)
        with (folder / "config").open("w") as file:
            told.dump(file)
        self._pitches = told.num_pitches

    def chances(self, parts: NDArray[np.intp], hidden: NDArray[np.bool_]) -> NDArray[np.float32]:
        """Of each pitch (passages, steps, parts, pitches)."""
        rolls = parts[:, :, None, :] == np.arange(self._pitches)[None, None, :, None]
        masks = np.repeat(hidden[:, :, None, :], self._pitches, axis=2)
        fed: dict[str, Any] = {"pianorolls": rolls, "masks": masks}
        fed["lengths"] = np.full(len(parts), parts.shape[1])
        places = {self._graph.placeholders[name]: value.astype(np.float32) for name, value in fed.items()}
        return self._session.run(self._graph.predictions, places).transpose(0, 1, 3, 2)


@pytest.mark.parametrize("hparams", [STRAIGHT, DILATED, SEPARABLE, DEEPER])
def test_likelihoods_and_drawn_parts_are_magentas(hparams: dict[str, Any], tmp_path: Path) -> None:
    theirs = Theirs(hparams, tmp_path)
    model = Coconet(read_bundle(import_model(tmp_path, tmp_path / "models").path))
    random = np.random.default_rng(2)
    parts = random.integers(-1, 46, size=(3, 16, 4))
    hidden = random.random(parts.shape) < 0.5
    ours = np.exp(model.log_likelihoods(parts, hidden))
    assert np.abs(ours - theirs.chances(parts, hidden)).max() < 1e-5
    assert ours.max() > 0.05

    free = np.ones(parts.shape, np.bool_)
    free[:, :, 0] = False
    parts[free] = -1
    mine = draw_parts(model, parts, free, GibbsPlan(12, 0.9), np.random.default_rng(3))
    assert np.array_equal(mine.parts, _drawn_by(theirs, parts, free, 12, 0.9))


def _drawn_by(
    theirs: Theirs, parts: NDArray[np.intp], free: NDArray[np.bool_], passes: int, temperature: float
) -> NDArray[np.intp]:
    """Blocked Gibbs sampling of the paper, written down plainly, with Magenta's graph."""
    chance, now = np.random.default_rng(3), parts.copy()
    for number in range(passes):
        forgotten = (chance.random(now.shape) < forgotten_share(number, passes)) | (now < 0)
        forgotten &= free
        uniform = chance.random(now.shape)
        masses = theirs.chances(now, forgotten).astype(np.float64) ** (1 / temperature)
        total = masses.cumsum(axis=-1)
        drawn = (total < uniform[..., None] * total[..., -1:]).sum(axis=-1)
        now = np.where(forgotten, drawn, now)
    return now
