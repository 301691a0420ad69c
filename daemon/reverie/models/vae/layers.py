"""Stacks of LSTM cells, compiled once; what encoders and decoders are made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from reverie.models.lstm import Array, advance, gates_compiled
from reverie.models.vae.weights import layer_count


@dataclass(frozen=True, slots=True)
class Cell:
    """A compiled cell: ``inputs`` (inputs, 4 * units), ``recurrent`` (units, 4 * units), ``bias`` (4 * units).

    ``recurrent`` lies in columns, for :func:`product`.
    """

    inputs: Array
    recurrent: Array
    bias: Array

    @property
    def units(self) -> int:
        """How many outputs it has."""
        return len(self.recurrent)


def cell_from(weights: Mapping[str, Array], name: str) -> Cell:
    """Compile the cell of that name."""
    kernel, bias = gates_compiled(weights[f"{name}.kernel"], weights[f"{name}.bias"])
    units = len(bias) // 4
    return Cell(kernel[:-units].copy(), np.asfortranarray(kernel[-units:]), bias)


def product(x: Array, kernel: Array) -> Array:
    """The product of a small batch (batch, rows) and a kernel (rows, columns) that lies in columns.

    Taken the other way round, since BLAS would copy the whole kernel at every step: for two sequences or more that
    takes three times as long.
    """
    return (kernel.T @ x.T).T


@dataclass(frozen=True, slots=True)
class StackState:
    """What a batch of stacks remembers; the arrays (batch, units), one pair for each layer, are written in place."""

    cells: tuple[Array, ...]
    hiddens: tuple[Array, ...]


class Stack:
    """A decoder's or conductor's layers, begun from a vector."""

    def __init__(self, weights: Mapping[str, Array], name: str) -> None:
        """Compile ``{name}.layers`` and ``{name}.initial``."""
        layers = f"{name}.layers"
        first, *others = (cell_from(weights, f"{layers}.{n}") for n in range(layer_count(weights, layers)))
        self.cells = (first, *(replace(cell, inputs=np.asfortranarray(cell.inputs)) for cell in others))
        self._kernel, self._bias = weights[f"{name}.initial.kernel"], weights[f"{name}.initial.bias"]

    def begin(self, z: Array) -> StackState:
        """The state that vectors (batch, z) stand for; equal to Magenta's ``initial_cell_state_from_embedding``."""
        flat = np.tanh(z @ self._kernel + self._bias)
        ends = np.cumsum([units for cell in self.cells for units in (cell.units, cell.units)])
        parts = [np.ascontiguousarray(part) for part in np.split(flat, ends[:-1], axis=1)]
        return StackState(tuple(parts[::2]), tuple(parts[1::2]))

    def step(self, heard: Array, state: StackState) -> Array:
        """One step of all layers.

        Args:
            heard: (batch, 4 * units), what the first layer hears times its kernel, plus its bias.
            state: is replaced.

        Returns:
            The last layer's output (batch, units), good until the next step.
        """
        for number, cell in enumerate(self.cells):
            if number:
                heard = product(state.hiddens[number - 1], cell.inputs)
                heard += cell.bias
            gates = product(state.hiddens[number], cell.recurrent)
            gates += heard
            advance(gates, state.cells[number], state.hiddens[number])
        return state.hiddens[-1]
