"""How boxes stand in their room is told of what they said to each other, and the advice fits who is missing."""

from __future__ import annotations

from typing import Any

import pytest

from reverie.conductor.page.room_of_desk import room_of_desk
from reverie.conductor.rooms.room_views import view_of_follower, view_of_leader
from reverie.room.room_follower import RoomFollower
from reverie.room.room_leader import LEFT, RoomLeader
from reverie.room.room_words import RoomWord, SharedPiece
from reverie.site.room_section import RoomSection

TOKEN = b"a token that all boxes share"
AHEAD = 500.0
"""Seconds that the leader's clock is ahead."""
WORD = RoomWord("life", 1, SharedPiece("dusk", 3, 36_000.0, "abc"), 12, 4, AHEAD + 99.0, 2.0, 1920)
"""Its scene bar 4 begins a second before the follower's moment 100."""
PLACE, HOST = ("10.0.0.2", 40_000), ("hall.local", 8767)
LEADS = RoomSection(lead=True, name="hall", voices=("lead",))
FOLLOWS = RoomSection(follow="hall.local", name="attic")


class Room:
    """A leader and a follower, whose datagrams take ``way`` seconds there, and as long back."""

    def __init__(self, way: float = 0.002) -> None:
        self.leader, self.follower = RoomLeader(TOKEN, "hall"), RoomFollower(TOKEN, "attic")
        self.way = way
        list(self.leader.tell(WORD, AHEAD))

    def talk(self, now: float, *, together: bool = True, scene: str = "dusk") -> None:
        ask = self.follower.ask(now, together=together, scene=scene, scene_bar=4)
        came = now + AHEAD + self.way
        answer = self.leader.answer(ask, PLACE, came, came)
        assert answer is not None
        self.follower.hear(answer, now + 2 * self.way)

    def led(self, now: float, playing: str = "dusk", section: RoomSection = LEADS) -> dict[str, Any]:
        view = view_of_leader(self.leader, "hall", now + AHEAD)
        return told(section, view, playing=playing)

    def followed(self, now: float, *apart: str, together: bool = True) -> dict[str, Any]:
        view = view_of_follower(self.follower, HOST, "attic", now, together=together)
        return told(FOLLOWS, view, *apart)


def told(section: RoomSection | None, view: Any, *apart: str, playing: str | None = "dusk") -> Any:
    return room_of_desk(section, view, apart, playing)


def test_a_follower_says_what_its_leader_plays_and_how_well_it_knows_its_clock() -> None:
    room = Room()
    room.talk(99.0)
    room.talk(100.0)
    assert room.followed(102.5) == {
        "name": "attic",
        "role": "follows",
        "address": "hall.local:8767",
        "voices": [],
        "advice": None,
        "boxes": [
            {
                "name": "hall",
                "address": "hall.local:8767",
                "port": 8767,
                "leads": True,
                "seconds": 2.5,
                "here": True,
                "together": True,
                "scene": "dusk",
                "bar": 6,
                "error_ms": pytest.approx(2.25, abs=0.011),
                "round_trip_ms": pytest.approx(4.0),
                "advice": None,
            }
        ],
    }


def test_the_advice_named_the_port_of_another_room() -> None:
    view = view_of_follower(RoomFollower(TOKEN, "attic"), ("hall.local", 9100), "attic", 100.0, together=False)
    [box] = told(RoomSection(follow="hall.local:9100", name="attic"), view)["boxes"]
    assert (box["advice"], box["port"]) == ("never", 9100)


def test_a_leader_says_of_each_follower_what_that_said_of_itself() -> None:
    room = Room()
    for moment in (99.0, 99.5, 100.0):
        room.talk(moment)
    led = room.led(101.0)
    [box] = led.pop("boxes")
    assert led == {"name": "hall", "role": "leads", "address": "0.0.0.0:8767", "voices": ["lead"], "advice": None}
    assert box == {
        "name": "attic",
        "address": "10.0.0.2",
        "port": None,
        "leads": False,
        "seconds": 1.0,
        "here": True,
        "together": True,
        "scene": "dusk",
        "bar": 5,
        "error_ms": pytest.approx(2.05, abs=0.011),
        "round_trip_ms": pytest.approx(4.0),
        "advice": None,
    }


def test_the_advice_fits_who_is_missing() -> None:
    room = Room()
    assert room.led(98.0)["advice"] == "nobody"
    follows = room.followed(98.0)
    assert (follows["role"], follows["boxes"][0]["advice"], follows["boxes"][0]["seconds"]) == ("alone", "never", None)
    for moment in (99.0, 99.5):
        room.talk(moment, together=False, scene="own")
    assert room.led(99.6)["boxes"][0]["advice"] == "unlike"
    assert room.followed(99.6, together=False)["boxes"][0]["advice"] == "meets"
    room.talk(100.0, together=False)
    assert room.led(100.1)["boxes"][0]["advice"] == "meets"
    follows = room.followed(110.0)
    assert (follows["role"], follows["boxes"][0]["advice"], follows["boxes"][0]["bar"]) == ("alone", "away", None)
    gone = room.led(100.0 + LEFT + 0.1)
    assert (gone["advice"], gone["boxes"][0]["advice"], gone["boxes"][0]["here"]) == (None, "gone", False)


def test_a_follower_that_was_gone_still_counted_as_together() -> None:
    room = Room()
    for moment in (99.0, 99.5):
        room.talk(moment)
    assert view_of_leader(room.leader, "hall", AHEAD + 100).sentence.endswith("1 of 1 play with it")
    assert view_of_leader(room.leader, "hall", AHEAD + 200).sentence.endswith("0 of 1 play with it")


def test_a_box_that_began_anew_stands_there_once() -> None:
    room = Room()
    for moment in (99.0, 99.5):
        room.talk(moment)
    [place] = room.leader.guests
    room.leader.guests[place[0], 50_000] = room.leader.guests[place]
    room.leader.guests[place] = room.leader.guests.pop(place)
    assert [box["name"] for box in room.led(100.0)["boxes"]] == ["attic"]


def test_a_network_on_which_bars_are_heard_apart_is_named() -> None:
    room = Room(way=0.03)
    for moment in (99.0, 99.5, 100.0):
        room.talk(moment)
    assert room.followed(100.1)["boxes"][0]["advice"] == "unsteady"
    assert room.led(100.1)["boxes"][0]["advice"] == "unsteady"


@pytest.mark.parametrize(
    ("apart", "advice"),
    [
        (("scene", "token"), "token"),
        (("stranger", "network"), "network"),
        (("version", "scene"), "version"),
        (("scene",), "scene"),
        ((), None),
    ],
)
def test_what_is_wrong_with_this_box_goes_first(apart: tuple[str, ...], advice: str | None) -> None:
    room = Room()
    room.talk(100.0)
    assert room.followed(100.1, *apart)["advice"] == advice


def test_without_a_room_there_is_none_and_before_the_first_look_it_begins() -> None:
    assert told(None, None) is None
    assert told(LEADS, None, "token") == {
        "name": "hall",
        "role": "begins",
        "address": "0.0.0.0:8767",
        "voices": ["lead"],
        "advice": "token",
        "boxes": [],
    }
