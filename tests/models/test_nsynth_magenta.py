# pyright: basic, reportMissingModuleSource=false
from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from fakes.nsynth import PUBLISHED, SETTINGS, bundle_of, variables
from reverie.models.nsynth import mu_law
from reverie.models.nsynth.decoder import Decoding
from reverie.models.nsynth.model import WaveNet
from reverie.models.nsynth.weights import weights_from

pytestmark = [pytest.mark.magenta, pytest.mark.filterwarnings("ignore"), pytest.mark.timeout(900)]

LOGITS = 1e-3
"""By how much logits may differ, relative to the largest."""
ENCODINGS = 1e-5

SMALL = {"layers": 8, "width": 16, "skip": 8, "bottleneck": 4, "encoder_layers": 8, "encoder_width": 12}
IN_MAGENTA = {
    "num_stages": 4,
    "num_layers": 8,
    "width": 16,
    "skip_width": 8,
    "ae_num_stages": 4,
    "ae_num_layers": 8,
    "ae_width": 12,
    "self.ae_hop_length": 64,
    "self.ae_bottleneck_width": 4,
}
PUBLISHED_SETTINGS = {"hop": 512, "stages": 10, "encoder_stages": 10, "rate": 16000}


def sounds(count: int, samples: int) -> NDArray[np.float32]:
    """Chords with noise."""
    random = np.random.default_rng(3)
    times = np.arange(samples) / 16000
    tones = sum(np.sin(2 * np.pi * pitch * times) for pitch in (220.0, 331.0, 1500.0))
    return (0.2 * tones + 0.1 * random.standard_normal((count, samples))).astype(np.float32)


def logits_of(model: WaveNet, encodings: NDArray[np.float32], classes: NDArray[Any]) -> NDArray[np.float32]:
    """What the decoder thinks [batch, samples, 256] of samples that it is told, one by one."""
    told: list[NDArray[np.float32]] = []

    def choose(logits: NDArray[np.float32], position: int) -> NDArray[Any]:
        told.append(logits.T.copy())
        return classes[:, position]

    Decoding(model.network, encodings).run(classes.shape[1], choose)
    return np.array(told).transpose(1, 0, 2)


def check(shape: Mapping[str, int], settings: Mapping[str, int], numbers: Mapping[str, int], batch: int) -> None:
    from fakes.nsynth_magenta import taught

    tensors = variables(**shape)
    model = WaveNet(bundle_of(weights_from(tensors), settings))
    wav = sounds(batch, 2048)
    expected, logits, classes = taught(numbers, tensors, wav)
    encodings = np.array([model.encoder.encode(sound) for sound in wav])
    assert np.abs(encodings - expected).max() <= ENCODINGS * np.abs(expected).max()
    found = logits_of(model, expected, classes)
    assert np.abs(found - logits).max() <= LOGITS * np.abs(logits).max()


@pytest.mark.parametrize("batch", [1, 3])
def test_a_small_model_equals_magentas_graph(batch: int) -> None:
    check(SMALL, SETTINGS, IN_MAGENTA, batch)


@pytest.mark.slow
def test_a_model_of_the_published_shape_equals_magentas_graph() -> None:
    check(PUBLISHED, PUBLISHED_SETTINGS, {}, 1)


def test_probabilities_equal_those_of_fastgen() -> None:
    from fakes.nsynth_magenta import fastgen

    tensors = variables(**SMALL)
    model = WaveNet(bundle_of(weights_from(tensors)))
    random = np.random.default_rng(5)
    classes = random.integers(0, 256, (2, 192))
    encodings = random.standard_normal((2, 3, 4)).astype(np.float32)
    numbers = {name: number for name, number in IN_MAGENTA.items() if name in {"num_stages", "num_layers"}}
    numbers |= {"width": 16, "skip_width": 8, "num_z": 4}
    expected = fastgen(numbers, tensors, encodings, list(classes.T), SETTINGS["hop"])
    logits = logits_of(model, encodings, classes)
    likely = np.exp(logits - logits.max(axis=2, keepdims=True))
    found = likely / likely.sum(axis=2, keepdims=True)
    assert np.abs(found - expected.transpose(1, 0, 2)).max() <= ENCODINGS


def test_classes_and_samples_are_magentas() -> None:
    import reverie.magenta  # noqa: F401 - prepares TensorFlow  # isort: skip
    import tensorflow.compat.v1 as tf
    from magenta.models.nsynth import utils

    classes = np.arange(256)
    samples = mu_law.samples(classes)
    assert np.abs(samples - utils.inv_mu_law_numpy(classes - 128)).max() <= 1e-7
    assert (mu_law.scaled(samples) == mu_law.heard(classes)).all()
    between = np.random.default_rng(2).uniform(-1, 1, 10_000).astype(np.float32)
    with tf.Graph().as_default(), tf.Session() as session:
        expected = session.run(utils.mu_law(tf.constant(between))) / 128
    assert np.mean(mu_law.scaled(between) != expected) <= 1e-3
