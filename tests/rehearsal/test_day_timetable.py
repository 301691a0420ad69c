"""What a day is like by hours and programme, and which parts of it are lived through."""

from __future__ import annotations

from datetime import date, time
from zoneinfo import ZoneInfo

from reverie.conductor.hours.hours_rules import HoursRules
from reverie.conductor.hours.programme import Programme, ProgrammeEntry
from reverie.rehearsal.day_timetable import Timetable
from reverie.site.hours_section import HoursSection

BERLIN = ZoneInfo("Europe/Berlin")
WEEK = {"week": {"saturday": ["10:00-18:00"], "sunday": ["10:00-12:00"]}, "zone": "Europe/Berlin"}


def timetable(programme: Programme | None = None, week: object = WEEK) -> Timetable:
    rules = HoursRules.of(HoursSection.model_validate(week)) if week else None
    return Timetable(rules, programme or Programme(()), "usual", BERLIN, lambda _: 2.0)


def test_a_day_has_what_its_hours_and_its_programme_say() -> None:
    programme = Programme(
        [ProgrammeEntry(time(0), "night"), ProgrammeEntry(time(12), None), ProgrammeEntry(time(14), "day")]
    )
    day = timetable(programme).day(date(2026, 6, 6))
    told = [(one.is_open, one.scene, (one.end - one.begin) / 3600) for one in day]
    assert told == [(False, None, 6), (True, "night", 2), (True, None, 2), (True, "day", 4), (False, None, 10)]


def test_days_on_which_the_clock_is_set_have_23_and_25_hours() -> None:
    lengths = [
        (end - begin) / 3600
        for begin, end in (timetable().bounds(day) for day in (date(2026, 3, 28), date(2026, 10, 24), date(2026, 6, 6)))
    ]
    assert lengths == [23, 25, 24]


def test_a_day_that_is_closed_has_one_silence() -> None:
    assert [(one.is_open, one.has_music) for one in timetable().day(date(2026, 6, 8))] == [(False, False)]


def test_changes_are_lived_through_with_what_makes_ready_for_them() -> None:
    table = timetable()
    day = table.day(date(2026, 6, 6))
    windows = table.windows(day, lived=300)
    minutes = [((one.begin - day[0].begin) / 60, (one.end - day[0].begin) / 60) for one in windows]
    # From 4:00; opens at 10:00 after a warm-up of 10 minutes, closes at 18:00 after an end of 3.
    assert minutes == [(0, 2), (349, 365), (836, 842)]


def test_without_hours_the_usual_scene_plays_all_day() -> None:
    assert [(one.is_open, one.scene) for one in timetable(week=None).day(date(2026, 6, 8))] == [(True, "usual")]
