"""A configuration that changes while the music plays: what counts at once, what waits, and what changes nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from fakes.conductors import Theatre
from fakes.hand_clock import HandClock
from fakes.scenes import TEXT
from reverie.conductor.configuration.site_taking import SiteTaking, changed_keys, with_key
from reverie.site.actions import Action
from reverie.site.load import load_site
from reverie.site.schema import Site
from reverie.watch.faults import Faults

SCENES = {name: TEXT.replace("name: study", f"name: {name}") for name in ("dawn", "night")}
GOOD = "scene: dawn\n"


def site_of(folder: Path, text: str) -> Site:
    (folder / "other.yaml").write_text(text)
    return load_site(folder / "other.yaml")


def test_keys_that_differ_are_named_with_dots(tmp_path: Path) -> None:
    changed = site_of(
        tmp_path,
        "scene: night\nhours: {week: {monday: ['10:00-18:00']}}\ntape: {keep_days: 5}\n"
        "slots: {main: {kind: fluidsynth}, daw: {kind: port, match: x}}\npage: {visitors: {turn: 30}, here: visitor}\n",
    )
    assert list(changed_keys(Site(), changed)) == [
        "scene",
        "hours",
        "slots.daw",
        "tape.keep_days",
        "page.here",
        "page.visitors",
    ]
    taken = with_key(with_key(Site(), changed, "hours"), changed, "page.visitors")
    assert taken.hours == changed.hours
    assert taken.page.visitors.turn == 30
    assert taken.page.here == "technician"


def test_what_can_be_is_taken_once_and_the_rest_is_told_by_name(tmp_path: Path) -> None:
    faults, called = Faults(), list[str]()
    taking = SiteTaking(tmp_path / "reverie.yaml", Site(), faults)
    taking.on("tape.keep_days", lambda site: called.append(f"keep {site.tape.keep_days}"))
    taking.on("control", lambda _: called.append("control"))
    text = "tape: {keep_days: 5, quota: 2}\ncontrol: {pause_for: 60, pickup: false}\nhealth: {port: 1}\n"
    taken = taking.take(site_of(tmp_path, text))
    assert called == ["keep 5", "control"]
    assert taken.taken == ("tape.keep_days", "control.pickup", "control.pause_for")
    assert taken.waiting == ("tape.quota", "health.port")
    assert [fault.id for fault in faults.active] == ["configuration-changed"]
    assert "tape.quota, health.port" in faults.active[0].sentence
    assert taking.take(site_of(tmp_path, text)).taken == ()
    assert called == ["keep 5", "control"]
    taking.take(site_of(tmp_path, "tape: {keep_days: 5}\ncontrol: {pause_for: 60, pickup: false}\n"))
    assert faults.active == ()


def test_what_cannot_be_taken_over_stays_as_it_was(tmp_path: Path) -> None:
    taking = SiteTaking(tmp_path / "reverie.yaml", Site(), Faults())

    def fails(_: Site) -> None:
        raise RuntimeError("a mistake")

    taking.on("hours", fails)
    taken = taking.take(site_of(tmp_path, "hours: {week: {monday: ['10:00-18:00']}}\n"))
    assert taken.waiting == ("hours",)
    assert taking.in_force.hours is None


@pytest.fixture
def theatre(tmp_path: Path) -> Theatre:
    theatre = Theatre(tmp_path, SCENES, clock=HandClock("2026-11-28 12:00"))
    theatre.begin()
    theatre.answer()
    theatre.play(3)
    write(theatre, GOOD)
    theatre.conductor.reload()
    return theatre


def write(theatre: Theatre, text: str) -> None:
    path = theatre.folder.parent / "reverie.yaml"
    path.write_text(text)


def test_hours_and_programme_are_taken_while_it_plays_and_a_broken_file_changes_nothing(theatre: Theatre) -> None:
    course = theatre.conductor._course
    write(theatre, GOOD + "hours: {week: {sunday: ['10:00-18:00']}}\n")  # the day is a Saturday
    said = theatre.conductor.reload()
    assert "Taken over from the configuration: hours" in said.sentence
    theatre.conductor.look()
    theatre.clock.go(130)
    theatre.conductor.look()
    assert course.closed
    write(theatre, GOOD + "hours: {week: {caturday: []}}\n")
    assert "is at fault" in theatre.conductor.reload().sentence
    theatre.conductor.look()
    assert course.closed
    assert any(one.startswith("configuration ") for one in theatre.faults)
    write(theatre, GOOD + 'programme: [{at: "09:00", scene: night}]\n')
    theatre.conductor.reload()
    theatre.conductor.look()
    assert not course.closed
    assert theatre.conductor.playing == "night"
    assert not [one for one in theatre.faults if one.startswith("configuration")]


def test_limits_and_rules_of_visitors_hold_at_once(theatre: Theatre) -> None:
    console = theatre.conductor._console
    write(theatre, GOOD + "control: {limits: {volume: [0.2, 0.5]}, pause_for: 5}\npage: {visitors: {allow: [mood]}}\n")
    theatre.conductor.reload()
    assert console.overrides.volume == 0.5
    console.have_done(Action("volume", 1.0), "test")
    assert console.overrides.volume == 0.5
    assert theatre.conductor.page.visits._rules.allow == {"mood"}
    assert theatre.conductor.page.artist.limits.volume == (0.2, 0.5)
