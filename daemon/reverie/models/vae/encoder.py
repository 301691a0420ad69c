"""Encoders: sequences become the mean and the deviation of their latent vectors."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reverie.models.lstm import Array, advance
from reverie.models.vae.layers import Cell, cell_from, product
from reverie.models.vae.weights import layer_count
from reverie.models.vae.wirings import Wiring

Lengths = NDArray[np.int64]


class LatentEncoder:
    """A bidirectional encoder, flat or hierarchical; Magenta's ``MusicVAE.encode``."""

    def __init__(self, weights: Mapping[str, Array], wiring: Wiring) -> None:
        self._levels = [_Bidirectional(weights, name) for name in wiring.encoder_names]
        self._lengths = wiring.levels
        self._classes = np.asarray([count for core in wiring.cores for count in core])
        self._mu = weights["encoder.mu.kernel"], weights["encoder.mu.bias"]
        self._sigma = weights["encoder.sigma.kernel"], weights["encoder.sigma.bias"]

    def encode(self, x: NDArray[Any], lengths: NDArray[Any]) -> tuple[Array, Array]:
        """Encode sequences.

        Args:
            x: classes (batch, steps, heads), integers; or vectors (batch, steps, size).
            lengths: how many steps of each count (batch); where the encoder is hierarchical all or none, or how many of
                each segment (batch, segments).

        Returns:
            Mean and deviation (batch, z) each.

        Raises:
            ValueError: if the lengths do not fit.
        """
        lengths = np.asarray(lengths, np.int64)
        top = self._hierarchical(x, lengths) if self._lengths else self._flat(x, lengths)
        mu, sigma = (top @ kernel + bias for kernel, bias in (self._mu, self._sigma))
        return mu, np.logaddexp(sigma, np.float32(0))

    def _first(self, level: _Bidirectional, x: NDArray[Any], lengths: Lengths) -> Array:
        if not np.issubdtype(x.dtype, np.integer):
            return level.encode(x.astype(np.float32), lengths)
        if x.shape[-1] != len(self._classes):
            raise ValueError(f"a step has a class from each of {len(self._classes)} heads, not {x.shape[-1]}")
        if int(self._classes.sum()) != level.inputs:
            raise ValueError(f"this encoder hears vectors of {level.inputs}, not the classes that are said")
        return level.encode(x + (np.cumsum(self._classes) - self._classes), lengths)

    def _flat(self, x: NDArray[Any], lengths: Lengths) -> Array:
        if lengths.shape != (len(x),) or (lengths < 0).any() or (lengths > x.shape[1]).any():
            raise ValueError(f"there is a length of 0 to {x.shape[1]} for each of {len(x)} sequences, not {lengths}")
        return self._first(self._levels[0], x, lengths)

    def _hierarchical(self, x: NDArray[Any], lengths: Lengths) -> Array:
        total, segment = int(np.prod(self._lengths)), self._lengths[0]
        batch, count = len(x), total // segment
        if x.shape[1] != total:
            raise ValueError(f"a hierarchical encoder reads {total} steps, not {x.shape[1]}")
        if lengths.shape == (batch,) and np.isin(lengths, (0, total)).all():
            lengths = np.repeat(lengths[:, None] // count, count, axis=1)
        if lengths.shape != (batch, count) or (lengths < 0).any() or (lengths > segment).any():
            raise ValueError(f"a sequence has {total} steps or none, or {count} segments of up to {segment}: {lengths}")
        outputs = self._first(self._levels[0], x.reshape(batch * count, segment, -1), lengths.reshape(-1))
        for level, length in zip(self._levels[1:], self._lengths[1:], strict=True):
            sequences = outputs.reshape(-1, length, outputs.shape[-1])
            outputs = level.encode(sequences, np.full(len(sequences), length))
        return outputs


class _Bidirectional:
    """Layers that read a sequence in both directions; each hears both directions of the one below."""

    def __init__(self, weights: Mapping[str, Array], name: str) -> None:
        layers = range(layer_count(weights, f"{name}.forward"))
        self._forward = [cell_from(weights, f"{name}.forward.{layer}") for layer in layers]
        self._backward = [cell_from(weights, f"{name}.backward.{layer}") for layer in layers]
        self.inputs = len(self._forward[0].inputs)

    def encode(self, x: NDArray[Any], lengths: Lengths) -> Array:
        """The last outputs of both directions (batch, forward + backward units).

        Args:
            x: vectors (batch, steps, inputs); or integers (batch, steps, ones), the places of the ones in them.
            lengths: how many steps of each count (batch).
        """
        order = _reversed_order(lengths, x.shape[1])
        last = np.empty((len(x), 0), np.float32)
        for number, (forward, backward) in enumerate(zip(self._forward, self._backward, strict=True)):
            top = number + 1 == len(self._forward)
            ahead, last_ahead = _read(forward, x, lengths, keep=not top)
            back, last_back = _read(backward, np.take_along_axis(x, order, axis=1), lengths, keep=not top)
            last = np.concatenate([last_ahead, last_back], axis=1)
            if not top:
                x = np.concatenate([ahead, np.take_along_axis(back, order, axis=1)], axis=-1)
        return last


def _reversed_order(lengths: Lengths, steps: int) -> NDArray[np.int64]:
    """Indices (batch, steps, 1) that turn each sequence round and leave what is beyond its length."""
    step = np.arange(steps)[None, :]
    return np.where(step < lengths[:, None], lengths[:, None] - 1 - step, step)[..., None]


def _read(cell: Cell, x: NDArray[Any], lengths: Lengths, *, keep: bool) -> tuple[Array, Array]:
    """Read sequences from the first step on.

    Returns:
        The outputs (batch, steps, units), zeros beyond a sequence's length and all of them where they are not kept; and
        the last output of each (batch, units), zeros where the length is 0.
    """
    batch, steps, _ = x.shape
    outputs = np.zeros((batch, steps if keep else 0, cell.units), np.float32)
    memory, hidden = np.zeros((batch, cell.units), np.float32), np.zeros((batch, cell.units), np.float32)
    heard_always = x @ cell.inputs if x.dtype == np.float32 else None
    for step in range(int(lengths.max(initial=0))):
        rows = np.flatnonzero(lengths > step)
        heard = cell.inputs[x[rows, step]].sum(axis=1) if heard_always is None else heard_always[rows, step]
        own, out = memory[rows], hidden[rows]
        gates = product(out, cell.recurrent)
        gates += heard
        gates += cell.bias
        advance(gates, own, out)
        memory[rows], hidden[rows] = own, out
        if keep:
            outputs[rows, step] = out
    return outputs, hidden
