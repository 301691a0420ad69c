"""How GANSynth's variables and hyperparameters come in."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from reverie.models.errors import ModelError
from reverie.models.gansynth.gan_config import kept, normalizer, settings_from
from reverie.models.gansynth.weights import weights_from

_AVERAGE = "/ExponentialMovingAverage"


def _variables(blocks: int = 2) -> dict[str, NDArray[np.float32]]:
    """A checkpoint's, every number of which is 1."""
    names: dict[str, tuple[int, ...]] = {"Discriminator/progressive_gan_discriminator/conv0/bias": (3,)}
    for block in range(1, blocks + 1):
        inside = f"Generator/progressive_gan_generator/progressive_gan_block_{block}"
        names |= {
            f"{inside}/conv0/conv2d/kernel": (3, 3, 4, 4),
            f"{inside}/conv0/bias": (4,),
            f"{inside}/conv1/conv2d/kernel": (3, 3, 4, 4),
            f"{inside}/conv1/bias": (4,),
            f"{inside}/to_rgb/conv2d/kernel": (1, 1, 4, 2),
            f"{inside}/to_rgb/bias": (2,),
        }
    return {name: np.ones(shape, np.float32) for name, shape in names.items()}


def test_kernels_are_scaled_once_and_for_all_and_only_the_last_specgram_is_kept() -> None:
    weights = weights_from(_variables())
    assert set(weights) == {
        *(f"blocks.{b}.{layer}.{part}" for b in (0, 1) for layer in ("conv0", "conv1") for part in ("kernel", "bias")),
        "rgb.kernel",
        "rgb.bias",
        "normalizer.scale",
        "normalizer.shift",
    }
    np.testing.assert_allclose(weights["blocks.1.conv0.kernel"], np.sqrt(2 / 36))
    np.testing.assert_allclose(weights["rgb.kernel"], np.full((4, 2), 0.5))
    np.testing.assert_allclose(weights["blocks.0.conv1.bias"], 1.0)
    assert {tensor.dtype for tensor in weights.values()} == {np.dtype(np.float32)}


def test_averages_are_taken_where_they_are() -> None:
    variables = _variables()
    bias = "Generator/progressive_gan_generator/progressive_gan_block_2/conv1/bias"
    for order in (
        {**variables, bias + _AVERAGE: 2 * variables[bias]},
        {bias + _AVERAGE: 2 * variables[bias], **variables},
    ):
        weights = weights_from(order)
        np.testing.assert_array_equal(weights["blocks.1.conv1.bias"], 2.0)
        np.testing.assert_array_equal(weights["blocks.0.conv1.bias"], 1.0)


def test_what_is_no_generator_is_refused() -> None:
    with pytest.raises(ModelError, match="progressive_gan_generator is missing"):
        weights_from({"Discriminator/progressive_gan_discriminator/conv0/bias": np.ones(3, np.float32)})
    dense = "Generator/progressive_gan_generator/progressive_gan_block_1/dense/kernel"
    with pytest.raises(ModelError, match="simple_arch"):
        weights_from({**_variables(), dense: np.ones((3, 3), np.float32)})
    broken = {name: tensor.reshape(-1) for name, tensor in _variables().items()}
    with pytest.raises(ModelError, match="has 1 axes"):
        weights_from(broken)


def test_the_defaults_are_those_of_the_published_models() -> None:
    settings = settings_from({})
    assert (settings.kind, settings.samples, settings.rate) == ("mel", 64000, 16000)
    assert (settings.scale, settings.bounded, settings.pitches) == ((2, 2), True, tuple(range(24, 85)))


def test_only_what_the_weights_do_not_show_is_kept() -> None:
    stored: dict[str, Any] = {"fmap_base": 4096, "data_type": "linear", "pitches": [48, 52, 60], "debug_hook": False}
    settings = kept(stored)
    assert "fmap_base" not in settings
    assert settings["pitches"] == "48,52,60"
    assert settings_from(settings).pitches == (48, 52, 60)
    assert settings_from(settings).kind == "linear"


@pytest.mark.parametrize(
    ("text", "pitches"), [("60", (60,)), ("24-26", (24, 25, 26)), ("1,3-4,9", (1, 3, 4, 9)), ("127", (127,))]
)
def test_pitches_may_be_ranges(text: str, pitches: tuple[int, ...]) -> None:
    assert settings_from({"pitches": text}).pitches == pitches


@pytest.mark.parametrize(
    "wrong",
    [
        {"pitches": "60-50"},
        {"pitches": "60,60"},
        {"pitches": "120-128"},
        {"pitches": ""},
        {"pitches": 60},
        {"data_type": "wave"},
        {"scale_mode": "W"},
        {"to_rgb_activation": "relu"},
        {"audio_length": 0},
        {"sample_rate": 16000.0},
        {"scale_base": "2"},
    ],
)
def test_settings_of_models_that_cannot_be_played_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ModelError, match=f"its {next(iter(wrong))}"):
        settings_from(wrong)


def test_the_normalizer_is_magentas_unless_it_is_said_otherwise() -> None:
    published = normalizer({})
    np.testing.assert_allclose(published["normalizer.scale"], [0.0661371661726, 0.8])
    np.testing.assert_allclose(published["normalizer.shift"], [0.113718730221, 0.0])
    np.testing.assert_allclose(normalizer({"p_normalizer_b": 0.5})["normalizer.shift"], [0.113718730221, 0.5])
    np.testing.assert_array_equal(normalizer({"data_normalizer": "none"})["normalizer.scale"], [1.0, 1.0])
    np.testing.assert_array_equal(normalizer({"data_normalizer": "none"})["normalizer.shift"], [0.0, 0.0])
    with pytest.raises(ModelError, match="specgrams_freq_normalizer"):
        normalizer({"data_normalizer": "specgrams_freq_normalizer"})
