"""Blocked Gibbs sampling: some places of four parts are forgotten and drawn again, ever fewer, until all fit together.

After C.-Z. A. Huang et al., "Counterpoint by Convolution" (https://arxiv.org/abs/1903.07227): each place is forgotten
by itself with a chance that falls from 0.9 to 0.1 over seven tenths of the passes (Yao et al.,
https://arxiv.org/abs/1409.0585), and what is forgotten is drawn at once, each place as if it were the only one. A place
of which nothing is known is forgotten in any pass, so that the first fills all gaps; Magenta's sampler hears such
places as rests until then.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from reverie.models.coconet.part_network import NONE, Coconet, Parts, Places
from reverie.models.coconet.weights import Array

FIRST_SHARE, LAST_SHARE, ANNEALED = 0.9, 0.1, 0.7
"""The share of places that is forgotten at first and at last, and the share of passes after which it is the last."""

PartBias = Callable[[Parts, Places], Array]
"""Log-weights (passages, steps, parts, pitches) beside the model's, told what is there and what is forgotten of it."""


@dataclass(frozen=True, slots=True)
class GibbsPlan:
    """How parts are drawn.

    Attributes:
        passes: how often places are forgotten and drawn.
        temperature: 1 draws as the model finds likely; above 0.
        first: the share of places that is forgotten in the first pass.
        groups: for each step the number of its group, rising from 0: what a part has in the steps of a group is drawn
            as one pitch. None: each step is a group.
    """

    passes: int
    temperature: float = 1.0
    first: float = FIRST_SHARE
    groups: NDArray[np.intp] | None = None


@dataclass(frozen=True, slots=True)
class DrawnParts:
    """Parts without gaps, and the mean log-likelihood of a place of each passage, when it was drawn for the last time.

    The likelihood is the model's own, without what else was wished for.
    """

    parts: Parts
    log_likelihoods: NDArray[np.float64]


def forgotten_share(number: int, passes: int, first: float = FIRST_SHARE) -> float:
    """The chance of a place to be forgotten in pass ``number`` of ``passes``, counted from 0."""
    return max(LAST_SHARE, first - (first - LAST_SHARE) * number / passes / ANNEALED)


def draw_parts(
    model: Coconet,
    parts: Parts,
    free: Places,
    plan: GibbsPlan,
    chance: np.random.Generator,
    bias: PartBias | None = None,
) -> DrawnParts:
    """Draw what is free of four parts, again and again.

    Args:
        model: whose taste it is.
        parts: what is there, (passages, steps, parts); :data:`NONE` where nothing is known.
        free: which places may be drawn; the others stay as they are, also within a group.
        plan: how.
        chance: gives, pass by pass, a number from 0 to 1 for each group and part to forget it, and then one to draw it.
        bias: what is wished for beside.
    """
    now: Parts = np.array(parts, np.intp)
    passages, steps, count = now.shape
    groups = np.arange(steps) if plan.groups is None else plan.groups
    firsts = np.flatnonzero(np.diff(groups, prepend=-1))
    likelihoods = np.zeros((passages, len(firsts), count))
    drawn = np.zeros((passages, len(firsts), count), np.bool_)
    for number in range(plan.passes):
        share = forgotten_share(number, plan.passes, plan.first)
        forgotten = (chance.random((passages, len(firsts), count)) < share)[:, groups] | (now == NONE)
        forgotten &= free
        here = np.logical_or.reduceat(forgotten, firsts, axis=1)
        forgotten = here[:, groups] & free
        uniform = chance.random((passages, len(firsts), count))
        if not forgotten.any():
            continue
        found = heard_in_spans(model, now, forgotten)
        liked: Array = found / np.float32(plan.temperature)
        if bias is not None:
            liked += bias(now, forgotten)
        chosen = _drawn(_mean(liked, forgotten, firsts), uniform)
        now = np.where(forgotten, chosen[:, groups], now)
        own = _mean(found, forgotten, firsts)
        said = np.take_along_axis(own, chosen[..., None], axis=-1)[..., 0]
        likelihoods[here], drawn[here] = said[here], True
    known = np.maximum(drawn.sum(axis=(1, 2)), 1)
    return DrawnParts(now, likelihoods.sum(axis=(1, 2)) / known)


def heard_in_spans(model: Coconet, parts: Parts, unknown: Places) -> Array:
    """The model's log-likelihoods of parts of any length.

    What is longer than the passages that it learned from is heard in such passages, each of which reaches half into the
    next; of a place that one counts in whose middle it is nearer.
    """
    steps, span = parts.shape[1], model.design.span
    if steps <= span:
        return model.log_likelihoods(parts, unknown)
    hop = max(span // 2, 1)
    starts = [*range(0, steps - span, hop), steps - span]
    found = np.empty((*parts.shape, model.design.pitches), np.float32)
    ends = [(one + other + span) // 2 for one, other in pairwise(starts)]
    for start, begin, end in zip(starts, [0, *ends], [*ends, steps], strict=True):
        heard = model.log_likelihoods(parts[:, start : start + span], unknown[:, start : start + span])
        found[:, begin:end] = heard[:, begin - start : end - start]
    return found


def _mean(weights: Array, forgotten: Places, firsts: NDArray[np.intp]) -> Array:
    """The mean of log-weights over the forgotten steps of each group, (passages, groups, parts, pitches)."""
    counts = np.add.reduceat(forgotten, firsts, axis=1, dtype=np.float32)
    sums = np.add.reduceat(np.where(forgotten[..., None], weights, np.float32(0.0)), firsts, axis=1)
    return (sums / np.maximum(counts, np.float32(1.0))[..., None]).astype(np.float32)


def _drawn(weighed: Array, uniform: NDArray[np.float64]) -> Parts:
    """For each place the pitch that a number from 0 to 1 draws of log-weights."""
    weighed = weighed - weighed.max(axis=-1, keepdims=True)
    total = np.cumsum(np.exp(weighed.astype(np.float64)), axis=-1)
    return (total[..., :-1] <= uniform[..., None] * total[..., -1:]).sum(axis=-1)
