"""Where a box that plays meets the piece of its leader: always with a bar line."""

from __future__ import annotations

from dataclasses import dataclass

from reverie.room.room_words import RoomWord, SharedPiece

IN_PHASE = 0.05
"""Bars by which ours may begin beside the leader's, and are still the same."""


@dataclass(frozen=True, slots=True)
class OwnBar:
    """A bar of ours that has begun: of which piece, its number there, and when it began by the leader's clock.

    ``piece`` is None where what plays next is none that the leader could know; ``waits`` where that piece is told to
    the player and has not begun: then ``scene_bar`` is of another one, and says nothing.
    """

    piece: SharedPiece | None
    scene_bar: int
    begins: float
    waits: bool = False


def same(one: SharedPiece | None, other: SharedPiece) -> bool:
    """Whether two boxes play the same take of the same scene."""
    return one is not None and (one.scene, one.take) == (other.scene, other.take)


def in_phase(word: RoomWord, own: OwnBar) -> bool:
    """Whether our bar began where one of the leader's did."""
    there = word.scene_bar_at(own.begins)
    return abs(there - round(there)) < IN_PHASE


def meeting_bar(word: RoomWord, own: OwnBar) -> int | None:
    """The scene bar of the leader's piece that is to begin with our next bar line; None: what plays is right.

    Bars that are not in phase yet are not counted: they are brought to the leader's by the player first.
    """
    present = round(word.scene_bar_at(own.begins))
    if not same(own.piece, word.piece):
        return max(present + 1, 0)
    if own.waits or not in_phase(word, own) or present < 0 or own.scene_bar == present:
        return None
    return present + 1
