"""Resamples a sound to another rate."""

from __future__ import annotations

from typing import Any

import numpy as np
import soxr
from numpy.typing import NDArray

_soxr: Any = soxr  # its types are incomplete


def resampled(samples: NDArray[Any], rate: float, wanted: float) -> NDArray[np.float64]:
    """Samples of ``rate`` as ``wanted`` a second, at the library's best; nothing is done where they are the same."""
    if rate == wanted:
        return np.asarray(samples, np.float64)
    return np.asarray(_soxr.resample(np.asarray(samples, np.float64), rate, wanted, "VHQ"), np.float64)
