"""The self-test says of each slot whether its quiet figure was heard, by whom, or that nobody can tell."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import pytest

from fakes.simulated_time import SimulatedDay
from reverie.bus import Bus
from reverie.conductor.care.self_test import DRUMS, FIGURE, VELOCITY, SlotsTest
from reverie.play.messages import PlayTone, SlotState
from reverie.rehearsal.simulated_loop import SimulatedLoop
from reverie.watch.evidence import Evidence
from reverie.watch.faults import Faults
from reverie.watch.happenings import Moment, SelfTested, SlotChanged, SoundMeasured
from reverie.watch.self_test_result import SlotTested
from reverie.watch.sound_evidence import SoundState

QUIET = {"main": -120.0, "monitor": -58.0}
SLOTS = {"main": ("main",), "monitor": None}


class Room:
    """Slots, listeners, and how loud each is: now, and while a slot's tones sound."""

    def __init__(self, loop: SimulatedLoop) -> None:
        self.loop = loop
        self.clock = SimulatedDay(loop, "2026-11-30 09:00")
        self.bus, self.evidence, self.register = Bus(), Evidence(), Faults(self.clock.wall)
        self.evidence.subscribe_to(self.bus)
        self.told: list[SelfTested] = []
        self.bus.subscribe(SelfTested, self.told.append)
        self.tones: list[PlayTone] = []
        self.player = True
        self.channel = 1
        self.heard: bool | None = None
        self.now: Mapping[str, float] = QUIET
        self.of_tones: Mapping[str, Mapping[str, float]] = {"main": {"main": -30.0, "monitor": -45.0}}
        self.test = SlotsTest(self.sound, self.evidence, lambda _: self.channel, self.bus, self.register, self.clock)
        for name in ("main", "keys"):
            self.evidence.slot_changed(SlotState(name, up=True, detail="it plays"))

    def sound(self, tone: PlayTone) -> bool:
        self.tones.append(tone)
        self.measure(dict(self.now) | dict(self.of_tones.get(tone.slot, {})))
        self.loop.call_later(1.0, self.measure, self.now)
        return self.player

    def measure(self, levels: Mapping[str, float]) -> None:
        sounds = {
            name: SoundState(
                name, SLOTS[name], -80.0 if name == "main" else -60.0, True, True, "", level, None, self.heard
            )
            for name, level in levels.items()
        }
        self.bus.publish(SoundMeasured(Moment.of(self.clock), sounds))

    def outcomes(self) -> dict[str, str]:
        self.measure(self.now)
        return {one.slot: one.outcome for one in self.loop.run_until_complete(self._tested())}

    async def _tested(self) -> Sequence[SlotTested]:
        self.test.begin()
        assert self.test.runs
        assert self.test.verdict() is None
        assert self.test._task is not None
        return await self.test._task

    @property
    def faults(self) -> list[str]:
        return [f"{fault.id} {fault.subject}" for fault in self.register.active]


@pytest.fixture
def room() -> Iterator[Room]:
    loop = SimulatedLoop()
    yield Room(loop)
    loop.close()


def test_a_slot_that_is_heard_is_told_apart_from_one_that_is_not(room: Room) -> None:
    assert room.outcomes() == {"main": "heard", "keys": "unheard"}
    [told] = room.told
    assert [one.sentence for one in told.slots] == [
        "slot main was heard by its own meter and the monitor.",
        "slot keys was not heard by the monitor.",
    ]
    assert room.evidence.tested is told
    assert room.faults == ["self-test-failed keys"]


def test_a_figure_is_quiet_and_one_slot_sounds_after_the_other(room: Room) -> None:
    room.outcomes()
    assert [tone.slot for tone in room.tones] == ["main"] * 3 + ["keys"] * 3
    assert [tone.pitch for tone in room.tones[:3]] == list(FIGURE)
    assert {tone.velocity for tone in room.tones} == {VELOCITY}
    room.channel = 10
    room.outcomes()
    assert [tone.pitch for tone in room.tones[-3:]] == list(DRUMS)


def test_an_amplifier_that_is_off_is_told_though_the_synthesizer_sounds(room: Room) -> None:
    room.of_tones = {"main": {"main": -30.0}, "keys": {"monitor": -45.0}}
    assert room.outcomes() == {"main": "unheard", "keys": "heard"}
    assert room.told[0].slots[0].sentence == "slot main was not heard by the monitor, though by its own meter."


def test_without_anybody_who_hears_a_person_must_listen(room: Room) -> None:
    room.now = {}
    room.of_tones = {}
    assert room.outcomes() == {"main": "untold", "keys": "untold"}
    assert "listen yourself" in room.told[0].slots[0].sentence
    assert room.faults == []


def test_a_slot_without_device_and_a_player_that_is_gone_are_told(room: Room) -> None:
    room.evidence.slot_changed(SlotState("keys", up=False, detail="it is unplugged."))
    assert room.outcomes()["keys"] == "absent"
    assert "it is unplugged" in room.told[0].slots[1].sentence
    room.player = False
    assert room.outcomes() == {"main": "absent", "keys": "absent"}
    assert "there is no player" in room.told[1].slots[0].sentence


@pytest.mark.parametrize("meanwhile", [False, True])
def test_a_device_switched_on_at_opening_was_told_absent_all_day_where_nobody_hears_it(
    room: Room, *, meanwhile: bool
) -> None:
    def switched_on() -> None:
        down, up = (SlotState("main", up=up, detail="") for up in (False, True))
        room.evidence.slot_changed(up)
        room.bus.publish(SlotChanged(Moment.of(room.clock), up, down))

    room.now, room.of_tones = {}, {}
    room.evidence.slot_changed(SlotState("main", up=False, detail="it is switched off."))
    if meanwhile:
        room.loop.call_later(3.0, switched_on)
    assert room.outcomes() == {"main": "absent", "keys": "untold"}
    assert room.faults == ([] if meanwhile else ["self-test-failed main"])
    switched_on()
    assert room.faults == []


def test_a_slot_that_was_not_heard_is_not_cleared_by_a_device_that_comes_back(room: Room) -> None:
    room.of_tones = {}
    room.outcomes()
    up = SlotState("main", up=True, detail="it plays")
    room.bus.publish(SlotChanged(Moment.of(room.clock), up, None))
    assert room.faults == ["self-test-failed main", "self-test-failed keys"]


def test_noise_that_is_louder_than_any_threshold_is_no_tone(room: Room) -> None:
    room.now = {"monitor": -40.0}
    room.of_tones = {"main": {"monitor": -36.0}, "keys": {"monitor": -30.0}}
    assert room.outcomes() == {"main": "unheard", "keys": "heard"}


def test_beside_music_that_is_heard_a_tone_cannot_be_told_apart(room: Room) -> None:
    room.now = {"main": -30.0, "monitor": -40.0}
    room.of_tones, room.heard = {}, True
    assert room.outcomes() == {"main": "heard", "keys": "heard"}


def test_the_next_test_or_music_that_is_heard_ends_the_fault(room: Room) -> None:
    room.of_tones = {}
    room.outcomes()
    assert room.faults == ["self-test-failed main", "self-test-failed keys"]
    room.of_tones = {"main": {"main": -30.0, "monitor": -45.0}}
    room.outcomes()
    assert room.faults == ["self-test-failed keys"]
    room.heard = False
    room.measure(QUIET)
    assert room.faults == ["self-test-failed keys"]
    room.heard = True
    room.measure(QUIET)
    assert room.faults == []


def test_whoever_asks_meanwhile_has_the_test_that_runs(room: Room) -> None:
    async def both() -> None:
        room.test.begin()
        first = room.test._task
        room.test.begin()
        assert room.test._task is first
        assert first is not None
        await first
        assert not room.test.runs

    room.loop.run_until_complete(both())
    assert len(room.told) == 1


def test_the_verdict_before_opening_names_who_was_not_heard_or_all_who_were(room: Room) -> None:
    assert room.test.verdict() is None
    room.outcomes()
    verdict = room.test.verdict()
    assert verdict is not None
    assert (verdict.ok, verdict.sentence) == (False, "Slot keys was not heard by the monitor.")
    room.of_tones = dict(room.of_tones) | {"keys": {"monitor": -40.0}}
    room.outcomes()
    verdict = room.test.verdict()
    assert verdict is not None
    assert verdict.ok
    assert (
        verdict.sentence == "Slot main was heard by its own meter and the monitor; slot keys was heard by the monitor."
    )
