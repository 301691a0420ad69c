"""How far another clock is ahead."""

from __future__ import annotations

import random

import pytest

from reverie.room.clock_offset import ClockOffset


def asked(clock: ClockOffset, moment: float, ahead: float, there: float, back: float) -> None:
    clock.learn(moment, moment + there + ahead, moment + there + ahead, moment + there + back)


def test_equal_ways_leave_no_error() -> None:
    clock = ClockOffset()
    asked(clock, 10.0, 123.4, 0.02, 0.02)
    assert clock.known is not None
    assert clock.known.offset == pytest.approx(123.4)


def test_an_answer_that_waited_moves_nothing() -> None:
    clock = ClockOffset()
    asked(clock, 10.0, 5.0, 0.001, 0.001)
    for second in range(11, 20):
        asked(clock, float(second), 5.0, 0.001, 0.080)
    assert clock.known is not None
    assert clock.known.offset == pytest.approx(5.0)


def test_a_way_that_became_longer_is_believed_in_the_end() -> None:
    """The best exchange of long ago does not count for ever, since clocks drift."""
    clock = ClockOffset()
    asked(clock, 0.0, 0.0, 0.001, 0.001)
    for turn in range(1, 200):
        asked(clock, 0.5 * turn, 50e-6 * 0.5 * turn, 0.002, 0.002)
    assert clock.known is not None
    assert clock.known.offset == pytest.approx(50e-6 * 99.5, abs=1e-3)
    assert clock.known.moment > 80


def test_jitter_of_milliseconds_leaves_less_than_one() -> None:
    draw, clock, errors = random.Random(1), ClockOffset(), list[float]()
    for turn in range(600):
        now = 0.5 * turn
        ahead = 7.0 + 50e-6 * now
        asked(clock, now, ahead, draw.expovariate(200), draw.expovariate(200))
        if turn > 32 and clock.known:
            errors.append(abs(clock.known.offset - ahead))
            assert errors[-1] <= 2 * clock.known.error(now)
    errors.sort()
    assert errors[len(errors) // 2] < 0.001
    assert errors[-1] < 0.002


def test_an_exchange_that_cannot_have_been_is_left_out() -> None:
    clock = ClockOffset()
    clock.learn(10.0, 20.0, 22.0, 11.0)
    assert clock.known is None
