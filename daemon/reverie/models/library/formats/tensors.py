"""What all foreign formats come down to: named tensors, and what the file says about them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reverie.models.errors import ModelError

Tensors = dict[str, NDArray[np.float32]]

LARGEST = 4_000_000_000
"""Bytes of a file, and of what an archive unpacks to; the largest that Magenta publishes, NSynth, has 1.1 GB."""

_BOOKKEEPING = re.compile(
    r"(^|[/_])(global_step|beta\d_power|learning_rate)(:0)?$"
    r"|[/_](Adam|AdamWeightDecay|Momentum|RMSProp|Adagrad|Adadelta|Ftrl)(_\d+)?(:0)?$"
)
"""What TensorFlow's optimizers and training loops save beside the weights: counters, rates and slots."""

_AVERAGE = re.compile(r"[/_]ExponentialMovingAverage(:0)?$")


@dataclass(frozen=True, slots=True)
class ForeignModel:
    """A model as others keep it.

    ``config`` and ``settings`` are those that the file names, if it does; ``absent`` are the variables that it lists
    but does not have; ``format`` and ``facts`` are for people. ``graph`` is TensorFlow's graph of it, serialized, and
    ``told`` what a magenta.js checkpoint says of itself.
    """

    format: str
    tensors: Tensors
    config: str | None = None
    settings: Mapping[str, int | float | bool | str] = field(default_factory=dict[str, int | float | bool | str])
    absent: tuple[str, ...] = ()
    facts: Mapping[str, Any] = field(default_factory=dict[str, Any])
    graph: bytes | memoryview = b""
    told: Mapping[str, Any] = field(default_factory=dict[str, Any])


def is_weight(variable: str) -> bool:
    """Whether a variable is part of the model, and not what an optimizer or a training loop remembers."""
    return not _BOOKKEEPING.search(variable)


def without_averages(tensors: Mapping[str, NDArray[np.float32]]) -> dict[str, tuple[int, ...]]:
    """The shapes of variables, averages over training under the names of what they are averages of."""
    return {_AVERAGE.sub("", name): tensor.shape for name, tensor in tensors.items()}


def refuse_unused(variables: Iterable[str], used: Iterable[str], model: str) -> None:
    """Let no weight be dropped without a word: a model that has more than is played would be another model.

    An average over training of a variable that is used is known, and so is the variable of an average that is used:
    either stands for the other.

    Args:
        variables: all that were read.
        used: those that are played, or are known to be needed for training only.
        model: what they were to be, for people.

    Raises:
        ModelError: if any is left over.
    """
    plain = {_AVERAGE.sub("", variable) for variable in used}
    left = sorted({name for name in variables if is_weight(name) and _AVERAGE.sub("", name) not in plain})
    if left:
        more = f" and {len(left) - 1} more" if left[1:] else ""
        raise ModelError(
            f"{left[0]}{more}: {model}, as Reverie plays it, has no such weights; it would be another model without"
        )
