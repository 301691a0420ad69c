"""What dashboards are told, and what they may ask, without a broker."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import jinja2
import pytest

from reverie.control.plain_action import action_of
from reverie.mqtt.broker_topics import AVAILABILITY, MOST_FAULTS, InstallationState
from reverie.mqtt.broker_wishes import LONGEST_PAYLOAD, WISHES, wish_of
from reverie.mqtt.home_assistant import CONTROLS, HomeAssistantDevice
from reverie.site.actions import ControlError, ControlLimits
from reverie.watch.fault_kinds import SLOT_MISSING, TAPE_UNWRITABLE
from reverie.watch.faults import Fault

STATE = InstallationState(
    level="doubtful",
    sentence="Plays first-light, but: the tape cannot be written.",
    alive=True,
    open=True,
    paused=False,
    scene="first-light",
    bar=12,
    mood="",
    volume=0.8,
    version="9.9",
    scenes=("first-light", "night-watch"),
    moods=("calm", "wild"),
)
COMPONENTS: dict[str, set[str]] = {
    "sensor": {"state_topic"},
    "binary_sensor": {"state_topic"},
    "select": {"state_topic", "command_topic", "options"},
    "number": {"state_topic", "command_topic", "min", "max", "step"},
    "switch": {"state_topic", "command_topic"},
    "button": {"command_topic"},
}
"""What Home Assistant's documentation asks of each component, and what these entities need besides."""


def fault(kind: Any, subject: str = "") -> Fault:
    return Fault(kind.id, subject, "It is wrong", "Mend it", kind.severity, 5.0)


def device(*, control: bool = True) -> HomeAssistantDevice:
    return HomeAssistantDevice("homeassistant", "gallery/west", "West", control=control)


def configs(state: InstallationState = STATE, *, control: bool = True) -> dict[str, dict[str, Any]]:
    topics = device(control=control).topics(state)
    return {topic: json.loads(payload) for topic, payload in topics.items() if payload}


def test_faults_are_told_worst_first_and_not_without_end() -> None:
    many = [fault(TAPE_UNWRITABLE, f"{number}") for number in range(3 * MOST_FAULTS)]
    told = json.loads(replace(STATE, faults=[*many, fault(SLOT_MISSING, "main")]).topics()["faults"])
    assert told["count"] == 3 * MOST_FAULTS + 1
    assert told["worst"] == "silent"
    assert told["faults"][0]["id"] == "slot-missing"
    assert len(told["faults"]) == MOST_FAULTS
    assert json.loads(STATE.topics()["faults"]) == {"count": 0, "worst": "none", "faults": []}


def test_open_mood_and_bar_are_words_that_people_read() -> None:
    topics = STATE.topics()
    assert (topics["open"], topics["mood"], topics["bar"], topics["volume"]) == ("open", "none", "12", "0.8")
    rests = replace(STATE, open=False, bar=None, mood="calm").topics()
    assert (rests["open"], rests["mood"], rests["bar"]) == ("closed", "calm", "")


def test_every_entity_has_what_its_component_needs_and_an_id_of_its_own() -> None:
    found = configs()
    for topic, config in found.items():
        _, component, place, what, last = topic.split("/")
        assert (place, last) == ("gallery_west", "config")
        assert COMPONENTS[component] <= config.keys()
        assert config["unique_id"].endswith(what)
        assert config["availability_topic"] == f"gallery/west/{AVAILABILITY}"
        assert config["device"]["identifiers"] == ["gallery_west"]
    assert len({config["unique_id"] for config in found.values()}) == len(found)


def test_what_entities_show_is_told_and_what_they_ask_is_heard() -> None:
    told = {f"gallery/west/{topic}" for topic in STATE.topics()}
    for config in configs().values():
        for key in ("state_topic", "json_attributes_topic"):
            assert config.get(key, next(iter(told))) in told
        if "command_topic" in config:
            base, _, what = config["command_topic"].rpartition("/")
            assert base == "gallery/west/set"
            assert what in WISHES


@pytest.mark.parametrize(
    ("state", "shown"),
    [
        (STATE, {"state": STATE.sentence, "problem": "ON", "sounding": "ON", "faults": "0"}),
        (
            replace(STATE, level="good", alive=False, sentence="x" * 400, faults=(fault(SLOT_MISSING),)),
            {"state": "x" * 250, "problem": "OFF", "sounding": "OFF", "faults": "1"},
        ),
    ],
)
def test_templates_show_what_they_should(state: InstallationState, shown: dict[str, str]) -> None:
    environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined)
    seen: dict[str, str] = {}
    for topic, config in configs(state).items():
        if "value_template" in config:
            payload = json.loads(state.topics()[config["state_topic"].rpartition("/")[2]])
            seen[topic.split("/")[3]] = environment.from_string(config["value_template"]).render(value_json=payload)
    assert seen == shown


def test_without_control_nothing_controls_and_what_was_there_is_taken_away() -> None:
    topics = device(control=False).topics(STATE)
    for component, what in CONTROLS:
        assert topics[f"homeassistant/{component}/gallery_west/{what}/config"] == ""
    assert not [config for config in configs(control=False).values() if "command_topic" in config]


def test_a_scene_without_moods_offers_none() -> None:
    assert not [topic for topic in configs(replace(STATE, moods=())) if "/mood/" in topic]


@pytest.mark.parametrize(
    ("what", "payload", "kind", "value"),
    [
        ("scene", b"night-watch", "scene", "night-watch"),
        ("mood", b"calm", "dream", "calm"),
        ("mood", b"none", "wake", None),
        ("volume", b"0.5", "volume", 0.5),
        ("volume", b"7", "volume", 1.0),
        ("volume", b"-1", "volume", 0.2),
        ("pause", b"ON", "pause", True),
        ("pause", b"off", "pause", False),
        ("next", b"PRESS", "next", None),
        ("panic", b"", "panic", None),
    ],
)
def test_a_wish_is_an_action_within_the_limits(what: str, payload: bytes, kind: str, value: object) -> None:
    action = action_of(wish_of(what, payload), ControlLimits())
    assert (action.kind, action.value) == (kind, value)


@pytest.mark.parametrize(
    ("what", "payload"),
    [
        ("reboot", b""),
        ("scene/extra", b"a"),
        ("volume", b"loud"),
        ("volume", b"nan"),
        ("volume", b"\xff"),
        ("pause", b"maybe"),
        ("scene", b""),
        ("scene", b"x" * (LONGEST_PAYLOAD + 1)),
    ],
)
def test_what_is_no_wish_is_refused_in_words(what: str, payload: bytes) -> None:
    with pytest.raises(ControlError):
        action_of(wish_of(what, payload), ControlLimits())
