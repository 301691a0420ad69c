"""What the conductor has of the day: hours, programme, the clock of the place, and hints that keep to the minute."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any, Protocol

from reverie.bus import Bus
from reverie.clock import LocalClock
from reverie.conductor.care.reboots import Reboots
from reverie.conductor.composer_link import ComposerLink
from reverie.conductor.configuration.config import ConductorConfig
from reverie.conductor.hours.closing import Closing
from reverie.conductor.hours.day_clock import keep_to_clock
from reverie.conductor.hours.day_course import DayCourse
from reverie.conductor.hours.doors import Doors
from reverie.conductor.hours.entrance import entering
from reverie.conductor.hours.hours_rules import HoursRules, PlaceClock
from reverie.conductor.hours.programme_course import ProgrammeCourse
from reverie.conductor.hours.programme_of_site import programme_of
from reverie.conductor.hours.reminder import Reminder
from reverie.conductor.hours.rest_work import RestWork, in_thread
from reverie.conductor.hours.restraints import Restraints
from reverie.conductor.hours.restraints_of_site import presence_of, quiet_of
from reverie.conductor.hours.sensor_file import SensorFile
from reverie.conductor.hours.warm_up import SlotsThere, WarmUp, awaited
from reverie.conductor.keeping.maintenance import Housekeeping
from reverie.conductor.player_link import PlayerLink
from reverie.conductor.scene.dreams import Dreams
from reverie.conductor.scene.scene_play import ScenePlay
from reverie.control.console import ControlConsole
from reverie.history.presence_store import FILE as PRESENCE_FILE
from reverie.history.presence_store import PresenceStore
from reverie.site.schema import Site
from reverie.watch.faults import Faults
from reverie.watch.happenings import BarSounded
from reverie.watch.verdict import Verdict

LOOK_FOR_REBOOT = 600.0
"""Seconds between two looks whether the machine is to be started anew."""
InLoop = Callable[[Callable[[], object]], object]


class Ground(Protocol):
    """What the day stands on: the site, the bus and the register of faults."""

    config: ConductorConfig
    bus: Bus
    faults: Faults

    def be_silent(self) -> None:
        """Have the player rest where silence is wanted, and play where it is not."""
        ...

    def ready(self) -> Verdict:
        """Whether every slot has its device."""
        ...


class DaySide:
    """Puts together what decides by the time of day.

    Args:
        ground: The site, and where it is told and published what the day brings.
        play: What plays.
        player: Who is told how loud it may be, and to rest.
        composer: Who composes.
        console: By what people set the tempo.
        dreams: In which mood the programme wants scenes.
        housekeeping: What reminds of times.
        clock: The machine's.
    """

    def __init__(
        self,
        ground: Ground,
        play: ScenePlay,
        player: PlayerLink,
        composer: ComposerLink,
        console: ControlConsole,
        dreams: Dreams,
        housekeeping: Housekeeping,
        clock: LocalClock,
    ) -> None:
        config, bus, silence = ground.config, ground.bus, ground.be_silent
        self._play = play
        self._faults = faults = ground.faults
        self._loop: InLoop | None = None
        self._machine = config.machine
        self.clock = PlaceClock(clock, config.machine)
        """The clock of the place, by which programme and hours go."""
        self._rules: HoursRules | None = None
        self.doors = Doors(None, self.clock, config.doubt)
        words = PresenceStore(config.state / PRESENCE_FILE)
        housekeeping.keep_too(words.write, words.close)
        self.restraints = Restraints(
            play, self.doors, self.clock, faults, lambda: console.overrides.for_player, player.override, words
        )
        """What holds the music back."""
        programme = ProgrammeCourse(
            config.programme,
            self.clock,
            play.bar_seconds,
            bus,
            partial(play.play, hurried=False),
            silence,
            config.scene,
            dreams.of_programme,
        )
        warm_up = WarmUp(
            lambda: self._enter(self.course.opens_with),
            lambda: awaited(play.ensemble),
            lambda: composer.worker.state == "up",
            SlotsThere(ground.ready),
            faults,
        )
        self.course = DayCourse(
            self.doors,
            programme,
            Closing(play, lambda: console.overrides.tempo),
            warm_up,
            self.clock,
            bus,
            faults,
            silence,
            self._enter,
            lambda: self.restraints.deserted,
        )
        """What is due."""
        self.work = RestWork(lambda: self.course.resting, clock)
        """What waits for a rest."""
        self._reboots = Reboots(self.doors, faults)
        self.work.in_rests(
            "a new start of the machine, if it is due",
            in_thread(self._reboots.look),
            LOOK_FOR_REBOOT,
            waits=lambda: self._reboots.due,
        )
        self._sensor: SensorFile | None = None
        self._read: tuple[Path, str] | None = None
        """The file that is read, and what it says while somebody is there."""
        self._reminder = Reminder(
            config.programme, housekeeping, faults, self.course.follow, self.clock, self._goes_by_machine
        )
        self.take(config.hours)
        self.take_restraints(config.site)

    def take(self, rules: HoursRules | None) -> None:
        """These hours hold from now on."""
        self._rules = rules
        self.doors.hours = rules and rules.hours
        self.clock.zone = rules and rules.zone
        self.course.closing_seconds = rules.closing if rules else 0.0
        self.course.warm_up_seconds = rules.warm_up if rules else 0.0

    def take_site(self, site: Site) -> None:
        """What a site says of hours, programme and playlists holds from now on."""
        self.take(HoursRules.of(site.hours, self._machine))
        programme = programme_of(site)
        self.course.programme.take(programme, site.scene)
        self._play.want({site.scene, *programme.scenes})
        self._reminder.take(programme)

    def take_restraints(self, site: Site) -> None:
        """What a site says of quiet hours, of presence and of maintenance holds from now on."""
        self.restraints.be_quiet(quiet_of(site))
        self.restraints.watch(presence_of(site))
        self._reminder.tell_zone()
        self._reboots.take(site.maintenance.reboot)
        said = site.presence
        self._take_sensor((said.file, said.active) if said and said.file else None)

    def _take_sensor(self, read: tuple[Path, str] | None) -> None:
        """Read this file from now on; the one that is read already goes on, as it was not changed."""
        if read == self._read:
            return
        if self._sensor is not None:
            self._sensor.forget()
        self._read = read
        held = self.restraints.holds_somebody
        self._sensor = read and SensorFile(*read, self._seen, self._faults, said=held)
        if self._loop is not None:
            self.watch_sensor(self._loop)

    def watch_sensor(self, in_loop: InLoop) -> None:
        """Look at the file of a sensor, if there is one; ``in_loop`` has something called where it is decided."""
        self._loop = in_loop
        if self._sensor is not None:
            self._sensor.start()

    def leave_sensor(self) -> None:
        """Look at it no more: the loop in which it is decided ends."""
        self._loop = None
        if self._sensor is not None:
            self._sensor.stop()

    def heard(self, *, there: bool) -> None:
        """A sensor says that somebody is there, or that nobody is."""
        self.restraints.heard(there=there)
        if there and self.course.deserted:
            self.course.follow()

    def _seen(self, there: bool) -> None:
        if (in_loop := self._loop) is not None:
            in_loop(lambda: self.heard(there=there))

    def subscribe_to(self, bus: Bus) -> None:
        """Hear from now on how the bars go by, after whoever plays them."""
        self.course.warm_up.subscribe_to(bus)
        bus.subscribe(BarSounded, lambda _: self._bar_over())

    def _bar_over(self) -> None:
        self.course.bar_over()
        self.restraints.bar_over()

    def remind(self) -> None:
        """Have what is due begin on the minute; only a hint."""
        self._reminder.remind()

    def look_at_clock(self) -> None:
        """See whether the machine's zone was set."""
        self._reminder.look()

    def look(self) -> None:
        """See what the hour asks for."""
        self._reminder.look()
        self.restraints.look()
        self.course.follow()
        if self._play.ensemble is not None:
            keep_to_clock(self._play.ensemble, self.clock.local())

    def status(self) -> Mapping[str, Any]:
        """Hours, restraints and what is done in rests, for people."""
        return {
            "hours": self.hours_status(),
            "restraints": self.restraints.status(),
            "maintenance": {"reboot": self._reboots.every, "in_rests": self.work.status()},
        }

    def hours_status(self) -> Mapping[str, Any] | None:
        """The hours; None where there are none."""
        hours = self.doors.hours
        if hours is None:
            return None
        state, course = self.doors.state, self.course
        return {
            "open": state.is_open,
            "until": state.until and hours.local(state.until).isoformat(),
            "reason": state.reason,
            "clock_doubted": state.doubt,
            "zone": str(self.clock.zone or "of the machine"),
            "silent": course.closed,
            "warm_up": course.warm_up.status(),
        }

    def _goes_by_machine(self) -> bool:
        """Whether anything goes by the hour, and that by the machine's zone."""
        by_hours = self.doors.hours or self.course.programme.programme.times or self.restraints.goes_by_hours
        return self.clock.zone is None and bool(by_hours)

    def _enter(self, name: str) -> bool:
        seconds = self._rules.opening if self._rules else 0.0
        return self._play.begin_anew(name, partial(entering, seconds=seconds))
