"""Keeping pace with others: found, followed, lost, jumping, stopping; and being followed."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from unittest.mock import MagicMock

import pytest

from fakes.leaders import FakeLeader, PulsingLeader, SharedSession
from fakes.playing import Studio, place, scene, steps
from reverie.play.bars import AT_ITS_MOMENT, PUNCTUAL, Early
from reverie.play.messages import Rest
from reverie.play.player import Player
from reverie.play.recording.tape import Tape
from reverie.play.slot_settings import SlotSettings
from reverie.play.sync.link import Link

ON = 0x90


class Led(Studio):
    """A studio whose scene follows the MIDI clock of a leader of straw."""

    def __init__(self, folder: Path, qpm: float) -> None:
        self.leaders: dict[str, FakeLeader] = {}
        super().__init__(folder, leaders=self.leaders)
        self.leader = self.leaders["clock"] = FakeLeader(self.clock, qpm)

    def begin(self) -> None:
        self.tell(replace(scene(), lead="clock"), place(steps(60, 62, 64, 65)))

    def off(self, first: float) -> list[float]:
        """How far from the leader's quarters every note was that came after ``first``, in the leader's ticks."""
        offs: list[float] = []
        since, tick = self.leader._anchor
        for at, message in self.output.sent:
            if message[0] & 0xF0 == ON and at >= max(first, since):
                there = tick + (at - since) / self.leader._seconds_per_tick
                nearest = round(there / 480)
                assert message[1] == (60, 62, 64, 65)[nearest % 4], "another quarter of the leader's bar"
                offs.append(there - 480 * nearest)
        return offs


def test_the_first_bar_begins_with_the_leaders(tmp_path: Path) -> None:
    studio = Led(tmp_path, 90)
    studio.clock.time += 2.0  # in the second half of a bar of 2.67 s
    studio.begin()
    studio.play(3)
    assert studio.off(0.0) == pytest.approx([0.0] * len(studio.off(0.0)), abs=0.01)
    assert studio.synced[-1].following


@pytest.mark.parametrize("early", [PUNCTUAL, AT_ITS_MOMENT], ids=["ahead", "at its moment"])
def test_each_message_gave_up_a_bar_while_the_first_waited_for_its_leader(tmp_path: Path, early: Early) -> None:
    studio = Led(tmp_path, 60)
    studio.player = Player(studio.slots, Tape(tmp_path / "tape"), studio.clock, studio._hear, studio.leaders, early)
    studio.player.tend()
    studio.clock.time += 2.2  # in the second half of a bar of 4 s
    studio.begin()
    studio.player.advance()
    for _ in range(8):
        studio.clock.time += 0.1
        studio.tell(Rest(on=False))
        studio.player.advance()
        studio.player.tend()
    studio.play(3)
    assert [(bar.scene_bar, bar.sent, bar.dropped) for bar in studio.bars] == [(0, 4, 0), (1, 4, 0), (2, 4, 0)]
    assert studio.begun[0].begins == pytest.approx(1004.0)


def test_a_bar_that_has_just_begun_is_entered_in_its_midst(tmp_path: Path) -> None:
    studio = Led(tmp_path, 90)
    studio.clock.time += 1.0  # after the first quarter, before the second
    studio.begin()
    studio.play(2)
    first_on = next(message for message in studio.output.messages if message[0] == ON)
    assert first_on[1] == 62 + 2, "the quarters that are over are not played in a burst"
    assert studio.off(0.0) == pytest.approx([0.0] * len(studio.off(0.0)), abs=0.01)
    assert not any(bar.skipped or bar.dropped for bar in studio.bars)


@pytest.mark.parametrize("to", [60.0, 89.0, 91.0, 140.0])
def test_a_tempo_change_is_followed(tmp_path: Path, to: float) -> None:
    studio = Led(tmp_path, 90)
    studio.begin()
    studio.play(2)
    studio.leader.turn(to)
    studio.play(8)
    settled = studio.off(studio.clock.now() - 8 * 60 / to)
    assert settled == pytest.approx([0.0] * len(settled), abs=1.0)  # a tick is 1 to 2 ms
    assert len(settled) >= 6


@pytest.mark.parametrize("jump", [15.0, -15.0, 400.0, -700.0, 1000.0, 19200.0])
def test_a_leader_that_jumps_is_met_again(tmp_path: Path, jump: float) -> None:
    studio = Led(tmp_path, 100)
    studio.begin()
    studio.play(3)
    studio.leader.turn(100, jump)
    studio.play(6)
    settled = studio.off(studio.clock.now() - 5.0)
    assert settled == pytest.approx([0.0] * len(settled), abs=1.0)
    starts = [at for at, message in studio.output.sent if message[0] & 0xF0 == ON]
    gaps = [after - before for before, after in pairwise(starts)]
    assert max(gaps) < 2.4 + 0.6, "never silent for longer than a bar"
    assert min(gaps) > 0.1, "no burst"


def test_when_the_leader_is_lost_the_music_goes_on_at_its_tempo(tmp_path: Path) -> None:
    studio = Led(tmp_path, 75)
    studio.begin()
    studio.play(2)
    studio.leader.there = False
    studio.play(5)
    assert not studio.synced[-1].following
    starts = [at for at, message in studio.output.sent if message[0] & 0xF0 == ON]
    gaps = [after - before for before, after in pairwise(starts)]
    assert gaps == pytest.approx([0.8] * len(gaps), abs=0.002)
    studio.leader.there = True
    studio.play(3)
    assert studio.synced[-1].following


def test_without_a_leader_the_scene_has_its_own_tempo(tmp_path: Path) -> None:
    studio = Led(tmp_path, 75)
    studio.leader.there = False
    studio.begin()
    studio.play(2)
    starts = [at for at, message in studio.output.sent if message[0] & 0xF0 == ON]
    assert starts[1] - starts[0] == pytest.approx(0.5)


def test_a_leader_that_says_stop_makes_the_music_rest_and_no_other(tmp_path: Path) -> None:
    studio = Led(tmp_path, 120)
    studio.begin()
    studio.leader.playing = True
    studio.play(2)
    studio.leader.playing = False
    studio.play(3)
    assert [bar.resting for bar in studio.bars[-2:]] == [True, True]
    studio.leader.playing = True
    studio.play(3)
    assert not studio.bars[-1].resting


def test_a_scene_of_its_own_tempo_is_announced_to_others(tmp_path: Path) -> None:
    studio = Led(tmp_path, 75)
    studio.tell(scene(), place(steps(60)))
    studio.play(3)
    assert len(studio.leader.announced) > 100
    for now, tick, seconds_per_tick, playing in studio.leader.announced:
        assert seconds_per_tick == pytest.approx(60 / (120 * 480))
        assert tick == pytest.approx((now - 1000.0) / seconds_per_tick % 1920, abs=0.01)
        assert playing


def test_after_a_long_stop_the_leader_is_met_at_its_bar_line(tmp_path: Path) -> None:
    studio = Led(tmp_path, 100)
    studio.begin()
    studio.play(2)
    studio.clock.time += 7.7
    studio.play(3)
    assert sum(bar.dropped for bar in studio.bars) == 1
    settled = studio.off(studio.clock.now() - 4.0)
    assert settled == pytest.approx([0.0] * len(settled), abs=1.0)


def test_a_leader_who_is_alone_is_told_the_tempo_that_others_find_there(tmp_path: Path) -> None:
    studio = Led(tmp_path, 75)
    studio.leader.there = False
    studio.begin()
    studio.play(2)
    assert len(studio.leader.announced) > 50
    told = len(studio.leader.announced)
    studio.leader.there = True
    studio.play(2)
    assert len(studio.leader.announced) == told


def test_leaders_are_read_before_there_is_music(tmp_path: Path) -> None:
    studio = Led(tmp_path, 75)
    studio.player.advance()
    assert studio.player.due > studio.clock.now(), "or the player would spin until the first scene"


def test_a_long_stop_without_its_leader_is_no_burst(tmp_path: Path) -> None:
    studio = Led(tmp_path, 75)
    studio.begin()
    studio.play(2)
    studio.leader.there = False
    studio.play(1)
    sent = len(studio.output.sent)
    studio.clock.time += 60.0
    studio.player.advance()
    assert len(studio.output.sent) - sent < 4
    studio.play(2)
    assert sum(bar.dropped for bar in studio.bars) == 1
    assert sum(bar.skipped for bar in studio.bars) == 0


def test_followers_of_our_clock_are_told_the_place_after_a_jump(tmp_path: Path) -> None:
    leaders: dict[str, FakeLeader] = {}
    studio = Studio(tmp_path, leaders=leaders, main=SlotSettings({}, clock=True))
    leaders["clock"] = FakeLeader(studio.clock, 100)
    studio.tell(replace(scene(), lead="clock"), place(steps(60, 62, 64, 65)))
    studio.play(3)
    leaders["clock"].turn(100, 600.0)
    studio.play(4)
    transport = [message[0] for message in studio.output.messages if message[0] in {0xFA, 0xF2, 0xFB}]
    assert transport == [0xFA, 0xF2, 0xFB]
    located = max(number for number, message in enumerate(studio.output.messages) if message[0] == 0xFB)
    after = studio.output.messages[located:]
    notes = [number for number, message in enumerate(after) if message[0] & 0xF0 == ON]
    pulses = [sum(message[0] == 0xF8 for message in after[:number]) for number in notes]
    assert all((count - 1) % 24 == 0 for count in pulses), "notes fall on the followers' quarters again"


def test_a_stopped_leader_stops_only_the_scenes_that_it_leads(tmp_path: Path) -> None:
    studio = Led(tmp_path, 120)
    studio.begin()
    studio.play(1)
    studio.leader.playing = False
    studio.play(2)
    assert studio.bars[-1].resting
    studio.tell(scene(epoch=2), place(steps(60), epoch=2))
    studio.play(2)
    assert [(bar.epoch, bar.resting) for bar in studio.bars[-1:]] == [(2, False)]
    assert next(bar for bar in studio.bars if bar.epoch == 2).resting is False


PHASES = [step / 10 + 0.05 for step in range(10)]


class Joined(Studio):
    """A studio that plays by itself until its leader, of either kind, is so far into a bar where our bars begin."""

    def __init__(self, folder: Path, kind: str, phase: float, early: Early, monkeypatch: pytest.MonkeyPatch) -> None:
        leaders: dict[str, FakeLeader] = {}
        super().__init__(folder, leaders=leaders)
        self.player = Player(self.slots, Tape(folder / "tape"), self.clock, self._hear, leaders, early)
        self.player.tend()
        self.leader = leaders["clock"] = self._leader(kind, monkeypatch)
        self.leader.there = False
        self.leader._anchor = (1000.0, 1920 * (5 + phase))
        self.tell(replace(scene(), lead="clock"), place(steps(60, 62, 64, 65)))
        self.play(1)
        self.leader.there = True
        if isinstance(self.leader, PulsingLeader):
            self.leader.begin()

    def _leader(self, kind: str, monkeypatch: pytest.MonkeyPatch) -> FakeLeader:
        if kind == "midi clock":
            return PulsingLeader(self.clock, 120)
        if kind == "link":
            monkeypatch.setattr("reverie.play.sync.link.HelperProcess", MagicMock())
            return SharedSession(self.clock, 120, Link())
        return FakeLeader(self.clock, 120, bars=kind == "with bars")

    def followed(self) -> list[bool]:
        """Each change of whether the leader is followed, as people are told."""
        return [state.following for state in self.synced]

    def off(self, since: float) -> list[float]:
        """Seconds by which every note since then was not on a quarter of the leader's."""
        ticks = [self.leader.tick(at) for at, data in self.output.sent if at >= since and data[0] & 0xF0 == ON]
        assert ticks, "nothing sounds"
        return [(tick - 480 * round(tick / 480)) * self.leader._seconds_per_tick for tick in ticks]


@pytest.mark.parametrize("early", [AT_ITS_MOMENT, PUNCTUAL], ids=["at its moment", "laid early"])
@pytest.mark.parametrize("kind", ["midi clock", "link", "with bars", "without bars"])
@pytest.mark.parametrize("phase", PHASES)
def test_a_leader_that_is_met_ahead_is_not_lost_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, phase: float, kind: str, early: Early
) -> None:
    studio = Joined(tmp_path, kind, phase, early, monkeypatch)
    studio.play(3)
    assert studio.followed() == [False, True]
    assert studio.off(studio.clock.now() - 3.0) == pytest.approx(
        [0.0] * len(studio.off(studio.clock.now() - 3.0)), abs=0.002
    )
    assert not any(bar.skipped or bar.dropped for bar in studio.bars)


@pytest.mark.parametrize("kind", ["midi clock", "link", "with bars"])
@pytest.mark.parametrize("qpm", [75, 90, 150, 180])
@pytest.mark.parametrize("phase", [0.55, 0.75, 0.95])
def test_a_leader_that_changes_its_tempo_before_it_is_met_is_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, phase: float, qpm: float, kind: str
) -> None:
    studio = Joined(tmp_path, kind, phase, PUNCTUAL, monkeypatch)
    while not studio.player._following.followed:
        turn(studio)
    studio.leader.turn(qpm)
    studio.play(4)
    assert studio.followed() == [False, True]
    assert studio.off(studio.clock.now() - 2.0) == pytest.approx(
        [0.0] * len(studio.off(studio.clock.now() - 2.0)), abs=0.01
    )


@pytest.mark.parametrize("jump", [-1920.0, -700.0, 130.0, 700.0, 1500.0])
def test_a_leader_that_jumps_before_it_is_met_is_met_a_bar_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, jump: float
) -> None:
    studio = Joined(tmp_path, "with bars", 0.6, PUNCTUAL, monkeypatch)
    while not studio.player._following.followed:
        turn(studio)
    turn(studio)
    studio.leader.turn(120, jump)
    studio.play(5)
    assert studio.followed()[-1]
    settled = studio.off(studio.clock.now() - 3.0)
    assert settled == pytest.approx([0.0] * len(settled), abs=0.002)
    starts = [at for at, message in studio.output.sent if message[0] & 0xF0 == ON]
    assert max(after - before for before, after in pairwise(starts)) < 0.5 + 2.0, "never silent for longer than a bar"


def test_a_panic_while_a_leader_is_waited_for_ends_notes_at_the_bar_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    studio = Joined(tmp_path, "with bars", 0.6, PUNCTUAL, monkeypatch)
    while not studio.player._following.followed:
        turn(studio)
    studio.clock.time += 0.3
    assert studio.player._now_tick() == studio.player._bar.tick, "time stands still until the leader is there"  # type: ignore[union-attr]


def turn(studio: Studio) -> None:
    """Go on to what is due next."""
    studio.clock.time = max(studio.clock.time, studio.player.due)
    studio.player.advance()
    studio.player.tend()
