"""Levels are those of a meter: full scale is 0 dBFS, a channel that is silent hides none that sounds."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from reverie.meter.sound_levels import BLOCK, QUIETEST, LevelBlocks, level_of

RATE = 8000


def sine(seconds: float, amplitude: float, offset: float = 0.0) -> NDArray[np.float32]:
    times = np.arange(round(seconds * RATE)) / RATE
    return (offset + amplitude * np.sin(2 * np.pi * 440 * times)).astype(np.float32).reshape(-1, 1)


def test_a_sine_of_full_scale_is_three_decibels_below_a_square_wave() -> None:
    assert level_of(sine(1.0, 1.0)) == pytest.approx(-3.01, abs=0.05)
    assert level_of(sine(1.0, 0.01)) == pytest.approx(-43.01, abs=0.05)


def test_silence_nothing_and_an_offset_are_no_sound() -> None:
    for silent in (np.zeros((800, 2), np.float32), np.zeros((0, 2), np.float32), np.full((800, 1), 0.5, np.float32)):
        assert level_of(silent) == QUIETEST
    assert level_of(np.full((800, 1), np.nan, np.float32)) == QUIETEST


def test_the_louder_channel_counts_even_where_both_cancel_each_other() -> None:
    tone = sine(1.0, 0.1)
    assert level_of(np.hstack([tone, -tone])) == pytest.approx(level_of(tone))
    assert level_of(np.hstack([np.zeros_like(tone), tone])) == pytest.approx(level_of(tone))


def test_blocks_are_the_same_in_whatever_pieces_the_sound_comes() -> None:
    sound = np.concatenate([sine(0.5, 0.5), sine(0.5, 0.005)])
    whole = [level for _, level in LevelBlocks(RATE, 1).take(sound, 1.0)]
    assert len(whole) == round(1.0 / BLOCK)
    blocks, pieces = LevelBlocks(RATE, 1), []
    for piece in np.array_split(sound, 37):
        pieces += [level for _, level in blocks.take(piece, 1.0)]
    assert pieces == pytest.approx(whole)
    assert whole[0] - whole[-1] == pytest.approx(40.0, abs=0.1)


def test_a_block_is_as_old_as_what_came_after_it() -> None:
    begun = [at for at, _ in LevelBlocks(RATE, 1).take(sine(0.35, 0.1), 100.0)]
    assert begun == pytest.approx([99.65, 99.75, 99.85])
