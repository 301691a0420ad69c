"""Quiet hours, and rooms in which nobody is: the music is held back, and comes back."""

from __future__ import annotations

import asyncio
import shutil
from dataclasses import replace
from datetime import UTC, datetime, time
from pathlib import Path

import pytest

from fakes.conductors import Theatre
from fakes.hand_clock import HandClock
from fakes.scenes import TEXT
from reverie.conductor.care.sound_watch import SOFTEST, SoundWatch
from reverie.conductor.hours.opening_hours import OpeningHours
from reverie.conductor.hours.presence_sense import PresenceRules, PresenceSense
from reverie.conductor.hours.quiet_hours import QuietSpan, Restraint, restraint_at
from reverie.conductor.hours.sensor_file import SensorFile
from reverie.play.messages import Rest, SetOverrides, ToPlayer
from reverie.processes.codec import from_message
from reverie.site.actions import Action
from reverie.site.days_written import DaySpan
from reverie.site.load import load_site
from reverie.site.schema import Site
from reverie.watch.faults import Faults

PAD = """
  pad:
    kind: chords
    register: [C3, C5]
    output: {slot: main, channel: 3}
"""
STUDY = TEXT.replace("seed: 3", 'seed: 3\nharmony: "Dm9 | G13 | C x2"') + PAD[1:]


def at(written: str) -> datetime:
    return datetime.fromisoformat(written)


def test_quiet_hours_go_over_midnight_and_count_from_the_day_on_which_they_begin() -> None:
    night = QuietSpan(time(22), time(8), Restraint(0.4, 0.5, why="neighbours"))
    sunday = QuietSpan(time(20), time(2), Restraint(0.8, why="concert"), frozenset({6}))
    quiet = {
        moment: restraint_at((night, sunday), at(moment))
        for moment in (
            "2026-11-29 19:59",
            "2026-11-29 20:00",
            "2026-11-29 23:00",
            "2026-11-30 01:00",
            "2026-12-01 01:00",
        )
    }
    assert [(one.volume, one.density, one.why) for one in quiet.values()] == [
        (1.0, 1.0, ""),
        (0.8, 1.0, "concert"),
        (0.4, 0.5, "neighbours; concert"),
        (0.4, 0.5, "neighbours; concert"),
        (0.4, 0.5, "neighbours"),
    ]


def sensed(sense: PresenceSense, *moments: float, is_open: bool = True) -> list[str]:
    return [sense.look(moment, is_open=is_open) for moment in moments]


def test_nobody_is_there_after_a_while_without_a_word_and_somebody_at_once() -> None:
    sense = PresenceSense(PresenceRules(away=600, lost=36_000), 0.0)
    assert sensed(sense, 599, 600, 5000) == ["here", "away", "away"]
    sense.heard(there=True)
    assert sensed(sense, 5001, 5599, 5600) == ["here", "here", "away"]


def test_a_sensor_that_holds_says_it_once() -> None:
    sense = PresenceSense(PresenceRules(away=600, lost=36_000, holds=True), 0.0)
    sense.heard(there=True)
    assert sensed(sense, 5000) == ["here"]
    sense.heard(there=False)
    assert sensed(sense, 5500, 5601) == ["here", "away"]


def test_a_dead_sensor_does_not_leave_it_thinned_for_ever_and_nights_do_not_count() -> None:
    sense = PresenceSense(PresenceRules(away=600, lost=7200), 0.0)
    assert sensed(sense, 3600, 7199) == ["away", "away"]
    assert sensed(sense, 50_000, is_open=False) == ["here"]
    assert sensed(sense, 50_001) == ["lost"]
    assert sensed(sense, 90_000, is_open=False) == ["lost"], "no mending each night, and no fault each morning"
    sense.heard(there=False)
    assert sensed(sense, 90_599, 90_600, 90_601) == ["here", "away", "away"], "it lives"


def test_a_dead_sensor_silenced_for_months_a_house_that_is_open_for_less_than_its_limit_a_day() -> None:
    sense = PresenceSense(PresenceRules(away=600, lost=12 * 3600, rests=True), 0.0)
    silent = 0
    for minute in range(1, 90 * 24 * 60):
        is_open = 10 <= minute % 1440 / 60 < 18
        silent += sense.look(minute * 60.0, is_open=is_open) == "away"
    assert 11 * 60 < silent < 12 * 60


def test_other_rules_know_what_the_same_sensor_said_and_nothing_of_another() -> None:
    rules = PresenceRules(away=600, lost=7200, holds=True, sensor="door")
    sense = PresenceSense(rules, 0.0)
    sense.heard(there=True)
    assert sensed(sense, 5000) == ["here"]
    assert sensed(sense.take(replace(rules, away=60)), 7199, 7200) == ["here", "lost"]
    assert sensed(sense.take(replace(rules, holds=False)), 5599, 5600) == ["here", "away"]
    assert sensed(sense.take(replace(rules, sensor="hall")), 5599, 5600, 12_200) == ["here", "away", "lost"]
    sense.heard(there=False)
    assert sensed(sense, 5500) == ["here"]
    assert sensed(sense.take(replace(rules, away=900)), 5899, 5900) == ["here", "away"], "alone since then"


def site_text(more: str) -> str:
    return f"scene: study\n{more}"


def load_site_text(folder: Path, text: str) -> Site:
    path = folder / "reverie.yaml"
    path.write_text(site_text(text))
    return load_site(path)


@pytest.fixture
def theatre(tmp_path: Path) -> Theatre:
    theatre = Theatre(tmp_path, {"study": STUDY}, clock=HandClock("2026-11-28 12:00"))
    theatre.begin()
    go(theatre, 4)
    return theatre


def go(theatre: Theatre, bars: int) -> None:
    for _ in range(bars):
        theatre.answer()
        theatre.play()
        theatre.clock.go(2)
        theatre.conductor.look()
        theatre.hear()


def say(theatre: Theatre, more: str) -> None:
    (theatre.folder.parent / "reverie.yaml").write_text(site_text(more))
    theatre.conductor.reload()


def sounding(theatre: Theatre) -> list[str]:
    assert theatre.score
    bar = theatre.bar + 1
    return [name for name in ("beat", "lead", "pad") if theatre.score._plans.part(name, bar).sounds]


def told(theatre: Theatre, kind: type[SetOverrides | Rest]) -> list[SetOverrides | Rest]:
    said = [from_message(ToPlayer, one) for one in theatre.player.sent]
    return [one for one in said if isinstance(one, kind)]


PRESENCE = "presence: {away: 1, voices: 1, density: 0.5, lost: 1}\n"


def test_where_nobody_is_voices_leave_and_whoever_comes_hears_them_on_the_next_bar_line(theatre: Theatre) -> None:
    say(theatre, PRESENCE)
    go(theatre, 20)
    assert sounding(theatre) == ["beat", "lead", "pad"]
    go(theatre, 40)
    assert sounding(theatre) == ["pad"]
    assert theatre.status["restraints"]["why"] == "nobody is there"
    assert theatre.conductor.alive().ok
    theatre.conductor._console.have_done(Action("presence", value=True), "http")
    theatre.hear()
    go(theatre, 1)
    assert sounding(theatre) == ["beat", "lead", "pad"]


def test_a_dead_sensor_is_told_and_the_music_is_whole_again(theatre: Theatre) -> None:
    say(theatre, PRESENCE)
    go(theatre, 60)
    assert sounding(theatre) == ["pad"]
    theatre.clock.go(3600)
    go(theatre, 3)
    assert sounding(theatre) == ["beat", "lead", "pad"]
    assert "presence-unknown" in theatre.faults


def test_it_may_end_and_rest_where_nobody_is(theatre: Theatre) -> None:
    say(theatre, "presence: {away: 1, then: rest, lost: 1}\n")
    go(theatre, 80)
    assert theatre.conductor._course.deserted
    assert told(theatre, Rest)[-1] == Rest(on=True)
    assert theatre.conductor._course.sentence(None) == "Resting, as nobody is there"
    theatre.conductor._console.use(Action("presence"), "midi")
    theatre.hear()
    assert told(theatre, Rest)[-1] == Rest(on=False)
    go(theatre, 2)
    assert sounding(theatre) == ["beat", "lead", "pad"]


def test_a_rest_of_the_programme_never_began_where_nobody_was(theatre: Theatre) -> None:
    say(
        theatre,
        "presence: {away: 1, then: rest, lost: 600}\n"
        'programme: [{at: "08:00", scene: study}, {at: "12:30", scene: null}]\n',
    )
    theatre.conductor.presence(there=False)
    go(theatre, 80)
    course = theatre.conductor._course
    assert course.deserted
    assert course.silence_ahead == 0.0, "somebody may come at any time"
    before = told(theatre, Rest)
    theatre.clock.go(1800)
    go(theatre, 3)
    assert course.programme.resting
    assert course.sentence(None) == "Resting until 08:00, as the programme says"
    assert course.silence_ahead == pytest.approx(19 * 3600 + 1800, abs=600)
    assert {one.on for one in told(theatre, Rest)[len(before) :] if isinstance(one, Rest)} == {True}, "nothing is heard"
    theatre.conductor.presence(there=True)
    go(theatre, 3)
    assert course.resting


@pytest.mark.parametrize("left", ["before", "meanwhile"])
def test_each_morning_a_minute_was_played_to_nobody(theatre: Theatre, left: str) -> None:
    say(
        theatre,
        "presence: {away: 1, then: rest, lost: 600}\n"
        'programme: [{at: "12:30", scene: null}, {at: "13:00", scene: study}]\n',
    )
    theatre.conductor.presence(there=left != "before")
    go(theatre, 80)
    theatre.clock.go(1800)
    go(theatre, 3)
    theatre.conductor.presence(there=False)
    course = theatre.conductor._course
    assert course.programme.resting
    theatre.clock.go(900)
    go(theatre, 3)
    rested = len(told(theatre, Rest))
    theatre.clock.go(900)
    go(theatre, 120)
    assert not course.programme.resting
    assert course.deserted
    assert {one.on for one in told(theatre, Rest)[rested:] if isinstance(one, Rest)} <= {True}
    theatre.conductor.presence(there=True)
    go(theatre, 3)
    assert told(theatre, Rest)[-1] == Rest(on=False)


def test_words_of_a_sensor_stand_in_no_record(theatre: Theatre) -> None:
    say(theatre, PRESENCE)
    for _ in range(100):
        theatre.conductor._console.use(Action("presence"), "osc")
    assert theatre.status["overrides"]["last"] == []


def test_in_quiet_hours_it_is_softer_than_people_want_and_after_them_as_they_want(theatre: Theatre) -> None:
    say(theatre, 'quiet_hours: [{from: "11:00", to: "12:10", volume: 0.4, density: 0.5, reason: concert}]\n')
    go(theatre, 8)
    volumes = [one.volume for one in told(theatre, SetOverrides) if isinstance(one, SetOverrides)]
    assert volumes[-1] == 0.4
    assert volumes[1:] == sorted(volumes[1:], reverse=True), "softly"
    theatre.conductor._console.have_done(Action("volume", 0.9), "test")
    assert told(theatre, SetOverrides)[-1] == SetOverrides(None, 0.4, (), {})
    assert theatre.conductor._console.overrides.volume == 0.9
    go(theatre, 20)
    assert sounding(theatre) == ["beat", "lead", "pad"]
    music = theatre.conductor.music
    assert music is not None
    assert music.course is not None
    assert music.course.at(theatre.bar + 1).voice("lead").density == 0.5
    theatre.clock.go(600)
    go(theatre, 8)
    last = told(theatre, SetOverrides)[-1]
    assert isinstance(last, SetOverrides)
    assert last.volume == 0.9
    assert music.course.at(theatre.bar + 3).voice("lead").density == 1.0


def test_the_first_bars_after_a_start_in_quiet_hours_went_out_at_full_volume(tmp_path: Path) -> None:
    quiet = '[{from: "22:00", to: "08:00", volume: 0.25}]'
    site = load_site_text(tmp_path, f"quiet_hours: {quiet}\n")
    theatre = Theatre(tmp_path, {"study": STUDY}, clock=HandClock("2026-11-28 23:00"), site=site)
    theatre.begin()
    theatre.player.sent.clear()
    theatre.player.starts()
    assert told(theatre, SetOverrides) == [SetOverrides(None, 0.25, (), {})]
    theatre.conductor._console.have_done(Action("volume", 0.9), "test")
    go(theatre, 8)
    volumes = {one.volume for one in told(theatre, SetOverrides) if isinstance(one, SetOverrides)}
    assert volumes == {0.25}
    theatre.clock.go(9 * 3600)
    go(theatre, 8)
    last = told(theatre, SetOverrides)[-1]
    assert isinstance(last, SetOverrides)
    assert last.volume == 0.9


def test_where_quiet_hours_begin_between_the_start_and_the_first_bar_it_is_quiet_too(tmp_path: Path) -> None:
    site = load_site_text(tmp_path, 'quiet_hours: [{from: "22:00", to: "08:00", volume: 0.25}]\n')
    theatre = Theatre(tmp_path, {"study": STUDY}, clock=HandClock("2026-11-28 21:59"), site=site)
    theatre.begin()
    theatre.clock.go(60)
    theatre.conductor.look()
    assert told(theatre, SetOverrides)[-1] == SetOverrides(None, 0.25, (), {})


def test_quiet_hours_below_what_a_monitor_hears_were_told_as_missing_sound(tmp_path: Path) -> None:
    site = load_site_text(tmp_path, 'quiet_hours: [{from: "22:00", to: "08:00", volume: 0.1}]\n')
    theatre = Theatre(tmp_path, {"study": STUDY}, clock=HandClock("2026-11-28 21:59"), site=site)
    watch = SoundWatch({}, (), theatre.conductor.bus, Faults(), theatre.clock)
    watch.subscribe_to(theatre.conductor.bus)
    theatre.begin()
    go(theatre, 4)
    assert watch._volume >= SOFTEST
    theatre.clock.go(60)
    go(theatre, 10)
    assert watch._volume == 0.1
    assert theatre.conductor._console.overrides.volume == 1.0
    assert watch._volume < SOFTEST


def test_while_it_closes_nothing_else_is_laid_over_it(theatre: Theatre) -> None:
    say(theatre, PRESENCE)
    theatre.conductor.day.doors.hours = OpeningHours([(DaySpan(600, 725),)] * 7, UTC)
    theatre.conductor.day.course.closing_seconds = 180.0
    theatre.clock.go(125)
    go(theatre, 2)
    assert theatre.conductor.music is not None
    ends = theatre.conductor.music.course
    go(theatre, 40)
    assert theatre.conductor.day.restraints.wanted.why == "nobody is there"
    assert theatre.conductor.music.course == ends


HOLDS = "presence: {away: 1, holds: true, then: rest}\n"


@pytest.mark.parametrize(
    "more",
    [
        f'{HOLDS}quiet_hours: [{{from: "22:00", to: "08:00", volume: 0.4}}]\n',
        f"{HOLDS}maintenance: {{reboot: weekly}}\n",
        HOLDS.replace("away: 1", "away: 2"),
    ],
    ids=["quiet hours", "maintenance", "how it is judged"],
)
def test_an_edit_forgot_that_somebody_is_there_and_it_was_silent_before_visitors(theatre: Theatre, more: str) -> None:
    say(theatre, HOLDS)
    theatre.conductor.presence(there=True)
    say(theatre, more)
    theatre.clock.go(600)
    go(theatre, 2)
    assert theatre.status["restraints"]["presence"] == "here"
    theatre.conductor.presence(there=False)
    theatre.clock.go(120)
    go(theatre, 2)
    assert theatre.status["restraints"]["presence"] == "away"


def next_day(theatre: Theatre, folder: Path) -> Theatre:
    """The daemon is started anew with the state that it left."""
    asyncio.run(theatre.conductor._housekeeping.finish())
    folder.mkdir()
    shutil.copytree(theatre.conductor.config.state, folder / "state")
    theatre.clock.go(3600)
    after = Theatre(folder, {"study": STUDY}, clock=theatre.clock, site=theatre.conductor.config.site)
    after.begin()
    go(after, 2)
    return after


def day_one(folder: Path, more: str) -> Theatre:
    site = load_site_text(folder, more)
    (folder / "0").mkdir()
    theatre = Theatre(folder / "0", {"study": STUDY}, clock=HandClock("2026-11-28 12:00"), site=site)
    theatre.begin()
    go(theatre, 2)
    return theatre


def test_a_restart_each_day_kept_a_dead_sensor_from_ever_being_told(tmp_path: Path) -> None:
    theatre = day_one(tmp_path, "presence: {away: 1, lost: 12, then: rest}\n")
    for day in ("1", "2"):
        theatre.clock.go(5 * 3600)
        theatre.conductor.look()
        assert theatre.status["restraints"]["presence"] == "away"
        theatre = next_day(theatre, tmp_path / day)
    theatre.clock.go(5 * 3600)
    theatre.conductor.look()
    assert "presence-unknown" in theatre.faults
    theatre = next_day(theatre, tmp_path / "3")
    assert "presence-unknown" in theatre.faults
    theatre.conductor.presence(there=True)
    theatre = next_day(theatre, tmp_path / "4")
    assert theatre.status["restraints"]["presence"] == "here"
    assert "presence-unknown" not in theatre.faults


def test_a_restart_forgot_that_somebody_is_there(tmp_path: Path) -> None:
    theatre = day_one(tmp_path, HOLDS)
    theatre.conductor.presence(there=True)
    theatre = next_day(theatre, tmp_path / "1")
    theatre.clock.go(600)
    go(theatre, 2)
    assert theatre.status["restraints"]["presence"] == "here"
    theatre.conductor.presence(there=False)
    theatre = next_day(theatre, tmp_path / "2")
    theatre.clock.go(600)
    go(theatre, 2)
    assert theatre.status["restraints"]["presence"] == "away"


def look_at_sensor(theatre: Theatre) -> None:
    theatre.conductor.day._loop = lambda do: do()
    sensor = theatre.conductor.day._sensor
    assert sensor is not None
    sensor.look()


def test_a_file_that_says_nobody_as_ever_was_taken_for_alive_after_a_restart(tmp_path: Path) -> None:
    value = tmp_path / "value"
    value.write_text("0\n")
    theatre = day_one(tmp_path, f"presence: {{away: 1, lost: 6, file: {value}}}\n")
    look_at_sensor(theatre)
    theatre.clock.go(5 * 3600)
    theatre.conductor.look()
    theatre = next_day(theatre, tmp_path / "1")
    look_at_sensor(theatre)
    theatre.clock.go(3600)
    theatre.conductor.look()
    assert "presence-unknown" in theatre.faults
    value.write_text("1\n")
    look_at_sensor(theatre)
    assert "presence-unknown" not in theatre.faults


def test_a_file_that_says_nobody_after_a_restart_ends_what_was_held(tmp_path: Path) -> None:
    value = tmp_path / "value"
    value.write_text("1\n")
    theatre = day_one(tmp_path, f"presence: {{away: 1, holds: true, file: {value}}}\n")
    look_at_sensor(theatre)
    theatre = next_day(theatre, tmp_path / "1")
    theatre.clock.go(600)
    theatre.conductor.look()
    assert theatre.status["restraints"]["presence"] == "here"
    value.write_text("0\n")
    look_at_sensor(theatre)
    theatre.clock.go(61)
    theatre.conductor.look()
    assert theatre.status["restraints"]["presence"] == "away"


def test_a_sensor_that_is_asked_no_more_left_its_faults_for_ever(theatre: Theatre) -> None:
    missing = theatre.folder / "missing"
    say(theatre, f"presence: {{away: 1, lost: 1, file: {missing}}}\n")
    look_at_sensor(theatre)
    theatre.clock.go(3601)
    theatre.conductor.look()
    assert {fault.partition(" ")[0] for fault in theatre.faults} >= {"presence-sensor", "presence-unknown"}
    sensor = theatre.conductor.day._sensor
    say(theatre, "")
    assert sensor is not None
    sensor.look()
    theatre.conductor.look()
    assert not [fault for fault in theatre.faults if fault.startswith("presence")]


def test_a_file_says_who_is_there_and_a_missing_one_is_told(tmp_path: Path) -> None:
    heard, faults = list[bool](), Faults()
    path = tmp_path / "value"
    sensor = SensorFile(path, "1", heard.append, faults)
    sensor.look()
    assert [fault.id for fault in faults.active] == ["presence-sensor"]
    for said in ("0\n", "0\n", "1\n", "1\n", "0\n", "0\n"):
        path.write_text(said)
        sensor.look()
    assert heard == [True, True, False]
    assert faults.active == ()
