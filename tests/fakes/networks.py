"""Small recurrent models with random weights, made without Magenta."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np

from reverie.models.encodings.encodings import encoding_of
from reverie.models.library.bundle import Bundle, make_bundle
from reverie.models.library.card import ModelCard
from reverie.models.lstm import Array
from reverie.models.recurrent.model import RecurrentModel


def weights(
    inputs: int,
    layers: Sequence[int],
    classes: int,
    *,
    attention: bool | Literal["stack"] = False,
    residual: bool = False,
    seed: int = 1,
) -> dict[str, Array]:
    rng = np.random.default_rng(seed)
    made: dict[str, Array] = {}

    def add(name: str, *shape: int) -> None:
        made[name] = (rng.standard_normal(shape) / np.sqrt(shape[0] if len(shape) > 1 else 4)).astype(np.float32)

    def add_attention(name: str, heard: int, around: Sequence[int]) -> None:
        units = around[-1]
        add(f"{name}.memory", units, units)
        add(f"{name}.score", units)
        for part, rows, columns in (
            ("input", heard + units, heard),
            ("query", 2 * sum(around), units),
            ("output", 2 * units, units),
        ):
            add(f"{name}.{part}.kernel", rows, columns)
            add(f"{name}.{part}.bias", columns)

    heard, before = inputs, 0
    for number, units in enumerate(layers):
        layer = f"layers.{number}"
        if residual and units != before:
            add(f"{layer}.projection.kernel", heard, units)
            add(f"{layer}.projection.bias", units)
            heard = units
        if attention and number == 0:
            around = layers if attention == "stack" else layers[:1]
            add_attention("attention" if attention == "stack" else f"{layer}.attention", heard, around)
        add(f"{layer}.kernel", heard + units, 4 * units)
        add(f"{layer}.bias", 4 * units)
        heard = before = units
    add("output.kernel", heard, classes)
    add("output.bias", classes)
    return made


def model(config: str = "attention_rnn", layers: Sequence[int] = (16, 12), window: int = 5) -> RecurrentModel:
    return RecurrentModel(bundle(config, layers, window))


def bundle(config: str = "attention_rnn", layers: Sequence[int] = (16, 12), window: int = 5) -> Bundle:
    encoding = encoding_of(config)
    made = weights(encoding.input_size, layers, sum(encoding.classes), attention=bool(window))
    return make_bundle(ModelCard("small", config, settings={"attention_length": window} if window else {}), made)
