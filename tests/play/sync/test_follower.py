"""The follower of a MIDI clock against leaders whose true place is known."""

from __future__ import annotations

import math
import statistics
from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from fakes.clocks import SimulatedClock
from reverie.play.sync.follower import CLOCK, CONTINUE, JUMPS, SONG_POSITION, START, STOP, ClockFollower

PERIOD = 64 / 48_000  # seconds of a JACK period of 64 frames, the jitter of what goes through it
SETTLED = 48  # pulses, two quarters


def steady(qpm: float, **troubles: float) -> SimulatedClock:
    clock = SimulatedClock(ClockFollower(), lambda _: qpm, **troubles)  # pyright: ignore[reportArgumentType]
    clock.start()
    return clock


@pytest.mark.parametrize("qpm", [40, 90, 125, 200])
def test_jitter_is_filtered(qpm: float) -> None:
    clock = steady(qpm, jitter=PERIOD, seed=int(qpm))
    errors = [error for error in list(clock.errors(4000))[SETTLED:] if error is not None]
    assert len(errors) == 4000 - SETTLED
    assert statistics.fmean(map(abs, errors)) < PERIOD / 5
    assert max(map(abs, errors)) < PERIOD
    assert clock.follower.qpm == pytest.approx(qpm, rel=2e-3)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize(("lost", "doubled"), [(0.02, 0), (0, 0.02), (0.01, 0.01)])
def test_lost_and_doubled_pulses_do_not_shift_the_bar(lost: float, doubled: float, seed: int) -> None:
    clock = steady(120, jitter=PERIOD, lost=lost, doubled=doubled, seed=seed)
    errors = [error for error in list(clock.errors(3000))[SETTLED:] if error is not None]
    assert max(map(abs, errors)) < 1.5 * PERIOD
    position = clock.follower.position(clock.time)
    assert position is not None
    assert position.bars


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize(
    ("before", "after", "within"),
    [(90, 140, JUMPS), (140, 90, JUMPS), (60, 120, JUMPS), (120, 60, JUMPS), (120, 100, 8), (120, 124, 24)],
)
def test_another_tempo_is_followed_within_pulses(before: float, after: float, within: int, seed: int) -> None:
    clock = SimulatedClock(ClockFollower(), lambda pulse: before if pulse < 500 else after, jitter=PERIOD, seed=seed)
    clock.start()
    errors = list(clock.errors(1500))[500:]
    assert all(error is not None and abs(error) < 1.5 * PERIOD for error in errors[within:])


def test_a_tempo_that_drifts_is_followed() -> None:
    clock = SimulatedClock(ClockFollower(), lambda pulse: 120 + 20 * min(pulse / 768, 1), jitter=PERIOD)
    clock.start()
    assert all(error is not None and abs(error) < 2 * PERIOD for error in list(clock.errors(1500))[SETTLED:])


def test_a_leader_that_falls_silent_leaves_nobody_to_follow() -> None:
    clock = steady(120)
    list(clock.errors(100))
    assert clock.follower.position(clock.time + 0.3) is not None
    assert clock.follower.position(clock.time + 0.7) is None


def test_pulses_that_were_missed_for_a_moment_are_counted_by_the_tempo() -> None:
    clock = steady(120)
    list(clock.errors(480))
    clock.time += 96 * 60 / 120 / 24  # a bar that nobody heard
    errors = list(clock.errors(100, first=576))
    assert errors[0] is None
    assert all(error == pytest.approx(0, abs=1e-6) for error in errors[1:])


def test_after_a_long_silence_the_bar_is_not_known() -> None:
    clock = steady(120)
    list(clock.errors(480))
    clock.time += 60
    list(clock.errors(100))
    position = clock.follower.position(clock.time)
    assert position is not None
    assert not position.bars


def test_without_a_start_there_is_a_tempo_but_no_bar() -> None:
    clock = SimulatedClock(ClockFollower(), lambda _: 100.0)
    errors = list(clock.errors(100))
    position = clock.follower.position(clock.time)
    assert errors[:JUMPS] == [None] * JUMPS
    assert None not in errors[JUMPS:]
    assert position is not None
    assert not position.bars
    assert clock.follower.playing is None


def test_a_start_is_a_bar_line_wherever_it_comes() -> None:
    clock = steady(120)
    list(clock.errors(101))
    clock.start()
    errors = list(clock.errors(200))
    assert all(error == pytest.approx(0, abs=1e-6) for error in errors)
    assert clock.follower.playing


def test_a_start_beside_the_old_grid_begins_another() -> None:
    clock = steady(120)
    list(clock.errors(101))
    clock.time += 0.009
    clock.start()
    assert all(error == pytest.approx(0, abs=1e-6) for error in clock.errors(200))


def test_continue_goes_on_where_stop_was() -> None:
    clock = steady(120)
    list(clock.errors(30))
    clock.stop()
    assert clock.follower.playing is False
    list(clock.errors(17, first=30))  # many leaders send pulses while they stand
    clock.go_on()
    assert all(error == pytest.approx(0, abs=1e-6) for error in clock.errors(50, first=30))
    assert clock.follower.playing


def test_a_song_position_says_where_it_goes_on() -> None:
    clock = steady(120)
    list(clock.errors(30))
    clock.stop()
    sixteenths = 200
    clock.follower.hear(clock.time, bytes((SONG_POSITION, sixteenths & 0x7F, sixteenths >> 7)))
    clock.time += 3.0
    clock.go_on()
    assert all(error == pytest.approx(0, abs=1e-6) for error in clock.errors(50, first=sixteenths * 6))


MESSAGES = st.sampled_from(
    [bytes((CLOCK,))] * 12
    + [bytes((status,)) for status in (START, CONTINUE, STOP)]
    + [b"", b"\x90\x40\x40", bytes((SONG_POSITION, 127, 127)), bytes((SONG_POSITION, 3))]
)
STEPS = st.floats(0, 0.2) | st.floats(0.019, 0.022) | st.floats(0, 1e6) | st.just(0.0)


@given(st.lists(st.tuples(STEPS, MESSAGES), max_size=80))
@example([(0.0, b"\xf8")] * 20)
def test_whatever_is_heard_the_place_is_a_number_and_moves_forward(heard: list[tuple[float, bytes]]) -> None:
    follower, now = ClockFollower(), 0.0
    for step, message in heard:
        now += step
        follower.hear(now, message)
        places = [follower.position(now + later) for later in (0.0, 0.1, 0.2)]
        known = [place for place in places if place is not None]
        assert all(math.isfinite(place.tick) and 1 / 4000 < place.seconds_per_tick < 1 / 100 for place in known)
        assert all(earlier.tick < later.tick for earlier, later in pairwise(known))
