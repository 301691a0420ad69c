"""Training of the network that foretells chords: backpropagation through whole tunes, in NumPy.

The set is small, 17,000 chords: a minute on one core is enough, and the same tunes and seed make the same weights on
the same machine.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from reverie.compose.chord_sequence_network import (
    HEARD,
    ChordPlace,
    ChordSequenceNetwork,
    ChordSequenceWeights,
    ChordVocabulary,
    Floats,
    Numbers,
    quarters,
    sigmoid,
    softmax,
)
from reverie.compose.chord_statistics import BEGINNING
from reverie.music.harmony import OCTAVE

ChordTune = tuple[str, Sequence[str], Sequence[ChordPlace]]
"""A tune's mode, its chords, and when each begins and how long it lasts, in half bars."""

_DECAY = (0.9, 0.999)
_LEAST = 1e-8
_SHRUNK = {"kernel", "recurrent", "output"}


@dataclass(frozen=True, slots=True)
class ChordSequenceDesign:
    """How a network is trained.

    Attributes:
        units: of its LSTM.
        keep: share of units that do not drop out of what the output hears.
        overhear: share of chords that are not understood in training.
        rate: learning rate, halved when the validation tunes are foretold no better.
        batch: tunes in a batch.
        clip: the longest that the gradient may be.
        shrink: how much of the weights is taken from them at each update, times the rate.
        patience: epochs without improvement after which the rate is halved; after five halvings training ends.
    """

    units: int = 96
    keep: float = 0.5
    overhear: float = 0.1
    rate: float = 0.004
    batch: int = 16
    clip: float = 1.0
    shrink: float = 0.02
    patience: int = 3
    halvings: int = 4
    epochs: int = 80
    seed: int = 0


@dataclass(frozen=True, slots=True)
class ChordBatch:
    """Tunes side by side: what is heard (tunes, steps, :data:`HEARD`) and the chord that follows.

    ``known`` says where that is one to be foretold, and ``lasts`` how far a tune goes.
    """

    heard: Numbers
    follows: Numbers
    known: Floats
    lasts: NDArray[np.bool_]

    @property
    def lengths(self) -> Numbers:
        """How many chords each tune has."""
        return self.lasts.sum(axis=1, dtype=np.intp)

    def some(self, rows: Numbers) -> ChordBatch:
        """Some of the tunes, filled up to the longest of them."""
        end = self.lengths[rows].max()
        return ChordBatch(
            self.heard[rows, :end], self.follows[rows, :end], self.known[rows, :end], self.lasts[rows, :end]
        )

    def overheard(self, share: float, vocabulary: ChordVocabulary, chance: np.random.Generator) -> ChordBatch:
        """The batch with that share of its chords not understood, so that none of them is relied upon alone."""
        heard = self.heard.copy()
        lost = chance.random(heard.shape[:2], np.float32) < share
        heard[lost, :2] = vocabulary.not_understood
        return replace(self, heard=heard)

    @classmethod
    def of(cls, vocabulary: ChordVocabulary, tunes: Sequence[ChordTune]) -> ChordBatch:
        """Tunes, filled up to the longest. Chords that are not in the vocabulary are heard, but not to be foretold."""
        numbers = {chord: number for number, chord in enumerate(vocabulary.chords)}
        shape = (len(tunes), max(len(chords) for _, chords, _ in tunes))
        heard, follows = np.zeros((*shape, HEARD), np.intp), np.zeros(shape, np.intp)
        known, lasts = np.zeros(shape, np.float32), np.zeros(shape, np.bool_)
        for row, (mode, chords, places) in enumerate(tunes):
            heard[row, : len(chords)] = vocabulary.heard(mode, [BEGINNING, *chords[:-1]], places)
            follows[row, : len(chords)] = [numbers.get(chord, 0) for chord in chords]
            known[row, : len(chords)] = [chord in numbers for chord in chords]
            lasts[row, : len(chords)] = True
        return cls(heard, follows, known, lasts)


def chord_loss(
    weights: ChordSequenceWeights, batch: ChordBatch, kept: Floats | None = None
) -> tuple[float, dict[str, Floats]]:
    """Mean nats of a chord, and its gradient by weight.

    Args:
        weights: those of the network.
        batch: what is learned.
        kept: what the states that the output hears are multiplied by (tunes, steps, units); None for nothing.
    """
    tunes, steps = batch.follows.shape
    units = weights.units
    gates = np.empty((steps, tunes, 4 * units), np.float32)
    cells = np.zeros((steps + 1, tunes, units), np.float32)
    states = np.zeros((steps + 1, tunes, units), np.float32)
    heard = (batch.heard[..., None] == np.arange(len(weights.kernel))).any(axis=2).astype(np.float32)
    given = heard @ weights.kernel + weights.gates
    for step in range(steps):
        gate = given[:, step] + states[step] @ weights.recurrent
        gate[:, :units] = sigmoid(gate[:, :units])
        gate[:, units : 2 * units] = np.tanh(gate[:, units : 2 * units])
        gate[:, 2 * units :] = sigmoid(gate[:, 2 * units :])
        gates[step] = gate
        entry, candidate, forget, exit_ = quarters(gate)
        cells[step + 1] = forget * cells[step] + entry * candidate
        states[step + 1] = exit_ * np.tanh(cells[step + 1])
    told = states[1:].swapaxes(0, 1)
    told = told if kept is None else told * kept
    shares = softmax(told @ weights.output + weights.bias)
    rows, columns = np.indices((tunes, steps))
    count = np.float32(batch.known.sum())
    found = shares[rows, columns, batch.follows]
    loss = float(-(np.log(np.maximum(found, np.float32(1e-30))) * batch.known).sum() / count)

    wrong = shares
    wrong[rows, columns, batch.follows] -= 1
    wrong *= (batch.known / count)[:, :, None]
    gradient = {
        "output": _summed(told, wrong),
        "bias": wrong.sum(axis=(0, 1)),
        "recurrent": np.zeros_like(weights.recurrent),
    }
    by_state = wrong @ weights.output.T
    by_state = by_state if kept is None else by_state * kept
    by_gates = np.empty((tunes, steps, 4 * units), np.float32)
    later_state, later_cell = np.zeros((2, tunes, units), np.float32)
    for step in reversed(range(steps)):
        entry, candidate, forget, exit_ = quarters(gates[step])
        risen = np.tanh(cells[step + 1])
        state = by_state[:, step] + later_state
        cell = later_cell + state * exit_ * (1 - risen**2)
        parts = (
            cell * candidate * entry * (1 - entry),
            cell * entry * (1 - candidate**2),
            cell * cells[step] * forget * (1 - forget),
            state * risen * exit_ * (1 - exit_),
        )
        by_gates[:, step] = np.concatenate(parts, axis=1)
        gradient["recurrent"] += states[step].T @ by_gates[:, step]
        later_state, later_cell = by_gates[:, step] @ weights.recurrent.T, cell * forget
    gradient["gates"] = by_gates.sum(axis=(0, 1))
    gradient["kernel"] = _summed(heard, by_gates)
    return loss, gradient


def _summed(before: Floats, slopes: Floats) -> Floats:
    """The gradient of a matrix by what came into it and the slopes of what came out, over all tunes and steps."""
    return before.reshape(-1, before.shape[-1]).T @ slopes.reshape(-1, slopes.shape[-1])


def train_chords(
    design: ChordSequenceDesign,
    tunes: Sequence[ChordTune],
    validation: Sequence[ChordTune],
    report: Callable[[int, float], None] = lambda epoch, bits: None,  # noqa: ARG005 - nobody listens
) -> ChordSequenceNetwork:
    """The network that foretold the validation tunes best, after each epoch reported in bits a chord."""
    chance = np.random.default_rng(design.seed)
    vocabulary = ChordVocabulary.of((mode, chords) for mode, chords, _ in tunes)
    ties = _ties(vocabulary)
    weights = first_weights(vocabulary, tunes, design.units, chance)
    learned = {**weights.as_tensors(), "output": np.zeros((design.units, len(ties)), np.float32)}
    learned["output"][:, : len(vocabulary.chords)] = weights.output
    moments = AdamMoments(learned)
    whole, judged = ChordBatch.of(vocabulary, tunes), ChordBatch.of(vocabulary, validation)
    best, best_bits, rate, stale, halved = weights, math.inf, design.rate, 0, 0
    for epoch in range(1, design.epochs + 1):
        for batch in _batches(whole, design.batch, chance):
            shape = (*batch.follows.shape, design.units)
            kept = (chance.random(shape, np.float32) < design.keep).astype(np.float32) / np.float32(design.keep)
            _, gradient = chord_loss(weights, batch.overheard(design.overhear, vocabulary, chance), kept)
            gradient["output"] = gradient["output"] @ ties.T
            learned = moments.updated(learned, gradient, design, rate)
            weights = ChordSequenceWeights(**{**learned, "output": learned["output"] @ ties})
        bits = chord_loss(weights, judged)[0] / math.log(2)
        report(epoch, bits)
        if bits < best_bits:
            best, best_bits, stale = weights, bits, 0
            continue
        stale += 1
        if stale == design.patience:
            if halved == design.halvings:
                break
            rate, stale, halved = rate / 2, 0, halved + 1
    return ChordSequenceNetwork(vocabulary, best)


class AdamMoments:
    """What Adam remembers of gradients, with the weights' decay apart from them (Loshchilov and Hutter 2019)."""

    def __init__(self, learned: Mapping[str, Floats]) -> None:
        self._means = {name: np.zeros_like(tensor) for name, tensor in learned.items()}
        self._squares = {name: np.zeros_like(tensor) for name, tensor in learned.items()}
        self._updates = 0

    def updated(
        self, learned: Mapping[str, Floats], gradient: Mapping[str, Floats], design: ChordSequenceDesign, rate: float
    ) -> dict[str, Floats]:
        """The weights after a step."""
        length = math.sqrt(sum(float(np.vdot(part, part)) for part in gradient.values()))
        scale = np.float32(min(1.0, design.clip / max(length, _LEAST)))
        self._updates += 1
        changed: dict[str, Floats] = {}
        for name, tensor in learned.items():
            slope = gradient[name] * scale
            self._means[name] += np.float32(1 - _DECAY[0]) * (slope - self._means[name])
            self._squares[name] += np.float32(1 - _DECAY[1]) * (slope * slope - self._squares[name])
            step = self._means[name] / np.float32(1 - _DECAY[0] ** self._updates)
            size = np.sqrt(self._squares[name] / np.float32(1 - _DECAY[1] ** self._updates)) + np.float32(_LEAST)
            shrunk = np.float32(design.shrink if name in _SHRUNK else 0.0) * tensor
            changed[name] = np.asarray(tensor - np.float32(rate) * (step / size + shrunk), np.float32)
        return changed


def _ties(vocabulary: ChordVocabulary) -> Floats:
    """Which outputs a row of what is learned counts for: one chord, all chords on a root, or all of a kind."""
    chords = vocabulary.chords
    one = np.eye(len(chords), dtype=np.float32)
    roots = [[chord.partition(":")[0] == str(root) for chord in chords] for root in range(OCTAVE)]
    kinds = [[chord.partition(":")[2] == kind for chord in chords] for kind in vocabulary.kinds]
    return np.concatenate([one, np.array([*roots, *kinds], np.float32)])


def first_weights(
    vocabulary: ChordVocabulary, tunes: Sequence[ChordTune], units: int, chance: np.random.Generator
) -> ChordSequenceWeights:
    """Random weights; the output's bias knows how frequent chords are, and forgetting begins unlikely."""

    def drawn(rows: int, columns: int) -> Floats:
        return (chance.standard_normal((rows, columns)) / math.sqrt(max(rows, units))).astype(np.float32)

    counts = dict.fromkeys(vocabulary.chords, 1.0)
    for _, chords, _ in tunes:
        for chord in chords:
            if chord in counts:
                counts[chord] += 1
    gates = np.zeros(4 * units, np.float32)
    gates[2 * units : 3 * units] = 1.0
    return ChordSequenceWeights(
        kernel=drawn(vocabulary.features, 4 * units),
        recurrent=drawn(units, 4 * units),
        gates=gates,
        output=drawn(units, len(vocabulary.chords)),
        bias=np.log(np.array([*counts.values()], np.float32) / np.float32(sum(counts.values()))),
    )


def bits_a_chord(network: ChordSequenceNetwork, tunes: Sequence[ChordTune]) -> float:
    """Mean bits that a known chord of the tunes takes."""
    batch = ChordBatch.of(network.vocabulary, tunes)
    return chord_loss(network.weights, batch)[0] / math.log(2)


def _batches(whole: ChordBatch, size: int, chance: np.random.Generator) -> Iterator[ChordBatch]:
    """Tunes of about the same length together, in an order drawn anew."""
    order = np.argsort(whole.lengths * chance.normal(1.0, 0.2, len(whole.lengths)), kind="stable")
    groups = [order[first : first + size] for first in range(0, len(order), size)]
    chance.shuffle(groups)
    return map(whole.some, groups)
