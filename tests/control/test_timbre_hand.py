"""Timbres by hand: by one number along a line and two on a grid, within limits, recorded, taken back and let go."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from fakes.hands import Stand
from reverie.control.console import ControlConsole
from reverie.control.osc_input import action_of as osc_action
from reverie.control.plain_action import action_of
from reverie.control.surface import Surface
from reverie.control.timbre_hand import TimbreStand
from reverie.scenes.timbre import GridPath, LinePath, RandomWalkPath
from reverie.site.actions import Action, ControlError, ControlLimits
from reverie.site.bindings import Binding, Control
from reverie.timbre.spots import Point

LINE = TimbreStand("creature", LinePath(kind="line", steps=11), (0.2,))
GRID = TimbreStand("sea", GridPath(kind="grid"), (0.25, 0.5))
CHANCE = TimbreStand("haze", RandomWalkPath(kind="random_walk"), ())
LIMITS = ControlLimits()


@pytest.fixture
def stand() -> Stand:
    stand = Stand()
    stand.stands = {"lead": LINE, "bass": GRID}
    return stand


@pytest.fixture
def desk(stand: Stand, tmp_path: Path) -> ControlConsole:
    return stand.desk(tmp_path)


def last(desk: ControlConsole) -> dict[str, Any]:
    return desk.status()["last"][-1]


def test_a_timbre_is_put_along_its_line_and_says_so(desk: ControlConsole, stand: Stand) -> None:
    stand.do(desk, Action("timbre", 0.7, "lead"))
    assert stand.held == {"creature": (0.7,)}
    assert desk.status()["now"] == ["creature is held at 0.7."]
    assert last(desk)["now"] == "creature is held at 0.7"
    assert desk.present("timbre", "lead") == 0.7


def test_a_timbre_is_put_on_its_grid_by_two_numbers_or_one_axis_at_a_time(desk: ControlConsole, stand: Stand) -> None:
    stand.do(desk, Action("timbre_y", 0.9, "bass"))
    assert stand.held == {"sea": (0.25, 0.9)}, "across it stays where its own pace has it"
    stand.do(desk, Action("timbre_x", 0.4, "bass"))
    assert stand.held == {"sea": (0.4, 0.9)}
    stand.do(desk, Action("timbre", (0.1, 0.3), "bass"))
    assert stand.held == {"sea": (0.1, 0.3)}
    assert (last(desk)["action"], last(desk)["value"]) == ("timbre", (0.1, 0.3))
    assert (desk.present("timbre_x", "bass"), desk.present("timbre_y", "bass")) == (0.1, 0.3)
    assert desk.present("timbre", "bass") is None
    assert desk.status()["now"] == ["sea is held at 0.1 0.3."]


@pytest.mark.parametrize(
    ("action", "sentence"),
    [
        (Action("timbre", (0.1, 0.2), "lead"), "goes along a line"),
        (Action("timbre_x", 0.1, "lead"), "goes along a line"),
        (Action("timbre", 0.1, "bass"), "goes over a grid"),
        (Action("timbre", 0.1, "beat"), "beat has no timbre that is rendered, but the sounds of the slot"),
        (Action("release", voice="beat"), "beat has no timbre that is rendered, but the sounds of the slot"),
        (Action("timbre", (0.1, float("nan")), "bass"), "needs a number"),
    ],
)
def test_what_does_not_fit_the_path_is_refused_with_the_way_that_does(
    desk: ControlConsole, stand: Stand, action: Action, sentence: str
) -> None:
    stand.do(desk, action)
    assert sentence in last(desk)["refused"]
    assert stand.held == {}


def test_a_path_of_chance_has_no_points_and_says_why(desk: ControlConsole, stand: Stand) -> None:
    stand.stands = {"lead": CHANCE}
    for action in (Action("timbre", 0.5, "lead"), Action("timbre", (0.5, 0.5), "lead"), Action("timbre_x", 0.5)):
        stand.do(desk, action)
        assert "comes by each mixture once" in last(desk)["refused"]
    stand.do(desk, Action("release"))
    assert last(desk)["refused"] == "", "nobody holds it, and that is how it stays"


def test_without_a_voice_all_timbres_move_that_can(desk: ControlConsole, stand: Stand) -> None:
    stand.do(desk, Action("timbre", 0.4))
    assert stand.held == {"creature": (0.4,)}
    stand.do(desk, Action("timbre_x", 1.0))
    assert stand.held == {"creature": (0.4,), "sea": (1.0, 0.5)}
    stand.do(desk, Action("release"))
    assert stand.held == {}
    assert last(desk)["now"] == "creature goes its own way; sea goes its own way"


def test_points_are_held_to_the_limits() -> None:
    limits = ControlLimits(timbre=(0.2, 0.6))
    assert action_of({"action": "timbre", "voice": "bass", "value": [0, 1]}, limits).value == (0.2, 0.6)
    assert osc_action("/reverie/timbre/bass", [0.0, 1.0], limits) == Action("timbre", (0.2, 0.6), "bass")
    assert osc_action("/reverie/timbre", ["lead", 0.9], limits) == Action("timbre", 0.6, "lead")
    assert osc_action("/reverie/release/lead", [], limits) == Action("release", None, "lead")


@pytest.mark.parametrize("value", [[0.1], [0.1, 0.2, 0.3], ["a", 0.1], [True, 0.1], [float("nan"), 0], [[0, 1], 0]])
def test_what_is_no_point_is_no_action(value: object) -> None:
    with pytest.raises(ControlError):
        action_of({"action": "timbre", "value": value}, LIMITS)


def test_the_record_and_undo_take_a_movement_as_one(desk: ControlConsole, stand: Stand) -> None:
    stand.do(desk, Action("timbre", (0.9, 0.9), "bass"))
    stand.time.go(5)
    for number in range(20):
        desk.use(Action("timbre_x", number / 40, "bass"), "midi")
        desk.use(Action("timbre_y", number / 20, "bass"), "midi")
        stand.time.go(0.06)
    assert stand.held == {"sea": (19 / 40, 19 / 20)}
    stand.time.go(5)
    stand.do(desk, Action("undo"))
    assert stand.held == {"sea": (0.9, 0.9)}
    assert last(desk)["now"] == "sea is held at 0.9 0.9"
    stand.do(desk, Action("undo"))
    assert stand.held == {}
    assert last(desk)["now"] == "sea goes its own way"


def test_a_release_is_taken_back(desk: ControlConsole, stand: Stand) -> None:
    stand.do(desk, Action("timbre", 0.7, "lead"), Action("release", voice="lead"))
    assert stand.held == {}
    stand.do(desk, Action("undo"))
    assert stand.held == {"creature": (0.7,)}


def test_another_scene_lets_go_and_a_changed_file_keeps_what_still_fits(desk: ControlConsole, stand: Stand) -> None:
    stand.do(desk, Action("timbre", 0.7, "lead"), Action("timbre", (0.1, 0.3), "bass"))
    stand.stands = {"lead": LINE}
    desk.scene_changed("first-light")
    assert stand.held == {"creature": (0.7,)}
    desk.scene_begun()
    assert desk.overrides.timbres == {}


@pytest.mark.parametrize("now", [{"lead": replace(GRID, name="creature")}, {"bass": GRID}])
def test_a_movement_that_is_taken_back_after_the_file_has_changed_holds_nothing_where_its_path_has_no_such_point(
    desk: ControlConsole, stand: Stand, now: dict[str, TimbreStand]
) -> None:
    for value in (0.4, 0.8):
        stand.do(desk, Action("timbre", value, "lead"))
        stand.time.go(10)
    stand.stands = now
    desk.scene_changed("dream")
    stand.do(desk, Action("undo"))
    assert stand.held == {}
    assert desk.status()["now"] == []


def test_a_knob_takes_hold_where_it_meets_the_point() -> None:
    point: Point = (0.5,)
    surface = Surface([Binding(Control("cc", 20), "timbre", "lead")], LIMITS)

    def turn(position: int) -> Action | None:
        return surface.hear(bytes((0xB0, 20, position)), lambda *_: point[0])

    assert turn(0) is None
    assert turn(30) is None
    found = turn(70)
    assert found == Action("timbre", 70 / 127, "lead")


def test_it_is_written_down_as_json(desk: ControlConsole, stand: Stand) -> None:
    stand.do(desk, Action("timbre", (0.1, 0.3), "bass"))
    assert json.loads(json.dumps(last(desk)))["value"] == [0.1, 0.3]
