"""What a recurrent model is asked to see whether it still is itself."""

from __future__ import annotations

import numpy as np

from reverie.models.encodings.base import Hot
from reverie.models.library.bundle import Bundle
from reverie.models.recurrent.network import RecurrentNetwork, window_of
from reverie.models.recurrent.sampling import chances

STEPS = 16
_LEAST = np.finfo(np.float32).tiny


def answer(bundle: Bundle, question: int) -> tuple[float, ...]:
    """Log-probabilities of classes drawn by ``question``, after inputs that it draws too.

    Raises:
        ModelError: if the weights are not those of one network.
    """
    network = RecurrentNetwork(bundle.weights, window_of(bundle.card.settings))
    rng = np.random.default_rng(question)
    run = network.run(network.start(1))
    answers: list[float] = []
    for _ in range(STEPS):
        place, label = int(rng.integers(network.input_size)), int(rng.integers(network.classes))
        probabilities = chances(run.step([Hot((place,), (1.0,))]))
        answers.append(round(float(np.log(np.maximum(probabilities[label, 0], _LEAST))), 6))
    return tuple(answers)
