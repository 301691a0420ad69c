"""What may follow in a progression: a share for each chord, asked chord by chord.

One foreteller counts what follows three chords in the tunes. The other mixes three voices: these counts, a network that
has heard all chords so far and knows the place of the next, and what the progression itself has done before. How much
each of the three counts depends on how long a repetition is; that was learned from tunes too.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from reverie.compose.chord_repetition import repeated
from reverie.compose.chord_statistics import ORDER, ChordStatistics, shipped_statistics
from reverie.scenes.harmony import ChordSource

if TYPE_CHECKING:
    from reverie.compose.chord_sequence_network import ChordPlace, ChordSequenceNetwork, Floats, MixtureWeights

PATH = Path(__file__).with_name("chord_sequences.safetensors")
"""The network and the weights of the mixture, written by ``tools/learn_chord_sequences.py``."""


class ChordForeteller(Protocol):
    """It foretells one progression, in one mode, from its beginning on."""

    def after(self, chord: str, next_chord: ChordPlace) -> Mapping[str, float]:
        """The share of each chord that may follow all that were told so far and then ``chord``.

        Args:
            chord: the chord that is played now, or :data:`~reverie.compose.chord_statistics.BEGINNING`.
            next_chord: where the chord that is asked for begins, and how long it lasts, in half bars.
        """
        ...


class CountedChords:
    """By the counts alone."""

    def __init__(self, mode: str, statistics: ChordStatistics) -> None:
        self._mode = mode
        self._statistics = statistics
        self._before: list[str] = []

    def after(self, chord: str, next_chord: ChordPlace) -> Mapping[str, float]:  # noqa: ARG002 - counts know no place
        """By the three chords before."""
        self._before.append(chord)
        return self._statistics.following(self._mode, self._before[-ORDER:])


class MixedChords:
    """By counts, network and repetition together."""

    def __init__(
        self, mode: str, statistics: ChordStatistics, network: ChordSequenceNetwork, weights: MixtureWeights
    ) -> None:
        self._mode = mode
        self._statistics = statistics
        self._network = network
        self._weights = weights
        self._state: Floats | None = None
        self._before: list[str] = []

    def after(self, chord: str, next_chord: ChordPlace) -> Mapping[str, float]:
        """By all chords so far."""
        self._before.append(chord)
        self._state, known = self._network.hear(self._state, self._mode, chord, next_chord)
        length, again = repeated(self._before)
        by_counts, by_network, by_repetition = self._weights[length]
        shares = {
            one: by_network * share for one, share in zip(self._network.vocabulary.chords, known.tolist(), strict=True)
        }
        for voice, weight in (
            (self._statistics.following(self._mode, self._before[-ORDER:]), by_counts),
            (again, by_repetition),
        ):
            for one, share in voice.items():
                shares[one] = shares.get(one, 0.0) + weight * share
        return shares


def chord_foreteller(source: ChordSource, mode: str) -> ChordForeteller:
    """What is shipped, at the beginning of a progression in a mode."""
    if source == "counts":
        return CountedChords(mode, shipped_statistics())
    network, weights = _shipped()
    return MixedChords(mode, shipped_statistics(), network, weights)


@lru_cache(maxsize=1)
def _shipped() -> tuple[ChordSequenceNetwork, MixtureWeights]:
    from reverie.compose.chord_sequence_file import read_chord_sequences

    return read_chord_sequences(PATH)
