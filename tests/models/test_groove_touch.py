"""The touch of a groove: drawn around what the decoder says, as unevenly as its errors were."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from reverie.models.vae.heads import Groove, StrokeDeviation

DRUMS = 9
LIKELY = 3.0


def _logits(rows: int) -> NDArray[np.float32]:
    logits = np.zeros((rows, 3 * DRUMS), np.float32)
    logits[:, :DRUMS] = LIKELY
    return logits


@pytest.mark.parametrize("temperature", [1.0, 0.25])
def test_strokes_are_as_uneven_as_the_touch_says(temperature: float) -> None:
    heads = Groove(3 * DRUMS, StrokeDeviation(velocity=12.7, offset=0.1))
    uniforms = np.random.default_rng(0).random((4000, heads.draws))
    frame = heads.say(_logits(4000), uniforms, temperature).frame
    struck = frame[:, :DRUMS] > 0.5
    velocities, offsets = frame[:, DRUMS : 2 * DRUMS][struck], frame[:, 2 * DRUMS :][struck]
    chance = 1 / (1 + np.exp(-LIKELY))
    assert velocities.mean() == pytest.approx(0.5 / chance, abs=0.005)
    assert velocities.std() == pytest.approx(0.1 * np.sqrt(temperature), rel=0.03)
    assert offsets.std() == pytest.approx(0.2 * np.sqrt(temperature), rel=0.03)
    assert abs(np.corrcoef(velocities, offsets)[0, 1]) < 0.03


def test_what_is_not_struck_has_no_touch() -> None:
    heads = Groove(3 * DRUMS, StrokeDeviation(velocity=12.7, offset=0.1))
    frame = heads.say(_logits(500), np.random.default_rng(1).random((500, heads.draws)), 1.0).frame
    silent = frame[:, :DRUMS] < 0.5
    assert silent.any()
    assert not frame[:, DRUMS : 2 * DRUMS][silent].any()
    assert not frame[:, 2 * DRUMS :][silent].any()


def test_without_touch_strokes_are_what_magenta_says() -> None:
    heads = Groove(3 * DRUMS)
    assert heads.draws == DRUMS
    frame = heads.say(_logits(3), np.random.default_rng(2).random((3, DRUMS)), 1.0).frame
    np.testing.assert_allclose(frame[:, DRUMS : 2 * DRUMS], 0.5)
    np.testing.assert_allclose(frame[:, 2 * DRUMS :], 0.0)


def test_the_hits_are_those_of_the_same_numbers_without_touch() -> None:
    uniforms = np.random.default_rng(3).random((50, 3 * DRUMS))
    with_touch = Groove(3 * DRUMS, StrokeDeviation(10.0, 0.2)).say(_logits(50), uniforms, 1.0)
    without = Groove(3 * DRUMS).say(_logits(50), uniforms[:, :DRUMS], 1.0)
    np.testing.assert_array_equal(with_touch.frame[:, :DRUMS], without.frame[:, :DRUMS])
    np.testing.assert_array_equal(with_touch.log_p, without.log_p)
