"""The clock of the room: its zone, and the hint that lets scenes change on the minute."""

from __future__ import annotations

import logging
from collections.abc import Callable

from reverie.clock import LocalClock
from reverie.conductor.hours.local_zone import LocalZone
from reverie.conductor.hours.programme import Programme
from reverie.conductor.keeping.maintenance import Housekeeping
from reverie.watch.fault_kinds import REMINDER, TIME_ZONE
from reverie.watch.faults import Faults

log = logging.getLogger(__name__)


class Reminder:
    """Reminds of the programme's times, in whatever zone the room is. ``due`` is called at each of them.

    ``by_machine`` says whether anything goes by the machine's zone.
    """

    def __init__(
        self,
        programme: Programme,
        housekeeping: Housekeeping,
        faults: Faults,
        due: Callable[[], None],
        clock: LocalClock,
        by_machine: Callable[[], bool],
    ) -> None:
        self._times = programme.times
        self._housekeeping = housekeeping
        self._faults = faults
        self._due = due
        self._clock = clock
        self._by_machine = by_machine
        self._zone = LocalZone()

    def remind(self) -> None:
        """Have scenes change on the minute. It is a hint only: each look follows the programme without it."""
        try:
            self._housekeeping.remind(self._times, self._due)
        except Exception as error:  # noqa: BLE001 - whatever fails in a hint, or in its libraries, ends no music
            self._faults.tell(
                REMINDER,
                "",
                f"APScheduler cannot remind of the programme ({error!r}): scenes change all the same, a second late",
                "",
            )
        else:
            self._faults.clear(REMINDER)
        self.tell_zone()

    def tell_zone(self) -> None:
        """Tell that the machine's zone is not known, if something goes by it."""
        if self._by_machine() and (fault := self._zone.fault()):
            self._faults.tell(TIME_ZONE, "", fault)
        else:
            self._faults.clear(TIME_ZONE)

    def take(self, programme: Programme) -> None:
        """Remind of this programme's times from now on."""
        self._times = programme.times
        self.remind()

    def look(self) -> None:
        """See whether the clock of the room has been set to another zone."""
        if self._zone.changed():
            log.info("The time zone has changed: in this room it is %s.", f"{self._clock.local():%H:%M}")
            self.remind()
