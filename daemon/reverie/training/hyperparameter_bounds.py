"""What hyperparameters must be for a network to be built of them, which Magenta does not look at."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, cast

from reverie.training.errors import TrainingError

_MOST = 1_000_000


def check_bounds(hparams: Mapping[str, Any]) -> None:
    """Whether hyperparameters are within what they can be; of others nothing is said.

    Raises:
        TrainingError: if one is not.
    """
    for name, value in hparams.items():
        for bound in _BOUNDS:
            if name in bound.names and not bound.holds(value):
                raise TrainingError(f"--set {name}={json.dumps(value)}: it must be {bound.words}")


class _Bound(NamedTuple):
    """What hyperparameters of some names must be."""

    names: frozenset[str]
    holds: Callable[[Any], bool]
    words: str


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= _MOST


def _is_whole(value: object) -> bool:
    return _is_count(value) or _number(value) == 0


def _is_above_zero(value: object) -> bool:
    return _number(value) > 0


def _is_not_below_zero(value: object) -> bool:
    return _number(value) >= 0


def _is_share(value: object) -> bool:
    return 0 < _number(value) <= 1


def _number(value: object) -> float:
    """A finite number as it is; anything else is not a number."""
    if not isinstance(value, int | float) or isinstance(value, bool) or not abs(value) < math.inf:
        return math.nan
    return float(value)


def _are_layers(value: object) -> bool:
    layers: list[object] = cast("list[object]", value) if isinstance(value, list) else []
    return bool(layers) and all(map(_is_count, layers))


_BOUNDS = (
    _Bound(frozenset({"batch_size", "z_size", "rnn_nunits"}), _is_count, f"a whole number from 1 to {_MOST}"),
    _Bound(
        frozenset({"rnn_layer_sizes", "enc_rnn_size", "dec_rnn_size"}),
        _are_layers,
        "the sizes of one layer or more, whole numbers above 0, such as [128,128]",
    ),
    _Bound(
        frozenset({"attn_length"}),
        _is_whole,
        f"a whole number from 0 to {_MOST}",
    ),
    _Bound(
        frozenset({"learning_rate", "min_learning_rate", "decay_rate", "clip_norm", "grad_clip"}),
        _is_above_zero,
        "a number above 0",
    ),
    _Bound(
        frozenset({"free_bits", "max_beta", "beta_rate", "sampling_rate"}),
        _is_not_below_zero,
        "a number from 0 on",
    ),
    _Bound(
        frozenset({"dropout_keep_prob"}),
        _is_share,
        "a number above 0, and 1 at most",
    ),
)
