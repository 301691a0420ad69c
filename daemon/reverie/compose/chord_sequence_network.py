"""A small LSTM that foretells the next chord of a tune from all chords before it.

A chord is its root's distance from the tonic in semitones and its kind, such as ``7:7``: the tokens of
:mod:`reverie.compose.chord_statistics`. What the network hears of a chord is its root, its kind and the tune's mode,
and of the chord that is to come, where in eight bars it begins and how long it lasts. It answers in plain NumPy.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from reverie.compose.chord_statistics import BEGINNING

Floats = NDArray[np.float32]
Numbers = NDArray[np.intp]

HEARD = 5
"""What is heard at each step: a chord's root, its kind, the mode; the next chord's place and length."""
_ROOTS = 12
PLACES = 16
"""Half bars of the passage of eight bars in which a chord has its place."""
_LENGTHS = (0, 1, 2, 3, 4, 5, 8)
"""Half bars from which on a chord is one of the next longer kind."""


ChordPlace = tuple[int, int]
"""In half bars: where a chord begins, and how long it lasts."""

MixtureWeights = Sequence[tuple[float, float, float]]
"""What counts, network and repetition count for; by the length of the repetition, from 0 on."""


@dataclass(frozen=True, slots=True)
class ChordVocabulary:
    """The chords and modes that a network knows, in the order of their numbers."""

    chords: tuple[str, ...]
    modes: tuple[str, ...]

    @classmethod
    def of(cls, tunes: Iterable[tuple[str, Sequence[str]]]) -> ChordVocabulary:
        """The vocabulary of tunes: a mode and chords each."""
        known = list(tunes)
        return cls(
            tuple(sorted({chord for _, chords in known for chord in chords})),
            tuple(sorted({mode for mode, _ in known})),
        )

    @property
    def kinds(self) -> tuple[str, ...]:
        """The kinds of the chords."""
        return tuple(sorted({chord.partition(":")[2] for chord in self.chords}))

    @property
    def features(self) -> int:
        """How many things there are to hear: roots, the beginning, kinds, modes, and a kind that is not known."""
        return _ROOTS + 1 + len(self.kinds) + 1 + len(self.modes) + PLACES + len(_LENGTHS)

    @property
    def not_understood(self) -> tuple[int, int]:
        """The features that stand for a root and a kind which are not known."""
        return _ROOTS, _ROOTS + 1 + len(self.kinds)

    def heard(self, mode: str, chords: Sequence[str], next_chords: Sequence[ChordPlace]) -> Numbers:
        """What the network hears of chords (chords, :data:`HEARD`), as numbers of features.

        Args:
            mode: of the tune.
            chords: oldest first.
            next_chords: for each of them, the place of the chord that follows it.

        Raises:
            ValueError: if the mode is not known.
        """
        kinds = {kind: place for place, kind in enumerate(self.kinds, start=_ROOTS + 1)}
        unknown = _ROOTS + 1 + len(kinds)
        of_mode = unknown + 1 + self.modes.index(mode)
        places = unknown + 1 + len(self.modes)
        rows: list[tuple[int, ...]] = []
        for chord, (start, length) in zip(chords, next_chords, strict=True):
            root, _, kind = chord.partition(":")
            of_chord = (_ROOTS, unknown) if root == BEGINNING else (int(root), kinds.get(kind, unknown))
            lasts = places + PLACES + bisect_right(_LENGTHS, length) - 1
            rows.append((*of_chord, of_mode, places + start % PLACES, lasts))
        return np.array(rows, np.intp).reshape(len(rows), HEARD)


@dataclass(frozen=True, slots=True)
class ChordSequenceWeights:
    """Of a network with H units: gates in the order input, candidate, forget, output.

    ``kernel`` (features, 4 H), ``recurrent`` (H, 4 H), ``gates`` (4 H), ``output`` (H, chords), ``bias`` (chords).
    """

    kernel: Floats
    recurrent: Floats
    gates: Floats
    output: Floats
    bias: Floats

    @property
    def units(self) -> int:
        """How many units there are."""
        return len(self.recurrent)

    def as_tensors(self) -> dict[str, Floats]:
        """By name."""
        return {field.name: getattr(self, field.name) for field in fields(self)}


class ChordSequenceNetwork:
    """A trained network."""

    def __init__(self, vocabulary: ChordVocabulary, weights: ChordSequenceWeights) -> None:
        self.vocabulary = vocabulary
        self.weights = weights

    def shares(self, mode: str, chords: Sequence[str], next_chords: Sequence[ChordPlace]) -> Floats:
        """After each of the chords the share of each that may follow (chords, vocabulary)."""
        state = np.zeros((2, self.weights.units), np.float32)
        states: list[Floats] = []
        for heard in self.vocabulary.heard(mode, chords, next_chords):
            state = self._after(state, heard)
            states.append(state[0])
        return softmax(np.stack(states) @ self.weights.output + self.weights.bias)

    def hear(self, state: Floats | None, mode: str, chord: str, next_chord: ChordPlace) -> tuple[Floats, Floats]:
        """The state after one more chord, and the share of each that may follow; None is the state before all."""
        before = np.zeros((2, self.weights.units), np.float32) if state is None else state
        (heard,) = self.vocabulary.heard(mode, [chord], [next_chord])
        after = self._after(before, heard)
        return after, softmax(after[0] @ self.weights.output + self.weights.bias)

    def _after(self, state: Floats, heard: Numbers) -> Floats:
        weights = self.weights
        hidden, cell = state
        given = weights.kernel[heard].sum(axis=0) + hidden @ weights.recurrent + weights.gates
        entry, candidate, forget, exit_ = quarters(given)
        cell = sigmoid(forget) * cell + sigmoid(entry) * np.tanh(candidate)
        return np.stack([sigmoid(exit_) * np.tanh(cell), cell])


def quarters(gates: Floats) -> tuple[Floats, Floats, Floats, Floats]:
    """The four gates that lie side by side along the last axis."""
    units = gates.shape[-1] // 4
    return (
        gates[..., :units],
        gates[..., units : 2 * units],
        gates[..., 2 * units : 3 * units],
        gates[..., 3 * units :],
    )


def sigmoid(values: Floats) -> Floats:
    """Between 0 and 1; by tanh, which never overflows."""
    return np.float32(0.5) * (np.tanh(np.float32(0.5) * values) + np.float32(1.0))


def softmax(logits: Floats) -> Floats:
    """Shares that sum to 1 along the last axis."""
    risen = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return risen / risen.sum(axis=-1, keepdims=True)
