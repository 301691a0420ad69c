"""Whether the notes that are sent are heard: listens by meters, judges, and tells people when sound is missing.

It only looks on. Meters are processes of their own, and nothing here waits for them.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from reverie.bus import Bus
from reverie.clock import Clock
from reverie.conductor.care.missing_sound import MissingSound, goes_nowhere, silent_hall, silent_synth
from reverie.meter.messages import HEARD_DRIVERS, INPUT, OWN, LevelHeard, MeterState
from reverie.meter.metering import LevelMeter
from reverie.play.messages import TONE, BarBegun, BarPlayed, SetOverrides, SlotState
from reverie.site.monitor_section import MONITOR, MonitorSection
from reverie.watch.fault_kinds import METER_MISSING, SOUND_MISSING
from reverie.watch.faults import Faults
from reverie.watch.happenings import (
    BarEntered,
    BarSounded,
    Moment,
    PlayerTold,
    SceneGiven,
    SlotChanged,
    SlotsGiven,
    SlotsLost,
    SoundMeasured,
)
from reverie.watch.sound_evidence import SoundEvidence, SoundListener, SoundState

log = logging.getLogger(__name__)

EVERY = 0.5
"""Seconds between two looks."""
OWN_BELOW, OWN_MARGIN = -80.0, 6.0
"""A synthesizer's own output has no noise: what is louder than so many dBFS is sound, by more than so many dB."""
SOFTEST = 0.15
"""Where the player is told to be softer than this share, nobody can be expected to hear anything."""
PATIENCE = 30.0
"""Seconds for which a listener may not hear before that is told of."""
BEFORE = 2.0
"""Seconds before the first bar in which nothing sounds, as far as the meters already hear."""
_BARS = 8
"""Bars that have begun and are not over yet: more than a player has."""


class LevelSource(Protocol):
    """What measures: a :class:`~reverie.meter.metering.LevelMeter`, or a fake of it."""

    @property
    def state(self) -> MeterState:
        """Whether it hears."""
        ...

    def fileno(self) -> int:
        """What to wait for."""
        ...

    def receive(self) -> list[LevelHeard]:
        """What it has measured."""
        ...

    def close(self) -> None:
        """End it."""
        ...


def listeners_of(
    slots: Mapping[str, Mapping[str, Any]], monitor: MonitorSection
) -> dict[str, tuple[SoundListener, Mapping[str, Any]]]:
    """Who hears what on a site, by name, each with the settings of its meter.

    Args:
        slots: The slots as plain data, as the player has them.
        monitor: What the site says of it.
    """
    found: dict[str, tuple[SoundListener, Mapping[str, Any]]] = {}
    for name, slot in slots.items():
        audio = slot.get("audio", "auto")
        if slot["kind"] != "fluidsynth" or not monitor.synths or audio not in HEARD_DRIVERS:
            continue
        client = slot.get("options", {}).get("audio.jack.id", "reverie")
        settings = {"hear": OWN, "audio": audio, "client": client}
        found[name] = SoundListener(name, frozenset({name}), OWN_BELOW, OWN_MARGIN), settings
    if (given := monitor.input) is not None:
        heard = None if given.slots is None else frozenset(given.slots)
        settings = {"hear": INPUT, "kind": given.kind, "device": given.device, "command": list(given.command)}
        found[MONITOR] = SoundListener(MONITOR, heard, given.below, given.margin), settings
    return found


class SoundWatch:
    """Holds what was sent against what is heard.

    Args:
        meters: By the listener's name, whom it hears by.
        listeners: Who hears what.
        bus: Where bars are told of, and where levels are published.
        faults: The register of faults.
        clock: By which all of it goes.
    """

    def __init__(
        self,
        meters: Mapping[str, LevelSource],
        listeners: Sequence[SoundListener],
        bus: Bus,
        faults: Faults,
        clock: Clock,
    ) -> None:
        self._meters = meters
        self._heard = {listener.name: SoundEvidence(listener) for listener in listeners}
        self._bus = bus
        self._faults = faults
        self._clock = clock
        self._slots: dict[str, SlotState] = {}
        self._parts: dict[int, Mapping[str, str]] = {}
        self._begun: dict[int, BarBegun] = {}
        self._deaf_since: dict[str, float] = {}
        self._volume = 1.0
        self._before_music = True

    @classmethod
    def of_site(
        cls, slots: Mapping[str, Mapping[str, Any]], monitor: MonitorSection, bus: Bus, faults: Faults, clock: Clock
    ) -> SoundWatch:
        """With meters of a site."""
        found = listeners_of(slots, monitor)
        meters = {name: LevelMeter(settings) for name, (_, settings) in found.items()}
        return cls(meters, [listener for listener, _ in found.values()], bus, faults, clock)

    def subscribe_to(self, bus: Bus) -> None:
        """Hear of bars and slots from now on; before the first scene is given."""
        bus.subscribe(SlotsGiven, lambda _: self._begin_anew())
        bus.subscribe(SlotChanged, self._slot_changed)
        bus.subscribe(SlotsLost, lambda _: self._slots.clear())
        bus.subscribe(SceneGiven, self._scene_given)
        bus.subscribe(PlayerTold, self._player_told)
        bus.subscribe(BarEntered, lambda said: self._bar_begun(said.bar))
        bus.subscribe(BarSounded, lambda said: self._bar_over(said.bar))

    @property
    def sounds(self) -> Mapping[str, SoundState]:
        """What each listener makes of the sound."""
        return {name: self._state(name, evidence) for name, evidence in self._heard.items()}

    async def attend(self) -> None:
        """Listen until cancelled; then the meters end."""
        loop = asyncio.get_running_loop()
        for name, meter in self._meters.items():
            loop.add_reader(meter.fileno(), self._listen, name)
        try:
            while True:
                await asyncio.sleep(EVERY)
                try:
                    self.look()
                except Exception:
                    log.exception("What is heard could not be judged; it is tried again.")
        finally:
            for meter in self._meters.values():
                loop.remove_reader(meter.fileno())
                meter.close()

    def look(self) -> None:
        """Take what was measured, and tell people of it."""
        for name in self._meters:
            self._listen(name)
        for name, evidence in self._heard.items():
            self._tell(name, evidence)
        if self._heard:
            self._bus.publish(SoundMeasured(Moment.of(self._clock), self.sounds))

    def _listen(self, name: str) -> None:
        evidence = self._heard[name]
        for level in self._meters[name].receive():
            evidence.level(level.time, level.dbfs)

    def _begin_anew(self) -> None:
        self._slots.clear()
        for evidence in self._heard.values():
            evidence.begin_anew()

    def _slot_changed(self, said: SlotChanged) -> None:
        self._slots[said.slot.name] = said.slot
        if said.before is None or said.before.up != said.slot.up:
            for evidence in self._heard.values():
                if evidence.listener.hears(said.slot.name):
                    evidence.begin_anew()

    def _scene_given(self, said: SceneGiven) -> None:
        self._parts[said.scene.epoch] = {part.name: part.slot for part in said.scene.parts}
        for epoch in sorted(self._parts)[:-_BARS]:
            del self._parts[epoch]

    def _player_told(self, said: PlayerTold) -> None:
        """The volume at which it plays: what people have set, and what holds it back in quiet hours."""
        if isinstance(said.message, SetOverrides):
            self._volume = said.message.volume

    def _bar_begun(self, bar: BarBegun) -> None:
        if self._before_music:
            self._before_music = False
            for evidence in self._heard.values():
                evidence.silence(bar.begins - BEFORE, bar.begins)
        self._begun[bar.bar] = bar
        for number in sorted(self._begun)[:-_BARS]:
            del self._begun[number]

    def _bar_over(self, bar: BarPlayed) -> None:
        begun = self._begun.pop(bar.bar, None)
        if begun is None or TONE in bar.notes:
            return
        ends = begun.begins + (bar.seconds or begun.seconds)
        slots = self._parts.get(bar.epoch, {})
        sent = {slots[part] for part, notes in bar.notes.items() if notes and part in slots}
        for evidence in self._heard.values():
            heard = {slot for slot in sent if evidence.listener.hears(slot)}
            if bar.resting and not sent:
                evidence.rest(begun.begins, ends)
            elif any(self._is_up(slot) for slot in heard) and bar.sent and self._volume >= SOFTEST:
                evidence.bar(begun.begins, ends)

    def _is_up(self, slot: str) -> bool:
        return slot in self._slots and self._slots[slot].up

    def _state(self, name: str, evidence: SoundEvidence) -> SoundState:
        state = self._meters[name].state
        dbfs = evidence.dbfs if state.up else None
        listener = evidence.listener
        slots = None if listener.slots is None else tuple(sorted(listener.slots))
        return SoundState(
            name, slots, listener.below, state.up, state.able, state.detail, dbfs, evidence.floor, evidence.heard
        )

    def _tell(self, name: str, evidence: SoundEvidence) -> None:
        state, now = self._meters[name].state, self._clock.now()
        expected = name == MONITOR or self._is_up(name)
        if state.up or not state.able or not expected:
            self._deaf_since.pop(name, None)
            self._faults.clear(METER_MISSING, name)
        elif now - self._deaf_since.setdefault(name, now) >= PATIENCE:
            self._faults.tell(METER_MISSING, name, f"{_called(name)} hears nothing: {state.detail}")
        missing = self._missing(name, evidence, state) if expected else None
        if missing is not None:
            self._faults.tell(SOUND_MISSING, name, missing.sentence, missing.advice)
        else:
            self._faults.clear(SOUND_MISSING, name)

    def _missing(self, name: str, evidence: SoundEvidence, state: MeterState) -> MissingSound | None:
        """What is wrong with the sound."""
        if state.up and state.astray:
            return goes_nowhere(name)
        if evidence.heard is not False:
            return None
        well = [other for other, one in self._heard.items() if other != MONITOR and one.heard]
        return silent_hall(well) if name == MONITOR else silent_synth(name)


def _called(name: str) -> str:
    return "The monitor" if name == MONITOR else f"The meter of slot {name}"
