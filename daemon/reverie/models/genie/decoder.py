"""Piano Genie's decoder: a button, what was played last and how long ago make the next key.

After C. Donahue, I. Simon and S. Dieleman, "Piano Genie" (https://arxiv.org/abs/1810.05246), and magenta.js 1.23,
``music/src/piano_genie/model.ts``: what the network hears is the button from -1 to 1, the last key (one place for
each, and one for none yet) and the time since then, in bins of 32 ms.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np

from reverie.models.genie.weights import BUTTONS, INPUTS, KEYS, LAYERS, LONGEST_WAIT, check_shapes
from reverie.models.library.bundle import Bundle
from reverie.models.lstm import Array, advance, gates_compiled

LOWEST_PITCH = 21
"""The piano's lowest key, as MIDI counts."""

_BINS_A_SECOND = 31.25


@dataclass(frozen=True, slots=True)
class GenieMemory:
    """What was played, as the network remembers it; ``cells`` and ``hiddens`` are (layers, units)."""

    cells: Array
    hiddens: Array
    key: int | None = None


class Genie:
    """The decoder of a Piano Genie bundle."""

    def __init__(self, bundle: Bundle) -> None:
        """Compile it.

        Raises:
            ModelError: if the bundle is none of Piano Genie's.
        """
        weights = bundle.weights
        check_shapes(weights)
        self._units = len(weights["input.bias"])
        self._input = (weights["input.kernel"], weights["input.bias"])
        self._layers = [
            gates_compiled(weights[f"layers.{layer}.kernel"], weights[f"layers.{layer}.bias"])
            for layer in range(LAYERS)
        ]
        self._output = (weights["output.kernel"], weights["output.bias"])

    def start(self) -> GenieMemory:
        """Nothing was played yet."""
        zeros = np.zeros((LAYERS, self._units), np.float32)
        return GenieMemory(zeros, zeros)

    def hear(self, memory: GenieMemory, button: int, wait: float = float("inf")) -> tuple[Array, GenieMemory]:
        """Press a button, and play nothing yet.

        Args:
            memory: what was played; it is not changed.
            button: 0, the leftmost, to 7.
            wait: seconds since the last key.

        Returns:
            A log-probability for each key, and the memory with the last key still in it.

        Raises:
            ValueError: if there is no such button, or ``wait`` is negative.
        """
        kernel, bias = self._input
        hidden: Array = features(memory.key, button, wait) @ kernel + bias
        cells, hiddens = memory.cells.copy(), memory.hiddens.copy()
        for layer, (kernel, bias) in enumerate(self._layers):
            gates: Array = np.concatenate([hidden, hiddens[layer]])[None] @ kernel + bias
            advance(gates, cells[layer][None], hiddens[layer][None])
            hidden = hiddens[layer]
        kernel, bias = self._output
        logits: Array = hidden @ kernel + bias
        logits -= logits.max()
        return logits - np.log(np.exp(logits).sum()), GenieMemory(cells, hiddens, memory.key)

    def press(
        self,
        memory: GenieMemory,
        button: int,
        wait: float,
        draw: float,
        temperature: float = 0.25,
        pitches: Collection[int] = range(LOWEST_PITCH, LOWEST_PITCH + KEYS),
    ) -> tuple[int, GenieMemory]:
        """Press a button, and play.

        Args:
            memory: what was played.
            button: 0, the leftmost, to 7.
            wait: seconds since the last key.
            draw: from 0 up to, not including 1; the same draw gives the same key.
            temperature: 0 plays the likeliest key; Piano Genie's authors play at 0.25.
            pitches: what may be played, such as a scale.

        Returns:
            The MIDI pitch, and the memory of it.

        Raises:
            ValueError: if there is no such button, or none of ``pitches`` is on the piano.
        """
        likelihoods, after = self.hear(memory, button, wait)
        pitch = choose(likelihoods, draw, temperature, pitches)
        return pitch, GenieMemory(after.cells, after.hiddens, pitch - LOWEST_PITCH)

    def button_for(self, memory: GenieMemory, key: int, wait: float) -> int:
        """The button with which a key (0 to 87) is likeliest: the nearest to what an encoder would say of it.

        Raises:
            ValueError: if ``wait`` is negative.
        """
        kernel, bias = self._input
        hidden: Array = np.stack([features(memory.key, button, wait) for button in range(BUTTONS)]) @ kernel + bias
        for layer, (kernel, bias) in enumerate(self._layers):
            cell, before = (np.repeat(one[layer][None], BUTTONS, axis=0) for one in (memory.cells, memory.hiddens))
            gates: Array = np.hstack([hidden, before]) @ kernel + bias
            advance(gates, cell, before)
            hidden = before
        kernel, bias = self._output
        logits: Array = hidden @ kernel + bias
        logits -= logits.max(axis=1, keepdims=True)
        return int((logits[:, key] - np.log(np.exp(logits).sum(axis=1))).argmax())

    def told(self, memory: GenieMemory, button: int, wait: float, key: int) -> GenieMemory:
        """The memory of a press whose ``key``, 0 to 87, is known.

        Raises:
            ValueError: if there is no such button or key, or ``wait`` is negative.
        """
        if not 0 <= key < KEYS:
            raise ValueError(f"there are the keys 0 to {KEYS - 1}, not {key}")
        _, after = self.hear(memory, button, wait)
        return GenieMemory(after.cells, after.hiddens, key)


def choose(
    likelihoods: Array,
    draw: float,
    temperature: float = 0.25,
    pitches: Collection[int] = range(LOWEST_PITCH, LOWEST_PITCH + KEYS),
    weights: Array | None = None,
) -> int:
    """The key that a draw makes of likelihoods.

    Args:
        likelihoods: log-probabilities (88,).
        draw: from 0 up to, not including 1.
        temperature: 0 plays the likeliest key.
        pitches: what may be played.
        weights: log-weights (88,), which are added to what the temperature has made of the likelihoods; where they
            exclude all that may be played, they do not count.

    Returns:
        The MIDI pitch.

    Raises:
        ValueError: if none of ``pitches`` is on the piano, or the temperature is negative.
    """
    keys = np.array(sorted(pitch - LOWEST_PITCH for pitch in pitches if 0 <= pitch - LOWEST_PITCH < KEYS), np.intp)
    if not len(keys) or temperature < 0:
        raise ValueError("a key must be allowed, and the temperature must not be negative")
    chosen = likelihoods[keys].astype(np.float64)
    if temperature == 0:
        return int(keys[chosen.argmax()]) + LOWEST_PITCH
    chosen = (chosen - chosen.max()) / temperature
    if weights is not None and not np.isneginf(leaning := weights[keys]).all():
        chosen += leaning
        chosen -= chosen.max()
    total = np.cumsum(np.exp(chosen))
    place = int(np.count_nonzero(total[:-1] <= draw * total[-1]))
    return int(keys[place]) + LOWEST_PITCH


def features(key: int | None, button: int, wait: float) -> Array:
    """What the network hears, (123,).

    Raises:
        ValueError: if there is no such button, or ``wait`` is negative.
    """
    if not 0 <= button < BUTTONS or not wait >= 0:
        raise ValueError(f"there are the buttons 0 to {BUTTONS - 1}, and a wait of 0 seconds or more")
    heard = np.zeros(INPUTS, np.float32)
    heard[0] = 2 * button / (BUTTONS - 1) - 1
    heard[1 if key is None else 2 + key] = 1
    heard[2 + KEYS + bin_of(wait)] = 1
    return heard


def bin_of(wait: float) -> int:
    """In which bin of time so many seconds are, 0 to :data:`~reverie.models.genie.weights.LONGEST_WAIT`."""
    return round(min(wait * _BINS_A_SECOND, LONGEST_WAIT))


def wait_of(number: int) -> float:
    """The seconds in the middle of a bin."""
    return number / _BINS_A_SECOND
