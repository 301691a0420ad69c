"""What the weights of Pianoroll-RNN-NADE are called, in a run-time bundle and in TensorFlow's checkpoints.

==========================  ==========================  ==========================
run-time bundle             TensorFlow                  shape (TensorFlow's)
==========================  ==========================  ==========================
nade.encoder                nade/w_enc                  keys, H (keys, 1, H)
nade.decoder                nade/w_dec_t                keys, H (keys, H, 1)
output.kernel, .bias        decoder/dense/kernel, bias  units, H + keys; H + keys
layers.N...                 decoder/...                 :mod:`reverie.models.recurrent.weights`
==========================  ==========================  ==========================

The recurrent network's output is the NADE's biases: those of its hidden units, then those of its keys.
"""

from __future__ import annotations

import re

import numpy as np
from numpy.typing import NDArray

from reverie.models.errors import ModelError
from reverie.models.recurrent import weights as recurrent
from reverie.models.recurrent.weights import Tensors

_NADE = {
    "nade.encoder": re.compile(r"(?:^|[/_])nade[/_]w_enc$"),
    "nade.decoder": re.compile(r"(?:^|[/_])nade[/_]w_dec_t$"),
}
_OUTPUT = re.compile(r"(?:^|[/_])dense[/_](kernel|bias)$")


def weights_from(tensors: Tensors) -> dict[str, NDArray[np.float32]]:
    """The weights, out of all variables of a checkpoint.

    Raises:
        ModelError: if some are missing or do not fit together, with the name of the first such.
    """
    weights: dict[str, NDArray[np.float32]] = {}
    nade = {variable: name for variable in tensors for name, pattern in _NADE.items() if pattern.search(variable)}
    for variable, name in nade.items():
        if name in weights:
            raise ModelError(f"{variable} is in it twice, and a Pianoroll-RNN-NADE has only one {name}")
        weights[name] = np.squeeze(tensors[variable])
    renamed = {_OUTPUT.sub(r"/fully_connected/\1", variable): tensor for variable, tensor in tensors.items()}
    weights |= recurrent.weights_from(renamed, nade)
    check_shapes(weights)
    return weights


def check_shapes(weights: Tensors) -> None:
    """Whether the weights are those of one model.

    Raises:
        ModelError: if a weight is missing, or its shape does not fit its neighbours'.
    """
    recurrent.check_shapes(weights)
    for name in _NADE:
        if name not in weights:
            raise ModelError(f"{name} is missing, so it is no Pianoroll-RNN-NADE")
    encoder, decoder = (weights[name].shape for name in _NADE)
    biases = weights["output.bias"].shape[0]
    if len(encoder) != 2 or encoder != decoder or sum(encoder) != biases:  # noqa: PLR2004 - keys, hidden units
        raise ModelError(
            f"nade.encoder has the shape {encoder} and nade.decoder {decoder}; both must be keys x hidden units, which "
            f"make {biases} biases together"
        )
