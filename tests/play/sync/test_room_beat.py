"""The player follows the leader of the room by what the conductor tells it."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from reverie.play.following import Following
from reverie.play.messages import SELF
from reverie.play.sync.leaders import make_leaders
from reverie.play.sync.room_beat import FILE, ROOM, STALE, RoomBeat, RoomLead
from reverie.play.timeline import Timeline

BEAT = RoomBeat(time=100.0, tick=1920.0, seconds_per_tick=0.001, said=100.2, meeting=0, leader="hall")


@pytest.fixture
def ear() -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as made:
        yield made


@pytest.fixture
def lead(tmp_path: Path) -> Iterator[RoomLead]:
    made = RoomLead(str(tmp_path))
    yield made
    made.close()


def test_a_beat_is_a_straight_line_until_it_is_stale(lead: RoomLead, ear: socket.socket, tmp_path: Path) -> None:
    assert lead.position(100.3) is None
    BEAT.send(ear, tmp_path)
    lead.poll(100.3)
    position = lead.position(100.5)
    assert position is not None
    assert position.tick == pytest.approx(1920 + 500)
    assert "hall" in lead.description
    lead.poll(100.2 + STALE + 0.1)
    assert lead.position(100.2 + STALE + 0.1) is None


def test_another_meeting_lets_the_leader_go_for_a_moment(lead: RoomLead, ear: socket.socket, tmp_path: Path) -> None:
    BEAT.send(ear, tmp_path)
    lead.poll(100.3)
    RoomBeat(100.0, 1920.0, 0.001, 100.4, 1, "hall").send(ear, tmp_path)
    lead.poll(100.5)
    assert lead.position(100.5) is None
    lead.poll(100.6)
    assert lead.position(100.6) is not None


def test_a_new_player_hears_although_the_socket_of_the_one_before_still_lies_there(
    lead: RoomLead, ear: socket.socket, tmp_path: Path
) -> None:
    assert (tmp_path / FILE).is_socket()
    after = RoomLead(str(tmp_path))
    BEAT.send(ear, tmp_path)
    for one in lead, after:
        one.poll(100.3)
    assert lead.position(100.3) is None
    assert after.position(100.3) is not None
    after.close()


def test_nonsense_and_nobody_who_listens_disturb_nothing(lead: RoomLead, ear: socket.socket, tmp_path: Path) -> None:
    ear.connect(str(tmp_path / FILE))
    for said in b"", b"[", b"[1]", b"{}":
        ear.send(said)
    lead.poll(100.3)
    assert lead.position(100.3) is None
    BEAT.send(ear, tmp_path / "nowhere")


def test_a_scene_that_follows_nobody_follows_the_room(ear: socket.socket, tmp_path: Path) -> None:
    following = Following(make_leaders({"clock": None, "link": None, ROOM: {"folder": str(tmp_path)}}))
    BEAT.send(ear, tmp_path)
    following.poll(100.25)
    met = following.next_line(SELF, 0, 1920, 100.4, 100.3)
    assert met == (pytest.approx(100.0), 0.001)
    assert following.followed
    news = following.keep_pace(SELF, Timeline(0, 100.0, 0.001), 100.3)
    assert news is not None
    assert (news.leader, news.following) == (ROOM, True)
    following.close()
