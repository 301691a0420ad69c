"""The day's course: it opens, follows the programme, comes to an end and closes. Closed goes before the programme.

All of it is computed anew from the time at each look. What is remembered is only whether it is silent because it is
closed, so that nothing is lost by a clock that is set, another zone, or hours that change while it plays.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Callable
from datetime import time

from reverie.bus import Bus
from reverie.clock import LocalClock
from reverie.conductor.hours.closing import Closing
from reverie.conductor.hours.doors import Doors, DoorState
from reverie.conductor.hours.programme_course import ProgrammeCourse
from reverie.conductor.hours.warm_up import WarmUp
from reverie.errors import capital
from reverie.watch.fault_kinds import CLOCK_DOUBTFUL
from reverie.watch.faults import Faults
from reverie.watch.happenings import DoorsClosed, DoorsOpened, Moment

log = logging.getLogger(__name__)

LATEST = 120.0
"""Seconds after closing time at which it is silent in any case, whatever has kept the end from being played."""
LEAVING = 60.0
"""Seconds within which the music ends where nobody is there."""
SOON = 60.0
"""Seconds before opening at which it is told what is not ready."""


class DayCourse:
    """Opens and closes, and follows the programme in between.

    Args:
        doors: Whether it is open.
        programme: What plays at which hour while it is.
        closing: What lets the music end.
        warm_up: What makes it ready.
        clock: By which a closing that takes too long is cut short.
        bus: Where it is published that it opens and closes.
        faults: Where it is told that the clock is not to be believed.
        silence: Called when silence is wanted, or music again.
        enter: Plays the scene of that name from its beginning, voice by voice; False if it cannot be read.
        nobody: Whether it is to rest because nobody is there.
    """

    def __init__(
        self,
        doors: Doors,
        programme: ProgrammeCourse,
        closing: Closing,
        warm_up: WarmUp,
        clock: LocalClock,
        bus: Bus,
        faults: Faults,
        silence: Callable[[], None],
        enter: Callable[[str], bool],
        nobody: Callable[[], bool] = lambda: False,
    ) -> None:
        self.doors = doors
        self.programme = programme
        self.warm_up = warm_up
        self._closing = closing
        self._clock = clock
        self._bus = bus
        self._faults = faults
        self._silence = silence
        self._enter = enter
        self._nobody = nobody
        self._shut_since: float | None = None
        self._by_hand = False
        self.closing_seconds = 0.0
        """Seconds before closing within which the music comes to its end."""
        self.warm_up_seconds = 0.0
        """Seconds before opening from which on all is made ready."""
        self.closed = False
        """Whether all is silent because it is closed."""
        self.deserted = False
        """Whether all is silent because nobody is there."""

    @property
    def by_hand(self) -> bool:
        """Whether it is closed by its hours, and plays all the same what a person has named."""
        return self._by_hand

    @property
    def resting(self) -> bool:
        """Whether silence is wanted now: because it is closed, by the programme, or as nobody is there."""
        return self.closed or self.deserted or self.programme.resting

    @property
    def scene(self) -> str | None:
        """The scene that is due now, or would be if it were open; None where none is."""
        return self.programme.scene

    @property
    def opens_with(self) -> str:
        """The scene that is due when it opens next; where that is not known, or it is open, now."""
        state = self.doors.state
        opens = None if state.is_open or state.until is None else state.until.timestamp()
        return self.programme.scene_at(opens) or self.programme.otherwise

    @property
    def resumes(self) -> time | None:
        """When music is due again by the clock of the place, if silence is wanted now."""
        if not self.closed:
            return self.programme.resumes
        state, hours = self.doors.state, self.doors.hours
        return hours.local(state.until).time() if state.until and hours else None

    @property
    def silence_ahead(self) -> float:
        """Seconds of silence that are certain, before all is made ready; where somebody may end it at once, none."""
        if not self.closed:
            return self.programme.silence_ahead
        left = self.doors.seconds_shut
        if left is None:
            return 0.0 if self.doors.state.is_open else math.inf
        return max(left - self.warm_up_seconds, 0.0)

    def sentence(self, paused_until: float | None) -> str:
        """Why nothing sounds, and until when; ``paused_until`` is monotonic, by control."""
        if self.deserted and not self.closed:
            return "Resting, as nobody is there"
        return self.doors.sentence() if self.closed else self.programme.sentence(paused_until)

    def begin(self, named: str | None, playing: str | None) -> None:
        """The first scene plays. One that a person ``named`` plays until it opens or closes next."""
        self.programme.begin(named, playing)
        state = self.doors.state
        self._doubt(state)
        self._by_hand = named is not None and not state.is_open
        if not state.is_open and not self._by_hand:
            self._close(state)

    def follow(self) -> None:
        """Go over to what is due."""
        state = self.doors.state
        self._doubt(state)
        if state.is_open:
            self._by_hand = False
            self._stay_open(state)
        elif self.closed:
            self._stay_closed()
        elif not self._by_hand:
            self._shut(state)

    def bar_over(self) -> None:
        """A bar has sounded: where the last of the end sounds now, silence begins with the next bar line."""
        if self._closing.is_over:
            self.follow()

    def _stay_open(self, state: DoorState) -> None:
        self._shut_since = None
        if self.closed:
            self._open(state)
            return
        left = self.doors.seconds_left
        if left is not None and left <= self.closing_seconds and not self.programme.resting:
            self._closing.look(left)  # what has ended a little early stays so
        elif self._nobody() and not self.programme.resting and not self.programme.rest_begins:
            self._leave()
        else:
            self._closing.give_up()
            if self.programme.rest_ends and self._nobody():
                self.deserted = True  # one silence becomes the other
            elif self.deserted:
                self.deserted = False
                if not self.programme.rest_begins:  # else one silence becomes the other
                    self._silence()
            self.programme.follow()

    def _leave(self) -> None:
        """Nobody is there: let the music end, and rest."""
        if self._closing.is_over and not self.deserted:
            self.deserted = True
            log.info("Resting, as nobody is there.")
            self._silence()
        else:
            self._closing.look(LEAVING)

    def _shut(self, state: DoorState) -> None:
        """It is past closing time: let the end be over first."""
        now = self._clock.now()
        self._shut_since = now if self._shut_since is None else self._shut_since
        if self.programme.resting or self.deserted or self._closing.is_over or now - self._shut_since > LATEST:
            self._close(state)
        else:
            self._closing.look(0.0)

    def _close(self, state: DoorState) -> None:
        self.closed, self.deserted, self._shut_since = True, False, None
        self._silence()
        log.info("%s.", self.doors.sentence())
        self._bus.publish(DoorsClosed(Moment.of(self._clock), state.until and state.until.timestamp()))

    def _stay_closed(self) -> None:
        left = self.doors.seconds_shut
        if left is not None and left <= self.warm_up_seconds:
            self.warm_up.look()
            if left <= SOON:
                self.warm_up.tell()
        elif self.warm_up.begun:
            self.warm_up.over()  # it opens later than it was said

    def _open(self, state: DoorState) -> None:
        self.closed = False
        log.info("It opens%s.", f", until {self.doors.clock_of(state.until)}" if state.until else "")
        self.warm_up.over()
        self.programme.resume(self._enter)
        self._bus.publish(DoorsOpened(Moment.of(self._clock), state.until and state.until.timestamp()))

    def _doubt(self, state: DoorState) -> None:
        if not state.doubt:
            self._faults.clear(CLOCK_DOUBTFUL)
            return
        told = f"{capital(state.doubt)}: until that is mended it plays as if it were open"
        self._faults.tell(CLOCK_DOUBTFUL, "", told)
