"""What visitors have moved is put back, and what others have moved meanwhile stays."""

from __future__ import annotations

from fakes.hands import Stand
from reverie.control.console import VISITOR, ControlConsole
from reverie.site.actions import Action


def wish(desk: ControlConsole, stand: Stand, action: Action) -> None:
    """A visitor wants this."""
    assert not desk.use(action, VISITOR)
    stand.time.go(3.0)


def test_a_visitors_temperature_that_was_put_back_took_the_artists_of_another_voice_with_it(
    desk: ControlConsole, stand: Stand
) -> None:
    wish(desk, stand, Action("temperature", 1.4, "lead"))
    stand.do(desk, Action("temperature", 0.6, "bass"))
    assert desk.put_back("time") == ["temperature lead 1.4"]
    assert desk.overrides.temperatures == {"bass": 0.6}
    assert stand.fake.temperatures == {"beat": 1.0, "bass": 0.6, "lead": 1.0}


def test_a_visitors_temperature_that_was_put_back_ended_the_artists_ramp_of_another_voice(
    desk: ControlConsole, stand: Stand
) -> None:
    wish(desk, stand, Action("temperature", 1.4, "lead"))
    stand.do(desk, Action("temperature", 0.6, "bass", over=4))
    desk.put_back("time")
    assert [(ramp.level, ramp.voice) for ramp in desk.ramps] == [("temperature", "bass")]


def test_a_visitors_temperature_came_back_with_the_undo_of_an_artist(desk: ControlConsole, stand: Stand) -> None:
    wish(desk, stand, Action("temperature", 1.4, "lead"))
    stand.do(desk, Action("temperature", 0.6, "bass"))
    desk.put_back("time")
    stand.do(desk, Action("undo"))
    assert desk.overrides.temperatures == {}


def test_of_a_temperature_of_all_voices_only_those_are_put_back_that_no_artist_has_set_since(
    desk: ControlConsole, stand: Stand
) -> None:
    stand.fake.written.add("beat")
    stand.do(desk, Action("temperature", 0.8, "lead"))
    wish(desk, stand, Action("temperature", 1.4))
    stand.do(desk, Action("temperature", 0.6, "bass"))
    assert desk.put_back("time") == ["temperature lead 1.4"]
    assert desk.overrides.temperatures == {"bass": 0.6, "lead": 0.8}


def test_an_artist_who_sets_all_temperatures_leaves_nothing_of_visitors_to_put_back(
    desk: ControlConsole, stand: Stand
) -> None:
    wish(desk, stand, Action("temperature", 1.4, "lead"))
    stand.do(desk, Action("temperature", 0.6))
    assert not desk.visited
    assert desk.put_back("time") == []
    assert set(desk.overrides.temperatures.values()) == {0.6}
