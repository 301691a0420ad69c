"""What people keep, go back to, and take back."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakes.hands import Stand, parts
from reverie.control.console import ControlConsole
from reverie.control.overrides import silences
from reverie.control.undo import MOST
from reverie.history.favourites import MOST as MOST_KEPT
from reverie.music.time import Schedule
from reverie.site.actions import EVOLVING, Action, Evolving


def last(desk: ControlConsole) -> Mapping[str, Any]:
    return desk.status()["last"][-1]


def playing(stand: Stand) -> dict[str, str]:
    return {name: loop.recipe for name, loop in stand.fake.loops.items()}


@pytest.mark.parametrize("how", EVOLVING)
def test_a_voice_plays_again_what_it_played_when_that_is_taken_back(
    desk: ControlConsole, stand: Stand, how: Evolving
) -> None:
    stand.do(desk, Action(how, None, "lead"))
    assert playing(stand)["lead"] == f"{how}-1"
    stand.do(desk, Action("undo"))
    assert playing(stand)["lead"] == "lead-0"
    assert (last(desk)["undid"], last(desk)["loops"]) == (f"{how} lead", {"lead": "lead-0"})
    stand.do(desk, Action("undo"))
    assert last(desk)["refused"] == "there is nothing to take back"


def test_all_voices_go_back_together(desk: ControlConsole, stand: Stand) -> None:
    stand.do(desk, Action("another"), Action("undo"))
    assert playing(stand) == {"beat": "beat-0", "bass": "bass-0", "lead": "lead-0"}


def test_what_was_set_is_as_it_was_when_that_is_taken_back(desk: ControlConsole, stand: Stand) -> None:
    done = [
        Action("volume", 0.5),
        Action("quieter"),
        Action("tempo", 90.0),
        Action("temperature", 0.7, "lead"),
        Action("temperature", 0.9),
        Action("mute", None, "beat"),
        Action("loop", None, "lead"),
        Action("loop", value=True),
    ]
    before: list[list[str]] = []
    for action in done:
        before.append(desk.status()["now"])
        stand.do(desk, action)
        stand.time.go(3)
    for action, was in zip(reversed(done), reversed(before), strict=True):
        assert desk.status()["undo"][0] == str(action)
        stand.do(desk, Action("undo"))
        assert desk.status()["now"] == was
        assert last(desk)["undid"] == str(action)
    assert stand.fake.temperatures == {"beat": 1.0, "bass": 1.0, "lead": 1.0}
    assert stand.steered[-1].volume == 1.0
    assert stand.steered[-1].qpm is None
    assert {"hold beat False", "hold bass False", "hold lead False"} <= {*stand.fake.done}


def test_a_knob_that_was_turned_goes_back_in_one_step(desk: ControlConsole, stand: Stand) -> None:
    stand.do(desk, Action("tempo", 70.0))
    stand.time.go(5)
    for number in range(100):
        desk.use(Action("tempo", 80.0 + number / 2), "midi")
        stand.time.go(0.03)
    stand.time.go(5)
    stand.do(desk, Action("undo"))
    assert stand.steered[-1].qpm == 70.0
    stand.do(desk, Action("undo"))
    assert stand.steered[-1].qpm is None


def test_what_cannot_be_taken_back_is_passed_over(desk: ControlConsole, stand: Stand) -> None:
    stand.do(desk, Action("mute", None, "beat"), Action("panic"), Action("pause"), Action("pause"), Action("undo"))
    assert last(desk)["undid"] == "mute beat"
    stand.do(desk, Action("mutate", None, "nobody"), Action("undo"))
    assert last(desk)["refused"] == "there is nothing to take back", "what was refused was not done"


def test_ten_acts_are_remembered_and_another_scene_ends_them(desk: ControlConsole, stand: Stand) -> None:
    for _ in range(MOST + 3):
        stand.do(desk, Action("mutate", None, "lead"))
    assert len(desk.status()["undo"]) == MOST
    for _ in range(MOST):
        stand.do(desk, Action("undo"))
    assert playing(stand)["lead"] == "mutate-3"
    stand.do(desk, Action("undo"))
    assert last(desk)["refused"]
    stand.do(desk, Action("mutate", None, "lead"))
    desk.scene_begun()
    assert desk.status()["undo"] == []


def test_a_voice_goes_back_to_what_was_kept_and_then_to_what_was_kept_before_it(
    desk: ControlConsole, stand: Stand
) -> None:
    for name in ("a", "b", "c"):
        stand.fake.play("lead", name)
        stand.do(desk, Action("keep", None, "lead"))
        assert last(desk)["loops"] == {"lead": name}
    stand.fake.play("lead", "d")
    heard: list[str] = []
    for _ in range(4):
        stand.do(desk, Action("return", None, "lead"))
        heard.append(playing(stand)["lead"])
    assert heard == ["c", "b", "a", "c"]
    assert last(desk)["loops"] == {"lead": "c"}
    stand.do(desk, Action("mutate", None, "lead"), Action("return", None, "lead"))
    assert playing(stand)["lead"] == "c", "after something else it begins with the newest"
    stand.do(desk, Action("undo"), Action("undo"))
    assert playing(stand)["lead"] == "c", "what it played before it was mutated"
    assert playing(stand)["beat"] == "beat-0"


def test_what_all_voices_played_together_comes_back_together_and_to_each_alone(
    desk: ControlConsole, stand: Stand
) -> None:
    stand.do(desk, Action("keep"))
    together = {"beat": "beat-0", "bass": "bass-0", "lead": "lead-0"}
    assert last(desk)["loops"] == together
    stand.do(desk, Action("mutate"), Action("return", None, "bass"))
    assert playing(stand)["bass"] == "bass-0"
    assert playing(stand)["lead"] != "lead-0"
    stand.do(desk, Action("return"))
    assert playing(stand) == together
    stand.do(desk, Action("keep", None, "lead"), Action("mutate"), Action("return"))
    assert playing(stand) == together


def test_nothing_comes_back_where_nothing_was_kept_or_it_cannot_be_played(desk: ControlConsole, stand: Stand) -> None:
    stand.do(desk, Action("return", None, "lead"))
    assert last(desk)["refused"] == "nothing is kept of lead; `keep` keeps what plays"
    stand.do(desk, Action("keep", None, "lead"))
    stand.do(desk, Action("return"))
    assert last(desk)["refused"] == "nothing is kept of all voices together; `keep` keeps what plays"
    stand.fake.lost = {"lead"}
    stand.do(desk, Action("return", None, "lead"))
    assert last(desk)["refused"] == "what lead played cannot be played in the scene as it is"
    stand.fake.written = {"bass"}
    stand.do(desk, Action("keep", None, "bass"))
    assert "plays what is written" in last(desk)["refused"]
    stand.fake.loops.clear()
    stand.do(desk, Action("keep"))
    assert last(desk)["refused"] == "nothing is to be kept yet, as nothing sounds"


def test_what_is_kept_is_bounded_listed_and_of_its_scene(desk: ControlConsole, stand: Stand) -> None:
    for number in range(MOST_KEPT + 4):
        stand.fake.play("lead", f"loop {number}")
        stand.do(desk, Action("keep", None, "lead"), Action("keep"))
    kept = json.loads(json.dumps(desk.status()["kept"]))
    assert [row["recipes"]["lead"] for row in kept["together"]] == [f"loop {number}" for number in range(11, 3, -1)]
    assert len(kept["voices"]["lead"]) == 2 * MOST_KEPT
    assert len(kept["voices"]["bass"]) == MOST_KEPT
    stand.do(desk, Action("keep", None, "lead"))
    assert len(desk.status()["kept"]["voices"]["lead"]) == 2 * MOST_KEPT, "the same is not kept twice"
    stand.present = "night-watch"
    assert desk.status()["kept"] == {"voices": {}, "together": []}


def test_what_was_kept_is_forgotten_when_that_is_taken_back(desk: ControlConsole, stand: Stand) -> None:
    stand.do(desk, Action("keep", None, "lead"))
    was = desk.status()["kept"]
    stand.do(desk, Action("mutate", None, "lead"), Action("keep", None, "lead"))
    assert desk.status()["kept"] != was
    stand.do(desk, Action("undo"))
    assert last(desk)["undid"] == "keep lead"
    assert desk.status()["kept"] == was


def test_a_changed_file_keeps_what_was_set_for_the_voices_that_are_still_there(
    desk: ControlConsole, stand: Stand
) -> None:
    stand.do(desk, Action("mute", None, "beat"), Action("mute", None, "bass"), Action("temperature", 0.7))
    stand.do(desk, Action("loop", None, "lead"), Action("loop", None, "bass"))
    stand.fake.parts = parts(beat=Schedule(), lead=Schedule())
    desk.scene_changed("first-light")
    assert desk.status()["now"] == [
        "beat is muted.",
        "beat is composed at temperature 0.7.",
        "lead is composed at temperature 0.7.",
        "lead repeats the loop that it plays.",
    ]
    assert stand.steered[-1].muted == ("beat",)
    assert {name: last(desk)[name] for name in ("source", "action", "value", "refused")} == {
        "source": "file",
        "action": "change",
        "value": "first-light",
        "refused": "",
    }
    stand.fake.parts = parts(beat=Schedule())
    desk.scene_changed("first-light")
    assert stand.steered[-1].muted == (), "else nothing would sound"
    stand.do(desk, Action("undo"), Action("undo"), Action("undo"))
    assert desk.overrides.looping == frozenset()


VOICES = ("beat", "bass", "lead")
VOICE_OR_ALL = st.sampled_from((None, *VOICES))
ACTIONS = st.one_of(
    st.builds(Action, st.sampled_from((*EVOLVING, "keep", "return", "loop")), st.none(), VOICE_OR_ALL),
    st.builds(Action, st.just("mute"), st.none(), st.sampled_from(VOICES)),
    st.builds(Action, st.just("temperature"), st.floats(0.5, 1.5), VOICE_OR_ALL),
    st.builds(Action, st.just("tempo"), st.floats(60, 140)),
    st.builds(Action, st.just("undo")),
)


@given(st.lists(ACTIONS, max_size=MOST))
def test_whatever_was_done_all_is_as_it_was_once_it_is_taken_back(
    tmp_path_factory: pytest.TempPathFactory, actions: list[Action]
) -> None:
    stand = Stand()
    desk = stand.desk(tmp_path_factory.getbasetemp())
    before = desk.overrides, playing(stand), desk.status()["kept"]
    for action in actions:
        stand.do(desk, action)
        stand.time.go(3)
        assert not silences(stand.fake.parts, desk.overrides.muted)
    while desk.status()["undo"]:
        stand.do(desk, Action("undo"))
        assert not last(desk)["refused"]
    assert (desk.overrides, playing(stand), desk.status()["kept"]) == before
