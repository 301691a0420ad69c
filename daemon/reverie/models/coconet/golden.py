"""What a Coconet must answer."""

from __future__ import annotations

import numpy as np

from reverie.models.coconet.design import PARTS
from reverie.models.coconet.part_network import Coconet
from reverie.models.library.bundle import Bundle

_STEPS = 8


def answer(bundle: Bundle, question: int) -> tuple[float, ...]:
    """The log-likelihoods of what is hidden of four parts, which are drawn by ``question``.

    Raises:
        ModelError: if the weights are not those of one model.
    """
    random, model = np.random.default_rng(question), Coconet(bundle)
    parts = random.integers(model.design.pitches, size=(1, _STEPS, PARTS))
    hidden = random.random(parts.shape) < 0.5  # noqa: PLR2004 - a coin
    found = model.log_likelihoods(parts, hidden)
    chosen = np.take_along_axis(found, parts[..., None], axis=-1)[..., 0]
    return tuple(float(one) for one in chosen[hidden])
