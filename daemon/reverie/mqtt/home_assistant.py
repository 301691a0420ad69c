"""Home Assistant finds the installation by itself: a device with its sensors, and its controls where these are let.

The payloads are those of https://www.home-assistant.io/integrations/mqtt/#mqtt-discovery, one retained topic for each
entity, which every version of Home Assistant since 2021 reads. An entity that is there no more is taken away by an
empty payload.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from reverie.mqtt.broker_topics import AVAILABILITY, CLOSED, NO_MOOD, OFFLINE, ONLINE, OPEN, SET, InstallationState

CONTROLS = (
    ("select", "scene"),
    ("select", "mood"),
    ("number", "volume"),
    ("switch", "pause"),
    ("button", "next"),
)
"""The entities that control: a component of Home Assistant, and what it moves."""


class HomeAssistantDevice:
    """Writes what Home Assistant reads.

    Args:
        prefix: The topic below which it looks.
        topic: The installation's own.
        name: What people call it.
        control: Whether it may control.
    """

    def __init__(self, prefix: str, topic: str, name: str, *, control: bool) -> None:
        self._prefix = prefix
        self._topic = topic
        self._name = name
        self._control = control
        self._told: object = None
        self._topics: dict[str, str] = {}
        self._id = topic.replace("/", "_").replace(".", "_")

    def topics(self, state: InstallationState) -> dict[str, str]:
        """The payloads by their whole topics."""
        told = state.version, tuple(state.scenes), tuple(state.moods), state.volumes
        if told != self._told:
            self._told, self._topics = told, self._made(state)
        return self._topics

    def _made(self, state: InstallationState) -> dict[str, str]:
        found = dict(self._sensors(state))
        for component, what in CONTROLS:
            found[self._place(component, what)] = ""
        if self._control:
            found |= dict(self._controls(state))
        return found

    def _sensors(self, state: InstallationState) -> Iterator[tuple[str, str]]:
        yield self._entity(
            state,
            "sensor",
            "state",
            "State",
            state_topic=self._of("state"),
            value_template="{{ value_json.sentence[:250] }}",
            json_attributes_topic=self._of("state"),
            icon="mdi:music",
        )
        yield self._entity(
            state,
            "binary_sensor",
            "problem",
            "Problem",
            state_topic=self._of("state"),
            value_template="{{ 'OFF' if value_json.level == 'good' else 'ON' }}",
            device_class="problem",
        )
        yield self._entity(
            state,
            "binary_sensor",
            "sounding",
            "Sounds as it should",
            state_topic=self._of("state"),
            value_template="{{ 'ON' if value_json.alive else 'OFF' }}",
            device_class="running",
        )
        yield self._entity(
            state,
            "sensor",
            "faults",
            "Faults",
            state_topic=self._of("faults"),
            value_template="{{ value_json.count }}",
            json_attributes_topic=self._of("faults"),
            state_class="measurement",
            entity_category="diagnostic",
            icon="mdi:alert-circle-outline",
        )
        yield self._entity(
            state,
            "binary_sensor",
            "open",
            "Open",
            state_topic=self._of("open"),
            payload_on=OPEN,
            payload_off=CLOSED,
            icon="mdi:door",
        )
        yield self._entity(
            state, "sensor", "scene_now", "Scene", state_topic=self._of("scene"), icon="mdi:playlist-music"
        )
        yield self._entity(
            state, "sensor", "bar", "Bar", state_topic=self._of("bar"), entity_category="diagnostic", icon="mdi:counter"
        )

    def _controls(self, state: InstallationState) -> Iterator[tuple[str, str]]:
        if state.scenes:
            yield self._moved(state, "select", "scene", "Play scene", options=[*state.scenes])
        if state.moods:
            yield self._moved(state, "select", "mood", "Mood", options=[NO_MOOD, *state.moods])
        low, high = state.volumes
        yield self._moved(
            state, "number", "volume", "Volume", min=low, max=high, step=0.01, mode="slider", icon="mdi:volume-high"
        )
        yield self._moved(state, "switch", "pause", "Pause", payload_on="ON", payload_off="OFF", icon="mdi:pause")
        yield self._entity(
            state, "button", "next", "Next scene", command_topic=self._of(f"{SET}/next"), icon="mdi:skip-next"
        )

    def _moved(self, state: InstallationState, component: str, what: str, name: str, **config: Any) -> tuple[str, str]:
        return self._entity(
            state,
            component,
            what,
            name,
            state_topic=self._of(what),
            command_topic=self._of(f"{SET}/{what}"),
            **config,
        )

    def _entity(self, state: InstallationState, component: str, what: str, name: str, **config: Any) -> tuple[str, str]:
        payload: dict[str, Any] = {
            "name": name,
            "unique_id": f"{self._id}_{what}",
            "availability_topic": self._of(AVAILABILITY),
            "payload_available": ONLINE,
            "payload_not_available": OFFLINE,
            "device": {
                "identifiers": [self._id],
                "name": self._name,
                "manufacturer": "Reverie",
                "model": "Music installation",
                "sw_version": state.version,
            },
            "origin": {"name": "Reverie", "sw_version": state.version},
            **config,
        }
        return self._place(component, what), json.dumps(payload, ensure_ascii=False, separators=(",", ":"))

    def _place(self, component: str, what: str) -> str:
        return f"{self._prefix}/{component}/{self._id}/{what}/config"

    def _of(self, topic: str) -> str:
        return f"{self._topic}/{topic}"
