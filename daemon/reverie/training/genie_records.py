"""How examples of Piano Genie are kept: of each note its key and the milliseconds since the one before, three bytes.

What the network hears of time are bins of 32 ms; milliseconds are kept, so that an example can be stretched while it is
learned from.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from reverie.models.genie.decoder import bin_of
from reverie.models.genie.weights import KEYS

PIANO_GENIE = "piano_genie"
"""The configuration."""
LONGEST = 65_535
"""Milliseconds; the first note of a piece has waited so long."""
_NOTE = np.dtype([("key", "u1"), ("wait", "<u2")])

Keys = NDArray[np.int64]
Waits = NDArray[np.float64]


def record_of(keys: Sequence[int], waits: Sequence[float]) -> bytes:
    """Keys (0 to 87) and the seconds before each as bytes.

    Raises:
        ValueError: if a key is none of a piano's, or one waits for less than no time.
    """
    if min(keys, default=0) < 0 or max(keys, default=0) >= KEYS or min(waits, default=0) < 0:
        raise ValueError("keys are 0 to 87, and waits no less than 0 seconds")
    notes = np.zeros(len(keys), _NOTE)
    notes["key"] = keys
    notes["wait"] = np.minimum(np.round(np.array(waits) * 1000), LONGEST)
    return notes.tobytes()


def notes_of(record: bytes) -> tuple[Keys, Waits]:
    """The keys (notes,) and the seconds before each (notes,) that :func:`record_of` kept.

    Raises:
        ValueError: if the bytes are no notes.
    """
    notes = np.frombuffer(record, _NOTE)
    return notes["key"].astype(np.int64), notes["wait"].astype(np.float64) / 1000


def bins_of(waits: Waits) -> NDArray[np.int64]:
    """The bin of time of each wait, as the network hears it."""
    return np.array([bin_of(wait) for wait in waits.tolist()], np.int64)
