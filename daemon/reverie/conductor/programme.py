"""What the hour of the day asks for: a scene, or rest."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, time


@dataclass(frozen=True, slots=True)
class ProgrammeEntry:
    """From this time of the day on, this scene, in this mood if there is one; None is rest, which is intended."""

    at: time
    scene: str | None
    mood: str | None = None


class Programme:
    """A day's course of scenes, by the clock of the room.

    What is due is computed anew from the time whenever it is asked, so a clock that is set, a change to summer time or
    a box that was off makes no difference: there is no alarm that could be missed.
    """

    def __init__(self, entries: Iterable[ProgrammeEntry]) -> None:
        self._entries = sorted(entries, key=lambda entry: entry.at)

    @property
    def entries(self) -> tuple[ProgrammeEntry, ...]:
        """What the day has, in the order of its hours."""
        return tuple(self._entries)

    @property
    def times(self) -> tuple[time, ...]:
        """When something else becomes due."""
        return tuple(entry.at for entry in self._entries)

    @property
    def scenes(self) -> frozenset[str]:
        """The scenes that it names."""
        return frozenset(entry.scene for entry in self._entries if entry.scene is not None)

    def due(self, now: datetime) -> ProgrammeEntry | None:
        """What is due at the local time ``now``: the latest to have begun, if need be yesterday.

        In the hour that comes twice when summer time ends, what has begun in its first course goes on in its second.
        """
        if not self._entries:
            return None
        begun = [entry for entry in self._entries if entry.at <= now.time() or _was_before(entry.at, now)]
        return (begun or self._entries)[-1]

    def resumes(self, now: datetime) -> time | None:
        """When music is due again after a rest that is due now; None if never."""
        later = [entry for entry in self._entries if entry.at > now.time()]
        earlier = [entry for entry in self._entries if entry.at <= now.time()]
        return next((entry.at for entry in (*later, *earlier) if entry.scene is not None), None)


def _was_before(at: time, now: datetime) -> bool:
    """Whether a time of this day comes twice, and has been once."""
    then = datetime.combine(now.date(), at, now.tzinfo)
    return bool(now.fold) and then.timestamp() != then.replace(fold=1).timestamp()
