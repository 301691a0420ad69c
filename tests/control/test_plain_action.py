"""Actions out of JSON."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from fakes.hands import Stand
from reverie.control.plain_action import action_of
from reverie.site.actions import KINDS, LEVELS, SWITCHES, VOICED, Action, ControlError, ControlLimits, DreamWish

LIMITS = ControlLimits()


@pytest.mark.parametrize(
    ("wanted", "action"),
    [
        ({"action": "mutate"}, Action("mutate")),
        ({"action": "mutate", "voice": "lead", "value": None}, Action("mutate", None, "lead")),
        ({"action": "undo"}, Action("undo")),
        ({"action": "tempo", "value": 1000}, Action("tempo", 140.0)),
        ({"action": "swing", "value": 0.1}, Action("swing", 0.5)),
        ({"action": "temperature", "voice": "lead", "value": 0.1}, Action("temperature", 0.5, "lead")),
        ({"action": "loop"}, Action("loop")),
        ({"action": "loop", "value": False}, Action("loop", value=False)),
        ({"action": "mute", "voice": "lead", "value": True}, Action("mute", value=True, voice="lead")),
        ({"action": "scene", "value": "night-watch"}, Action("scene", "night-watch")),
        ({"action": "scene", "value": 2}, Action("scene", "2")),
        ({"action": "dream", "value": "fear"}, Action.of_dream(DreamWish("fear"))),
        ({"action": "wake"}, Action("wake")),
        ({"action": "wake", "value": "fear"}, Action("wake", "fear")),
    ],
)
def test_an_action_is_read(wanted: dict[str, Any], action: Action) -> None:
    assert action_of(wanted, LIMITS) == action


@pytest.mark.parametrize(
    ("wanted", "sentence"),
    [
        ([], "an action is an object"),
        ({}, "'action' is one of volume"),
        ({"action": "mutat"}, "did you mean 'mutate'"),
        ({"action": ["mutate"]}, "'action' is one of"),
        ({"action": "mutate", "voise": "lead"}, "an action has no 'voise'; did you mean 'voice'"),
        ({"action": "mutate", "voice": 1}, "a voice is meant by its name"),
        ({"action": "mutate", "voice": ""}, "a name has 1 to 100 characters"),
        ({"action": "mutate", "value": 1}, "'mutate' takes no 'value'"),
        ({"action": "undo", "voice": "lead"}, "'undo' is for all voices"),
        ({"action": "mute"}, "a mute is for one voice"),
        ({"action": "mute", "voice": "lead", "value": 1}, "is true or false"),
        ({"action": "tempo"}, "'tempo' needs a 'value', a number"),
        ({"action": "tempo", "value": True}, "needs a 'value'"),
        ({"action": "tempo", "value": float("nan")}, "needs a 'value'"),
        ({"action": "tempo", "value": 10**400}, "needs a 'value'"),
        ({"action": "scene"}, "needs a 'value', the scene's name"),
        ({"action": "dream"}, "'dream' needs a 'value', the name of a mood"),
        ({"action": "wake", "value": 1}, "'wake' takes no 'value'"),
        ({"action": "scene", "value": "x" * 101}, "a name has 1 to 100 characters"),
    ],
)
def test_what_is_no_action_is_refused_in_a_sentence(wanted: Any, sentence: str) -> None:
    with pytest.raises(ControlError) as refused:
        action_of(wanted, LIMITS)
    assert sentence in str(refused.value)


JSON: Any = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.sampled_from(KINDS),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
WANTED = st.one_of(JSON, st.fixed_dictionaries({}, optional={"action": JSON, "voice": JSON, "value": JSON}))


@given(WANTED)
@example({"action": "scene", "value": 10**5000})
def test_whatever_comes_is_an_action_within_limits_or_refused(wanted: Any) -> None:
    try:
        action = action_of(wanted, LIMITS)
    except ControlError:
        return
    assert action.kind in KINDS
    assert action.voice is None or action.kind in VOICED
    if action.kind in LEVELS:
        assert isinstance(action.value, float)
    if action.kind in SWITCHES:
        assert action.value in {None, True, False}


def test_whoever_asks_is_told_what_came_of_it(tmp_path: Any) -> None:
    stand = Stand()
    desk = stand.desk(tmp_path)
    done = desk.ask({"action": "mutate", "voice": "lead"}, "http")
    assert (done.ok, done.sentence) == (True, "It is done: mutate lead.")
    waits = desk.ask({"action": "mutate", "voice": "lead"}, "http")
    assert (waits.ok, waits.sentence) == (True, "It is done in a moment: mutate lead.")
    refused = desk.ask({"action": "return"}, "http")
    assert (refused.ok, refused.sentence) == (
        False,
        "It was refused: nothing is kept of all voices together; `keep` keeps what plays.",
    )
    nobody = desk.ask({"action": "mutate", "voice": "nob\x1bdy"}, "http")
    assert not nobody.ok
    assert nobody.sentence.isprintable()
    assert desk.ask({"action": "panic"}, "http").sentence == "It is done: panic."
    assert desk.ask({"action": "mute", "voice": "lead", "value": True}, "http").ok
    assert desk.ask({"action": "undo"}, "http").sentence == "It is done: undo (mute lead on): lead sounds again."
    stand.time.go(3)
    assert json.dumps(desk.status())
    assert {use["source"] for use in desk.status()["last"]} == {"http"}


def test_a_dream_has_a_weight_as_of_a_fader() -> None:
    limits = ControlLimits()
    assert action_of({"action": "dream", "value": "fear", "weight": 0.5}, limits).dream == DreamWish(
        "fear", 0.5, replaces=True
    )
    for wrong in (True, "0.5", 0, 2, float("nan")):
        with pytest.raises(ControlError, match="weight"):
            action_of({"action": "dream", "value": "fear", "weight": wrong}, limits)
    with pytest.raises(ControlError, match="weight"):
        action_of({"action": "mutate", "weight": 1}, limits)


def test_a_level_is_moved_over_whole_bars() -> None:
    limits = ControlLimits()
    assert action_of({"action": "density", "voice": "lead", "value": 0.5, "over": 8}, limits).over == 8
    for wrong in (True, "8", -1, 0.5, 257, float("inf")):
        with pytest.raises(ControlError, match="bars"):
            action_of({"action": "tempo", "value": 90, "over": wrong}, limits)
