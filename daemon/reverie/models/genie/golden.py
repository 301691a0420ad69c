"""What a Piano Genie must answer."""

from __future__ import annotations

import numpy as np

from reverie.models.genie.decoder import Genie, GenieMemory
from reverie.models.genie.weights import BUTTONS, KEYS
from reverie.models.library.bundle import Bundle

_PRESSES = 8
_LONGEST = 1.5
"""Seconds between presses; beyond the longest that the network tells apart."""


def answer(bundle: Bundle, question: int) -> tuple[float, ...]:
    """The log-probabilities of all keys after the last of some presses drawn from ``question``."""
    random = np.random.default_rng(question)
    genie = Genie(bundle)
    memory = genie.start()
    likelihoods: tuple[float, ...] = ()
    for _ in range(_PRESSES):
        heard, memory = genie.hear(memory, int(random.integers(BUTTONS)), float(random.uniform(0, _LONGEST)))
        likelihoods = tuple(heard.tolist())
        memory = GenieMemory(memory.cells, memory.hiddens, int(random.integers(KEYS)))
    return likelihoods
