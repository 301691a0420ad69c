"""Pianoroll-RNN-NADE at work: a recurrent network that gives a NADE its biases, and pianorolls in progress.

After ``magenta/models/pianoroll_rnn_nade/pianoroll_rnn_nade_graph.py`` in Magenta 2.1.4 and
https://arxiv.org/abs/1206.6392.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from reverie.models.archive import packed, unpacked
from reverie.models.encodings.pianoroll import Frame, hot
from reverie.models.errors import ModelError
from reverie.models.library.bundle import Bundle
from reverie.models.lstm import Array
from reverie.models.nade.density import Keys, Nade, log_likelihoods
from reverie.models.nade.weights import check_shapes
from reverie.models.recurrent.network import RecurrentMemory, RecurrentNetwork, window_of
from reverie.models.recurrent.sampling import Uniforms

_BIASES = "biases"


@dataclass(frozen=True, slots=True)
class CarriedRolls:
    """All that a batch of pianorolls needs to be continued, however long they are: a value, from loop to loop.

    ``biases`` (batch, hidden units + keys) are those of the step to come, which the network has given when it heard
    the last frame.
    """

    memory: RecurrentMemory
    biases: Array

    def take(self, rows: Sequence[int]) -> CarriedRolls:
        """Some of the pianorolls, in the given order and as often as they are named."""
        return CarriedRolls(self.memory.take(rows), self.biases[list(rows)])

    def as_bytes(self) -> bytes:
        """A NumPy archive of it, without pickles; equal values make equal bytes."""
        return packed({**self.memory.as_tensors(), _BIASES: self.biases})


class NadeModel:
    """One bundle, ready to compose."""

    def __init__(self, bundle: Bundle) -> None:
        """Compile a bundle.

        Raises:
            ModelError: if the weights are not those of one model.
        """
        self.name = bundle.card.name
        check_shapes(bundle.weights)
        self.network = RecurrentNetwork(bundle.weights, window_of(bundle.card.settings))
        self.nade = Nade(bundle.weights["nade.encoder"], bundle.weights["nade.decoder"])
        if self.network.input_size != self.nade.keys:
            raise ModelError(f"{self.name}: hears {self.network.input_size} keys and plays {self.nade.keys}")

    def start(self, batch: int = 1) -> CarriedRolls:
        """Pianorolls of which nothing was heard; the biases are zeros, as Magenta's are."""
        return CarriedRolls(self.network.start(batch), np.zeros((batch, self.network.classes), np.float32))

    def stream(self, carried: CarriedRolls) -> RollStream:
        """Go on from ``carried``, which is not changed."""
        return RollStream(self, carried)

    def carried_from_bytes(self, data: bytes) -> CarriedRolls:
        """Read :meth:`CarriedRolls.as_bytes`.

        Raises:
            ModelError: if it is none of this model.
        """
        try:
            tensors: dict[str, Array] = unpacked(data)
            memory = RecurrentMemory.from_tensors(tensors)
            biases = tensors[_BIASES].reshape(memory.batch, self.network.classes)
            self.network.run(memory)
        except (ValueError, LookupError) as error:
            raise ModelError(f"{self.name}: what it was to go on from is damaged, or another model's") from error
        return CarriedRolls(memory, biases)


class RollStream:
    """A batch of pianorolls in progress.

    Magenta trains it on rolls before which a silent step was heard, so it is well to begin with a silent frame, or
    with a primer. Magenta's own generator draws every frame from the biases of the step before the last: it samples
    from the state that it is given before it hears the inputs. Here a frame is drawn from all that was heard.

    ``log_likelihoods`` (batch,) are those of all frames that were drawn or forced, at temperature 1, and ``latest``
    (batch, keys) are the chances of the last frame's keys.
    """

    def __init__(self, model: NadeModel, carried: CarriedRolls) -> None:
        self._nade = model.nade
        self._run = model.network.run(carried.memory)
        self._biases = carried.biases
        self.log_likelihoods = np.zeros(self._run.batch)
        self.latest: Array = np.zeros((self._run.batch, model.nade.keys), np.float32)

    @property
    def batch(self) -> int:
        """How many pianorolls these are."""
        return self._run.batch

    @property
    def carried(self) -> CarriedRolls:
        """Where they are, as a value of its own."""
        return CarriedRolls(self._run.memory, self._biases)

    def push(self, frames: Sequence[Frame]) -> None:
        """Let a frame happen in each pianoroll, as in a primer: the model hears it, but is not asked.

        Raises:
            ValueError: if keys are not ascending, or there are no such keys.
        """
        logits = self._run.step([hot(frame, self._nade.keys) for frame in frames])
        self._biases = np.ascontiguousarray(logits.T)

    def prime(self, frames: Sequence[Frame]) -> None:
        """Let the same frames happen in every pianoroll, one after the other."""
        for frame in frames:
            self.push((frame,) * self.batch)

    def draw(self, uniforms: Uniforms | None = None, temperature: float = 1.0) -> tuple[Frame, ...]:
        """Let the model say which keys are down next in each pianoroll.

        Args:
            uniforms: asked for (batch, keys) numbers; None for all keys that are at least as likely down as not, as
                Magenta generates.
            temperature: above 1 is wilder, below 1 is tamer; it is not looked at without ``uniforms``.

        Returns:
            A frame for each pianoroll.
        """
        numbers = None if uniforms is None else uniforms.random((self.batch, self._nade.keys))
        drawn = self._nade.draw(self._biases, numbers, temperature)
        frames = tuple(tuple(np.flatnonzero(row).tolist()) for row in drawn.frames)
        self._happen(frames, drawn.frames, drawn.chances)
        return frames

    def force(self, frames: Sequence[Frame]) -> None:
        """As :meth:`push`, and count in :attr:`log_likelihoods` how likely the frames were.

        Raises:
            ValueError: if keys are not ascending, or there are no such keys.
        """
        keys = np.zeros((self.batch, self._nade.keys), np.bool_)
        for row, frame in zip(keys, frames, strict=True):
            row[list(hot(frame, self._nade.keys).places)] = True
        self._happen(frames, keys, self._nade.chances(self._biases, keys))

    def _happen(self, frames: Sequence[Frame], keys: Keys, chances: Array) -> None:
        self.latest = chances
        self.log_likelihoods += log_likelihoods(keys, chances)
        self.push(frames)
