"""The day's course: the scene or the rest that the programme asks for at this hour, and what is told of a silence."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import time, timedelta

from reverie.bus import Bus
from reverie.clock import LocalClock
from reverie.conductor.programme import Programme, ProgrammeEntry
from reverie.watch.happenings import Moment, RestBegun, RestEnded

log = logging.getLogger(__name__)


class ProgrammeCourse:
    """Follows the programme by the local time, computed anew at each look.

    Args:
        programme: What is due when.
        clock: The local time.
        bus: Where the begin and the end of a rest are published.
        play: Plays the scene of that name; False if it cannot be read.
        silence: Called when the programme wants silence, or music again.
        dream: Called with the mood in which the scene is to be played, or None.
    """

    def __init__(
        self,
        programme: Programme,
        clock: LocalClock,
        bus: Bus,
        play: Callable[[str], bool],
        silence: Callable[[], None],
        dream: Callable[[str | None], None] = lambda _: None,
    ) -> None:
        self._programme = programme
        self._clock = clock
        self._bus = bus
        self._play = play
        self._silence = silence
        self._dream = dream
        self._due: ProgrammeEntry | None = None
        self.resting = False
        """Whether the programme wants silence now."""

    @property
    def scene(self) -> str | None:
        """The scene that is due now; None where none is."""
        due = self._programme.due(self._clock.local())
        return due and due.scene

    @property
    def resumes(self) -> time | None:
        """When music is due again, if the programme wants a rest now."""
        return self._programme.resumes(self._clock.local()) if self.resting else None

    def begin(self, named: str | None, playing: str | None) -> None:
        """The first scene plays. One that a person ``named`` plays until something else is due.

        A scene that is due and could not be read is tried again at each look.
        """
        due = self._programme.due(self._clock.local())
        if due is None or named or due.scene is None or playing == due.scene:
            self._due = due
            self._dream(due.mood if due and not named else None)
            self._rest(on=due is not None and due.scene is None and not named)

    def follow(self) -> None:
        """Go over to what is due; where its scene cannot be read, what plays goes on and the next look tries again."""
        due = self._programme.due(self._clock.local())
        if due is None or due == self._due:
            return
        if due.scene is None or self._play(due.scene):
            self._due = due
            self._dream(due.mood)
            self._rest(on=due.scene is None)

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
