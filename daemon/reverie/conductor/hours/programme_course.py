"""The day's course: the scene or the rest that the programme asks for at this hour, and what is told of a silence."""

from __future__ import annotations

import logging
import math
from collections.abc import Callable
from dataclasses import replace
from datetime import time, timedelta

from reverie.bus import Bus
from reverie.conductor.hours.hours_rules import PlaceClock
from reverie.conductor.hours.opening_hours import moment_of
from reverie.conductor.hours.playlist import BarLengths, PlaylistDay
from reverie.conductor.hours.programme import Programme, ProgrammeEntry
from reverie.watch.happenings import Moment, RestBegun, RestEnded

log = logging.getLogger(__name__)


class ProgrammeCourse:
    """Follows the programme by the local time, computed anew at each look.

    Args:
        programme: What is due when.
        clock: The clock of the place.
        bar_seconds: How long a bar of the scene of that name lasts, in seconds; of playlists that count bars.
        bus: Where the begin and the end of a rest are published.
        play: Plays the scene of that name; False if it cannot be read.
        silence: Called when the programme wants silence, or music again.
        otherwise: The scene that plays where the programme has nothing to say.
        dream: Called with the mood in which the scene is to be played, or None.
    """

    def __init__(
        self,
        programme: Programme,
        clock: PlaceClock,
        bar_seconds: Callable[[str], float],
        bus: Bus,
        play: Callable[[str], bool],
        silence: Callable[[], None],
        otherwise: str,
        dream: Callable[[str | None], None] = lambda _: None,
    ) -> None:
        self._programme = programme
        self._clock = clock
        self._bar_seconds = BarLengths(bar_seconds, clock.now)
        self._drawn: PlaylistDay | None = None
        self._bus = bus
        self._play = play
        self._silence = silence
        self.otherwise = otherwise
        """The scene that plays where the programme has nothing to say, by what is in force now."""
        self._dream = dream
        self._due: ProgrammeEntry | None = None
        self.resting = False
        """Whether the programme wants silence now."""

    @property
    def programme(self) -> Programme:
        """What is due when."""
        return self._programme

    @property
    def scene(self) -> str | None:
        """The scene that is due now; None where none is."""
        return self.scene_at(None)

    def scene_at(self, wall: float | None) -> str | None:
        """The scene that is due at a Unix time, or (None) now; None where none is."""
        due = self._now(wall)
        return due and due.scene

    @property
    def resumes(self) -> time | None:
        """When music is due again, if the programme wants a rest now."""
        return self._programme.resumes(self._clock.local()) if self.resting else None

    @property
    def rest_begins(self) -> bool:
        """Whether a rest is due that is still to be begun."""
        due = self._programme.due(self._clock.here())
        return due is not None and due.rests and due != self._due

    @property
    def rest_ends(self) -> bool:
        """Whether it rests, and no rest is due any more."""
        due = self._programme.due(self._clock.here())
        return self.resting and (due is None or not due.rests)

    @property
    def silence_ahead(self) -> float:
        """Seconds for which the programme wants silence; endless where it has nothing but rest."""
        local = self._clock.here()
        due = self._programme.due(local)
        if not self.resting or due is None or not due.rests:
            return 0.0  # where a scene is due that cannot be read yet, it is tried every second
        resumes = self._programme.resumes(local)
        if resumes is None:
            return math.inf
        day = local.date() + timedelta(days=resumes <= local.time())
        moment = moment_of(day, resumes.hour * 60 + resumes.minute, self._clock.tz)
        return max(moment.timestamp() - self._clock.wall(), 0.0)

    def take(self, programme: Programme, otherwise: str) -> None:
        """This programme holds from now on, and ``otherwise`` plays where it says nothing."""
        self._programme, self.otherwise = programme, otherwise
        if self._now() is None:
            self._due = None  # what is put back later is due anew
            if self.resting:
                self._rest(on=False)

    def _now(self, wall: float | None = None) -> ProgrammeEntry | None:
        """What is due now, or at a Unix time; of a playlist, the scene whose turn it is."""
        local = self._clock.here(wall)
        due = self._programme.due(local)
        if due is None or due.playlist is None:
            return due
        day = self._programme.began(local)
        since = moment_of(day, due.at.hour * 60 + due.at.minute, self._clock.tz).timestamp()
        playlist = self._programme.playlists[due.playlist]
        drawn = self._drawn
        if drawn is None or (drawn.playlist, drawn.day) != (playlist, day):
            self._drawn = drawn = PlaylistDay(playlist, day, self._bar_seconds)
        return replace(due, scene=drawn.scene((self._clock.wall() if wall is None else wall) - since))

    def begin(self, named: str | None, playing: str | None) -> None:
        """The first scene plays. One that a person ``named`` plays until something else is due.

        A scene that is due and could not be read is tried again at each look.
        """
        due = self._now()
        if due is None or named or due.rests or playing == due.scene:
            self._due = due
            self._dream(due.mood if due and not named else None)
            self._rest(on=due is not None and due.rests and not named)

    def resume(self, enter: Callable[[str], bool]) -> None:
        """Begin what is due from its beginning, after it was silent for a while: ``enter`` plays the scene of a name.

        Where that cannot be read, what played before goes on, and each look tries again.
        """
        due = self._now()
        rests = due is not None and due.rests
        begun = rests or enter((due and due.scene) or self.otherwise)
        self._due = due if begun else None
        self._dream(due.mood if due else None)
        self._rest(on=rests)
        self._silence()

    def follow(self) -> None:
        """Go over to what is due; where its scene cannot be read, what plays goes on and the next look tries again."""
        due = self._now()
        if due is None or due == self._due:
            return
        if due.scene is None or self._play(due.scene):
            self._due = due
            self._dream(due.mood)
            self._rest(on=due.rests)

    def sentence(self, paused_until: float | None) -> str:
        """Why nothing sounds, and until when by the local time; ``paused_until`` is monotonic, by control."""
        if self.resting:
            resumes = self._programme.resumes(self._clock.local())
            if resumes is None:
                return "Resting: the programme has nothing but rest"
            return f"Resting until {resumes:%H:%M}, as the programme says"
        if paused_until is not None:
            end = self._clock.local() + timedelta(seconds=paused_until - self._clock.now())
            return f"Paused by hand until {end:%H:%M}"
        return "Resting, as intended"

    def _rest(self, *, on: bool) -> None:
        """Be silent on purpose from the next bar line on, or play again."""
        before, self.resting = self.resting, on
        self._silence()
        if on != before:
            log.info("Resting until the programme says otherwise." if on else "The rest is over.")
            at = Moment.of(self._clock)
            self._bus.publish(RestBegun(at) if on else RestEnded(at))
