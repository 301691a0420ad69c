"""One day of a rehearsal: a conductor begins in the morning with what the evening before left, and lives through it.

Between the parts of the day that are lived through, the wall clock is set ahead while the music goes on, as people and
networks set it: all that depends on the time of day follows, and what depends on how long it plays does not notice.
"""

from __future__ import annotations

import asyncio
import math
import random
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo

from reverie.conductor.configuration.config import ConductorConfig
from reverie.rehearsal.day_result import DayResult, LivedDay, SceneRun
from reverie.rehearsal.day_timetable import MINUTE, DayStretch, Timetable
from reverie.rehearsal.day_witness import DayWitness
from reverie.rehearsal.made_up_clock import MadeUpClock
from reverie.rehearsal.played_excerpt import PlayedExcerpt, RememberingPlayer
from reverie.rehearsal.rehearsed_composer import LoopMakers
from reverie.rehearsal.rehearsed_house import RehearsedHouse
from reverie.rehearsal.simulated_loop import SimulatedLoop
from reverie.scenes.folder import SceneFolder

TICK = 5.0
"""Seconds between looks of the conductor."""
EXCERPT = 60.0
"""Seconds of an excerpt."""
HEARD_EVERY, HEARD_MORE = 9, 20
"""On every so many days models compose so many times more loops: the digest has its minutes from these."""
EXCERPT_AT = 180.0
"""Seconds of music after which it has been played: then all voices that enter have entered."""
_HOUR = 3600.0
_PLAYER_DIES = 7
"""On every so many days the player is killed once; on all others it lives through."""


@dataclass(frozen=True, slots=True)
class DayPlan:
    """How days are lived through.

    Attributes:
        config: the site, with a state folder of the rehearsal's own.
        scenes: where its scenes are.
        timetable: what is due when.
        makers: who composes.
        lived: seconds after each change that are lived through.
        composed: loops of a day that models compose, at most; on days for the digest twenty times as many.
        seed: by which incidents are drawn.
    """

    config: ConductorConfig
    scenes: SceneFolder
    timetable: Timetable
    makers: LoopMakers
    lived: float
    composed: int
    seed: int

    def live(self, day: date) -> LivedDay:
        """Live through a day."""
        with asyncio.Runner(loop_factory=SimulatedLoop) as runner:
            return runner.run(_RehearsedDay(self, day).live())


class _RehearsedDay:
    def __init__(self, plan: DayPlan, day: date) -> None:
        self._plan = plan
        self._day = day
        self._stretches = plan.timetable.day(day)
        self._is_heard = day.toordinal() % HEARD_EVERY == 0
        first = EXCERPT_AT + EXCERPT if self._is_heard else 0.0
        self._windows = plan.timetable.windows(self._stretches, plan.lived, first)
        self._witness = DayWitness()
        self._excerpt: PlayedExcerpt | None = None

    async def live(self) -> LivedDay:
        plan, begun = self._plan, time.process_time()
        plan.makers.left = 0
        loop = asyncio.get_running_loop()
        clock = MadeUpClock(loop, self._stretches[0].begin, plan.timetable.zone)
        house = RehearsedHouse.of(plan.config, plan.scenes, clock, plan.makers, RememberingPlayer, tick=TICK)
        self._witness.subscribe_to(house.conductor.bus)
        await house.conductor.run(None, around=lambda: self._drive(house, clock))
        return self._lived(time.process_time() - begun)

    async def _drive(self, house: RehearsedHouse, clock: MadeUpClock) -> None:
        """Let the windows go by, and what happens in them; then it is over."""
        incidents = self._incidents(house)
        music = next((one.begin for one in self._stretches if one.has_music), math.inf)
        for number, window in enumerate(self._windows):
            clock.set_ahead(window.begin)
            if window.begin <= music < window.end:
                self._plan.makers.left = self._composed
            for incident in incidents.get(number, ()):
                await asyncio.sleep(min(window.end - window.begin, MINUTE) / 2)
                incident()
            while (left := window.end - clock.wall()) > 0:
                await asyncio.sleep(min(left, MINUTE))
                self._take_excerpt(house)
        house.conductor.stop()
        await asyncio.Event().wait()

    @property
    def _composed(self) -> int:
        return self._plan.composed * (HEARD_MORE if self._is_heard else 1)

    def _incidents(self, house: RehearsedHouse) -> dict[int, list[Callable[[], None]]]:
        """By window what happens in it: a composer that is killed, one that is recycled, and now and then a player."""
        dice = random.Random(f"{self._plan.seed} {self._day}")
        found: dict[int, list[Callable[[], None]]] = {}

        def at_any_time(incident: Callable[[], None]) -> None:
            found.setdefault(dice.randrange(len(self._windows)), []).append(incident)

        at_any_time(lambda: house.composer.die("The composer was ended by signal 9 (Killed)."))
        at_any_time(lambda: house.composer.recycle("The composer begins another life: it is rehearsed."))
        if self._day.toordinal() % _PLAYER_DIES == 0:
            at_any_time(lambda: house.player.die("The player was ended by signal 9 (Killed)."))
        return found

    def _take_excerpt(self, house: RehearsedHouse) -> None:
        if self._excerpt is None and self._witness.music_seconds >= EXCERPT_AT:
            player = house.player
            self._excerpt = player.excerpt(EXCERPT) if isinstance(player, RememberingPlayer) else None

    def _lived(self, seconds: float) -> LivedDay:
        heard, excerpt = self._witness, self._excerpt
        zone, state = self._plan.timetable.zone, self._plan.config.state
        ends = [datetime.fromtimestamp(at, UTC).astimezone(zone) for at in (self._begin, self._end)]
        offsets = [(end.utcoffset() or timedelta()).total_seconds() for end in ends]
        result = DayResult(
            date=self._day.isoformat(),
            clock_change=(offsets[1] - offsets[0]) / _HOUR,
            open_hours=_hours(one for one in self._stretches if one.is_open),
            music_hours=_hours(one for one in self._stretches if one.has_music),
            lived_minutes=round(heard.music_seconds / MINUTE, 1),
            bars=heard.bars,
            silent_bars=heard.silent_bars,
            empty_bars=heard.empty_bars,
            longest_silence=round(heard.longest_silence, 1),
            longest_gap=round(heard.longest_gap, 1),
            scenes=tuple(
                SceneRun(f"{_local(one.begin, zone):%H:%M}", one.scene or "", round((one.end - one.begin) / MINUTE, 1))
                for one in self._stretches
                if one.has_music
            ),
            begun=tuple(heard.begun),
            loops=heard.loops,
            notes=heard.notes,
            lives=dict(heard.lives),
            faults=tuple(heard.faults),
            sketches={name: tuple(own) for name, own in heard.sketches.items()},
            seconds=round(seconds, 2),
            state_bytes=sum(path.stat().st_size for path in state.rglob("*") if path.is_file()),
        )
        return LivedDay(result, tuple(heard.learned), excerpt.as_json() if excerpt else None)

    @property
    def _begin(self) -> float:
        return self._stretches[0].begin

    @property
    def _end(self) -> float:
        return self._stretches[-1].end


def _hours(stretches: Iterable[DayStretch]) -> float:
    return round(sum(one.end - one.begin for one in stretches) / _HOUR, 2)


def _local(wall: float, zone: tzinfo) -> datetime:
    return datetime.fromtimestamp(wall, UTC).astimezone(zone)
