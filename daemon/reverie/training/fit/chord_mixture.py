"""How much each of several foretellers counts where they speak together: what makes validation songs likeliest.

By expectation maximisation, as for mixtures of language models (Jelinek and Mercer 1980).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from reverie.compose.chord_repetition import LONGEST
from reverie.compose.chord_sequence_network import MixtureWeights

Shares = NDArray[np.float64]

_ROUNDS = 200
_DOUBT = 0.5
"""Chords that each voice is thought to have explained before any is seen."""


def mixture_weights(shares: Shares, lengths: NDArray[np.intp]) -> MixtureWeights:
    """What counts, network and repetition count for, for each length of a repetition.

    Args:
        shares: of the chords that came, by each of the three (chords, 3). Who never has a share counts for nothing.
        lengths: of the repetition, for each chord.
    """
    return [_fitted(shares[lengths == length]) for length in range(LONGEST + 1)]


def mixed(shares: Shares, lengths: NDArray[np.intp], weights: MixtureWeights) -> Shares:
    """The share of each chord that came by all three together."""
    return (shares * np.array(weights)[lengths]).sum(axis=1)


def _fitted(shares: Shares) -> tuple[float, float, float]:
    speaks = shares.any(axis=0).astype(float) if shares.any() else np.array([1.0, 1.0, 0.0])
    weights = speaks / speaks.sum()
    seen = shares[shares.any(axis=1)]
    for _ in range(_ROUNDS):
        explained = seen * weights
        explained /= explained.sum(axis=1, keepdims=True)
        weights = (explained.sum(axis=0) + _DOUBT * speaks) / (len(seen) + _DOUBT * speaks.sum())
    counts, network, repetition = weights.tolist()
    return counts, network, repetition
