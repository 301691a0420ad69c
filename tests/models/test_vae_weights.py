from __future__ import annotations

import numpy as np
import pytest

from fakes.data import data_folder
from fakes.vae import absent, dumped, random_weights
from reverie.models.errors import ModelError
from reverie.models.lstm import Array
from reverie.models.vae.latent import attribute, interpolate, with_attribute
from reverie.models.vae.model import Vae
from reverie.models.vae.weights import weights_from

CONFIG = "cat-mel_2bar_small"


@pytest.fixture
def real() -> Vae:
    folder = data_folder("magenta-weights/mel_2bar_small")
    return Vae(CONFIG, weights_from(CONFIG, dumped(folder), absent(folder)))


def test_the_published_model_makes_melodies_as_likely_as_it_should(real: Vae) -> None:
    drawn = real.sample(256, 32, 1.0, np.random.default_rng(2026))
    melodies = {tuple(melody) for melody in drawn.frames[..., 0].tolist()}
    assert len(melodies) > 250
    assert drawn.log_p.mean() == pytest.approx(-0.6, abs=0.12)
    notes = drawn.frames[drawn.frames > 1]
    assert 3 < len(notes) / 256 < 16
    assert 48 <= notes.mean() + 19 <= 72
    cold = real.sample(256, 32, 0.3, np.random.default_rng(2026))
    assert cold.log_p.mean() > drawn.log_p.mean() / 2


def test_the_published_model_changes_little_by_little_between_two_melodies(real: Vae) -> None:
    z = np.random.default_rng(3).standard_normal((2, real.latent_size)).astype(np.float32)
    path = real.interpolate(z[0], z[1], 33)
    melodies = real.decode(path, 32, 1e-3, np.random.default_rng(0)).frames[..., 0]
    far = np.count_nonzero(melodies[0] != melodies[-1])
    steps = np.count_nonzero(melodies[1:] != melodies[:-1], axis=1)
    assert len({tuple(melody) for melody in melodies.tolist()}) > 8
    assert steps.mean() < far / 2


def test_the_published_weights_say_that_they_cannot_encode(real: Vae) -> None:
    with pytest.raises(ModelError, match="imported without an encoder"):
        real.encode(np.zeros((1, 32, 1), np.int64))


def _as_tensorflow(weights: dict[str, Array]) -> dict[str, Array]:
    cell = "encoder/cell_0/bidirectional_rnn/{}/multi_rnn_cell/cell_0/lstm_cell"
    scopes = {
        "encoder.forward.0": cell.format("fw"),
        "encoder.backward.0": cell.format("bw"),
        "encoder.mu": "encoder/mu",
        "encoder.sigma": "encoder/sigma",
        "decoder.initial": "decoder/z_to_initial_state",
        "decoder.output": "decoder/output_projection",
        "decoder.layers.0": "decoder/multi_rnn_cell/cell_0/lstm_cell",
        "decoder.layers.1": "decoder/multi_rnn_cell/cell_1/lstm_cell",
    }
    return {f"{scopes[name.rpartition('.')[0]]}/{name.rpartition('.')[2]}": w for name, w in weights.items()}


def test_names_with_slashes_underscores_or_outputs_are_the_same() -> None:
    weights = random_weights(CONFIG)
    named = _as_tensorflow(weights)
    for variables in (
        named
        | {"global_step": np.zeros((), np.float32), "decoder/output_projection/bias/Adam": np.zeros(90, np.float32)},
        {name.replace("/", "_"): w for name, w in named.items()},
        {f"{name}:0": w for name, w in named.items()},
    ):
        found = weights_from(CONFIG, variables)
        assert set(found) == set(weights)
        for name, weight in weights.items():
            np.testing.assert_array_equal(found[name], weight)


@pytest.mark.parametrize(
    ("missing", "words"),
    [
        ("decoder/output_projection/bias", "decoder/output_projection/bias is missing"),
        ("decoder/multi_rnn_cell/cell_0/lstm_cell/kernel", "decoder/multi_rnn_cell/cell_0/lstm_cell/kernel is missing"),
        (
            "decoder/multi_rnn_cell/cell_1/lstm_cell/kernel",
            "decoder/multi_rnn_cell/cell_1/lstm_cell/kernel is missing",
        ),
        (
            "encoder/cell_0/bidirectional_rnn/fw/multi_rnn_cell/cell_0/lstm_cell/kernel",
            "fw/multi_rnn_cell/.* is missing",
        ),
        ("encoder/mu/kernel", "encoder/mu/kernel is missing"),
    ],
)
def test_what_is_missing_is_named(missing: str, words: str) -> None:
    variables = _as_tensorflow(random_weights(CONFIG))
    del variables[missing]
    with pytest.raises(ModelError, match=words):
        weights_from(CONFIG, variables)


@pytest.mark.parametrize(
    "surplus",
    [
        "decoder/multi_rnn_cell/cell_3/lstm_cell/kernel",
        "decoder/multi_rnn_cell/cell_0/lstm_cell/w_f_diag",
        "encoder/hierarchical_level_1/cell_0/lstm_cell/kernel",
        "encoder/mu/gamma",
        "z_prior/kernel",
    ],
)
def test_a_weight_that_is_not_played_is_not_dropped(surplus: str) -> None:
    variables = _as_tensorflow(random_weights(CONFIG))
    with pytest.raises(ModelError, match=f"{surplus}: {CONFIG}, as Reverie plays it, has no such weights"):
        weights_from(CONFIG, {**variables, surplus: np.ones((2, 2), np.float32)})


def test_an_encoder_of_which_only_a_part_is_there_is_not_dropped() -> None:
    variables = _as_tensorflow(random_weights(CONFIG))
    kernels = [name for name in variables if name.startswith("encoder/cell_0") and name.endswith("kernel")]
    for name in kernels:
        del variables[name]
    with pytest.raises(ModelError, match=r"encoder/cell_0/.*/kernel is missing"):
        weights_from(CONFIG, variables)
    assert "encoder.mu.kernel" not in weights_from(CONFIG, variables, kernels)


@pytest.mark.parametrize("name", sorted(random_weights("hier-trio_16bar")))
def test_what_is_of_the_wrong_shape_is_named(name: str) -> None:
    weights = random_weights("hier-trio_16bar")
    weights[name] = np.concatenate([weights[name], weights[name][:1]])
    with pytest.raises(ModelError, match="is of shape"):
        Vae("hier-trio_16bar", weights)


def test_a_path_is_spherical_and_has_both_ends() -> None:
    a, b = np.array([1, 0, 0], np.float32), np.array([0, 1, 0], np.float32)
    path = interpolate(a, b, 5)
    np.testing.assert_allclose(path[[0, -1]], [a, b], atol=1e-7)
    np.testing.assert_allclose(np.linalg.norm(path, axis=1), 1, atol=1e-6)
    np.testing.assert_allclose(path[2], [np.sqrt(0.5), np.sqrt(0.5), 0], atol=1e-6)


def test_a_path_between_parallel_vectors_is_straight_and_between_opposites_there_is_none() -> None:
    a = np.array([1, 2], np.float32)
    np.testing.assert_allclose(interpolate(a, 3 * a, 3), [a, 2 * a, 3 * a])
    np.testing.assert_allclose(interpolate(a, a, 2), [a, a])
    with pytest.raises(ValueError, match="opposite"):
        interpolate(a, -a, 3)
    with pytest.raises(ValueError, match="zeros"):
        interpolate(a, 0 * a, 3)
    with pytest.raises(ValueError, match="two ends"):
        interpolate(a, a, 1)


def test_an_attribute_is_the_difference_of_means() -> None:
    having, lacking = np.array([[2, 0], [4, 2]], np.float32), np.array([[1, 1]], np.float32)
    vector = attribute(having, lacking)
    assert vector.tolist() == [2, 0]
    assert with_attribute(lacking, vector, -0.5).tolist() == [[0, 1]]
    with pytest.raises(ValueError, match="empty"):
        attribute(having[:0], lacking)
