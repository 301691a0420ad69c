"""Which encodings the configurations of Performance-RNN speak.

Source: ``default_configs`` in Magenta 2.1.4, ``magenta/models/performance_rnn/performance_model.py``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from reverie.models.encodings.base import Encoding
from reverie.models.encodings.performance import OneHotPerformance

VELOCITY_BINS = 32


def _with_dynamics() -> OneHotPerformance:
    return OneHotPerformance(VELOCITY_BINS)


ENCODINGS: Mapping[str, Callable[[], Encoding[Any, Any]]] = {
    "performance": OneHotPerformance,
    "performance_with_dynamics": _with_dynamics,
    "performance_with_dynamics_compact": _with_dynamics,
}
