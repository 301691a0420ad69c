"""Cures the stage whose heartbeat stays out: at that stage first, then by its worker, then by a new life of all.

The ladder is bounded. Each rung is tried once and given time; after the last of them nothing more is tried for a
while, and where nothing sounds systemd's watchdog, which is fed by bars alone, starts Reverie anew. What comes after
that is a matter of :mod:`reverie.conductor.care.lives`: safe mode.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from reverie.bus import Bus
from reverie.clock import Clock
from reverie.watch.fault_kinds import STAGE_STARVED
from reverie.watch.faults import Faults
from reverie.watch.happenings import Moment, StageCured
from reverie.watch.stage_heartbeat import Stage, StageHeartbeat, Starving

log = logging.getLogger(__name__)

CALM = 300.0
"""Seconds after which a stage that was cured counts as well, and one that was not is tried again from the start."""


@dataclass(frozen=True, slots=True)
class Cure:
    """One rung: what is done, as a sentence's end, and how; ``waits`` seconds are given to it."""

    does: str
    do: Callable[[str], object]
    waits: float = 10.0


class StageCures:
    """Looks at the heartbeat, and climbs the ladder of the stage that starves.

    Args:
        heartbeat: Which stage starves.
        cures: By stage its rungs, the mildest first; one without any mends itself, and people are told all the same.
        clock: By which rungs are given time.
        bus: Where is published what was done.
        faults: Where people are told.
    """

    def __init__(
        self, heartbeat: StageHeartbeat, cures: Mapping[Stage, Sequence[Cure]], clock: Clock, bus: Bus, faults: Faults
    ) -> None:
        self._heartbeat = heartbeat
        self._cures = cures
        self._clock = clock
        self._bus = bus
        self._faults = faults
        self._rungs: dict[Stage, int] = {}
        self._next: dict[Stage, float] = {}
        self._given_up: Stage | None = None
        """The stage of which it is told that nothing helped."""

    def look(self) -> None:
        """Do what is due now."""
        now = self._clock.now()
        starving = self._heartbeat.starving(now)
        self._faults.only(STAGE_STARVED, {starving.stage} if starving else ())
        self._next = {stage: due for stage, due in self._next.items() if now - due < CALM}
        self._rungs = {stage: rung for stage, rung in self._rungs.items() if stage in self._next}
        if starving is None or starving.stage != self._given_up:
            self._given_up = None
        if starving is not None and now >= self._next.get(starving.stage, now):
            self._climb(starving, now)

    def _climb(self, starving: Starving, now: float) -> None:
        stage, rung = starving.stage, self._rungs.get(starving.stage, 0)
        cures = self._cures.get(stage, ())
        if rung >= len(cures):
            if self._given_up is None:
                tried = " What was tried there did not help" if cures else ""
                self._faults.tell(STAGE_STARVED, stage, f"{starving.sentence}{tried}")
            self._given_up = stage
            self._next.setdefault(stage, now)
            return
        cure, self._given_up = cures[rung], None
        self._rungs[stage], self._next[stage] = rung + 1, now + cure.waits
        self._faults.tell(STAGE_STARVED, stage, f"{starving.sentence} Therefore {cure.does}")
        self._bus.publish(StageCured(Moment.of(self._clock), stage, starving.sentence, cure.does))
        try:
            cure.do(starving.sentence)
        except Exception:
            log.exception("The %s could not be cured.", stage)
