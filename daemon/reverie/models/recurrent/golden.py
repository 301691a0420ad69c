"""What a recurrent model is asked to see whether it still is itself."""

from __future__ import annotations

import numpy as np

from reverie.models.bundle import Bundle
from reverie.models.encodings.base import Hot
from reverie.models.recurrent.network import Network
from reverie.models.recurrent.sampling import chances

STEPS = 16


def answer(bundle: Bundle, question: int) -> tuple[float, ...]:
    """Log-probabilities of classes drawn by ``question``, after inputs that it draws too.

    Raises:
        ModelError: if the weights are not those of one network.
    """
    network = Network(bundle.weights, int(bundle.passport.settings.get("attention_length", 0)))
    rng = np.random.default_rng(question)
    run = network.run(network.start(1))
    answers: list[float] = []
    for _ in range(STEPS):
        place, label = int(rng.integers(network.input_size)), int(rng.integers(network.classes))
        probabilities = chances(run.step([Hot((place,), (1.0,))]))
        answers.append(round(float(np.log(probabilities[label, 0])), 6))
    return tuple(answers)
