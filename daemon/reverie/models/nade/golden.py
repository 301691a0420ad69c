"""What a Pianoroll-RNN-NADE is asked to see whether it still is itself."""

from __future__ import annotations

import numpy as np

from reverie.models.library.bundle import Bundle
from reverie.models.nade.model import NadeModel

STEPS = 16
_SOUNDING = 0.1


def answer(bundle: Bundle, question: int) -> tuple[float, ...]:
    """Log-probabilities of frames drawn by ``question``, each after those before it.

    Raises:
        ModelError: if the weights are not those of one model.
    """
    model = NadeModel(bundle)
    roll = np.random.default_rng(question).random((STEPS, model.nade.keys)) < _SOUNDING
    stream = model.stream(model.start())
    stream.prime([()])
    answers: list[float] = []
    for frame in roll:
        before = float(stream.log_likelihoods[0])
        stream.force([tuple(np.flatnonzero(frame).tolist())])
        answers.append(round(float(stream.log_likelihoods[0]) - before, 6))
    return tuple(answers)
