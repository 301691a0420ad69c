"""A fixed question to each model and what it must answer, so that a model that answers otherwise is found out."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from reverie.models.configs import config_of
from reverie.models.errors import ModelError
from reverie.models.library.bundle import Bundle
from reverie.models.library.card import Golden

QUESTION = 1
TOLERANCE = 1e-4
"""By how much a log-probability may differ between processors and versions of NumPy."""


def answer(bundle: Bundle, question: int) -> tuple[float, ...]:
    """The model's log-probabilities for a question that is made from the number ``question``.

    Raises:
        ModelError: if the weights are not those of the model's configuration.
    """
    family = config_of(bundle.card.config).family
    if family == "signals":
        return ()  # it has learned nothing that could be damaged
    if family == "music_vae":
        from reverie.models.vae.golden import answer as answered
    elif family == "pianoroll_rnn_nade":
        from reverie.models.nade.golden import answer as answered
    elif family == "piano_genie":
        from reverie.models.genie.golden import answer as answered
    elif family == "coconet":
        from reverie.models.coconet.golden import answer as answered
    elif family == "gansynth":
        from reverie.models.gansynth.golden import answer as answered
    elif family == "nsynth":
        from reverie.models.nsynth.golden import answer as answered
    else:
        from reverie.models.recurrent.golden import answer as answered
    # Weights that are damaged may be so large that sums are no numbers; who asks refuses these by a sentence.
    with np.errstate(over="ignore", invalid="ignore"):
        return answered(bundle, question)


def with_golden(bundle: Bundle) -> Bundle:
    """The bundle with what it answers now in its model card.

    Raises:
        ModelError: if it cannot be asked, or answers nonsense.
    """
    given = answer(bundle, QUESTION)
    if not np.isfinite(given).all():
        raise ModelError(
            "its weights are so large that what it answers is no number; it is damaged, or was trained badly"
        )
    golden = Golden(QUESTION, given)
    return Bundle(replace(bundle.card, golden=golden), bundle.weights)


def check(bundle: Bundle) -> float:
    """Ask the question of the model card.

    Returns:
        By how much the answer differs at most.

    Raises:
        ModelError: if it differs by more than the tolerance, or the model card knows no answer.
    """
    name, golden = bundle.card.name, bundle.card.golden
    if golden is None:
        raise ModelError(f"{name}: its model card has no golden answer, so only its hash was checked; import it anew")
    given = np.array(answer(bundle, golden.question))
    expected = np.array(golden.answer)
    if given.shape != expected.shape:
        raise ModelError(f"{name}: answers with {given.size} numbers, and its model card has {expected.size}")
    with np.errstate(invalid="ignore"):
        difference = float(np.abs(given - expected).max(initial=0.0))
    if not difference <= TOLERANCE:
        raise ModelError(
            f"{name}: answers otherwise than when it was imported, by {difference:.2g} ({TOLERANCE:g} is allowed); "
            "import or pull it anew, and if that changes nothing, install another version of NumPy"
        )
    return difference
