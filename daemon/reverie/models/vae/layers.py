"""Stacks of LSTM cells, compiled once; what encoders and decoders are made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from reverie.models.lstm import Array, advance, gates_compiled
from reverie.models.vae.names import layer_count


@dataclass(frozen=True, slots=True)
class Cell:
    """A compiled cell: ``inputs`` (inputs, 4 * units), ``recurrent`` (units, 4 * units), ``bias`` (4 * units)."""

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
    return Cell(kernel[:-units], kernel[-units:], bias)


@dataclass(frozen=True, slots=True)
class State:
    """What a batch of stacks remembers; the arrays (batch, units), one pair for each layer, are written in place."""

    cells: tuple[Array, ...]
    hiddens: tuple[Array, ...]


class Stack:
    """A decoder's or conductor's layers, begun from a vector."""

    def __init__(self, weights: Mapping[str, Array], name: str) -> None:
        """Compile ``{name}.layers`` and ``{name}.initial``."""
        layers = f"{name}.layers"
        self.cells = tuple(cell_from(weights, f"{layers}.{n}") for n in range(layer_count(weights, layers)))
        self._kernel, self._bias = weights[f"{name}.initial.kernel"], weights[f"{name}.initial.bias"]

    def begin(self, z: Array) -> State:
        """The state that vectors (batch, z) stand for; equal to Magenta's ``initial_cell_state_from_embedding``."""
        flat = np.tanh(z @ self._kernel + self._bias)
        ends = np.cumsum([units for cell in self.cells for units in (cell.units, cell.units)])
        parts = [np.ascontiguousarray(part) for part in np.split(flat, ends[:-1], axis=1)]
        return State(tuple(parts[::2]), tuple(parts[1::2]))

    def step(self, gates: Array, state: State) -> Array:
        """One step of all layers.

        Args:
            gates: (batch, 4 * units), what the first layer hears times its kernel, plus its bias; it is overwritten.
            state: is replaced.

        Returns:
            The last layer's output (batch, units), good until the next step.
        """
        hidden = state.hiddens[0]
        for number, cell in enumerate(self.cells):
            if number:
                gates = hidden @ cell.inputs
                gates += cell.bias
                hidden = state.hiddens[number]
            gates += hidden @ cell.recurrent
            advance(gates, state.cells[number], hidden)
        return hidden
