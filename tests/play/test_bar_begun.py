"""The player says of each bar when it has begun, and how much it had been told by then."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

import pytest

from fakes.leaders import FakeLeader
from fakes.patience import PATIENCE
from fakes.playing import RealPlayer, Studio, place, scene, steps
from reverie.music.time import Tempo
from reverie.play.messages import BarBegun, Rest, SetOverrides
from reverie.play.sync.leader import Leader
from reverie.processes.codec import from_message, to_message
from reverie.processes.wire import encode


@pytest.fixture
def studio(tmp_path: Path) -> Studio:
    return Studio(tmp_path)


def test_each_bar_is_told_once_as_it_begins_the_first_one_too(studio: Studio) -> None:
    studio.tell(scene(), place(steps(60)))
    studio.player.advance()
    [first] = studio.begun
    assert (first.scene, first.bar, first.scene_bar, first.begins, first.seconds) == ("one", 0, 0, 1000.0, 2.0)
    assert (first.heard, first.resting, first.epoch) == (2, False, 1)
    studio.play(3)
    assert [(one.bar, one.begins) for one in studio.begun] == [(bar, 1000.0 + 2 * bar) for bar in range(4)]
    assert from_message(BarBegun, to_message(first)) == first


def test_it_is_told_after_the_notes_of_the_bar_line(studio: Studio) -> None:
    studio.tell(scene(), place(steps(60)))
    order: list[str] = []
    send, hear = studio.output.send, studio.player._report
    studio.output.send = lambda message: (order.append("note"), send(message))[1]  # type: ignore[method-assign]
    studio.player._report = lambda news: (order.append(news.type), hear(news))[1]  # type: ignore[method-assign]
    studio.player.advance()
    assert order == ["note", "bar_begun"], "no note waits for it"


def test_what_is_told_while_a_bar_sounds_counts_for_the_next(studio: Studio) -> None:
    studio.tell(scene(), place(steps(60)))
    studio.player.advance()
    studio.clock.time += 0.5
    studio.tell(SetOverrides(), Rest(on=True))
    studio.player.leave_out()
    studio.play(2)
    assert [(one.bar, one.heard, one.resting) for one in studio.begun] == [(0, 2, False), (1, 5, True), (2, 5, True)]


def test_its_seconds_are_those_of_the_tempo_with_which_it_begins(studio: Studio) -> None:
    studio.tell(scene(tempo=Tempo(60)), place(steps(60)))
    studio.player.advance()
    studio.clock.time += 1.0
    studio.tell(SetOverrides(qpm=120))
    studio.play(1)
    assert [(one.begins, one.seconds) for one in studio.begun] == [(1000.0, 4.0), (1002.5, 2.0)]


def test_a_bar_that_meets_a_leader_begins_with_the_leaders_line(tmp_path: Path) -> None:
    leaders: dict[str, Leader] = {}
    studio = Studio(tmp_path, leaders=leaders)
    leaders["clock"] = leader = FakeLeader(studio.clock, 110)
    studio.clock.time += 0.7
    studio.tell(replace(scene(), lead="clock"), place(steps(60)))
    studio.play(4)
    places = [leader.tick(one.begins) % 1920 for one in studio.begun]
    assert [min(place, 1920 - place) for place in places] == pytest.approx([0.0] * 5, abs=1e-3)
    assert [one.seconds for one in studio.begun] == pytest.approx([4 * 60 / 110] * 5)


@pytest.mark.real
def test_a_message_that_the_process_cannot_read_counts_all_the_same(tmp_path: Path) -> None:
    player = RealPlayer(tmp_path, {})
    try:
        player.tell(scene())
        player.socket.sendall(encode({"type": "place", "part": "lead", "nobody": "knows"}))
        player.tell(place(steps(60)))
        begun = player.hear(BarBegun)
        assert begun.heard == 3
        assert abs(begun.begins - time.monotonic()) < PATIENCE, "the clock of all processes is one"
    finally:
        player.end()
