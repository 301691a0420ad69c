"""NSynth's decoder: samples of many notes, one after the other, each from those before it and the note's encoding.

Two things make it quick beside Magenta's, which goes through all weights for every sample. First, of a dilated filter's
taps only the newest hears the sample before this one. What the older ones hear is known as many samples ahead as the
dilation, so their products are made for many samples at once (``Decoding.ahead``), as large products with which
BLAS is at its best; of the weights, about half are left to be read for every sample. Second, conditions are made
once for each frame.

Activations are [channels, notes]. After ``FastGenerationConfig.build`` in
``magenta/models/nsynth/wavenet/h512_bo16.py``.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reverie.models.nsynth import mu_law
from reverie.models.nsynth.layout import DecoderLayout, Layer
from reverie.models.nsynth.pair import Half, in_turn, side_by_side
from reverie.models.nsynth.products import product
from reverie.models.nsynth.weights import CLASSES

Array = NDArray[np.float32]
Choice = Callable[[Array, int], NDArray[Any]]
"""Chooses the classes [notes] of the sample of that number, given the logits [classes, notes]."""

_FARTHEST_AHEAD = 32
_COLUMNS = 256
"""Of a product ahead: more make it no quicker."""
_WORTH_MEETING = 2**17
"""Multiplications of a layer, below which two threads take longer to meet than one to do both halves."""


@dataclass(frozen=True, slots=True, eq=False)
class _Step:
    """A part of a layer at work on its buffers."""

    layer: Layer
    block: int
    """Samples that are computed ahead, which divide the dilation."""
    now: Callable[[], object]
    residual: Callable[[], object]
    gated: Array
    look: tuple[Callable[[], object], ...]
    """For each block of the queue, what computes what the older taps come to."""
    seen: Array
    """That, [block, channels, notes], in the order in which BLAS writes it."""
    ahead: Array
    """The same with the condition, in the order in which it is read."""
    condition: Array


@dataclass(frozen=True, slots=True, eq=False)
class _Buffers:
    """What a part computes with; both ``shares`` are written in turn, since the other part may still read the last."""

    heard: Array
    start: Array
    channels: Array
    shares: tuple[Array, Array]
    skip: Callable[[], object]
    skips: Array
    steps: tuple[_Step, ...]


class Decoding:
    """Notes that are being decoded; ``position`` is how many samples of each there are."""

    def __init__(self, network: DecoderLayout, encodings: Array, threads: int = 2) -> None:
        """Begin with silence before the first sample.

        Args:
            network: the weights.
            encodings: [notes, frames, channels]
            threads: 1 or 2; the samples are the same.
        """
        self.position = 0
        self.classes = np.zeros((len(encodings), encodings.shape[1] * network.sizes.hop), np.uint8)
        self._network, self._threads = network, threads
        self._frames = np.ascontiguousarray(encodings.transpose(1, 2, 0), np.float32)
        notes, sizes = len(encodings), network.sizes
        self.ahead = _ahead(sizes.hop, notes)
        older = sizes.decoder.taps - 1
        self._queues = [
            np.zeros((layer.dilation // block, older, sizes.decoder.width, block, notes), np.float32)
            for layer in network.parts[0].layers
            for block in [min(self.ahead, layer.dilation)]
        ]
        self._recent = np.zeros((sizes.decoder.taps, notes), np.float32)
        self._residual_bias = [np.repeat(bias, notes, axis=1) for bias in network.residual_bias]
        self._buffers = [self._buffers_of(number, notes) for number in range(len(network.parts))]
        self._condition = np.zeros((sizes.skip, notes), np.float32)

    @property
    def samples(self) -> int:
        """How many samples each note will have."""
        return self.classes.shape[1]

    def run(self, samples: int, choose: Choice) -> None:
        """Decode so many samples more."""
        work = self._network.sizes.decoder.width**2 * self._frames.shape[2]
        do = side_by_side if self._threads > 1 and work >= _WORTH_MEETING else in_turn
        do(self._half(0, samples, choose), self._half(1, samples, choose))
        self.position += samples

    def draw(self, samples: int, numbers: Array) -> None:
        """Draw so many samples more by uniform ``numbers`` [notes, samples of the note]."""
        self.run(samples, drawn(numbers))

    def tensors(self) -> dict[str, NDArray[Any]]:
        """All that :meth:`restore` needs; only where ``position`` is a multiple of ``ahead``."""
        queues = {f"queue{number}": queue for number, queue in enumerate(self._queues)}
        made = self.classes[:, : self.position]
        return {"position": np.array(self.position), "classes": made, "recent": self._recent, **queues}

    def restore(self, tensors: Mapping[str, NDArray[Any]]) -> None:
        """Go on from there.

        Raises:
            ValueError: if it is not of this model and so many notes.
            KeyError: if it is something else.
        """
        position = int(tensors["position"])
        if not 0 <= position <= self.samples or position % self.ahead:
            raise ValueError(f"nothing was kept at sample {position}")
        targets = [("classes", self.classes[:, :position]), ("recent", self._recent)]
        targets += [(f"queue{number}", queue) for number, queue in enumerate(self._queues)]
        for name, target in targets:
            if tensors[name].shape != target.shape or tensors[name].dtype != target.dtype:
                raise ValueError(f"{name} is {tensors[name].shape} and should be {target.shape}")
            target[:] = tensors[name]
        self.position = position

    def _half(self, number: int, samples: int, choose: Choice) -> Half:
        """A part of so many samples; it yields where it needs what the other part has done."""
        network, part, buffers = self._network, self._network.parts[number], self._buffers[number]
        middle = len(buffers.start)
        gates, values = buffers.channels[:middle], buffers.channels[middle:]
        last = len(buffers.steps) - 1
        begin = self.position
        for position in range(begin, begin + samples):
            self._look_ahead(number, position, anew=position == begin)
            np.dot(network.start, self._recent, out=buffers.heard)
            buffers.heard[:] += network.start_bias
            buffers.start[:] = buffers.heard[part.mine]
            for depth, step in enumerate(buffers.steps):
                step.now()
                np.add(buffers.channels, step.ahead[position % step.block], out=buffers.channels)
                np.tanh(buffers.channels, out=buffers.channels)
                np.add(gates, 1, out=gates)
                np.multiply(gates, values, out=step.gated)
                if depth < last:
                    step.residual()
                else:
                    buffers.skip()
                yield
                self._push(depth, part.mine, position, buffers)
                if depth < last:
                    for other in self._buffers:
                        np.add(buffers.heard, other.shares[depth % 2], out=buffers.heard)
                    np.add(buffers.heard, self._residual_bias[depth], out=buffers.heard)
            if number == 0:
                self._tell(position, choose)
            yield

    def _look_ahead(self, number: int, position: int, *, anew: bool) -> None:
        """Compute what is known of the next samples, and the conditions, where a frame begins or ``anew``."""
        frame, along = divmod(position, self._network.sizes.hop)
        begins, encoding = anew or along == 0, self._frames[frame]
        if number == 0 and begins:
            np.dot(self._network.out_condition, encoding, out=self._condition)
            self._condition[:] += self._network.out_bias
        for step in self._buffers[number].steps:
            if begins:
                np.dot(step.layer.condition, encoding, out=step.condition)
                step.condition[:] += step.layer.bias
            if position % step.block == 0:
                step.look[position // step.block % len(step.look)]()
                np.add(step.seen, step.condition, out=step.ahead)

    def _push(self, depth: int, mine: slice, position: int, buffers: _Buffers) -> None:
        """Put what a layer has heard into its queue; whoever looks ahead has read what is lost."""
        queue, block = self._queues[depth], buffers.steps[depth].block
        taps = queue[position // block % len(queue), :, mine]
        if position % block == 0:
            taps[:-1] = taps[1:]
        taps[-1, :, position % block] = buffers.heard[mine]

    def _tell(self, position: int, choose: Choice) -> None:
        """Choose a sample of each note."""
        network = self._network
        told = self._buffers[0].skips + network.skip_bias
        for other in self._buffers[1:]:
            told += other.skips
        told = network.out @ np.maximum(told, 0)
        told += self._condition
        logits = network.logits @ np.maximum(told, 0)
        logits += network.logits_bias
        classes = choose(logits, position)
        self.classes[:, position] = classes
        self._recent[:-1] = self._recent[1:]
        self._recent[-1] = mu_law.heard(classes)

    def _buffers_of(self, number: int, notes: int) -> _Buffers:
        part, sizes = self._network.parts[number], self._network.sizes
        rows = len(part.layers[0].now)

        def empty(*shape: int) -> Array:
            return np.zeros((*shape, notes), np.float32)

        heard, channels, skips = empty(sizes.decoder.width), empty(rows), empty(sizes.skip)
        shares = empty(sizes.decoder.width), empty(sizes.decoder.width)
        told = empty(1 + len(part.layers), rows // 2)
        products = empty(self.ahead * rows).reshape(-1)
        steps: list[_Step] = []
        for depth, (layer, queue, gated) in enumerate(zip(part.layers, self._queues, told[1:], strict=True)):
            block = queue.shape[3]
            seen = products[: rows * block * notes].reshape(rows, -1)
            steps.append(
                _Step(
                    layer=layer,
                    block=block,
                    now=product(layer.now, heard, channels),
                    residual=product(layer.residual, gated, shares[depth % 2]),
                    gated=gated,
                    look=tuple(product(layer.past, past.reshape(-1, block * notes), seen) for past in queue),
                    seen=seen.reshape(rows, block, notes).transpose(1, 0, 2),
                    ahead=empty(block, rows),
                    condition=empty(rows),
                )
            )
        skip = product(part.skip, told.reshape(-1, notes), skips)
        return _Buffers(heard, told[0], channels, shares, skip, skips, tuple(steps))


def drawn(numbers: Array) -> Choice:
    """Draw from what is likely, by uniform ``numbers`` [notes, samples] between 0 and 1."""

    def choose(logits: Array, position: int) -> NDArray[Any]:
        likely = np.exp(logits - logits.max(axis=0))
        sums = np.cumsum(likely, axis=0)
        return np.minimum((sums < numbers[:, position] * sums[-1]).sum(axis=0), CLASSES - 1)

    return choose


def _ahead(hop: int, notes: int) -> int:
    """How many samples are computed ahead at most: a power of two that divides a hop."""
    wanted = max(1, min(_FARTHEST_AHEAD, _COLUMNS // notes))
    return math.gcd(hop, 2 ** (wanted.bit_length() - 1))
