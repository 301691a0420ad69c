"""What the weights of an NSynth are called, in a run-time bundle and in TensorFlow's checkpoints, and their sizes.

=======================================  ============================  ==============
run-time bundle                          TensorFlow                    shape
=======================================  ============================  ==============
encoder.start.kernel                     ae_startconv/W                F, 1, E
encoder.layers.N.conv.kernel             ae_dilatedconv_N+1/W          F, E, E
encoder.layers.N.residual.kernel         ae_res_N+1/W                  E, E
encoder.bottleneck.kernel                ae_bottleneck/W               E, Z
decoder.start.kernel                     startconv/W                   F, 1, H
decoder.start.skip.kernel                skip_start/W                  H, S
decoder.layers.N.conv.kernel             dilatedconv_N+1/W             F, H, 2 H
decoder.layers.N.condition.kernel        cond_map_N+1/W                Z, 2 H
decoder.layers.N.residual.kernel         res_N+1/W                     H, H
decoder.layers.N.skip.kernel             skip_N+1/W                    H, S
decoder.out.kernel                       out1/W                        S, S
decoder.out.condition.kernel             cond_map_out1/W               Z, S
decoder.logits.kernel                    logits/W                      S, 256
=======================================  ============================  ==============

Beside each kernel stands its ``bias``, ``biases`` in TensorFlow. Of a kernel's F taps the last is that of the newest
sample. The first half of 2 H is the gate, which becomes a sigmoid. Averages over training
(``ExponentialMovingAverage``) are taken where the checkpoint has them.

Source: ``magenta/models/nsynth/wavenet/h512_bo16.py``, Magenta 2.1.4.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reverie.models.errors import ModelError
from reverie.models.library.formats.tensors import refuse_unused

Array = NDArray[np.float32]
Tensors = Mapping[str, Array]

CLASSES = 256
"""Of a sample, by the mu law."""

_AVERAGE = "/ExponentialMovingAverage"
_VARIABLE = re.compile(rf"(?:^|/)([a-z]\w*?)(?:_(\d{{1,4}}))?/(W|biases)(?:{_AVERAGE})?$")
_LAYERS = {
    "ae_dilatedconv": ("encoder", "conv"),
    "ae_res": ("encoder", "residual"),
    "dilatedconv": ("decoder", "conv"),
    "cond_map": ("decoder", "condition"),
    "res": ("decoder", "residual"),
    "skip": ("decoder", "skip"),
}
_SINGLE = {
    "ae_startconv": "encoder.start",
    "ae_bottleneck": "encoder.bottleneck",
    "startconv": "decoder.start",
    "skip_start": "decoder.start.skip",
    "out1": "decoder.out",
    "cond_map_out1": "decoder.out.condition",
    "logits": "decoder.logits",
}
_CONVOLUTIONS = ("start", "conv")
_AXES = 4


@dataclass(frozen=True, slots=True)
class Half:
    """The sizes of the encoder or the decoder: so many ``layers``, ``width`` channels, ``taps`` of a filter."""

    layers: int
    width: int
    taps: int


@dataclass(frozen=True, slots=True)
class NSynthSizes:
    """All sizes of an NSynth; ``stages`` are layers after which the dilation begins again at 1."""

    encoder: Half
    decoder: Half
    skip: int
    bottleneck: int
    hop: int
    stages: int
    encoder_stages: int
    rate: int


def weights_from(tensors: Tensors) -> dict[str, Array]:
    """An NSynth's weights, out of all variables of a checkpoint.

    Raises:
        ModelError: if one is missing or does not fit the others.
    """
    weights: dict[str, Array] = {}
    used: dict[str, str] = {}
    for variable in sorted(tensors, key=lambda variable: variable.endswith(_AVERAGE)):
        name = canonical_name(variable)
        if name:
            plain = variable.removesuffix(_AVERAGE)
            if used.setdefault(name, plain) != plain:
                raise ModelError(f"{variable} and {used[name]} are both in it, and an NSynth has only one {name}")
            weights[name] = _shaped(name, tensors[variable])
    check_shapes(weights)
    refuse_unused(tensors, used.values(), "an NSynth")
    return weights


def canonical_name(variable: str) -> str | None:
    """The run-time name of a variable; None for what is none of an NSynth's."""
    found = _VARIABLE.search(variable)
    if not found:
        return None
    scope, number, leaf = found.groups()
    leaf = "kernel" if leaf == "W" else "bias"
    if number and scope in _LAYERS:
        half, part = _LAYERS[scope]
        return f"{half}.layers.{int(number) - 1}.{part}.{leaf}"
    whole = f"{scope}_{number}" if number else scope
    return f"{_SINGLE[whole]}.{leaf}" if whole in _SINGLE else None


def sizes_of(weights: Tensors, settings: Mapping[str, Any]) -> NSynthSizes:
    """The sizes that the weights show, and those that they do not.

    Raises:
        ModelError: if the weights are not those of one model, or a setting is missing or makes no sense.
    """
    check_shapes(weights)
    return NSynthSizes(
        encoder=_half(weights, "encoder"),
        decoder=_half(weights, "decoder"),
        skip=weights["decoder.start.skip.bias"].size,
        bottleneck=weights["encoder.bottleneck.bias"].size,
        hop=_setting(settings, "hop"),
        stages=_setting(settings, "stages"),
        encoder_stages=_setting(settings, "encoder_stages"),
        rate=_setting(settings, "rate"),
    )


def check_shapes(weights: Tensors) -> None:
    """Whether the weights are those of one network.

    Raises:
        ModelError: if one is missing, or its shape does not fit its neighbours'.
    """
    for half in ("encoder", "decoder"):
        kernel = _weight(weights, f"{half}.start.kernel")
        if kernel.ndim != 3 or 0 in kernel.shape:  # noqa: PLR2004 - taps, inputs, outputs
            raise ModelError(f"{half}.start.kernel has the shape {_by(kernel.shape)}; it must be taps x 1 x channels")
    encoder, decoder = _half(weights, "encoder"), _half(weights, "decoder")
    if decoder.width % 2 or decoder.taps < 2 or not encoder.taps % 2:  # noqa: PLR2004 - a filter without a past is none
        raise ModelError("its decoder has an odd width or a filter of one tap, or its encoder an even filter")
    skip = _weight(weights, "decoder.start.skip.bias").size
    bottleneck = _weight(weights, "encoder.bottleneck.bias").size
    expected: dict[str, tuple[int, ...]] = {
        "encoder.start": (encoder.taps, 1, encoder.width),
        "encoder.bottleneck": (encoder.width, bottleneck),
        "decoder.start": (decoder.taps, 1, decoder.width),
        "decoder.start.skip": (decoder.width, skip),
        "decoder.out": (skip, skip),
        "decoder.out.condition": (bottleneck, skip),
        "decoder.logits": (skip, CLASSES),
    }
    for number in range(encoder.layers):
        layer = f"encoder.layers.{number}"
        expected[f"{layer}.conv"] = (encoder.taps, encoder.width, encoder.width)
        expected[f"{layer}.residual"] = (encoder.width, encoder.width)
    for number in range(decoder.layers):
        layer = f"decoder.layers.{number}"
        expected[f"{layer}.conv"] = (decoder.taps, decoder.width, 2 * decoder.width)
        expected[f"{layer}.condition"] = (bottleneck, 2 * decoder.width)
        expected[f"{layer}.residual"] = (decoder.width, decoder.width)
        expected[f"{layer}.skip"] = (decoder.width, skip)
    for name, shape in expected.items():
        for leaf, wanted in ((f"{name}.kernel", shape), (f"{name}.bias", shape[-1:])):
            found = _weight(weights, leaf).shape
            if found != wanted:
                raise ModelError(f"{leaf} has the shape {_by(found)}, and {_by(wanted)} is needed")


def _half(weights: Tensors, half: str) -> Half:
    numbers = {name.split(".")[2] for name in weights if name.startswith(f"{half}.layers.")}
    if not numbers:
        raise ModelError(f"the {half} has no layers, so it is no NSynth")
    taps, _, width = weights[f"{half}.start.kernel"].shape
    return Half(len(numbers), width, taps)


def _shaped(name: str, tensor: Array) -> Array:
    """A kernel as it is used: TensorFlow has an axis of height before the taps, also where there is but one tap."""
    if not name.endswith(".kernel") or tensor.ndim != _AXES or tensor.shape[0] != 1:
        return tensor
    if name.split(".")[-2] in _CONVOLUTIONS:
        return tensor[0]
    return tensor[0, 0] if tensor.shape[1] == 1 else tensor


def _weight(weights: Tensors, name: str) -> Array:
    try:
        return weights[name]
    except KeyError:
        raise ModelError(f"{name} is missing, so it is no NSynth") from None


def _setting(settings: Mapping[str, Any], name: str) -> int:
    value = settings.get(name)
    if not isinstance(value, int) or value < 1:
        raise ModelError(f"its setting {name} is {value!r}; it must be a whole number above 0")
    return value


def _by(shape: tuple[int, ...]) -> str:
    return " x ".join(map(str, shape))
