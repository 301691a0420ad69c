"""What the listener makes of a sound before it listens."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from reverie.models.errors import ModelError
from reverie.models.gansynth.listener import Listener, heard
from reverie.models.library.bundle import Bundle
from reverie.models.library.card import ModelCard


def a_sound(begin: int = 10) -> NDArray[np.float32]:
    logarithm = np.full((128, 1024), -13.0, np.float32)
    rng = np.random.default_rng(0)
    logarithm[begin : begin + 60] = rng.uniform(-3.0, 10.0, (60, 1024))
    return logarithm


@given(louder=st.floats(-4.0, 6.0), later=st.integers(-5, 40))
@settings(max_examples=30, deadline=None)
def test_level_and_beginning_do_not_matter(louder: float, later: int) -> None:
    moved = a_sound(10 + later)
    moved[10 + later : 70 + later] += np.float32(louder)
    assert np.abs(heard(moved) - heard(a_sound())).max() < 1e-5


def test_it_hears_sounds_that_differ_as_different() -> None:
    other = a_sound()
    other[:, 500:] -= 5.0
    assert np.abs(heard(other) - heard(a_sound())).max() > 0.1


def test_what_it_hears_is_bounded_and_a_quarter_as_fine() -> None:
    answer = heard(a_sound())
    assert answer.shape == (32, 256)
    assert np.abs(answer).max() <= 1.0


def test_a_model_without_one_says_so() -> None:
    with pytest.raises(ModelError, match="cannot hear sounds"):
        Listener(Bundle(ModelCard("deaf", "gansynth"), {}))
