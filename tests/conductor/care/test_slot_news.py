"""What the player says of slots and leaders is told to people once, until it is over."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from reverie.bus import Bus
from reverie.conductor.care.leader_news import LeaderNews
from reverie.conductor.care.slot_news import SlotNews
from reverie.midi.identity import Wanted, missing
from reverie.midi.rtmidi import JACK_HANGS
from reverie.play.messages import SlotState, SyncState
from reverie.play.outputs.fluidsynth.shell import HANGS
from reverie.watch.evidence import Evidence
from reverie.watch.fault_kinds import NOTHING_HEARD, SLOT_MISSING
from reverie.watch.faults import Faults
from reverie.watch.happenings import Moment, SlotChanged, SlotsGiven, SlotsLost, SyncChanged

AT = Moment(0.0, 0.0)
AWAY = SlotState("main", up=False, detail="there is no port 'synth'; plug it in")
THERE = SlotState("main", up=True, detail="it plays to 'synth'")
MUTE = SlotState("main", up=False, detail="channel 10 is silent", fault="channel 10 is silent", silent="all")


class Stage:
    """A bus, the register, and those who tell it what the player says."""

    def __init__(self, *slots: str) -> None:
        self.slots = slots
        self.evidence, self.register, self._bus = Evidence(), Faults(), Bus()
        self.evidence.subscribe_to(self._bus)
        SlotNews(self.evidence, self.register, Path("tape"), "http://127.0.0.1:8765").subscribe_to(self._bus)
        LeaderNews(self.register).subscribe_to(self._bus)
        self.player_begins()

    def player_begins(self) -> None:
        self._bus.publish(SlotsGiven(AT, self.slots, {}))

    def player_dies(self) -> None:
        self._bus.publish(SlotsLost(AT, self.slots))

    def slot(self, state: SlotState) -> None:
        self._bus.publish(SlotChanged(AT, state, self.evidence.slot(state.name)))

    def leader(self, state: SyncState) -> None:
        self._bus.publish(SyncChanged(AT, state))

    @property
    def faults(self) -> list[str]:
        return [f"{fault.id} {fault.subject}".strip() for fault in self.register.active]


@pytest.fixture
def stage(caplog: pytest.LogCaptureFixture) -> Stage:
    caplog.set_level(logging.WARNING)
    return Stage("main")


def test_a_device_that_is_missing_is_told_once_and_cleared_when_it_comes(
    stage: Stage, caplog: pytest.LogCaptureFixture
) -> None:
    for _ in range(3):
        stage.slot(AWAY)
    assert stage.faults == ["slot-missing main", "nothing-heard"]
    assert len(caplog.messages) == 2
    assert caplog.messages[0] == "Slot main: there is no port 'synth'. Plug it in."
    stage.slot(THERE)
    assert stage.faults == []
    assert {fault.id for fault in stage.register.cleared} == {"slot-missing", "nothing-heard"}
    stage.slot(AWAY)
    assert len(caplog.messages) == 4


@pytest.mark.parametrize(
    ("detail", "sentence", "advice"),
    [
        ("the MIDI port grey is gone; switch it on", "the MIDI port grey is gone", "Switch it on"),
        (JACK_HANGS, "JACK does not answer: its server hangs", JACK_HANGS.partition("; ")[2].replace("start", "Start")),
        (
            missing(Wanted(match="grey"), []),
            "no MIDI port matches 'grey'; there are no MIDI ports at all",
            "Switch the device on, or mend `match`",
        ),
        (HANGS, HANGS, f"{SLOT_MISSING.advice}"),
        ("B (location 1) has come, and is the device that is meant; A (location 2) is left", "", SLOT_MISSING.advice),
        ("It was unplugged.", "It was unplugged.", SLOT_MISSING.advice),
    ],
    ids=["gone", "JACK hung", "not there", "started again", "left", "without advice"],
)
def test_each_missing_device_is_told_with_one_advice(stage: Stage, detail: str, sentence: str, advice: str) -> None:
    stage.slot(SlotState("main", up=False, detail=detail))
    told = {fault.id: fault for fault in stage.register.active}
    assert told["slot-missing"].sentence == f"Slot main: {sentence or detail}"
    assert told["slot-missing"].advice == advice
    assert told["slot-missing"].text.count("Switch") + told["slot-missing"].text.count("switch") <= 1
    assert told["nothing-heard"].advice == NOTHING_HEARD.advice


def test_where_nothing_can_be_heard_it_is_said_where_browsers_hear_it(stage: Stage) -> None:
    stage.slot(AWAY)
    [heard] = [fault for fault in stage.register.active if fault.id == "nothing-heard"]
    assert heard.sentence == (
        "Nothing can be heard for now but in browsers: open http://127.0.0.1:8765 and press Listen; "
        "the music goes on to its tape in tape as well"
    )


def test_with_one_slot_of_two_something_is_heard() -> None:
    stage = Stage("main", "other")
    stage.slot(SlotState("other", up=True, detail="it plays"))
    stage.slot(AWAY)
    assert stage.faults == ["slot-missing main"]


def test_that_nothing_is_heard_is_not_told_before_each_slot_of_a_new_player_was_looked_for(
    caplog: pytest.LogCaptureFixture,
) -> None:
    stage = Stage("main", "other")
    for _ in range(2):
        stage.slot(AWAY)
        assert stage.faults == ["slot-missing main"]
        stage.slot(SlotState("other", up=True, detail="it plays"))
        stage.player_dies()
        stage.player_begins()
    assert "Nothing can be heard" not in caplog.text
    stage.slot(AWAY)
    stage.slot(SlotState("other", up=False, detail="it is off"))
    assert "nothing-heard" in stage.faults


def test_a_device_that_is_there_and_not_heard_is_at_fault_and_not_missing(stage: Stage) -> None:
    stage.slot(AWAY)
    stage.slot(MUTE)
    assert stage.faults == ["nothing-heard", "slot-at-fault main"]
    stage.slot(THERE)
    assert stage.faults == []


def test_a_device_that_is_still_missing_after_the_players_death_is_no_news(
    stage: Stage, caplog: pytest.LogCaptureFixture
) -> None:
    stage.slot(AWAY)
    told = len(caplog.messages)
    stage.player_dies()
    stage.player_begins()
    stage.slot(AWAY)
    assert len(caplog.messages) == told


def test_a_leader_that_is_not_there_is_told_once_and_cleared_when_it_comes(
    stage: Stage, caplog: pytest.LogCaptureFixture
) -> None:
    stage.leader(SyncState("self", following=False, detail="no leader is asked for"))
    assert stage.faults == []
    for _ in range(2):
        stage.leader(SyncState("clock", following=False, detail="no clock"))
    [fault] = stage.register.active
    assert (fault.id, fault.subject) == ("leader-missing", "clock")
    assert fault.sentence == "The scene's leader, 'clock', is not there; it leads itself"
    assert len(caplog.messages) == 1
    stage.leader(SyncState("clock", following=True, detail="a clock"))
    assert stage.faults == []


def test_a_scene_that_leads_itself_or_a_new_player_misses_no_leader(stage: Stage) -> None:
    stage.leader(SyncState("clock", following=False, detail="no clock"))
    stage.leader(SyncState("self", following=False, detail="no leader is asked for"))
    assert stage.faults == []
    stage.leader(SyncState("link", following=False, detail="nobody"))
    stage.player_begins()
    assert stage.faults == []
