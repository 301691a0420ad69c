"""How a box stands in its room, of what its leader or its follower knows. Pure: moments are handed in."""

from __future__ import annotations

from reverie.room.room_follower import RoomFollower
from reverie.room.room_leader import LEFT, Place, RoomGuest, RoomLeader
from reverie.watch.room_view import RoomGuestView, RoomView


def view_of_leader(leader: RoomLeader, name: str, now: float) -> RoomView:
    """How the box that leads stands: who has asked, and what each said of itself last."""
    guests = tuple(_guest(place, guest, now) for place, guest in leader.guests.items())
    count = sum(1 for one in guests if one.together)
    sentence = f"It leads the room; {count} of {len(guests)} play with it"
    return RoomView("lead", sentence, followers=guests, name=name)


def view_of_follower(follower: RoomFollower, place: Place, name: str, now: float, *, together: bool) -> RoomView:
    """How a box that follows the leader at ``place`` stands; ``together``: both play the same bar."""
    there, word = follower.is_there(now), follower.word
    where = f"{place[0]}:{place[1]}"
    if not there:
        sentence = f"The leader {where} does not answer; this box plays by itself"
    elif together:
        sentence = f"It plays with {follower.leader}"
    else:
        sentence = f"It hears {follower.leader}, and meets it on a bar line"
    silence = follower.silence(now)
    return RoomView(
        "follow",
        sentence,
        leader=where,
        together=together,
        offset_ms=_ms(follower.offset) if there else None,
        error_ms=_ms(follower.error(now)) if there else None,
        name=name,
        leader_name=follower.leader,
        here=there,
        seconds=None if silence is None else round(silence, 1),
        round_trip_ms=_ms(follower.round_trip) if there else None,
        scene=word.piece.scene if word else "",
        scene_bar=max(int(word.scene_bar_at(follower.there(now))), 0) if word and there else None,
    )


def _guest(place: Place, guest: RoomGuest, now: float) -> RoomGuestView:
    ask, gone = guest.ask, now - guest.moment
    return RoomGuestView(
        ask.name,
        place[0],
        round(gone, 1),
        ask.together and gone < LEFT,
        ask.scene,
        ask.scene_bar,
        _ms(ask.offset),
        _ms(ask.error),
        _ms(ask.round_trip),
        here=gone < LEFT,
    )


def _ms(seconds: float | None) -> float | None:
    return None if seconds is None else round(1000 * seconds, 3)
