"""The music is held back, in quiet hours and where nobody is there, and comes back on a bar line."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from reverie.compose.course import NoCourse
from reverie.compose.fullness_course import Fullness, FullnessCourse, ending_of, fullness_of, without_fullness
from reverie.conductor.arranging.arrange_passage import staying
from reverie.conductor.hours.doors import Doors
from reverie.conductor.hours.hours_rules import PlaceClock
from reverie.conductor.hours.presence_sense import PresenceRules, PresenceSense, Sensed
from reverie.conductor.hours.quiet_hours import NO_RESTRAINT, QuietSpan, Restraint, quiet_until, restraint_at
from reverie.conductor.scene.scene_play import ScenePlay
from reverie.history.presence_store import NOTHING_SAID, PresenceStore
from reverie.play.messages import SetOverrides
from reverie.watch.fault_kinds import PRESENCE_UNKNOWN
from reverie.watch.faults import Faults

log = logging.getLogger(__name__)

THINNED_WITHIN = 16
"""Bars within which it thins out; it comes back with the next bar line."""
VOLUME_STEP = 0.125
"""The share of the volume by which its cap moves with each bar."""


class Restraints:
    """Holds the music back, by what is laid over its course and by a cap on the volume that people set.

    Args:
        play: What plays.
        doors: While it is closed nobody is missed.
        clock: The clock of the place.
        faults: Where it is told that a sensor says nothing.
        set_overrides: What people have set at the controls, as the player is told it.
        tell: Tells the player.
        words: What is known of the sensor over a restart.
    """

    def __init__(
        self,
        play: ScenePlay,
        doors: Doors,
        clock: PlaceClock,
        faults: Faults,
        set_overrides: Callable[[], SetOverrides],
        tell: Callable[[SetOverrides], None],
        words: PresenceStore,
    ) -> None:
        self._play = play
        self._doors = doors
        self._clock = clock
        self._faults = faults
        self._set = set_overrides
        self._tell = tell
        self._words = words
        self._presence: PresenceSense | None = None
        self._sensed: Sensed = "here"
        self._cap = 1.0
        self._before_music = True
        self._quiet: Sequence[QuietSpan] = ()

    @property
    def goes_by_hours(self) -> bool:
        """Whether there are quiet hours at all."""
        return bool(self._quiet)

    def be_quiet(self, spans: Sequence[QuietSpan]) -> None:
        """Be quieter in these hours: from the first bar on, or bar by bar while music plays."""
        self._quiet = spans
        self._cap_first_bar()

    def watch(self, rules: PresenceRules | None) -> None:
        """Go by a sensor under these rules, or (None) by none; what is known of the same sensor stays known."""
        if rules is None:
            self._presence, self._sensed = None, "here"
            self._words.note(NOTHING_SAID)
            self._faults.clear(PRESENCE_UNKNOWN)
        elif self._presence is None:
            self._presence = PresenceSense(rules, self._clock.now(), self._words.known)
        elif self._presence.rules != rules:
            self._presence = self._presence.take(rules)

    def heard(self, *, there: bool) -> None:
        """A sensor says that somebody is there, or that nobody is: who comes is welcomed on the next bar line."""
        if self._presence is not None:
            self._presence.heard(there=there)
            self.look()

    @property
    def holds_somebody(self) -> bool:
        """Whether a sensor has said that somebody is there, and that holds."""
        return self._presence is not None and self._presence.words.held

    @property
    def deserted(self) -> bool:
        """Whether nobody is there, and the music is to rest then."""
        return self._sensed == "away" and self._presence is not None and self._presence.rules.rests

    @property
    def wanted(self) -> Restraint:
        """How far the music is to be held back now."""
        quiet = restraint_at(self._quiet, self._clock.local())
        if self._presence is None or self._sensed != "away" or self._presence.rules.rests:
            return quiet
        rules = self._presence.rules
        return quiet.and_too(Restraint(1.0, rules.density, rules.fewest, "nobody is there"))

    def look(self) -> None:
        """See who is there and what the hour wants, and hold back what plays."""
        self._sense()
        self._cap_first_bar()
        self._lay(self.wanted)

    def bar_over(self) -> None:
        """A bar is over: the cap of the volume goes on to where it is to be."""
        self._before_music = False
        target = self.wanted.volume
        moved = min(self._cap + VOLUME_STEP, target) if target > self._cap else max(self._cap - VOLUME_STEP, target)
        self._cap_at(moved)

    def capped(self, overrides: SetOverrides) -> SetOverrides:
        """What people have set, no louder than it may be now."""
        return replace(overrides, volume=min(overrides.volume, self._cap))

    def status(self) -> dict[str, Any]:
        """How far it is held back, and who is there, for people."""
        wanted = self.wanted
        return {
            "presence": self._presence and self._sensed,
            "volume": wanted.volume,
            "density": wanted.density,
            "why": wanted.why,
        }

    @property
    def quiet(self) -> tuple[Restraint, datetime | None] | None:
        """How far quiet hours hold back now, and until which local time (None: always); None where none hold."""
        local = self._clock.local()
        if not any(span.holds(local) for span in self._quiet):
            return None
        return restraint_at(self._quiet, local), quiet_until(self._quiet, local)

    @property
    def presence(self) -> tuple[Sensed, PresenceSense] | None:
        """What is believed of who is there, and the sense by which it is; None where nobody asks."""
        return self._presence and (self._sensed, self._presence)

    def _cap_first_bar(self) -> None:
        """Whoever starts at night must not be heard through the wall for some bars."""
        if self._before_music:
            self._cap_at(self.wanted.volume)

    def _cap_at(self, volume: float) -> None:
        if volume != self._cap:
            self._cap = volume
            self._tell(self.capped(self._set()))

    def _sense(self) -> None:
        if self._presence is None:
            return
        before, is_open = self._sensed, self._doors.state.is_open
        self._sensed = self._presence.look(self._clock.now(), is_open=is_open)
        self._words.note(self._presence.words)
        if self._sensed == "lost":
            told = f"No sensor of presence has said anything for {self._presence.rules.lost / 3600:g} h of opening"
            self._faults.tell(PRESENCE_UNKNOWN, "", f"{told}: it plays as if somebody were there")
        else:
            self._faults.clear(PRESENCE_UNKNOWN)
        if self._sensed not in {before, "lost"}:
            log.info("Somebody is there." if self._sensed == "here" else "Nobody is there any more.")

    def _lay(self, wanted: Restraint) -> None:
        """Hold back what plays; an end that is laid over it goes before, and so does an entrance."""
        scene, music = self._play.scene, self._play.ensemble
        if scene is None or music is None or music.bar < 0:
            return
        if self._play.passages.into is not None or ending_of(music.course) is not None:
            return
        now = fullness_of(music.course)
        if now is not None and now.end == 1.0 and music.bar <= now.first_bar + now.bars:
            return
        laid = now if now is not None and now.end < 1.0 else None
        free = (wanted.density, wanted.voices) == (NO_RESTRAINT.density, NO_RESTRAINT.voices)
        if (free and laid is None) or (
            laid is not None and (laid.density, laid.fewest) == (wanted.density, wanted.voices)
        ):
            return
        course = without_fullness(music.course)
        if not free:
            bars, start = (THINNED_WITHIN, 1.0) if laid is None else (0, 0.0)
            fullness = Fullness(music.bar + 2, bars, start, 0.0, wanted.voices, wanted.density)
            schedules = {part.name: part.schedule for part in music.parts}
            course = FullnessCourse(course or NoCourse(), fullness, staying(scene), schedules)
        music.change_course(course, 0)
        self._play.course_changed()
