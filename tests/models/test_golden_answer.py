"""The golden answer of a model whose weights are so large that its sums are no numbers."""

from __future__ import annotations

import warnings
from dataclasses import replace

import numpy as np
import pytest

from reverie.models.errors import ModelError
from reverie.models.golden import check, with_golden
from reverie.models.library.bundle import Bundle, read_bundle
from reverie.places import models_folder


def test_weights_beyond_all_sums_are_refused_by_a_sentence_and_no_warning() -> None:
    whole = read_bundle(models_folder() / "drum_kit.safetensors")
    huge = {name: np.full_like(value, 3e38) for name, value in whole.weights.items()}
    damaged = Bundle(replace(whole.card), huge)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(ModelError, match="no number"):
            with_golden(damaged)
        with pytest.raises(ModelError, match="answers otherwise"):
            check(damaged)
