"""The whole conductor through days that open and close: what is silent, what is heard, and what is told."""

from __future__ import annotations

import logging
from datetime import UTC, time
from pathlib import Path
from typing import Any

import pytest

from fakes.conductors import Theatre
from fakes.hand_clock import HandClock
from fakes.scenes import TEXT
from fakes.simulated_day import Installation, live_through
from reverie.conductor.hours.clock_doubt import ClockDoubt
from reverie.conductor.hours.hours_rules import HoursRules
from reverie.conductor.hours.opening_hours import HoursException, OpeningHours
from reverie.conductor.hours.playlist import Playlist
from reverie.conductor.hours.programme import Programme, ProgrammeEntry
from reverie.site.days_written import WEEKDAYS, DayMark, DaySpan
from reverie.watch.happenings import (
    BarSounded,
    DoorsClosed,
    DoorsOpened,
    FaultRaised,
    Happening,
    RestBegun,
    RestEnded,
    SceneBegun,
)

PAD = """
  pad:
    kind: chords
    register: [C3, C5]
    output: {slot: main, channel: 3}
"""
DAWN = (
    TEXT.replace("name: study", "name: dawn")
    .replace("tempo: 120", "tempo: 30")
    .replace("seed: 3", 'seed: 3\nharmony: "Dm9 | G13 | C x2"')
    + PAD[1:]
)
NIGHT = DAWN.replace("name: dawn", "name: night").replace("tempo: 30", "tempo: 24")
SCENES = {"dawn": DAWN, "night": NIGHT}
BAR = 8.0
"""Seconds of a bar of dawn."""


def daily(begin: int, end: int, *exceptions: HoursException) -> HoursRules:
    """Open from one hour to another of each day, in the zone of the simulated place."""
    return HoursRules(OpeningHours([(DaySpan(begin * 60, end * 60),)] * 7, UTC, exceptions))


def lived(folder: Path, opening: HoursRules, begin: str, hours: float, **options: Any) -> Installation:
    programme = options.pop("programme", Programme(()))
    return live_through(folder, SCENES, programme, f"2026-11-28 {begin}", hours, opening=opening, **options)


def line(day: Installation) -> list[str]:
    words: dict[type[Happening], str] = {
        DoorsOpened: "opened",
        DoorsClosed: "closed",
        SceneBegun: "scene",
        RestBegun: "rest",
        RestEnded: "rest over",
        FaultRaised: "fault",
    }
    return [
        f"{day.clock(one)} {words[type(one)]}{f' {one.scene.name}' if isinstance(one, SceneBegun) else ''}"
        for one in day.happened
        if type(one) in words
    ]


def bars_from(day: Installation, clock: str, minutes: float) -> list[BarSounded]:
    """The bars that began in so many minutes from a time on."""
    begin = day.day.until(clock)
    return [one for one in day.told(BarSounded) if begin <= one.at.now - one.bar.seconds < begin + minutes * 60]


def sounding(said: BarSounded) -> set[str]:
    return set() if said.bar.resting else {name for name, notes in said.bar.notes.items() if notes}


def test_a_day_of_a_museum(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    day = lived(tmp_path, daily(10, 11), "09:45", 1.3)
    assert line(day) == [
        "09:45 scene dawn",
        "09:45 closed",
        "09:50 scene dawn",  # the warm-up, unheard
        "10:00 scene dawn",
        "10:00 opened",
        "11:00 closed",
    ]
    heard = [day.clock(one) for one in day.told(BarSounded) if one.bar.sent]
    assert (heard[0], heard[-1]) in {("10:00", "10:59"), ("10:00", "11:00")}
    assert day.conductor.alive().ok
    assert "Closed until 10:00" in day.conductor.summary().sentence
    assert {line for line in day.notifier.lines if not line.startswith("STATUS=")} == {
        "READY=1",
        "WATCHDOG=1",
        "STOPPING=1",
    }


def test_it_opens_voice_by_voice(tmp_path: Path) -> None:
    day = lived(tmp_path, daily(10, 20), "09:58", 0.12)
    bars = [sounding(one) for one in bars_from(day, "10:00", 4)]
    first = [now for now in bars if now]
    assert first[0] == {"pad"}, "the harmony comes first"
    there = [next(bar for bar, now in enumerate(first) if name in now) for name in ("pad", "lead", "beat")]
    assert there == sorted(there)
    assert there[-1] * BAR > 60, "it takes a while until all are there"


def test_it_closes_with_fewer_notes_and_a_fade_and_on_a_bar_line(tmp_path: Path) -> None:
    day = lived(tmp_path, daily(8, 10), "09:50", 0.25)
    last = [one for one in bars_from(day, "09:50", 15) if not one.bar.resting]
    notes = [sum(one.bar.notes.values()) for one in last]
    minute = round(60 / BAR)
    assert sum(notes[-minute:]) < sum(notes[2 * minute : 3 * minute]) / 2
    assert [sounding(one) for one in last[-8:-1]] == [{"pad"}] * 7, "in the fade nobody leaves any more"
    assert day.told(DoorsClosed)
    closed = day.told(DoorsClosed)[0].at.now - day.day.until("10:00")
    assert abs(closed) <= 2 * BAR
    assert not [one for one in day.told(BarSounded) if one.bar.dropped]


@pytest.mark.parametrize("incident", ["scene", "dream", "player", "file"])
def test_whatever_happens_while_it_closes_it_still_ends(tmp_path: Path, incident: str) -> None:
    acts: dict[str, Any] = {
        "scene": lambda day: day.conductor.play_scene("night"),
        "dream": lambda day: day.conductor.panic(),
        "player": lambda day: day.player.die("It was killed."),
        "file": lambda day: day.conductor.files_changed(
            {tmp_path / "scenes" / "dawn.yaml"}
            if (tmp_path / "scenes" / "dawn.yaml").write_text(DAWN.replace("velocity: [50", "velocity: [40"))
            else set()
        ),
    }
    day = lived(tmp_path, daily(8, 10), "09:50", 0.25, incidents=[("09:58", acts[incident])])
    heard = [one for one in day.told(BarSounded) if sounding(one)]
    assert abs(heard[-1].at.now - day.day.until("10:00")) <= 3 * BAR
    assert sounding(heard[-1]) == {"pad"}
    assert day.told(BarSounded)[-1].bar.resting
    assert [one for one in line(day) if "closed" in one] == ["10:00 closed"]


def test_closed_goes_before_the_programme_whatever_that_wants(tmp_path: Path) -> None:
    programme = Programme(
        [ProgrammeEntry(time(9), "dawn"), ProgrammeEntry(time(10, 30), "night"), ProgrammeEntry(time(11, 10), "dawn")]
    )
    day = lived(tmp_path, daily(10, 11), "09:55", 1.3, programme=programme)
    assert [one for one in line(day) if not one.startswith("09")] == [
        "10:00 scene dawn",
        "10:00 opened",
        "10:30 scene night",
        "11:00 closed",
    ]


def test_a_rest_of_the_programme_stays_one_when_it_opens(tmp_path: Path) -> None:
    programme = Programme([ProgrammeEntry(time(8), None), ProgrammeEntry(time(11), "night")])
    day = lived(tmp_path, daily(10, 20), "09:55", 1.2, programme=programme)
    heard = [day.clock(one) for one in day.told(BarSounded) if one.bar.sent]
    assert heard[0] == "11:00"
    assert "10:00 opened" in line(day)


def test_one_that_a_person_names_plays_though_it_is_closed(tmp_path: Path) -> None:
    theatre = Theatre(tmp_path, SCENES, clock=HandClock("2026-11-28 09:00"), hours=daily(10, 20))
    theatre.begin("night")
    theatre.conductor.look()
    assert not theatre.conductor._course.resting
    theatre.clock.go(3600)
    theatre.conductor.look()
    assert not theatre.conductor._course.resting


def theatre_at(folder: Path, clock: str, opening: HoursRules) -> Theatre:
    theatre = Theatre(folder, SCENES, clock=HandClock(clock), hours=opening)
    theatre.begin()
    return theatre


def test_a_clock_that_is_set_opens_and_closes_at_once(tmp_path: Path) -> None:
    theatre = theatre_at(tmp_path, "2026-11-28 09:00", daily(10, 20))
    course = theatre.conductor._course
    assert course.closed
    theatre.clock.set_wall(2 * 3600)
    theatre.conductor.look()
    assert not course.closed
    theatre.clock.set_wall(12 * 3600)
    theatre.conductor.look()
    theatre.clock.go(121)
    theatre.conductor.look()
    assert course.closed, "two minutes late at most, even if no bar goes by"


@pytest.mark.parametrize(("clock", "closed"), [("2026-11-28 09:00", True), ("2001-01-01 09:00", False)])
def test_a_date_that_cannot_be_true_silences_nothing_and_is_told(tmp_path: Path, clock: str, *, closed: bool) -> None:
    theatre = theatre_at(tmp_path, clock, daily(10, 20))
    theatre.conductor.day.doors._doubt = ClockDoubt(tmp_path / "none", tmp_path / "none").of
    theatre.clock.go(60)
    theatre.conductor.look()
    assert theatre.conductor._course.closed is closed
    assert ("clock-doubtful" in theatre.faults) is not closed


def give_site(theatre: Theatre, text: str) -> str:
    theatre.conductor.config.configuration.write_text(text)
    return theatre.conductor.reload().sentence


async def test_a_scene_that_the_site_was_given_while_it_was_closed_was_not_the_one_made_ready(tmp_path: Path) -> None:
    theatre = theatre_at(tmp_path, "2026-11-28 09:00", daily(10, 20))
    assert theatre.conductor.playing == "dawn"
    week = ", ".join(f'{day}: ["10:00-20:00"]' for day in WEEKDAYS)
    said = give_site(theatre, f"scene: night\nhours: {{zone: UTC, warm_up: 10, week: {{{week}}}}}\n")
    assert "Taken over from the configuration: scene, hours" in said
    theatre.clock.go(3000)
    theatre.conductor.look()
    assert theatre.conductor.day.course.warm_up.begun
    assert theatre.conductor.playing == "night"


@pytest.mark.parametrize("drawn", [False, True], ids=["a scene", "a playlist"])
async def test_the_scene_of_the_night_was_made_ready_where_another_is_due_at_the_opening(
    tmp_path: Path, *, drawn: bool
) -> None:
    lists = {"day": Playlist("day", (("dawn", 1.0),), 600.0)} if drawn else {}
    day = ProgrammeEntry(time(10), None, playlist="day") if drawn else ProgrammeEntry(time(10), "dawn")
    programme = Programme([ProgrammeEntry(time(8), "night"), day], lists)
    theatre = Theatre(tmp_path, SCENES, clock=HandClock("2026-11-28 09:00"), hours=daily(10, 20), programme=programme)
    theatre.begin()
    assert theatre.conductor.playing == "night"
    theatre.clock.go(3000)
    theatre.conductor.look()
    assert theatre.conductor.day.course.warm_up.begun
    assert theatre.conductor.playing == "dawn"


@pytest.mark.parametrize("entry", ["null", "night"])
async def test_what_was_taken_out_of_the_programme_and_put_back_was_ignored(tmp_path: Path, entry: str) -> None:
    theatre = Theatre(tmp_path, SCENES, clock=HandClock("2026-11-28 09:00"))
    theatre.begin()
    programme = f'programme: [{{at: "08:00", scene: {entry}}}]\n'

    def given(text: str) -> tuple[bool, str | None]:
        give_site(theatre, f"scene: dawn\n{text}")
        theatre.conductor.look()
        return theatre.conductor._course.resting, theatre.conductor.playing

    wanted = given(programme)
    assert wanted == ((True, "dawn") if entry == "null" else (False, "night"))
    assert not given("")[0]
    theatre.conductor.play_scene("dawn")
    assert given(programme) == wanted


def test_status_page_and_metrics_say_when_it_opens(tmp_path: Path) -> None:
    until = HoursException(DayMark(11, 28, 2026), DayMark(11, 30, 2026), (), "Works")
    theatre = theatre_at(tmp_path, "2026-11-28 12:00", daily(10, 20, until))
    hours = theatre.status["hours"]
    assert (hours["open"], hours["silent"], hours["reason"]) == (False, True, "Works")
    assert hours["until"] == "2026-12-01T10:00:00+00:00"
    assert "reverie_open 0.0" in theatre.metrics
    assert "reverie_next_change_timestamp 1.7961192e+09" in theatre.metrics
    assert theatre.conductor._course.sentence(None) == "Closed until 10:00 on 2026-12-01 (Works)"


def test_without_hours_it_is_always_open(tmp_path: Path) -> None:
    theatre = Theatre(tmp_path, SCENES, clock=HandClock("2026-11-28 03:00"))
    theatre.begin()
    theatre.conductor.look()
    assert theatre.status["hours"] is None
    assert not theatre.conductor._course.resting
    assert "reverie_open 1.0" in theatre.metrics
    assert "reverie_next_change_timestamp 0.0" in theatre.metrics
