"""What the boxes of a room say to each other: JSON in datagrams, each sealed with the token that all of them share.

A follower asks a few times a second, and each answer has all there is to know: a word that is lost is made good by the
next, a box that joins late knows what one knows that was there all along, and a leader keeps nothing but who asked.

The version is ``major.minor``. Fields that are not known are left out, so that a minor version may add some; with
another major version nothing is played together, and both say so.
"""

from __future__ import annotations

import hmac
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, cast

from reverie.errors import ReverieError

MAJOR, MINOR = 1, 2
VERSION = f"{MAJOR}.{MINOR}"
LARGEST = 8192
"""Bytes of a datagram that are read."""
MOST_MOODS = 16
"""Moods of a word: more of them are dreamt by nobody."""
LONGEST_NAME = 100
_SEAL = 32


class RoomWordError(ReverieError):
    """A datagram is no word of this room: it is not sealed with its token, or is nonsense."""


class RoomVersionError(RoomWordError):
    """The other speaks another major version."""


@dataclass(frozen=True, slots=True)
class SharedPiece:
    """What is played: two boxes with the same scene and ``take`` have the same sections and chords in each bar.

    ``mark`` tells versions of the scene's file apart; ``begins_at`` is the time of day of the first bar, in seconds.
    """

    scene: str
    take: int
    begins_at: float
    mark: str


@dataclass(frozen=True, slots=True)
class RoomMood:
    """A mood for some bars of the scene: as :class:`~reverie.compose.mood_stack.Dream` has it."""

    mood: str
    weight: float
    first_bar: int
    bars: int
    blend: int


@dataclass(frozen=True, slots=True)
class RoomWord:
    """What the leader plays.

    Its player's bar ``bar``, of so many ``ticks``, began at the leader's monotonic moment ``begins`` and lasts
    ``seconds``; it is scene bar ``scene_bar`` of the ``piece``, -1 where that begins with the next bar line.
    ``section`` is that of the bar. ``number`` grows with each word in one ``life`` of the leader.
    """

    life: str
    number: int
    piece: SharedPiece
    bar: int
    scene_bar: int
    begins: float
    seconds: float
    ticks: int
    section: str = ""
    moods: tuple[RoomMood, ...] = ()

    def scene_bar_at(self, moment: float) -> float:
        """Scene bars at a moment of the leader's clock, between two whole ones."""
        return self.scene_bar + (moment - self.begins) / self.seconds


@dataclass(frozen=True, slots=True)
class RoomAsk:
    """A follower asks, at ``asked`` by its own clock.

    ``cookie`` is what the leader answered last: it proves that answers arrive where the question says it comes from.
    The rest is for people at the leader.
    """

    nonce: str
    asked: float
    name: str
    together: bool
    scene: str
    scene_bar: int
    offset: float | None
    cookie: str = ""
    error: float | None = None
    round_trip: float | None = None


@dataclass(frozen=True, slots=True)
class RoomAnswer:
    """The leader answers: the ask came at ``came`` and the answer left at ``sent``, both by the leader's clock.

    Without ``asked`` it is told unasked, because a bar has begun: then it says nothing about clocks. ``word`` is None
    before the first bar. The next ask is to have the ``cookie``.
    """

    nonce: str
    name: str
    sent: float
    asked: float | None = None
    came: float = 0.0
    word: RoomWord | None = None
    cookie: str = ""


def sealed(said: RoomAsk | RoomAnswer, token: bytes) -> bytes:
    """A datagram."""
    kind = "ask" if isinstance(said, RoomAsk) else "answer"
    body = json.dumps({"version": VERSION, "kind": kind, **asdict(said)}, separators=(",", ":")).encode()
    return hmac.digest(token, body, "sha256") + body


def opened(datagram: bytes, token: bytes) -> RoomAsk | RoomAnswer:
    """What a datagram says.

    Raises:
        RoomVersionError: if it is of another major version.
        RoomWordError: if it is not of this room, or nonsense.
    """
    seal, body = datagram[:_SEAL], datagram[_SEAL:]
    if len(datagram) > LARGEST or not hmac.compare_digest(seal, hmac.digest(token, body, "sha256")):
        raise RoomWordError("it does not have the token of this room")
    try:
        said = cast("Mapping[str, Any]", json.loads(body))
        version = str(said["version"])[:20]
        if version.partition(".")[0] != str(MAJOR):
            raise RoomVersionError(f"it speaks version {version} of the room, and this box {VERSION}; update the older")
        if said["kind"] == "ask":
            return RoomAsk(
                nonce=_text(said["nonce"]),
                asked=float(said["asked"]),
                name=_text(said["name"]),
                together=bool(said["together"]),
                scene=_text(said["scene"]),
                scene_bar=int(said["scene_bar"]),
                offset=_seconds(said["offset"]),
                cookie=_text(said.get("cookie", "")),
                error=_seconds(said.get("error")),
                round_trip=_seconds(said.get("round_trip")),
            )
        asked = said["asked"]
        return RoomAnswer(
            nonce=_text(said["nonce"]),
            name=_text(said["name"]),
            sent=float(said["sent"]),
            asked=None if asked is None else float(asked),
            came=float(said["came"]),
            word=None if said["word"] is None else _word(said["word"]),
            cookie=_text(said.get("cookie", "")),
        )
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError) as error:
        raise RoomWordError(f"it cannot be read ({error!r})") from error


def _word(said: Mapping[str, Any]) -> RoomWord:
    piece = said["piece"]
    word = RoomWord(
        life=_text(said["life"]),
        number=int(said["number"]),
        piece=SharedPiece(_text(piece["scene"]), int(piece["take"]), float(piece["begins_at"]), _text(piece["mark"])),
        bar=int(said["bar"]),
        scene_bar=int(said["scene_bar"]),
        begins=float(said["begins"]),
        seconds=float(said["seconds"]),
        ticks=int(said["ticks"]),
        section=_text(said["section"]),
        moods=tuple(
            RoomMood(
                _text(one["mood"]), float(one["weight"]), int(one["first_bar"]), int(one["bars"]), int(one["blend"])
            )
            for one in said["moods"][:MOST_MOODS]
        ),
    )
    if not (word.seconds > 0 and word.ticks > 0 and word.piece.take >= 0 and word.scene_bar >= -1):
        raise ValueError("a bar without length")
    return word


def _seconds(said: Any) -> float | None:
    return None if said is None else float(said)


def _text(said: Any) -> str:
    if not isinstance(said, str) or len(said) > LONGEST_NAME:
        raise ValueError("no short text")
    return said
