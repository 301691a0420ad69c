"""Models made by hand that know one thing: at which count of their encoding's counter they are, and what is due there.

They stand for a trained model at its best: it has learned what its counter says within its first round, from a bar line
on, and goes by nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np

from reverie.models.encodings.encodings import encoding_of
from reverie.models.library.bundle import make_bundle, write_bundle
from reverie.models.library.card import ModelCard
from reverie.models.library.index import ModelFile, read_model_file

_SURE = 30.0
_INPUT, _CANDIDATE, _FORGET, _OUTPUT = range(4)


COUNTERS: Mapping[str, Sequence[int]] = {
    "drum_kit": range(512, 518),
    "lookback_rnn": range(114, 119),
    "attention_rnn": range(42, 49),
}
"""Where the bits of the counter are in the input, least bit first."""


def counting_model(folder: Path, config: str, due: Callable[[int], int], window: int = 128) -> ModelFile:
    """A model of one layer with a unit for each count, which answers at that count with the class that is due.

    Args:
        folder: where it is written.
        config: one of :data:`COUNTERS`.
        due: the class at each count.
        window: how long the examples were that its card says it learned from; 0 says nothing.
    """
    encoding, counter = encoding_of(config), COUNTERS[config]
    units, classes = 1 << len(counter), encoding.classes[0]
    kernel = np.zeros((encoding.input_size + units, 4, units), np.float32)
    bias = np.zeros((4, units), np.float32)
    for count in range(units):
        for bit, place in enumerate(counter):
            kernel[place, _CANDIDATE, count] = _SURE if count >> bit & 1 else -_SURE
    bias[_CANDIDATE] = -_SURE * (len(counter) - 1)  # 1 where all bits are those of the count, else -1
    bias[_INPUT] = bias[_OUTPUT] = _SURE
    bias[_FORGET] = -_SURE
    output = np.zeros((units, classes), np.float32)
    output[np.arange(units), [due(count) for count in range(units)]] = _SURE
    card = ModelCard("counts", config, training={"example_steps": window} if window else {})
    weights = {
        "layers.0.kernel": kernel.reshape(-1, 4 * units),
        "layers.0.bias": bias.reshape(-1),
        "output.kernel": output,
        "output.bias": output.sum(axis=0) * np.float32(np.tanh(1.0)),  # all units but one say minus that
    }
    path = folder / "counts.safetensors"
    write_bundle(path, make_bundle(card, weights))
    return read_model_file(path)
