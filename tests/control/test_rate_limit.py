"""Not more than so many a second; the last wins."""

from __future__ import annotations

import itertools

from hypothesis import given
from hypothesis import strategies as st

from fakes.hands import Time
from reverie.control.rate_limit import MOST, RateLimit


def test_the_first_goes_at_once_and_the_last_of_the_others_in_time() -> None:
    time, seen = Time(), list[int]()
    pace = RateLimit[str, int](0.05, seen.append, time.later, lambda: time.now)
    for value in range(10):
        pace.offer("volume", value)
    assert (seen, pace.waiting("volume")) == ([0], 9)
    time.go(0.05)
    assert (seen, pace.waiting("volume")) == ([0, 9], None)
    time.go(1)
    assert seen == [0, 9]


def test_keys_do_not_wait_for_each_other_but_there_is_an_end_to_them() -> None:
    time, seen = Time(), list[int]()
    pace = RateLimit[int, int](0.05, seen.append, time.later, lambda: time.now)
    for key in range(MOST * 2):
        pace.offer(key, key)
    assert seen == list(range(MOST))
    time.go(1)
    pace.offer(-1, -1)
    assert seen[-1] == -1


@given(st.lists(st.tuples(st.floats(0, 0.2), st.integers()), min_size=1))
def test_no_faster_than_the_interval_and_what_was_wanted_last_is_done(offers: list[tuple[float, int]]) -> None:
    time, seen = Time(), list[tuple[float, int]]()
    pace = RateLimit[str, int](0.05, lambda value: seen.append((time.now, value)), time.later, lambda: time.now)
    for wait, value in offers:
        time.go(wait)
        pace.offer("", value)
    time.go(1)
    assert seen[-1][1] == offers[-1][1]
    moments = [moment for moment, _ in seen]
    assert all(later - earlier > 0.0499 for earlier, later in itertools.pairwise(moments))
