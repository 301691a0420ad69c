"""A box of a room goes where the leader's piece is, and goes on alone when it hears nothing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from fakes.conductors import Theatre
from reverie.conductor.arranging.repertoire import FOLDERS_EVERY
from reverie.conductor.rooms.room_follow import LACKING_FOR, RoomJoining
from reverie.conductor.rooms.room_lead import RoomPiece
from reverie.play.messages import BarBegun
from reverie.room.room_follower import GONE, RoomFollower
from reverie.room.room_leader import RoomLeader
from reverie.room.room_words import RoomWord, SharedPiece
from reverie.watch.fault_kinds import ROOM_APART

TOKEN = b"a token that all boxes share"
AHEAD = 500.0
"""Seconds that the leader's clock is ahead."""
SCENE = """
name: {name}
title: {name}
tempo: 120
key: D
scale: dorian
harmony: "Dm7 | G7 | Am7 | Em7"
form:
  order: drawn
  sections:
    - {{name: calm, bars: [2, 4], next: {{wide: 1, calm: 1}}}}
    - {{name: wide, bars: [2, 4], next: {{wide: 1, calm: 1}}}}
moods:
  fear: {{words: [dark], tempo: 0.9}}
voices:
  pad: {{kind: chords, bars: 1, register: [C3, C5], output: {{channel: 3}}}}
"""


def written(*names: str) -> dict[str, str]:
    return {name: SCENE.format(name=name) for name in names}


@dataclass
class Box:
    """A box whose player begins a bar whenever it is told so."""

    theatre: Theatre
    bars: int = -1

    def begin_bar(self, scene_bar: int | None = None) -> BarBegun:
        """The next bar begins now; of what was set last."""
        self.bars += 1
        scene, music = self.theatre.conductor.page.desk.report.play.scene, self.theatre.conductor.music
        assert scene is not None
        assert music is not None
        where = max(music.bar + 1, 0) if scene_bar is None else scene_bar
        begun = BarBegun(
            music.epoch, scene.name, self.bars, where, self.theatre.clock.now(), 2.0, resting=False, heard=0
        )
        self.theatre.player.says(begun)
        return begun


@dataclass
class Pair:
    """A leader and one who follows it, and what is between them."""

    lead: Box
    follow: Box
    leader: RoomLeader
    follower: RoomFollower
    joining: RoomJoining

    def talk(self) -> None:
        """A question and its answer, without delay."""
        now = self.follow.theatre.clock.now()
        ask = self.follower.ask(now, together=self.joining.together, scene="", scene_bar=0)
        answer = self.leader.answer(ask, ("box", 1), now + AHEAD, now + AHEAD)
        assert answer is not None
        self.follower.hear(answer, now)
        self.joining.heard()

    def go(self, seconds: float) -> None:
        for box in self.lead, self.follow:
            box.theatre.clock.go(seconds)

    def playing(self, box: Box) -> tuple[str, int, int]:
        """Scene, take, and the scene bar that begins next."""
        play = box.theatre.conductor.page.desk.report.play
        assert play.scene is not None
        assert play.ensemble is not None
        return play.scene.name, play.begun.take, play.ensemble.bar + 1


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[Pair]:
    for name in "lead", "follow":
        (tmp_path / name).mkdir()
    lead = Box(Theatre(tmp_path / "lead", written("dusk", "dawn")))
    follow = Box(Theatre(tmp_path / "follow", written("own", "dusk")))
    lead.theatre.clock.go(AHEAD)
    for _ in range(3):
        lead.theatre.store.begin("dusk")
    for box in lead, follow:
        box.theatre.begin()
    leader, follower = RoomLeader(TOKEN, "hall"), RoomFollower(TOKEN, "attic")

    def tell(word: RoomWord) -> None:
        list(leader.tell(word, lead.theatre.clock.now()))

    RoomPiece(lead.theatre.conductor.page.desk.report.play, tell).subscribe_to(lead.theatre.conductor.bus)
    there = follow.theatre.conductor
    joining = RoomJoining(
        follower,
        there.page.desk.report.play,
        there.go_to_section,
        tmp_path,
        there.faults,
        follow.theatre.clock,
    )
    joining.subscribe_to(there.bus)
    yield Pair(lead, follow, leader, follower, joining)
    joining.close()


def test_a_box_joins_the_take_of_its_leader_in_the_bar_that_begins_next(pair: Pair) -> None:
    for _ in range(6):
        pair.lead.begin_bar(pair.lead.bars + 1)
        pair.go(2.0)
    pair.lead.begin_bar(6)
    pair.follow.begin_bar()
    pair.talk()
    assert pair.playing(pair.follow) == ("dusk", 3, 7)
    music, theirs = pair.follow.theatre.conductor.music, pair.lead.theatre.conductor.music
    assert music is not None
    assert theirs is not None
    assert music.course is not None
    assert theirs.course is not None
    assert [music.course.at(bar).section for bar in range(7, 60)] == [
        theirs.course.at(bar).section for bar in range(7, 60)
    ]
    pair.go(2.0)
    pair.lead.begin_bar(7)
    pair.talk()
    pair.follow.begin_bar(7)
    assert pair.joining.together
    assert pair.playing(pair.follow) == ("dusk", 3, 7), "who is there does not join again"


def test_moods_of_the_leader_are_dreamt_in_the_same_bars(pair: Pair) -> None:
    pair.lead.begin_bar(0)
    pair.follow.begin_bar()
    pair.talk()
    pair.go(2.0)
    pair.lead.begin_bar(1)
    pair.follow.begin_bar(1)
    pair.lead.theatre.conductor.dream_of(b'{"mood": "fear", "length": 8}', "test")
    pair.talk()
    dreams = [box.theatre.conductor.page.desk.report.play.dreams.dreamt for box in (pair.lead, pair.follow)]
    assert len(dreams[0]) == 1
    assert [(one.mood, one.first_bar, one.bars) for one in dreams[1]] == [
        (one.mood, one.first_bar, one.bars) for one in dreams[0]
    ]


def test_a_box_that_hears_nothing_goes_on_with_what_it_plays(pair: Pair) -> None:
    pair.lead.begin_bar(0)
    pair.follow.begin_bar()
    pair.talk()
    before = pair.playing(pair.follow)
    pair.go(GONE + 1)
    pair.follow.begin_bar(20)
    assert not pair.joining.together
    assert pair.playing(pair.follow) == before
    pair.lead.begin_bar(22)
    pair.talk()
    assert pair.playing(pair.follow) == ("dusk", 3, 23)


def test_a_scene_that_a_box_has_not_is_told_and_leaves_its_own(pair: Pair) -> None:
    pair.lead.theatre.conductor.play_scene("dawn")
    pair.lead.begin_bar(0)
    pair.follow.begin_bar()
    pair.talk()
    assert pair.playing(pair.follow)[0] == "own"
    (fault,) = pair.follow.theatre.conductor.faults.of(ROOM_APART)
    assert "dawn" in fault.sentence


def test_a_scene_that_was_lacking_is_looked_for_again_while_the_leader_still_plays_it(pair: Pair) -> None:
    pair.lead.theatre.conductor.play_scene("dawn")
    pair.lead.begin_bar(0)
    pair.follow.begin_bar()
    pair.talk()
    assert pair.playing(pair.follow)[0] == "own"
    there = pair.follow.theatre.conductor
    repertoire = there.page.desk.report.play._repertoire
    own = repertoire.file("own")
    assert own is not None
    (own.parent / "dawn.yaml").write_text(SCENE.format(name="dawn"))
    pair.go(FOLDERS_EVERY)
    repertoire.look_into_folders()
    pair.lead.begin_bar(5)
    pair.talk()
    assert pair.playing(pair.follow)[0] == "own", "not at each word: to look costs time"
    pair.go(LACKING_FOR)
    pair.lead.begin_bar(30)
    pair.talk()
    assert pair.playing(pair.follow)[0] == "dawn"


def test_who_lacks_a_scene_is_not_apart_any_more_when_nobody_leads(pair: Pair) -> None:
    pair.lead.theatre.conductor.play_scene("dawn")
    pair.lead.begin_bar(0)
    pair.follow.begin_bar()
    pair.talk()
    assert pair.follow.theatre.conductor.faults.of(ROOM_APART)
    pair.joining.alone()
    assert not list(pair.follow.theatre.conductor.faults.of(ROOM_APART))


def test_another_text_of_the_scene_is_told(pair: Pair) -> None:
    pair.lead.begin_bar(0)
    pair.follow.begin_bar()
    pair.talk()
    pair.go(2.0)
    pair.lead.begin_bar(1)
    pair.follow.begin_bar(1)
    word = pair.leader.word
    assert word is not None
    piece: SharedPiece = replace(word.piece, mark="another")
    list(pair.leader.tell(replace(word, number=word.number + 1, piece=piece), 0.0))
    pair.talk()
    (fault,) = pair.follow.theatre.conductor.faults.of(ROOM_APART)
    assert "another here" in fault.sentence
