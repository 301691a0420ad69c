"""What the hour of the day asks for: a scene, or rest."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from types import MappingProxyType

from reverie.conductor.hours.playlist import Playlist


@dataclass(frozen=True, slots=True)
class ProgrammeEntry:
    """From this time of the day on, this scene, in this mood if there is one, or scenes of a playlist; else rest."""

    at: time
    scene: str | None
    mood: str | None = None
    playlist: str | None = None

    @property
    def rests(self) -> bool:
        """Whether silence is due."""
        return self.scene is None and self.playlist is None


class Programme:
    """A day's course of scenes, by the clock of the room.

    What is due is computed anew from the time whenever it is asked, so a clock that is set, a change to summer time or
    a box that was off makes no difference: there is no alarm that could be missed.
    """

    def __init__(
        self, entries: Iterable[ProgrammeEntry], playlists: Mapping[str, Playlist] = MappingProxyType({})
    ) -> None:
        self._entries = sorted(entries, key=lambda entry: entry.at)
        self.playlists = playlists
        """By name."""

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
        drawn = {name for one in self._entries if one.playlist for name in self.playlists[one.playlist].scenes}
        return frozenset(entry.scene for entry in self._entries if entry.scene is not None) | drawn

    def due(self, now: datetime) -> ProgrammeEntry | None:
        """What is due at the local time ``now``: the latest to have begun, if need be yesterday.

        In the hour that comes twice when summer time ends, by the zone of ``now`` or else the machine's, what has begun
        in its first course goes on in its second.
        """
        if not self._entries:
            return None
        begun = [entry for entry in self._entries if entry.at <= now.time() or _was_before(entry.at, now)]
        return (begun or self._entries)[-1]

    def after(self, now: datetime) -> ProgrammeEntry | None:
        """What comes after what is due at the local time ``now``; None where nothing else ever does."""
        due = self.due(now)
        if due is None or len(self._entries) == 1:
            return None
        return self._entries[(self._entries.index(due) + 1) % len(self._entries)]

    def began(self, now: datetime) -> date:
        """The day, by the local time ``now``, on which what is due began."""
        due = self.due(now)
        before = due is None or not (due.at <= now.time() or _was_before(due.at, now))
        return now.date() - timedelta(days=1) if before else now.date()

    def resumes(self, now: datetime) -> time | None:
        """When music is due again after a rest that is due now; None if never."""
        later = [entry for entry in self._entries if entry.at > now.time()]
        earlier = [entry for entry in self._entries if entry.at <= now.time()]
        return next((entry.at for entry in (*later, *earlier) if not entry.rests), None)


def _was_before(at: time, now: datetime) -> bool:
    """Whether a time of this day comes twice, and has been once."""
    then = datetime.combine(now.date(), at, now.tzinfo)
    return bool(now.fold) and then.timestamp() != then.replace(fold=1).timestamp()
