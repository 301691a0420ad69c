"""NSynth's decoder compiled by JAX: the same network as :mod:`reverie.models.nsynth.decoder`, on a CPU or a GPU.

A sample is a step of one compiled loop, so that nothing of Python lies between two samples: that is what a GPU, which
is quick at large products and slow to be asked, needs. JAX was chosen before PyTorch for that loop (``lax.scan``), and
since PyPI's wheels of PyTorch for Linux bring the libraries of CUDA whether there is a GPU or not.

Logits equal NumPy's within 0.001; a draw that falls between the two goes another way, and so does the noise after it.
Products are in full float32 everywhere, where GPUs would by themselves take fewer digits.
"""

from __future__ import annotations

import functools
import importlib
import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reverie.models.errors import ModelError
from reverie.models.nsynth.weights import CLASSES, NSynthSizes

Array = NDArray[np.float32]

PACKAGE = "jax"
_MOST = 64
"""Samples of one call of the compiled loop."""
_SIDE = 128.0
"""Classes on each side of silence."""


def imported(name: str = PACKAGE) -> Any:
    """A module of JAX.

    Raises:
        ModelError: if it is not installed.
    """
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise ModelError(
            "the decoder jax needs the package jax, which cannot be imported"
            f" ({error}); install it with: pip install 'reverie-daemon[fast]'"
        ) from error


class JaxNetwork:
    """The decoder's weights where JAX computes, and its compiled loop."""

    def __init__(self, weights: Mapping[str, Array], sizes: NSynthSizes) -> None:
        """Lay out weights that fit (:func:`reverie.models.nsynth.weights.check_shapes`).

        Raises:
            ModelError: if JAX is not installed.
        """
        self.jax, self.numpy = imported(), imported(f"{PACKAGE}.numpy")
        self.sizes = sizes
        self.dilations = tuple(2 ** (number % sizes.stages) for number in range(sizes.decoder.layers))
        names = [name for name in weights if name.startswith("decoder.")]
        self.weights = {name: self.jax.device_put(np.asarray(weights[name], np.float32)) for name in names}
        self.drawing = self.jax.jit(functools.partial(self._loop, draws=True), donate_argnums=(1,))
        self.hearing = self.jax.jit(functools.partial(self._loop, draws=False), donate_argnums=(1,))

    def silence(self, notes: int) -> dict[str, Any]:
        """What the network remembers before the first sample."""
        width, older = self.sizes.decoder.width, self.sizes.decoder.taps - 1
        zeros = self.numpy.zeros
        queues = {f"queue{n}": zeros((older * d, notes, width)) for n, d in enumerate(self.dilations)}
        return {"recent": zeros((self.sizes.decoder.taps, notes)), "position": self.numpy.asarray(0), **queues}

    def _loop(self, weights: Any, memory: Any, encoding: Any, told: Any, *, draws: bool) -> Any:
        """A sample for each row of ``told`` [samples, notes]: uniform numbers to draw by, or the classes themselves.

        Returns:
            What is remembered, the classes [samples, notes] and, unless it ``draws``, the logits.
        """
        conditions = self._conditions(weights, encoding)

        def step(memory: Any, row: Any) -> Any:
            memory, logits = self._sample(weights, memory, conditions)
            classes = self._drawn(logits, row) if draws else row
            heard = (classes.astype(self.numpy.float32) - _SIDE) / _SIDE
            memory["recent"] = self.numpy.concatenate([memory["recent"][1:], heard[None]])
            memory["position"] = memory["position"] + 1
            return memory, (classes.astype(self.numpy.uint8), None if draws else logits)

        memory, (classes, logits) = self.jax.lax.scan(step, memory, told)
        return memory, classes, logits

    def _conditions(self, weights: Any, encoding: Any) -> list[Any]:
        """What a frame's encoding [notes, channels] adds to each layer, and last to the output."""
        names = [f"decoder.layers.{number}" for number in range(len(self.dilations))]
        layers = [self._dense(weights, f"{name}.condition", encoding) + weights[f"{name}.conv.bias"] for name in names]
        return [*layers, self._dense(weights, "decoder.out.condition", encoding)]

    def _sample(self, weights: Any, memory: Any, conditions: list[Any]) -> Any:
        """What is remembered, and the logits [notes, classes] of the next sample."""
        jax, taps = self.jax, self.sizes.decoder.taps
        memory = dict(memory)
        kernel = weights["decoder.start.kernel"][:, 0]
        x = self._product(memory["recent"].T, kernel) + weights["decoder.start.bias"]
        skips = self._dense(weights, "decoder.start.skip", x)
        for number, dilation in enumerate(self.dilations):
            layer, queue = f"decoder.layers.{number}", memory[f"queue{number}"]
            kernel = weights[f"{layer}.conv.kernel"]
            both = self._product(x, kernel[-1]) + conditions[number]
            for back in range(1, taps):
                place = (memory["position"] - back * dilation) % len(queue)
                before = jax.lax.dynamic_index_in_dim(queue, place, keepdims=False)
                both += self._product(before, kernel[-1 - back])
            place = memory["position"] % len(queue)
            memory[f"queue{number}"] = jax.lax.dynamic_update_index_in_dim(queue, x, place, 0)
            gates, values = self.numpy.split(both, 2, axis=1)
            gated = jax.nn.sigmoid(gates) * self.numpy.tanh(values)
            x += self._dense(weights, f"{layer}.residual", gated)
            skips += self._dense(weights, f"{layer}.skip", gated)
        told = self._dense(weights, "decoder.out", jax.nn.relu(skips)) + conditions[-1]
        return memory, self._dense(weights, "decoder.logits", jax.nn.relu(told))

    def _drawn(self, logits: Any, numbers: Any) -> Any:
        """As :func:`reverie.models.nsynth.decoder.drawn`."""
        likely = self.numpy.exp(logits - logits.max(axis=1, keepdims=True))
        sums = self.numpy.cumsum(likely, axis=1)
        below = (sums < numbers[:, None] * sums[:, -1:]).sum(axis=1)
        return self.numpy.minimum(below, CLASSES - 1)

    def _dense(self, weights: Any, name: str, x: Any) -> Any:
        return self._product(x, weights[f"{name}.kernel"]) + weights[f"{name}.bias"]

    def _product(self, x: Any, kernel: Any) -> Any:
        return self.numpy.matmul(x, kernel, precision=self.jax.lax.Precision.HIGHEST)


class JaxDecoding:
    """Notes that are being decoded, as :class:`reverie.models.nsynth.decoder.Decoding`."""

    def __init__(self, network: JaxNetwork, encodings: Array) -> None:
        """Begin with silence before the first sample; the encodings are [notes, frames, channels]."""
        self.position = 0
        self.classes = np.zeros((len(encodings), encodings.shape[1] * network.sizes.hop), np.uint8)
        self.ahead = math.gcd(network.sizes.hop, _MOST)
        self._network, self._encodings = network, np.asarray(encodings, np.float32)
        self._memory = network.silence(len(encodings))

    @property
    def samples(self) -> int:
        """How many samples each note will have."""
        return self.classes.shape[1]

    def draw(self, samples: int, numbers: Array) -> None:
        """Draw so many samples more by uniform ``numbers`` [notes, samples of the note], all ``ahead`` at a time."""
        for _ in range(0, samples, self.ahead):
            self._go(self._network.drawing, numbers)

    def hear(self, classes: NDArray[np.uint8]) -> Array:
        """The logits [notes, samples, 256] of all samples of notes that are ``classes`` [notes, samples]."""
        told: list[Array] = []
        while self.position < classes.shape[1]:
            told.append(self._go(self._network.hearing, classes))
        return np.concatenate(told).transpose(1, 0, 2)

    def tensors(self) -> dict[str, NDArray[Any]]:
        """All that :meth:`restore` needs."""
        memory = {f"jax.{name}": np.asarray(tensor) for name, tensor in self._memory.items()}
        return {"position": np.array(self.position), "classes": self.classes[:, : self.position], **memory}

    def restore(self, tensors: Mapping[str, NDArray[Any]]) -> None:
        """Go on from there.

        Raises:
            ValueError: if it is not of this model and so many notes.
            KeyError: if it is something else.
        """
        position = int(tensors["position"])
        if not 0 <= position <= self.samples or position % self.ahead:
            raise ValueError(f"nothing was kept at sample {position}")
        memory = {name: tensors[f"jax.{name}"] for name in self._memory}
        wrong = [name for name, tensor in memory.items() if tensor.shape != self._memory[name].shape]
        if wrong or tensors["classes"].shape != (len(self.classes), position):
            raise ValueError(f"{wrong or 'classes'} are of other notes")
        self._memory = {
            name: self._network.numpy.asarray(tensor, self._memory[name].dtype) for name, tensor in memory.items()
        }
        self.classes[:, :position] = tensors["classes"]
        self.position = position

    def _go(self, loop: Any, told: NDArray[Any]) -> Array:
        end = self.position + self.ahead
        encoding = self._encodings[:, self.position // self._network.sizes.hop]
        rows = np.ascontiguousarray(told[:, self.position : end].T)
        self._memory, classes, logits = loop(self._network.weights, self._memory, encoding, rows)
        self.classes[:, self.position : end] = np.asarray(classes).T
        self.position = end
        return np.asarray(logits if logits is not None else 0.0, np.float32)
