# pyright: basic, reportMissingModuleSource=false
"""Magenta's own NSynth, also of other sizes: its code is compiled anew with other numbers in it."""

from __future__ import annotations

import contextlib
import inspect
import re
from collections.abc import Generator, Mapping, Sequence
from types import SimpleNamespace
from typing import Any

import numpy as np

import reverie.magenta  # noqa: F401 - prepares TensorFlow  # isort: skip
import tensorflow.compat.v1 as tf
from magenta.models.nsynth import utils
from magenta.models.nsynth.wavenet import h512_bo16
from numpy.typing import NDArray


def resized(numbers: Mapping[str, int]) -> Any:
    """The module of the configuration, with other ``numbers`` for its local variables and attributes."""
    source = inspect.getsource(h512_bo16)
    for name, number in numbers.items():
        source, count = re.subn(rf"(?m)^(\s+{re.escape(name)} = )\d+$", rf"\g<1>{number}", source)
        assert count, name
    names: dict[str, Any] = {"__name__": "resized"}
    exec(compile(source, h512_bo16.__file__, "exec"), names)  # noqa: S102 - Magenta's own code
    return SimpleNamespace(**names)


@contextlib.contextmanager
def session_with(variables: Mapping[str, NDArray[np.float32]], build: Any) -> Generator[tuple[Any, Any]]:
    """A session of the graph that ``build`` makes, and what it returns; its variables have these values."""
    with tf.Graph().as_default(), tf.Session() as session:
        made = build()
        for variable in tf.global_variables():
            variable.load(variables[variable.op.name], session)
        yield session, made


def taught(numbers: Mapping[str, int], variables: Mapping[str, NDArray[np.float32]], wav: NDArray[np.float32]) -> Any:
    """Encodings, logits and classes of sounds [batch, samples], as the graph of training has them."""

    def build() -> Any:
        heard = tf.placeholder(tf.float32, wav.shape)
        made = resized(numbers).Config().build({"wav": heard}, is_training=False)
        return heard, made["encoding"], made["predictions"].op.inputs[0], made["quantized_input"]

    with session_with(variables, build) as (session, (heard, *wanted)):
        encoding, logits, quantized = session.run(wanted, {heard: wav})
    return encoding, logits.reshape(*wav.shape, -1), quantized.astype(int) + 128


def fastgen(
    numbers: Mapping[str, int],
    variables: Mapping[str, NDArray[np.float32]],
    encodings: NDArray[np.float32],
    classes: Sequence[NDArray[Any]],
    hop: int,
) -> NDArray[np.float32]:
    """Probabilities [samples, batch, 256] of the graph that generates, which is told what was chosen."""

    def build() -> Any:
        heard = tf.placeholder(tf.float32, (len(encodings), 1))
        return heard, resized(numbers).FastGenerationConfig(len(encodings)).build({"wav": heard})

    told: list[NDArray[np.float32]] = []
    with session_with(variables, build) as (session, (heard, net)):
        session.run(net["init_ops"])
        audio = np.zeros((len(encodings), 1))
        for position, chosen in enumerate(classes):
            feed = {heard: audio, net["encoding"]: encodings[:, position // hop]}
            told.append(session.run([net["predictions"], net["push_ops"]], feed)[0])
            audio = utils.inv_mu_law_numpy(chosen[:, None] - 128)
    return np.array(told)
