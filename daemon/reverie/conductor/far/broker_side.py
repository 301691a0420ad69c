"""What the broker is told of the conductor, and what it asks of it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING

from reverie.errors import ended
from reverie.mqtt.broker_link import BrokerLink
from reverie.mqtt.broker_topics import InstallationState
from reverie.mqtt.broker_wishes import wish_of
from reverie.mqtt.home_assistant import HomeAssistantDevice
from reverie.site.actions import ControlError
from reverie.site.mqtt_section import MqttSection

if TYPE_CHECKING:
    from reverie.conductor.conductor import Conductor

SOURCE = "mqtt"
"""By whom things are done, in the record."""


class BrokerSide:
    """Stands between the conductor's event loop, in which it is made, and the thread of the link."""

    def __init__(self, conductor: Conductor, section: MqttSection) -> None:
        self._conductor = conductor
        self.section = section
        """What the site says of the broker."""
        self._begun = False
        self._loop = asyncio.get_running_loop()
        name = section.name or f"Reverie {section.topic}"
        self._device = (
            HomeAssistantDevice(section.discovery, section.topic, name, control=section.control)
            if section.discovery
            else None
        )
        self._own: Mapping[str, str] = {}
        """What was told last, but for Home Assistant."""
        self._link = BrokerLink(section, conductor.faults, self._wished)

    @property
    def up(self) -> bool:
        """Whether the broker is there."""
        return self._link.up

    def go_on(self) -> None:
        """Tell what has changed, connected at the first time or after :meth:`stop`; in the event loop."""
        self.look()
        if not self._begun:
            self._begun = True
            self._link.start()

    def look(self) -> None:
        """Tell what has changed; in the event loop."""
        state = self._state()
        self._own = {f"{self.section.topic}/{name}": payload for name, payload in state.topics().items()}
        self._link.tell(self._own | (self._device.topics(state) if self._device else {}))

    def stop(self) -> None:
        """Say goodbye."""
        self._begun = False
        self._link.stop()

    def leave(self, followed: MqttSection | None) -> None:
        """Say goodbye for good, as another broker follows, or none; may wait some seconds, so not in the event loop.

        Home Assistant forgets a device that is not told there any more; else it would be away there for ever.
        """
        if self._device is not None and (followed is None or _device_of(followed) != _device_of(self.section)):
            self._link.tell(self._own)
        self.stop()

    def _state(self) -> InstallationState:
        conductor, report = self._conductor, self._conductor.page.desk.report
        summary, console = report.summary(), report.console
        names, playing = conductor.scenes()
        dreams = report.dreams()
        return InstallationState(
            level=summary.level,
            sentence=summary.sentence,
            alive=report.alive().ok,
            open=not report.course.resting,
            paused=console.paused,
            scene=playing or "",
            bar=report.evidence.sounding_bar,
            mood=str(dreams["rules"] or ""),
            volume=console.overrides.volume,
            version=report.config.version,
            faults=report.faults.active,
            scenes=names,
            moods=dreams["moods"],
            volumes=report.config.controls.limits.volume,
        )

    def _wished(self, what: str, payload: bytes, answer: Callable[[str], None]) -> None:
        """Of the link's thread: somebody wants something."""
        self._loop.call_soon_threadsafe(partial(self._do, what, payload, answer))

    def _do(self, what: str, payload: bytes, answer: Callable[[str], None]) -> None:
        try:
            answer(self._conductor.control(wish_of(what, payload), SOURCE).sentence)
        except ControlError as error:
            answer(f"It was refused: {ended(str(error))}")
        self.look()


def _device_of(section: MqttSection) -> tuple[object, ...]:
    """Where Home Assistant knows the installation from."""
    return section.host, section.used_port, section.topic, section.discovery
