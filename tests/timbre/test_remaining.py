"""How long a render will take yet."""

from __future__ import annotations

import pytest

from reverie.timbre.remaining import NOT_RENDERING, PAUSE, WINDOW, RemainingTime


def test_nobody_can_tell_at_once() -> None:
    left = RemainingTime(0.0)
    for second in range(5):
        left.progress(second, second / 100)
        assert left.seconds is None
    left.progress(5, 0.05)
    assert left.seconds == pytest.approx(95)
    assert NOT_RENDERING.status() == {"rendering": None, "done_in_seconds": None, "done_in": ""}


def test_the_time_that_it_is_held_does_not_count() -> None:
    left = RemainingTime(0.0)
    now = 0.0
    for second in range(100):
        now += 1.0 if second != 50 else PAUSE + 8 * 3600
        left.progress(now, second / 1000)
    assert left.seconds == pytest.approx(901, rel=0.02)


def test_a_render_that_leaps_to_where_it_was_is_not_taken_for_a_quick_one_for_long() -> None:
    left = RemainingTime(0.0)
    left.progress(0, 0.0)
    for second in range(1, int(WINDOW) + 2):
        left.progress(second, 0.5 + second / 100_000)
    assert left.seconds == pytest.approx(50_000, rel=0.02)


def test_what_does_not_move_has_no_end() -> None:
    left = RemainingTime(0.0)
    for second in range(60):
        left.progress(second, 0.2)
    assert left.seconds is None
