"""What all foreign formats come down to: named tensors, and what the file says about them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

Tensors = dict[str, NDArray[np.float32]]

_BOOKKEEPING = re.compile(r"(^|/)(global_step|beta\d_power|learning_rate)$|/(Adam|Momentum|RMSProp|Adagrad)(_\d+)?$")


@dataclass(frozen=True, slots=True)
class Source:
    """A model as others keep it.

    ``config`` and ``settings`` are those that the file names, if it does; ``absent`` are the variables that it lists
    but does not have; ``format`` and ``facts`` are for people.
    """

    format: str
    tensors: Tensors
    config: str | None = None
    settings: Mapping[str, int | float | bool | str] = field(default_factory=dict[str, int | float | bool | str])
    absent: tuple[str, ...] = ()
    facts: Mapping[str, Any] = field(default_factory=dict[str, Any])


def is_weight(variable: str) -> bool:
    """Whether a variable is part of the model, and not what an optimizer or a training loop remembers."""
    return not _BOOKKEEPING.search(variable)
