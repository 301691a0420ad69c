"""What was sent is held against what is heard, and people are told where sound is lost."""

from __future__ import annotations

from typing import Any

import pytest

from fakes.fault_matrix import page_row
from fakes.hand_clock import HandClock
from reverie.bus import Bus
from reverie.conductor.care.sound_watch import MONITOR, PATIENCE, SoundWatch, listeners_of
from reverie.meter.messages import LevelHeard, MeterState
from reverie.music.time import Metre, Tempo
from reverie.play.messages import TONE, BarBegun, BarPlayed, Part, SetOverrides, SetScene, SlotState
from reverie.site.monitor_section import MonitorInput, MonitorSection
from reverie.site.schema import Site
from reverie.watch.evidence import Evidence
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
)
from reverie.watch.sound_evidence import SoundListener

SLOTS = {"main": {"kind": "fluidsynth", "audio": "auto"}, "keys": {"kind": "port"}}
SITE = MonitorSection(input=MonitorInput(kind="alsa"))
BAR = 2.5


class FakeMeter:
    """Measures what the test says."""

    def __init__(self) -> None:
        self.state = MeterState(up=True, detail="listening")
        self.waiting: list[LevelHeard] = []
        self.closed = False

    def fileno(self) -> int:
        return -1

    def receive(self) -> list[LevelHeard]:
        waiting, self.waiting = self.waiting, []
        return waiting

    def close(self) -> None:
        self.closed = True


class Stage:
    """A player of two slots, a meter of the one that is a synthesizer, and one of the hall."""

    def __init__(self) -> None:
        self.clock = HandClock()
        self.bus, self.register, self.evidence = Bus(), Faults(self.clock.wall), Evidence()
        found = listeners_of(SLOTS, SITE)
        self.meters = {name: FakeMeter() for name in found}
        listeners: list[SoundListener] = [listener for listener, _ in found.values()]
        self.watch = SoundWatch(self.meters, listeners, self.bus, self.register, self.clock)
        self.evidence.subscribe_to(self.bus)
        self.watch.subscribe_to(self.bus)
        self.number = 0
        self.publish(SlotsGiven, tuple(SLOTS), {})
        for name in SLOTS:
            self.slot(SlotState(name, up=True, detail="it plays"))
        parts = (Part("pad", "main", 1), Part("lead", "keys", 2))
        self.publish(SceneGiven, SetScene(1, 0, "study", Metre(4, 4), Tempo(96), parts))

    def publish(self, kind: Any, *values: Any) -> None:
        self.bus.publish(kind(Moment.of(self.clock), *values))

    def slot(self, state: SlotState) -> None:
        self.publish(SlotChanged, state, self.evidence.slot(state.name))

    def bar(self, notes: dict[str, int], synth: float = -120.0, hall: float = -120.0, *, resting: bool = False) -> None:
        """A bar with these notes by part, while the synthesizer and the hall are so loud."""
        begins = self.clock.now()
        begun = BarBegun(1, "study", self.number, self.number, begins, BAR, resting, 0)
        self.publish(BarEntered, begun)
        for tenth in range(round(BAR / 0.1)):
            at = begins + tenth * 0.1
            self.meters["main"].waiting.append(LevelHeard(at, synth))
            self.meters[MONITOR].waiting.append(LevelHeard(at, hall))
        self.clock.go(BAR)
        sent = sum(notes.values())
        played = BarPlayed(1, "study", self.number, self.number, resting, notes, sent, (), (), {}, sent, seconds=BAR)
        self.publish(BarSounded, played)
        self.number += 1
        self.watch.look()

    def bars(self, count: int, notes: dict[str, int], synth: float = -120.0, hall: float = -120.0) -> None:
        for _ in range(count):
            self.bar(notes, synth, hall)

    @property
    def faults(self) -> list[str]:
        return [f"{fault.id} {fault.subject}" for fault in self.register.active]

    def sentence(self, subject: str) -> str:
        return next(fault.text for fault in self.register.active if fault.subject == subject)


@pytest.fixture
def stage() -> Stage:
    return Stage()


BOTH = {"pad": 4, "lead": 3}


def test_a_synthesizer_that_is_silent_though_fed_is_told_and_cleared(stage: Stage) -> None:
    stage.bars(6, BOTH, -30.0, -40.0)
    assert stage.faults == []
    stage.bars(6, BOTH, -120.0, -40.0)
    assert stage.faults == ["sound-missing main"]
    assert "silent though fed" in stage.sentence("main")
    stage.bars(2, BOTH, -30.0, -40.0)
    assert stage.faults == []


def test_a_silent_hall_is_told_with_what_still_sounds(stage: Stage) -> None:
    stage.bars(6, BOTH, -30.0)
    assert stage.faults == ["sound-missing monitor"]
    assert "what comes out of main is well" in stage.sentence("monitor")
    [fault] = stage.register.active
    assert page_row("amplifier off, with a monitor").advises(fault.advice)


def test_rests_bars_without_notes_and_music_of_others_are_no_evidence(stage: Stage) -> None:
    stage.bars(3, BOTH, -30.0, -40.0)
    for _ in range(20):
        stage.bar({}, resting=True)
    stage.bars(20, {"pad": 0, "lead": 0})
    assert stage.faults == []
    stage.bars(20, {"pad": 0, "lead": 5}, -120.0, -40.0)
    assert stage.faults == [], "what another slot plays says nothing of the synthesizer"


def test_a_volume_that_people_have_turned_down_is_no_fault(stage: Stage) -> None:
    stage.publish(PlayerTold, SetOverrides(volume=0.0))
    stage.bars(20, BOTH)
    assert stage.faults == []
    stage.publish(PlayerTold, SetOverrides(volume=0.5))
    stage.bars(6, BOTH)
    assert stage.faults == ["sound-missing main", "sound-missing monitor"]


def test_test_tones_are_no_music(stage: Stage) -> None:
    stage.bars(20, BOTH | {TONE: 1})
    assert stage.faults == []


def test_a_slot_without_its_device_is_told_elsewhere(stage: Stage) -> None:
    stage.bars(6, BOTH, -120.0, -40.0)
    assert stage.faults == ["sound-missing main"]
    stage.slot(SlotState("main", up=False, detail="it ended"))
    stage.bars(6, BOTH, -120.0, -40.0)
    assert stage.faults == []
    stage.slot(SlotState("main", up=True, detail="it plays"))
    stage.bars(6, BOTH, -120.0, -40.0)
    assert stage.faults == ["sound-missing main"]


def test_a_player_that_died_leaves_no_fault_of_its_sound(stage: Stage) -> None:
    stage.bars(6, BOTH, -120.0, -40.0)
    stage.publish(SlotsLost, tuple(SLOTS))
    stage.watch.look()
    assert stage.faults == []


def test_outputs_that_are_connected_to_nothing_are_told_at_once(stage: Stage) -> None:
    stage.meters["main"].state = MeterState(up=True, detail="listening", astray=True)
    stage.watch.look()
    assert stage.faults == ["sound-missing main"]
    assert "jack_connect" in stage.sentence("main")
    stage.meters["main"].state = MeterState(up=True, detail="listening")
    stage.watch.look()
    assert stage.faults == []


def test_a_meter_that_is_gone_for_long_is_a_notice_and_the_music_no_fault(stage: Stage) -> None:
    for meter in stage.meters.values():
        meter.state = MeterState(up=False, detail="the microphone is unplugged")
    stage.watch.look()
    assert stage.faults == []
    stage.clock.go(PATIENCE)
    stage.watch.look()
    assert stage.faults == ["meter-missing main", "meter-missing monitor"]
    assert "The monitor hears nothing: the microphone is unplugged" in stage.sentence("monitor")
    for meter in stage.meters.values():
        meter.state = MeterState(up=True, detail="listening")
    stage.watch.look()
    assert stage.faults == []


def test_where_nobody_can_listen_nothing_is_told(stage: Stage) -> None:
    stage.meters["main"].state = MeterState(up=False, detail="no way", able=False)
    for _ in range(3):
        stage.watch.look()
        stage.clock.go(PATIENCE)
    assert stage.faults == []


def test_what_is_heard_is_known_to_the_evidence(stage: Stage) -> None:
    stage.bars(3, BOTH, -30.0, -40.0)
    main = stage.evidence.sounds["main"]
    assert (main.heard, main.dbfs, main.up) == (True, -30.0, True)
    assert stage.evidence.sounds[MONITOR].dbfs == -40.0


def test_floors_are_those_of_rests(stage: Stage) -> None:
    stage.bars(2, BOTH, -30.0, -40.0)
    for _ in range(6):
        stage.bar({}, -120.0, -55.0, resting=True)
    assert stage.evidence.sounds[MONITOR].floor == pytest.approx(-55.0)
    stage.bars(7, BOTH, -30.0, -52.0)
    assert stage.faults == ["sound-missing monitor"], "three decibels above the floor are its noise"


def test_only_what_can_be_listened_to_has_a_meter() -> None:
    slots = {
        "a": {"kind": "fluidsynth", "audio": "alsa"},
        "b": {"kind": "fluidsynth", "audio": "jack", "options": {"audio.jack.id": "strings"}},
        "c": {"kind": "osc"},
    }
    found = listeners_of(slots, MonitorSection())
    assert list(found) == ["b"]
    assert found["b"][1]["client"] == "strings"
    assert listeners_of(slots, MonitorSection(synths=False)) == {}
    heard = MonitorInput(kind="alsa", slots=("c",))
    [listener] = [one for one, _ in listeners_of({}, MonitorSection(input=heard)).values()]
    assert listener.hears("c")
    assert not listener.hears("a")


def test_of_several_synthesizers_each_is_listened_to_by_a_name_of_its_own() -> None:
    def clients(**slots: dict[str, Any]) -> dict[str, str]:
        site = Site.model_validate({"slots": {name: {"kind": "fluidsynth"} | slot for name, slot in slots.items()}})
        found = listeners_of(site.slots_as_json(), MonitorSection())
        return {name: str(settings["client"]) for name, (_, settings) in found.items()}

    assert clients(main={}) == {"main": "reverie"}
    assert clients(main={}, pads={"options": {"audio.jack.id": "strings"}}) == {
        "main": "reverie-main",
        "pads": "strings",
    }
