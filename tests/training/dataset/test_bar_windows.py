"""Music is cut on bar lines, and nothing of it is lost."""

from __future__ import annotations

import pytest

from reverie.training.dataset.bar_windows import BarWindow, bar_windows


@pytest.mark.parametrize("bar", [5, 12, 14, 16, 24])
@pytest.mark.parametrize("window", [1, 64, 128])
def test_every_window_begins_on_a_bar_line_and_every_event_but_the_first_is_asked_for_once(
    bar: int, window: int
) -> None:
    length = 40 * bar
    windows = list(bar_windows(length, bar, window))
    assert [start % bar for start, _ in windows] == [0] * len(windows)
    # A model is asked for all events of an example but its first.
    asked = [step for start, end in windows for step in range(start + 1, end)]
    assert asked == list(range(1, length))
    assert max(end - start for start, end in windows) <= max(bar, window) + 1


def test_without_a_window_a_passage_stays_whole() -> None:
    assert list(bar_windows(1000, 14, 0)) == [BarWindow(0, 1000)]


def test_an_end_of_less_than_a_bar_is_left_out_but_a_short_passage_is_not() -> None:
    assert list(bar_windows(12 * 4 + 5, 12, 24)) == [BarWindow(0, 25), BarWindow(24, 49)]
    assert list(bar_windows(7, 12, 24)) == [BarWindow(0, 7)]
    assert list(bar_windows(0, 12, 24)) == []
