"""A stack of LSTM layers as Magenta builds it (``make_rnn_cell`` in ``events_rnn_graph.py``), batched.

Attention is around the first layer, or, in bundles of 2016 and 2017, around all of them.

The weights are rewritten once, exactly: the linear layer that attention puts before the first cell, and the projection
before a residual one, are multiplied into the cell's kernel; an input that is nearly all zeros is then a sum of a few
rows of it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from reverie.models.encodings.base import Hot
from reverie.models.errors import ModelError
from reverie.models.lstm import Array, advance_columns, gates_compiled
from reverie.models.recurrent.attention import Window
from reverie.models.recurrent.weights import LONGEST_WINDOW, STACK, attention_of, check_shapes, layer_count


@dataclass(frozen=True, slots=True)
class RecurrentMemory:
    """What a batch of networks remembers: for each layer its cells and outputs, (batch, units) each.

    ``attention`` (batch, units) and ``window`` (batch, length, units, oldest first) are there where there is attention.
    """

    cells: tuple[Array, ...]
    hiddens: tuple[Array, ...]
    attention: Array | None = None
    window: Array | None = None

    @property
    def batch(self) -> int:
        """How many networks these are."""
        return len(self.cells[0])

    def take(self, rows: Sequence[int]) -> RecurrentMemory:
        """The memory of some of them, in the given order and as often as they are named."""
        index = np.asarray(rows, np.intp)
        return RecurrentMemory(
            tuple(cell[index] for cell in self.cells),
            tuple(hidden[index] for hidden in self.hiddens),
            None if self.attention is None else self.attention[index],
            None if self.window is None else self.window[index],
        )

    def as_tensors(self) -> dict[str, Array]:
        """All of it by name, to be saved."""
        tensors = {f"cells.{number}": cell for number, cell in enumerate(self.cells)}
        tensors |= {f"hiddens.{number}": hidden for number, hidden in enumerate(self.hiddens)}
        if self.attention is not None and self.window is not None:
            tensors |= {"attention": self.attention, "window": self.window}
        return tensors

    @classmethod
    def from_tensors(cls, tensors: Mapping[str, Array]) -> RecurrentMemory:
        """Read :meth:`as_tensors`'s tensors.

        Raises:
            KeyError: if they are no memory.
        """
        layers = sum(name.startswith("cells.") for name in tensors)
        return cls(
            tuple(tensors[f"cells.{number}"] for number in range(layers)),
            tuple(tensors[f"hiddens.{number}"] for number in range(layers)),
            tensors.get("attention"),
            tensors.get("window"),
        )


@dataclass(frozen=True, slots=True)
class _RecurrentLayer:
    """One layer, compiled, with the bias in a column.

    ``kernel`` (4 units, heard) is transposed; what it hears is what comes from below, if anything, then its own last
    output. The first layer's input comes in by ``rows`` (places, 4 units). ``skip`` is a residual layer's projection,
    (inputs, units) in the first layer and transposed in others.
    """

    units: int
    kernel: Array
    bias: Array
    rows: Array | None
    skip: Array | None
    skip_bias: Array | None


@dataclass(frozen=True, slots=True)
class _Attention:
    """The weights of attention that are not in the first layer's kernel, transposed, biases in columns.

    ``around`` is the number of layers that it is around. ``queries`` has a part for the output and memory of each of
    them; the output projection is in two parts where what it hears is in two places, else all of it is in ``output``.
    Those of memory and query are doubled, as :class:`Window` wants them.
    """

    around: int
    units: int
    memory: Array
    score: Array
    queries: tuple[Array, ...]
    query_bias: Array
    output: Array
    output_of_last: Array | None
    output_bias: Array


def window_of(settings: Mapping[str, Any]) -> int:
    """How long the window of attention is, by a model card's settings; 0 where they do not say.

    Raises:
        ModelError: if it is no length.
    """
    window: Any = settings.get("attention_length", 0)
    if not isinstance(window, int) or not 0 <= window <= LONGEST_WINDOW:
        raise ModelError(f"its attention_length is {window!r}; it must be a whole number from 1 to {LONGEST_WINDOW}")
    return window


class RecurrentNetwork:
    """A compiled stack of layers, without state; :meth:`run` starts one for a batch."""

    def __init__(self, weights: Mapping[str, Array], attention_length: int = 0) -> None:
        """Compile canonical weights (:mod:`reverie.models.recurrent.weights`).

        Raises:
            ModelError: if they are not those of one network.
        """
        check_shapes(weights)
        where = attention_of(weights)
        self.attention = _attention(weights, where) if where else None
        if self.attention and attention_length < 1:
            raise ModelError("the model card of a model with attention must say how long its window is")
        self.attention_length = attention_length
        self.residual = "layers.0.projection.kernel" in weights
        with np.errstate(over="ignore"):  # of weights that are damaged, products may be beyond float32
            self.layers = tuple(_compiled(weights, number) for number in range(layer_count(weights)))
        self.output = np.ascontiguousarray(weights["output.kernel"].T)
        self.output_bias = weights["output.bias"][:, None]
        rows = self.layers[0].rows
        assert rows is not None  # noqa: S101 - the first layer has them
        self.rows = rows

    @property
    def input_size(self) -> int:
        """Length of an input vector."""
        return len(self.rows)

    @property
    def classes(self) -> int:
        """How many logits there are, of all heads together."""
        return len(self.output)

    def start(self, batch: int) -> RecurrentMemory:
        """The memory of networks that have heard nothing."""
        empty = tuple(np.zeros((batch, layer.units), np.float32) for layer in self.layers)
        if not self.attention:
            return RecurrentMemory(empty, empty)
        units = self.attention.units
        window = np.zeros((batch, self.attention_length, units), np.float32)
        return RecurrentMemory(empty, empty, np.zeros((batch, units), np.float32), window)

    def run(self, memory: RecurrentMemory, *, apart: bool = False) -> Run:
        """Go on from ``memory``, which is not changed.

        Args:
            memory: what the batch remembers.
            apart: whether what each hears is computed by itself, so that to the last bit it owes nothing to what the
                others of its batch hear.

        Raises:
            ValueError: if it is the memory of another network.
        """
        return Run(self, memory, apart=apart)


class Run:
    """A batch of networks in progress. All buffers are made once.

    Inside, the batch lies in columns: BLAS then multiplies twice as fast (measured with OpenBLAS 0.3.29, batch 32).
    """

    def __init__(self, network: RecurrentNetwork, memory: RecurrentMemory, *, apart: bool = False) -> None:
        self._gathered = gathered_apart if apart else gathered
        units = [layer.units for layer in network.layers]
        window = (network.attention_length, network.attention.units) if network.attention else None
        if [cell.shape[1] for cell in memory.cells] != units or window != (
            None if memory.window is None else memory.window.shape[1:]
        ):
            raise ValueError("this is the memory of another network")
        self._network = network
        self.batch = batch = memory.batch
        self._cells: list[Array] = []
        self._hiddens: list[Array] = []
        self._heard: list[Array] = []
        self._remembered: list[Array] = []
        for layer, cell, hidden in zip(network.layers, memory.cells, memory.hiddens, strict=True):
            below = layer.kernel.shape[1] - layer.units
            # A layer's memory lies below its own last output, since attention's query is made of both.
            buffer = np.zeros((below + 2 * layer.units, batch), np.float32)
            heard, own = buffer[: below + layer.units], buffer[below + layer.units :]
            heard[below:] = hidden.T
            own[:] = cell.T
            self._heard.append(heard)
            self._hiddens.append(heard[below:])
            self._cells.append(own)
            self._remembered.append(buffer[below:])
        self._gates = [np.empty((4 * layer.units, batch), np.float32) for layer in network.layers]
        self._logits = np.empty((network.classes, batch), np.float32)
        self._window: Window | None = None
        if network.attention and memory.attention is not None and memory.window is not None:
            wide = network.attention.units
            self._heard[0][:wide] = memory.attention.T
            self._window = Window(network.attention.memory, network.attention.score, memory.window)
            self._query = np.empty((wide, batch), np.float32)
            self._part = np.empty((wide, batch), np.float32)
            self._output = np.empty((wide, batch), np.float32)

    @property
    def memory(self) -> RecurrentMemory:
        """What the batch remembers now, as a value of its own."""
        attention = window = None
        if self._window and self._network.attention:
            attention = self._heard[0][: self._network.attention.units].T.copy()
            window = self._window.outputs
        return RecurrentMemory(
            tuple(cell.T.copy() for cell in self._cells),
            tuple(hidden.T.copy() for hidden in self._hiddens),
            attention,
            window,
        )

    def step(self, inputs: Sequence[Hot]) -> Array:
        """Hear one input in each network.

        Args:
            inputs: as many as there are networks.

        Returns:
            Logits (classes, batch), good until the next step.
        """
        network = self._network
        x = self._first(inputs)
        for number in range(1, len(network.layers)):
            x = self._further(number, x)
        if network.attention and network.attention.around > 1:
            x = self._attended(network.attention, self._window)
        np.matmul(network.output, x, out=self._logits)
        self._logits += network.output_bias
        return self._logits

    def _first(self, inputs: Sequence[Hot]) -> Array:
        network, layer, gates = self._network, self._network.layers[0], self._gates[0]
        np.matmul(layer.kernel, self._heard[0], out=gates)
        gates += self._gathered(network.rows, inputs)
        gates += layer.bias
        advance_columns(gates, self._cells[0], self._hiddens[0])
        attention = network.attention
        alone = attention and attention.around == 1
        output = self._attended(attention, self._window) if attention and alone else self._hiddens[0]
        if layer.skip is None or layer.skip_bias is None:
            return output
        projected = self._gathered(layer.skip, inputs) + layer.skip_bias
        return np.add(output, projected, dtype=np.float32)

    def _attended(self, attention: _Attention, window: Window | None) -> Array:
        assert window is not None  # noqa: S101 - it is there where attention is
        query, output, heard = self._query, self._output, self._heard[0]
        np.matmul(attention.queries[0], self._remembered[0], out=query)
        for part, remembered in zip(attention.queries[1:], self._remembered[1:], strict=False):
            query += np.matmul(part, remembered, out=self._part)
        query += attention.query_bias
        with np.errstate(over="ignore"):  # beyond float32's largest, tanh is 1
            window.attend(query, heard[: attention.units])
        if attention.output_of_last is None:
            np.matmul(attention.output, heard, out=output)
        else:
            np.matmul(attention.output, heard[: attention.units], out=output)
            output += np.matmul(attention.output_of_last, self._hiddens[-1], out=self._part)
        output += attention.output_bias
        window.push(output)
        return output

    def _further(self, number: int, x: Array) -> Array:
        layer, gates, heard = self._network.layers[number], self._gates[number], self._heard[number]
        heard[: len(x)] = x
        np.matmul(layer.kernel, heard, out=gates)
        gates += layer.bias
        hidden = self._hiddens[number]
        advance_columns(gates, self._cells[number], hidden)
        if not self._network.residual:
            return hidden
        projected = x if layer.skip is None or layer.skip_bias is None else np.matmul(layer.skip, x) + layer.skip_bias
        return np.add(hidden, projected, dtype=np.float32)


def gathered(rows: Array, inputs: Sequence[Hot]) -> Array:
    """The product of a matrix's transpose (columns, places) and a sparse batch, by those of its rows that count.

    Args:
        rows: (places, columns).
        inputs: a vector for each column of the result.

    Returns:
        (columns, batch).
    """
    if len(inputs) == 1:
        [hot] = inputs
        if hot.values == (1.0,):
            return rows[hot.places[0]][:, None]
        one: Array = np.dot(np.asarray(hot.values, np.float32), rows.take(hot.places, axis=0))
        return one[:, None]
    places = [place for hot in inputs for place in hot.places]
    if len(places) == len(inputs) and all(hot.values == (1.0,) for hot in inputs):
        return rows[places].T
    column = {place: number for number, place in enumerate(sorted(set(places)))}
    dense = np.zeros((len(column), len(inputs)), np.float32)
    dense[
        [column[place] for place in places],
        [number for number, hot in enumerate(inputs) for _ in hot.places],
    ] = [value for hot in inputs for value in hot.values]
    product: Array = np.matmul(rows[list(column)].T, dense)
    return product


def gathered_apart(rows: Array, inputs: Sequence[Hot]) -> Array:
    """As :func:`gathered`; a column depends on its own vector alone, and not on the places of the others.

    BLAS adds up in another order where there is another number of places.
    """
    return np.stack([np.dot(np.asarray(hot.values, np.float32), rows.take(hot.places, axis=0)) for hot in inputs], 1)


def _compiled(weights: Mapping[str, Array], number: int) -> _RecurrentLayer:
    layer = f"layers.{number}"
    kernel, bias = gates_compiled(weights[f"{layer}.kernel"], weights[f"{layer}.bias"])
    units = len(bias) // 4
    skip, skip_bias = weights.get(f"{layer}.projection.kernel"), weights.get(f"{layer}.projection.bias")
    from_below, from_hidden = kernel[:-units].astype(np.float64), kernel[-units:]
    exact = bias.astype(np.float64)
    from_attention = from_hidden[:0]
    where = attention_of(weights)
    if where and number == 0:
        before = weights[f"{where}.input.kernel"].astype(np.float64)
        wide = len(weights[f"{where}.score"])
        exact = exact + weights[f"{where}.input.bias"] @ from_below
        from_attention = (before[-wide:] @ from_below).astype(np.float32)
        from_below = before[:-wide] @ from_below
    if skip is not None and skip_bias is not None:
        exact = exact + skip_bias.astype(np.float64) @ from_below
        from_below = skip.astype(np.float64) @ from_below
    below = from_below.astype(np.float32)
    heard = [from_attention, from_hidden] if number == 0 else [below, from_hidden]
    return _RecurrentLayer(
        units,
        np.ascontiguousarray(np.vstack(heard).T),
        exact.astype(np.float32)[:, None],
        below if number == 0 else None,
        skip if number == 0 or skip is None else np.ascontiguousarray(skip.T),
        None if skip_bias is None else skip_bias[:, None],
    )


def _attention(weights: Mapping[str, Array], where: str) -> _Attention:
    """The weights of attention, with their columns in the order of the buffers that they meet."""
    around = layer_count(weights) if where == STACK else 1
    output, query = weights[f"{where}.output.kernel"].T, weights[f"{where}.query.kernel"].T
    units = len(output)
    queries: list[Array] = []
    at = 0
    for number in range(around):
        own = len(weights[f"layers.{number}.bias"]) // 4
        cell, hidden = query[:, at : at + own], query[:, at + own : at + 2 * own]
        queries.append(np.hstack([hidden, cell]) * np.float32(2.0))
        at += 2 * own
    of_last, of_attention = output[:, :units], output[:, units:]
    return _Attention(
        around,
        units,
        np.ascontiguousarray(weights[f"{where}.memory"].T) * np.float32(2.0),
        weights[f"{where}.score"],
        tuple(queries),
        weights[f"{where}.query.bias"][:, None] * np.float32(2.0),
        np.ascontiguousarray(of_attention) if around > 1 else np.hstack([of_attention, of_last]),
        np.ascontiguousarray(of_last) if around > 1 else None,
        weights[f"{where}.output.bias"][:, None],
    )
