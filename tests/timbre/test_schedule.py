"""Which step of a path is due: by time played or by the clock of the room, and never with a leap."""

from __future__ import annotations

import datetime as dt
import itertools
import json
import time
from collections.abc import Callable, Iterator
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reverie.scenes.timbre import Timbre
from reverie.timbre.schedule import PathProgress, begun, later, next_in

BERLIN = ZoneInfo("Europe/Berlin")
NOON = dt.datetime(2026, 6, 1, 12, tzinfo=BERLIN)

TIMES = st.integers(1_735_689_600, 1_830_297_600).map(lambda seconds: dt.datetime.fromtimestamp(seconds, tz=BERLIN))
"""Any second of 2025 to 2027."""


def timbre(pace: Any = "10 min", path: Any = None, **more: Any) -> Timbre:
    return Timbre.model_validate(
        {
            "sources": {"flute": "flute.wav", "cat": "cat.wav"},
            "path": path or {"kind": "there_and_back", "steps": 5},
            "pace": pace,
            **more,
        }
    )


NIGHTLY = timbre({"steps_a_night": 8, "hours": ["20:00", "04:00"]})
LINE = timbre({"steps_a_night": 8, "hours": ["20:00", "04:00"]}, {"kind": "line", "steps": 8})


def berlin(month: int, day: int, hour: int, minute: int = 0) -> dt.datetime:
    return dt.datetime(2026, month, day, hour, minute, tzinfo=BERLIN)


def walk_through(of: Timbre, begin: dt.datetime, minutes: int, hours: float) -> list[tuple[dt.datetime, int]]:
    """The steps as they become due, looked at every so many minutes of time that really passes."""
    progress, seen = PathProgress(), list[tuple[dt.datetime, int]]()
    for number in range(int(hours * 60 / minutes)):
        now = dt.datetime.fromtimestamp(begin.timestamp() + 60 * minutes * number, tz=begin.tzinfo)
        progress = later(progress, of, 0.0, now)
        if not seen or progress.step != seen[-1][1]:
            seen.append((now, progress.step))
    return seen


@pytest.mark.parametrize("look", [1.0, 60.0, 70.0])
def test_a_step_is_due_each_time_that_the_scene_has_played_so_long(look: float) -> None:
    of, progress, steps = timbre("10 min"), PathProgress(), list[int]()
    for _ in range(round(3600 / look)):
        progress = later(progress, of, look, NOON)
        steps.append(progress.step)
    assert steps == [look * number // 600 for number in range(1, len(steps) + 1)]


def test_time_that_is_not_played_does_not_count() -> None:
    progress = later(PathProgress(3, 590.0), timbre("10 min"), 0.0, NOON + dt.timedelta(days=100))
    assert progress == PathProgress(3, 590.0)
    assert next_in(progress, timbre("10 min").pace, NOON) == 10.0


@given(st.lists(st.floats(-1e7, 1e7), max_size=30))
def test_however_time_goes_one_look_is_one_step_at_most(passed: list[float]) -> None:
    of, progress = timbre("10 min"), PathProgress()
    for seconds in passed:
        after = later(progress, of, seconds, NOON)
        assert after.step - progress.step in {0, 1}
        assert 0 <= after.played < 600
        assert 0 < next_in(after, of.pace, NOON) <= 600
        progress = after


def test_the_steps_of_a_night_are_spread_over_it_evenly() -> None:
    seen = walk_through(NIGHTLY, berlin(6, 1, 18), 10, 24)
    assert seen == [(berlin(6, 1, 18), 0), *((berlin(6, 1, 20) + dt.timedelta(hours=n), n) for n in range(1, 8))]


def test_the_next_night_goes_on_with_the_next_step() -> None:
    steps = [step for _, step in walk_through(NIGHTLY, berlin(6, 1, 18), 10, 24 * 3)]
    assert steps == list(range(24))


def test_a_line_begins_anew_with_each_night() -> None:
    steps = [step for _, step in walk_through(LINE, berlin(6, 1, 18), 10, 24 * 2)]
    assert steps == [*range(8), *range(8)]


@pytest.mark.parametrize(
    ("evening", "hours"),
    [(berlin(3, 28, 20), 7), (berlin(10, 24, 20), 9), (berlin(6, 1, 20), 8)],
    ids=["spring", "autumn", "summer"],
)
def test_a_night_that_summer_time_cuts_or_stretches_has_all_its_steps(evening: dt.datetime, hours: int) -> None:
    seen = walk_through(NIGHTLY, evening, 1, 12)
    assert [step for _, step in seen] == list(range(8))
    times = [moment.timestamp() for moment, _ in seen]
    gaps = [(after - before) / 3600 for before, after in itertools.pairwise(times)]
    assert gaps == pytest.approx([hours / 8] * 7, abs=1 / 59)


def test_opening_hours_of_a_day_are_a_night_too() -> None:
    of = timbre({"steps_a_night": 4, "hours": ["10:00", "18:00"]})
    seen = walk_through(of, berlin(6, 1, 0), 10, 24)
    assert [(moment.hour, step) for moment, step in seen] == [(0, 0), (12, 1), (14, 2), (16, 3)]


def test_the_same_hour_twice_is_all_day_long() -> None:
    of = timbre({"steps_a_night": 24, "hours": ["06:00", "06:00"]})
    assert [step for _, step in walk_through(of, berlin(6, 1, 6), 10, 48)] == list(range(48))


def test_a_box_that_was_off_goes_on_with_the_next_step_and_does_not_leap() -> None:
    before = later(PathProgress(), NIGHTLY, 0.0, berlin(6, 1, 20))
    after = later(before, NIGHTLY, 0.0, berlin(6, 2, 2, 30))
    assert (before.step, after.step) == (0, 1)
    assert later(after, NIGHTLY, 0.0, berlin(6, 2, 2, 59)).step == 1
    assert later(after, NIGHTLY, 0.0, berlin(6, 2, 3)).step == 2


def test_a_clock_that_was_a_year_ahead_does_not_stop_the_morph() -> None:
    wrong = later(PathProgress(step=4), NIGHTLY, 0.0, berlin(6, 1, 23).replace(year=2027))
    right = later(wrong, NIGHTLY, 0.0, berlin(6, 1, 21))
    assert (wrong.step, right.step) == (4, 5)
    assert later(right, NIGHTLY, 0.0, berlin(6, 1, 22)).step == 6


def test_a_clock_that_is_set_back_within_a_night_takes_no_step_back() -> None:
    late = later(later(PathProgress(), NIGHTLY, 0.0, berlin(6, 1, 20)), NIGHTLY, 0.0, berlin(6, 1, 23))
    back = later(late, NIGHTLY, 0.0, berlin(6, 1, 21))
    assert (late.step, back.step) == (1, 1)
    assert later(back, NIGHTLY, 0.0, berlin(6, 1, 22)).step == 2


@given(st.lists(TIMES, max_size=40))
def test_whatever_the_clock_says_one_look_is_one_step_at_most(times: list[dt.datetime]) -> None:
    progress = PathProgress()
    for now in times:
        after = later(progress, NIGHTLY, 0.0, now)
        assert after.step - progress.step in {0, 1}
        progress = after


@given(TIMES)
def test_what_is_due_next_is_not_due_before_it_and_is_after(now: dt.datetime) -> None:
    progress = later(PathProgress(), NIGHTLY, 0.0, now)
    wait = next_in(progress, NIGHTLY.pace, now)
    due = now.timestamp() + wait
    before, after = (dt.datetime.fromtimestamp(moment, tz=BERLIN) for moment in (due - 1, due + 1))
    assert 0 <= wait <= 17 * 3600
    if wait > 1:
        assert later(progress, NIGHTLY, 0.0, before).step == progress.step
    changed = later(progress, NIGHTLY, 0.0, after)
    assert changed.step == progress.step + 1 or progress.night is None


def test_the_time_of_the_room_may_come_without_its_zone() -> None:
    naive = dt.datetime(2026, 6, 1, 21)  # noqa: DTZ001 - as the room's clock gives it
    progress = later(later(PathProgress(), NIGHTLY, 0.0, naive), NIGHTLY, 0.0, naive + dt.timedelta(hours=1))
    assert progress.step == 1
    assert next_in(progress, NIGHTLY.pace, naive + dt.timedelta(hours=1)) == pytest.approx(3600)


def test_a_line_begins_anew_as_its_scene_does_and_other_paths_go_on() -> None:
    far = PathProgress(9, 30.0)
    assert begun(far, LINE.path) == PathProgress()
    assert begun(far, NIGHTLY.path) == far


def test_progress_lasts_as_json_and_nonsense_is_none() -> None:
    progress = PathProgress(7, 12.5, 739_000, 3)
    assert PathProgress.from_json(json.loads(json.dumps(progress.as_json()))) == progress
    for wrong in ({"step": -1}, {"played": float("nan")}, {"played": -1.0}, {"night": "today"}, {"part": -1}):
        with pytest.raises(ValueError, match="no progress"):
            PathProgress.from_json({**progress.as_json(), **wrong})


ZONES = {
    "Europe/Berlin": [dt.date(2026, 3, 28), dt.date(2026, 10, 24)],
    "America/New_York": [dt.date(2026, 3, 7), dt.date(2026, 10, 31)],
    "Australia/Lord_Howe": [dt.date(2026, 4, 4), dt.date(2026, 10, 3)],
    "Pacific/Apia": [dt.date(2011, 12, 28), dt.date(2011, 12, 29)],
    "Africa/Casablanca": [dt.date(2026, 2, 14), dt.date(2026, 3, 21)],
    "UTC": [dt.date(2026, 3, 28)],
}
"""The evenings before clocks were or are set; Apia left out a whole day, Lord Howe sets them by half an hour."""


@pytest.fixture
def zone(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[ZoneInfo]:
    """The system's zone, for a while."""
    monkeypatch.setenv("TZ", request.param)
    time.tzset()
    yield ZoneInfo(request.param)
    monkeypatch.undo()
    time.tzset()


@pytest.mark.parametrize("steps", [10, 60])
@pytest.mark.parametrize("clock", ["naive", "offset", "zone"])
@pytest.mark.parametrize("zone", ZONES, indirect=True)
def test_every_night_has_its_steps_whatever_is_done_to_clocks(zone: ZoneInfo, clock: str, steps: int) -> None:
    of = timbre({"steps_a_night": steps, "hours": ["20:00", "06:00"]}, {"kind": "random_walk", "stride": 0.1})
    rooms: dict[str, Callable[[float], dt.datetime]] = {
        "naive": dt.datetime.fromtimestamp,
        "offset": lambda seconds: dt.datetime.fromtimestamp(seconds).astimezone(),
        "zone": lambda seconds: dt.datetime.fromtimestamp(seconds, zone),
    }
    room = rooms[clock]
    for day in ZONES[str(zone)]:
        begin = dt.datetime.combine(day, dt.time(12), zone).timestamp()
        noons = [begin + 24 * 3600 * number for number in range(3)]
        progress = later(PathProgress(), of, 0.0, room(begin - 15 * 3600))  # in the night before
        for noon, end in itertools.pairwise(noons):
            first, moment = progress.step, noon
            marks = list[float]()
            while moment < end:
                after = later(progress, of, 0.0, room(moment))
                assert after.step - progress.step in {0, 1}
                assert next_in(after, of.pace, room(moment)) >= 0
                marks += [moment] if after.step != progress.step else []
                progress = after
                moment += 150
            nights = (progress.step - first) / steps
            assert nights == (0 if str(zone) == "Pacific/Apia" and not marks else 1)
            gaps = [after - before for before, after in itertools.pairwise(marks)]
            assert max(gaps, default=0) - min(gaps, default=0) <= 150


@pytest.mark.parametrize("zone", ["Europe/Berlin", "Australia/Lord_Howe"], indirect=True)
@pytest.mark.parametrize("hours", [["02:00", "02:30"], ["02:10", "02:20"], ["02:15", "02:45"], ["02:30", "02:30"]])
def test_a_night_that_lies_where_clocks_are_set_is_never_divided_by_nothing(zone: ZoneInfo, hours: list[str]) -> None:
    of, progress = timbre({"steps_a_night": 10, "hours": hours}), PathProgress()
    for day in ZONES[str(zone)]:
        moment = dt.datetime.combine(day, dt.time(12), zone).timestamp()
        for _ in range(24 * 12):
            now = dt.datetime.fromtimestamp(moment)  # noqa: DTZ006 - the system's zone is meant
            after = later(progress, of, 0.0, now)
            assert after.step - progress.step in {0, 1}
            assert 0 <= next_in(after, of.pace, now) < 2 * 24 * 3600 + 3600
            progress = after
            moment += 300
