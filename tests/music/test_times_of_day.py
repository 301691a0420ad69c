"""Times of day as people write them."""

from __future__ import annotations

import pytest

from reverie.music.durations import parse_time_of_day


@pytest.mark.parametrize(("written", "seconds"), [("00:00", 0.0), ("6:30", 23_400.0), ("23:59", 86_340.0)])
def test_a_time_is_seconds_since_midnight(written: str, seconds: float) -> None:
    assert parse_time_of_day(written) == seconds


@pytest.mark.parametrize("written", ["24:00", "6", "6:5", "06:60", "noon", ""])
def test_what_is_no_time_is_refused(written: str) -> None:
    with pytest.raises(ValueError, match='a time of day is written like "06:00"'):
        parse_time_of_day(written)
