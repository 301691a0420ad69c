"""What people keep: a loop of one voice, or what all voices played together, to go back to after minutes or months."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from reverie.compose.played_loop import PlayedLoop

MOST = 8
"""Of each voice, and of all voices together, so many are kept; the oldest makes room for another."""
_MOST_KEEPS, _MOST_VOICES = 1000, 100
"""Of a scene, in a file: more was never written."""


@dataclass(frozen=True, slots=True)
class Keep:
    """What was kept at a ``time``: the loop of a ``voice``, or (None) of each voice the one that it played then."""

    time: str
    voice: str | None
    loops: Mapping[str, PlayedLoop]

    @property
    def recipes(self) -> dict[str, str]:
        """By voice the id of what made its loop."""
        return {voice: played.recipe for voice, played in self.loops.items()}

    def as_json(self) -> dict[str, Any]:
        """Plain data for a file."""
        return {
            "time": self.time,
            "voice": self.voice,
            "loops": {name: one.as_json() for name, one in self.loops.items()},
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Keep:
        """Read :meth:`as_json`'s data.

        Raises:
            ValueError, KeyError, TypeError, AttributeError, OverflowError: if it is no such data.
        """
        loops = {name: PlayedLoop.from_json(one) for name, one in data["loops"].items()}
        if not loops or len(loops) > _MOST_VOICES:
            raise ValueError("so many voices were never kept")
        if not isinstance(data["time"], str) or not isinstance(data["voice"], str | None):
            raise TypeError("what is kept has a time, and a voice or none")
        if data["voice"] is not None and [*loops] != [data["voice"]]:
            raise ValueError("what is kept of a voice is a loop of that voice")
        return cls(data["time"], data["voice"], loops)


def with_another(keeps: Sequence[Keep], keep: Keep) -> tuple[Keep, ...]:
    """What is kept of a scene, oldest first, with one more; what is kept once more becomes the newest."""
    others = [one for one in keeps if (one.voice, one.recipes) != (keep.voice, keep.recipes)]
    alike = [one for one in others if one.voice == keep.voice]
    gone = alike[: max(0, len(alike) - MOST + 1)]
    return (*(one for one in others if one not in gone), keep)


def of_voice(keeps: Sequence[Keep], voice: str | None) -> list[Keep]:
    """What a voice can go back to, newest first: alone, or out of what was kept together; for None that alone."""
    if voice is None:
        return [keep for keep in reversed(keeps) if keep.voice is None]
    return [keep for keep in reversed(keeps) if voice in keep.loops]


def keeps_as_json(keeps: Sequence[Keep]) -> dict[str, Any]:
    """Plain data for a file."""
    return {"keeps": [keep.as_json() for keep in keeps]}


def keeps_from_json(data: Mapping[str, Any]) -> tuple[Keep, ...]:
    """Read :func:`keeps_as_json`'s data.

    Raises:
        ValueError, KeyError, TypeError, AttributeError, OverflowError: if it is no such data.
    """
    rows: object = data["keeps"]
    if not isinstance(rows, list) or len(there := cast("list[Any]", rows)) > _MOST_KEEPS:
        raise ValueError("so much was never kept")
    return tuple(Keep.from_json(row) for row in there)
