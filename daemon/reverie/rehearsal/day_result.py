"""What came of a day of a rehearsal, as it is kept and told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from reverie.generations import known_fields, read_as
from reverie.music.notes import Loop

MEASURED = ("seconds", "state_bytes")
"""What is measured of the machine, and so is not the same twice."""


@dataclass(frozen=True, slots=True)
class SceneRun:
    """A scene began at that local time, and was due or played for so many minutes."""

    at: str
    scene: str
    minutes: float


@dataclass(frozen=True, slots=True)
class LoopCounts:
    """Loops of a day.

    Attributes:
        composed: those that passed the guards.
        by_models: of these, those that models composed; the others stood in for them.
        derived: those that operators or the harmony made without either.
        none: questions to which there was no loop at all.
        refused: candidates that the guards refused.
        copies: composed loops of which all features are those of another of the week.
        repeats: bars of voices that had nothing new and repeated their last loop.
    """

    composed: int = 0
    by_models: int = 0
    derived: int = 0
    none: int = 0
    refused: int = 0
    copies: int = 0
    repeats: int = 0


@dataclass(frozen=True, slots=True)
class DayResult:
    """A day.

    Attributes:
        date: from 4 o'clock of it on.
        clock_change: hours by which the clock is set on it.
        open_hours, music_hours: for how long it is open, and music is due.
        lived_minutes: how much of that was lived through.
        bars: bars with music that were lived through.
        silent_bars: of these, those in which notes were due and none went out.
        empty_bars: those for which the score had no note; where voices enter, leave and rest, that is music.
        longest_silence: the longest time with neither, in seconds, while nothing meant a silence.
        longest_gap: the longest time without a bar, in seconds: while a player begins another life.
        scenes: what was due.
        begun: the scenes that the conductor began, in order.
        loops: what was composed.
        notes: notes that were played.
        lives: by worker, its lives.
        faults: what people were told, at most a few.
        sketches: by scene and voice the fingerprints of the loops that sounded, in hexadecimal digits.
        seconds: processor time that it took.
        state_bytes: the size of the state folder in its evening.
    """

    date: str
    clock_change: float
    open_hours: float
    music_hours: float
    lived_minutes: float
    bars: int
    silent_bars: int
    empty_bars: int
    longest_silence: float
    longest_gap: float
    scenes: tuple[SceneRun, ...]
    begun: tuple[str, ...]
    loops: LoopCounts
    notes: int
    lives: Mapping[str, int]
    faults: tuple[str, ...]
    sketches: Mapping[str, tuple[str, ...]]
    seconds: float = 0.0
    state_bytes: int = 0

    @property
    def density(self) -> float | None:
        """Notes a bar; None where no bar was lived through."""
        return round(self.notes / self.bars, 2) if self.bars else None

    def as_json(self) -> dict[str, Any]:
        """Plain data."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> DayResult:
        """Read :meth:`as_json`'s data.

        Raises:
            KeyError, TypeError: if it is no such data.
        """
        read: dict[str, Any] = {
            **known_fields(cls, data),
            "scenes": tuple(read_as(SceneRun, one) for one in data["scenes"]),
            "loops": read_as(LoopCounts, data["loops"]),
            "begun": tuple(data["begun"]),
            "faults": tuple(data["faults"]),
            "sketches": {name: tuple(own) for name, own in data["sketches"].items()},
        }
        return cls(**read)


@dataclass(frozen=True, slots=True)
class LearnedLoop:
    """A loop that a model composed: from it stand-ins take bars, on this day and on those to come."""

    scene: str
    voice: str
    loop: Loop

    def as_json(self) -> dict[str, Any]:
        """Plain data."""
        return {"scene": self.scene, "voice": self.voice, "loop": self.loop.as_json()}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> LearnedLoop:
        """Read :meth:`as_json`'s data.

        Raises:
            KeyError, ValueError: if it is no such data.
        """
        return cls(data["scene"], data["voice"], Loop.from_json(data["loop"]))


@dataclass(frozen=True, slots=True)
class LivedDay:
    """A day's result with what the days to come, and the digest, need of it."""

    result: DayResult
    learned: tuple[LearnedLoop, ...] = ()
    excerpt: Mapping[str, Any] | None = None

    def as_json(self) -> dict[str, Any]:
        """Plain data."""
        return {
            "result": self.result.as_json(),
            "learned": [one.as_json() for one in self.learned],
            "excerpt": self.excerpt,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> LivedDay:
        """Read :meth:`as_json`'s data.

        Raises:
            KeyError, TypeError, ValueError: if it is no such data.
        """
        learned = tuple(LearnedLoop.from_json(one) for one in data["learned"])
        return cls(DayResult.from_json(data["result"]), learned, data["excerpt"])
