"""A Markov model of class labels: what a network must beat, for it has learnt nothing that counting does not teach.

It is interpolated over orders after Witten and Bell: where a context was seen ``c`` times with ``t`` different
successors, what the shorter context says weighs ``a t / (c + a t)``. With ``a = 1`` this is their method C; here each
order's ``a`` is fitted on validation music, so that the model is as good as its kind can be.

Source: I. H. Witten, T. C. Bell, "The zero-frequency problem", IEEE Transactions on Information Theory 37(4), 1991.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Sequence
from itertools import repeat
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

ORDER = 3
_WEIGHTS = tuple(2.0**power for power in range(-6, 15))
_ROUNDS = 2
"""How often all weights are fitted, one after the other: they hardly change after the first time."""

_Labels = Sequence[Hashable]
_Meanings = Sequence[Sequence[Hashable]]
"""By event, all labels that mean it, where one may be said in several ways."""
_Figures = NDArray[np.float64]


class _Seen(NamedTuple):
    """For each event, in how many ways it can be said.

    By order (events, order + 1): how often its context was seen with it, and at all, and with how many labels.
    """

    means: _Figures
    together: _Figures
    contexts: _Figures
    successors: _Figures


class MarkovModel:
    """Chances of the next label by the ``order`` labels before it.

    Args:
        classes: how many labels there are.
        order: how many labels it looks back.
    """

    def __init__(self, classes: int, order: int = ORDER) -> None:
        if classes < 1 or order < 0:
            raise ValueError(f"a Markov model has a class or more, and an order of 0 or more: {classes}, {order}")
        self._classes = classes
        self._order = order
        self._counts: list[defaultdict[tuple[Hashable, ...], dict[Hashable, int]]] = [
            defaultdict(dict) for _ in range(order + 1)
        ]
        self._totals: list[defaultdict[tuple[Hashable, ...], int]] = [defaultdict(int) for _ in range(order + 1)]
        self.weights: tuple[float, ...] = (1.0,) * (order + 1)
        """By order, from 0, how much more a shorter context weighs than in Witten and Bell's method C."""

    def learn(self, passages: Iterable[_Labels]) -> None:
        """Count a passage's labels. The first is only heard, as a network hears it: it has nothing before it."""
        for labels in passages:
            for place, context in self._contexts(labels):
                for order in range(self._order + 1):
                    own = context[self._order - order :]
                    after = self._counts[order][own]
                    after[labels[place]] = after.get(labels[place], 0) + 1
                    self._totals[order][own] += 1

    def fit(self, passages: Iterable[_Labels], meanings: Iterable[_Meanings] | None = None) -> None:
        """Choose the weights that make these passages likeliest; they are no part of what was learnt."""
        seen = self._seen(passages, meanings)
        if not len(seen.together):
            return
        weights = list(self.weights)
        for _ in range(_ROUNDS):
            for order in range(self._order + 1):

                def cost(weight: float, order: int = order) -> float:
                    return -float(np.log(self._mixed(seen, (*weights[:order], weight, *weights[order + 1 :]))).sum())

                weights[order] = min(_WEIGHTS, key=cost)
        self.weights = tuple(weights)

    def log_chances(self, labels: _Labels, meanings: _Meanings | None = None) -> _Figures:
        """The natural logarithm of each label's chance, from the second on; of all that mean it, if given."""
        return np.log(self._mixed(self._seen([labels], None if meanings is None else [meanings]), self.weights))

    def chance(self, before: _Labels, label: Hashable) -> float:
        """The chance of a label after what came before it."""
        return float(np.exp(self.log_chances([*before, label])[-1])) if before else 1.0 / self._classes

    def _contexts(self, labels: _Labels) -> Iterable[tuple[int, tuple[Hashable, ...]]]:
        padded = (*(None,) * (self._order - 1), *labels)
        first = self._order - 1
        for place in range(1, len(labels)):
            at = place + first
            yield place, padded[at - self._order : at] if self._order else ()

    def _seen(self, passages: Iterable[_Labels], meanings: Iterable[_Meanings] | None = None) -> _Seen:
        rows: list[list[tuple[int, int, int]]] = []
        means: list[int] = []
        nothing: dict[Hashable, int] = {}
        told = repeat(None) if meanings is None else meanings
        for labels, same in zip(passages, told, strict=meanings is not None):
            for place, context in self._contexts(labels):
                said = (labels[place],) if same is None else same[place]
                means.append(len(said))
                row: list[tuple[int, int, int]] = []
                for order in range(self._order + 1):
                    own = context[self._order - order :]
                    after = self._counts[order].get(own, nothing)
                    row.append((sum(after.get(one, 0) for one in said), self._totals[order].get(own, 0), len(after)))
                rows.append(row)
        figures = np.array(rows, np.float64).reshape(-1, self._order + 1, 3)
        return _Seen(np.array(means, np.float64), figures[..., 0], figures[..., 1], figures[..., 2])

    def _mixed(self, seen: _Seen, weights: Sequence[float]) -> _Figures:
        chances = seen.means / self._classes
        for order, weight in enumerate(weights):
            back = weight * seen.successors[:, order]
            whole = seen.contexts[:, order] + back
            mixed = (seen.together[:, order] + back * chances) / np.where(whole > 0, whole, 1.0)
            chances = np.where(whole > 0, mixed, chances)
        return chances
