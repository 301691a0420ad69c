from __future__ import annotations

import pytest

from reverie.measure.piece import Piece, bars_of
from reverie.music.time import Metre


def test_the_seconds_of_bars_are_those_of_their_ticks() -> None:
    tempos = ((0, 120.0), (1920, 60.0), (2400, 90.0), (9600, 30.0))
    music = Piece("by hand", bars_of(Metre(4, 4), 8), (), (), tempos)
    assert music.bar_seconds == pytest.approx([music.second_at(bar.start) for bar in music.bars])
