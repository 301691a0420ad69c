"""The timbres of the scene that plays: a bank is rendered when a step of its path is due, and then handed on.

One worker at a time, started when something is to be rendered and gone when that is done; while somebody steers a
timbre by hand it stays, and what the hand wants comes before all else. The music waits for none of it: until a bank is
there, voices keep the one that they have, or the sounds of their slot.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import logging
import os
from collections.abc import Callable, Mapping
from dataclasses import replace

from reverie.bus import Bus
from reverie.clock import LocalClock, SystemClock
from reverie.conductor.banks.render_job import RenderConfig, RenderJob
from reverie.conductor.banks.render_worker import RenderWorkerLink
from reverie.conductor.banks.timbre_turns import AHEAD, TimbreTurns
from reverie.conductor.hired_worker import HireWorker
from reverie.control.timbre_hand import TimbreStand
from reverie.history.state import StateStore
from reverie.processes.supervisor import ProcessInfo
from reverie.scenes.schema import Scene
from reverie.timbre import schedule as plan
from reverie.timbre.messages import FromTimbre, Postponed, Refused, Rendered, RenderProgress
from reverie.timbre.ready_bank import ReadyBank
from reverie.timbre.remaining import NOT_RENDERING, RemainingTime
from reverie.timbre.spots import Point, Spot
from reverie.watch.fault_kinds import TIMBRE_NOT_RENDERED
from reverie.watch.faults import Faults
from reverie.watch.happenings import (
    BankAnswered,
    BankDamaged,
    BankReady,
    BankRendered,
    BanksBlended,
    BarSounded,
    Moment,
    SceneBegun,
    SceneChanged,
    WorkerStarted,
)

log = logging.getLogger(__name__)

RELIEF, RELIEF_BY_HAND = 30.0, 2.0
"""Seconds for which a render is held after notes came late; the second while a hand waits for it."""
WARM = 120.0
"""Seconds after a hand has moved for which the worker stays."""
KEEP_EVERY = 60.0
"""Seconds of playing that a restart may lose: a step more or less often, and a memory card is spared."""
TOUCH_EVERY = 120.0
"""Seconds after which banks that are played count as just used."""
REFUSED_FOR = 3600.0
"""Seconds until what could not be rendered is tried again: a disk may have been emptied, a file mended."""


class Timbres:
    """Looks every second what is due; :meth:`run` keeps the worker while there is something for it to do.

    ``moods`` says how much there is of each mood in the bar that comes next, and ``form`` where it has timbres stand.
    """

    def __init__(
        self,
        config: RenderConfig,
        store: StateStore,
        bus: Bus,
        faults: Faults,
        clock: LocalClock | None = None,
        hire: HireWorker | None = None,
        moods: Callable[[], Mapping[str, float]] = dict[str, float],
        form: Callable[[], Mapping[str, Point]] = dict[str, Point],
    ) -> None:
        self._config = config
        self._store = store
        self._bus = bus
        self._clock = clock = clock or SystemClock()
        self._worker = RenderWorkerLink(bus, clock, hire, self._answered, lambda: self._choose(clock.now()))
        self._moods = moods
        self._form = form
        self._bars = 0
        self._scene: Scene | None = None
        self._timbres: dict[str, TimbreTurns] = {}
        self._looked = self._touched = self._clock.now()
        self._job: RenderJob | None = None
        self._remaining = NOT_RENDERING
        self._open = True
        """Whether it is the hour for rendering."""
        self._has_dropped = False
        """Whether a render for a hand was left, since one was done."""
        self._held_until = float("-inf")
        self._faults = faults
        self._warned: set[str] = set()

    def subscribe_to(self, bus: Bus) -> None:
        """Hear from now on of scenes, of lives of the player, and of what it plays."""
        bus.subscribe(SceneBegun, lambda said: self.scene_begun(said.scene))
        bus.subscribe(SceneChanged, lambda said: self.scene_begun(said.scene))
        bus.subscribe(WorkerStarted, lambda said: self.player_began() if said.role == "player" else None)
        bus.subscribe(BarSounded, lambda said: self.bar_sounded(late=said.bar.is_late))
        bus.subscribe(BankAnswered, self._bank_answered)
        bus.subscribe(BankDamaged, lambda said: self.refused(said.voice))

    def condemn(self, sentence: str) -> bool:
        """End the present life of the worker that renders; False if there is none."""
        return self._worker.condemn(sentence)

    @property
    def processes(self) -> tuple[ProcessInfo, ...]:
        """The worker, while there is one."""
        return self._worker.processes

    def status(self) -> list[dict[str, object]]:
        """What a person may want to know, for each timbre of the scene that plays."""
        weights = self._moods()
        return [
            {
                "name": name,
                "step": one.progress.step,
                "bank": one.played and one.played.bank,
                "next_in_seconds": round(plan.next_in(one.progress, one.timbre.pace, self._local_time())),
                **(self._remaining if self._job and self._job.name == name else NOT_RENDERING).status(),
                "postponed": sorted(step for step in one.postponed if isinstance(step, int)),
                **one.status(name, weights),
            }
            for name, one in self._timbres.items()
        ]

    def scene_begun(self, scene: Scene) -> None:
        """Another scene plays, or this one was read again.

        Timbres go on where they were when it last played, and a line begins anew; but not where the scene was merely
        read again, or the daemon was restarted. What no voice plays is not rendered.
        """
        before, self._timbres = self._timbres, {}
        restarted, again = self._scene is None, self._scene is not None and self._scene.name == scene.name
        self._scene = scene
        self._faults.clear(TIMBRE_NOT_RENDERED)
        if not again:
            self._warned.clear()
        played = {voice.timbre.bank for voice in scene.voices.values() if voice.timbre is not None}
        for name, timbre in scene.timbres.items():
            known = self._store.timbre(scene.name, name)
            one = before.get(name) if again else None
            goes_on = one is not None and (one.timbre.path, one.timbre.way) == (timbre.path, timbre.way)
            progress = one.progress if goes_on and one else known if restarted else plan.begun(known, timbre.path)
            if name in played:
                self._timbres[name] = turns = TimbreTurns.of(scene, name, progress, known)
                turns.hand = one.hand if goes_on and one else None
        self._follow_form()
        self._looked = self._clock.now()
        self.look(playing=True)

    def player_began(self) -> None:
        """A new player knows no bank."""
        for name, one in self._timbres.items():
            if one.played is not None and self._scene is not None:
                self._tell(self._scene, name, one, one.played)

    def bar_sounded(self, *, late: bool) -> None:
        """A bar is over: moods may be otherwise in the next."""
        self._bars += 1
        if late:
            self.late()
        self._follow_form()
        for name, one in self._timbres.items():
            self._play(name, one)

    def _follow_form(self) -> None:
        """Timbres stand where the section that comes has them."""
        points = self._form()
        for name, one in self._timbres.items():
            one.form = points.get(name)

    def late(self) -> None:
        """Notes came late: whether it was the render or not, it makes way for a while, and then has its turn."""
        if self._held_until == float("-inf"):
            self._held_until = self._clock.now() + (RELIEF_BY_HAND if self._hand_waits else RELIEF)
            self._worker.hold(on=True)

    def look(self, *, playing: bool) -> None:
        """See what is due now; time counts for a timbre only while the scene plays."""
        now = self._clock.now()
        passed = now - self._looked if playing else 0.0
        self._looked = now
        self._see_the_hour(resting=not playing)
        for name, one in self._timbres.items():
            progress = plan.later(one.progress, one.timbre, passed, self._local_time())
            one.progress = progress
            if self._scene is not None and _is_worth_keeping(one.kept, progress):
                one.kept = progress
                self._store.keep_timbre(self._scene.name, name, progress)
            self._play(name, one)
            if not one.lacks_for_good:
                self._faults.clear(TIMBRE_NOT_RENDERED, name)
        if now - self._touched >= TOUCH_EVERY:
            self._touched = now
            self._touch()
        if now >= self._held_until > float("-inf"):
            self._held_until = float("-inf")
            self._worker.hold(on=False)
        self._worker.look()
        self._choose(now)

    def _see_the_hour(self, *, resting: bool) -> None:
        """Leave what is rendered when its hours are over; what is done of it is kept, and gone on with in the next."""
        was_open, self._open = self._open, self._config.hours.allow(self._clock.local(), resting=resting)
        if was_open and not self._open and self._job is not None and not self._job.hurried:
            log.info("The hours for rendering are over; timbre %s waits for the next.", self._job.name)
            self._leave()
        elif self._open and not was_open:
            for one in self._timbres.values():
                one.postponed.clear()

    def stands(self) -> Mapping[str, TimbreStand]:
        """The timbres that play and where they stand, by the voices that play them."""
        wishes = {name: voice.timbre for name, voice in self._scene.voices.items()} if self._scene else {}
        return {
            voice: TimbreStand(wish.bank, one.timbre.path, one.point)
            for voice, wish in wishes.items()
            if wish is not None and (one := self._timbres.get(wish.bank)) is not None
        }

    def hold(self, points: Mapping[str, Point]) -> None:
        """Hands hold these timbres at these points, and let all others go."""
        for name, one in self._timbres.items():
            point = points.get(name)
            if point != one.hand:
                one.hold(point)
                self._play(name, one)
                if point is not None:
                    self._worker.keep_warm(WARM)
        if self._hand_waits:
            self._held_until = min(self._held_until, self._clock.now() + RELIEF_BY_HAND)
        self._choose(self._clock.now())

    async def run(self) -> None:
        """Let the worker live as long as there is something to render."""
        await self._worker.run()

    async def stop(self) -> None:
        """End the worker; what it has done is kept."""
        self._job = None
        await self._worker.stop()

    def _answered(self, said: FromTimbre) -> None:
        """The worker says something of the present job."""
        job = self._job
        if job is None:
            return
        match said:
            case RenderProgress():
                self._remaining.progress(self._clock.now(), said.done)
            case Rendered():
                self._rendered(job, said)
            case Refused():
                self._refused(job, said.error, "refused")
            case Postponed():
                self._postpone(job)

    def _play(self, name: str, one: TimbreTurns) -> None:
        """Hand on the bank whose turn it is, once it is there, and under a hand what lies around it."""
        if self._scene is None:
            return
        ready, before = one.turn(self._moods(), self._bars), one.blended
        one.blended = one.blend
        if ready is not None:
            log.info("Timbre %s: %s, bank %s.", name, one.whereabouts, ready.bank[:12])
        elif before is not None and one.hand is None:
            ready = one.played  # the hand has let go where it would be by itself
        if ready is not None or one.blended != before:
            self._tell(self._scene, name, one, ready)

    def _tell(self, scene: Scene, name: str, one: TimbreTurns, ready: ReadyBank | None) -> None:
        """Have voices take over a bank, and those that can play between two of them do that."""
        if ready is not None:
            self._bus.publish(BankReady(Moment.of(self._clock), scene, name, ready, one.hand is not None))
        if one.blended is not None:
            self._bus.publish(BanksBlended(Moment.of(self._clock), scene, name, one.blended))

    def _choose(self, now: float) -> None:
        """Decide what is rendered now; what nobody wants any more is left, and so is what something else goes before.

        A hand comes first, then what is due, then what will be. What it has passed is left for where it is now; but of
        two that would be nearer to it than what is there the second is not left, or a hand that never rests would never
        hear another bank.
        """
        job = self._job
        if job is not None:
            if not self._goes_on(job, now):
                self._has_dropped = job.hurried
                self._leave()  # what is done of it is kept
            elif now - job.begun > self._config.patience:
                hours = self._config.patience / 3600
                self._refused(job, f"it is not done after {hours:g} h, and is left for now", "given_up")
            else:
                return
        if not self._worker.can_begin or self._scene is None:
            return  # the worker before is on its way out
        by_hand = self._next_by_hand(now)
        found = by_hand or self._next(now)
        if found is not None:
            self._begin(self._scene, *found, now, hurried=by_hand is not None)

    def _goes_on(self, job: RenderJob, now: float) -> bool:
        """Whether what is rendered now is still what comes first."""
        one = self._timbres.get(job.name)
        if one is None or not self._is_of(job, one):
            return False
        if job.hurried and job.spot is not None:
            spots = one.of_hand(now)
            if one.helps(job.spot):
                return self._has_dropped or job.spot in spots[:1]
            return job.spot in spots and not one.helps(spots[0])
        if self._hand_waits or (job.spot is None and job.step in one.wanted):
            return not self._hand_waits
        wanted = one.is_wanted(job.step) if job.spot is None else job.spot in one.lacking_form(now)
        return wanted and not self._is_urgent(now)

    @property
    def _hand_waits(self) -> bool:
        """Whether a hand wants a bank that is not there."""
        return self._next_by_hand(self._clock.now()) is not None

    def _next_by_hand(self, now: float) -> tuple[str, TimbreTurns, Spot] | None:
        """What hands want: where one is before what lies beside another."""
        wanted = [(name, one, spots) for name, one in self._timbres.items() if (spots := one.of_hand(now))]
        best = min(wanted, key=lambda found: not found[1].helps(found[2][0]), default=None)
        return None if best is None else (best[0], best[1], best[2][0])

    def _next(self, now: float) -> tuple[str, TimbreTurns, int | Spot] | None:
        """What is to be rendered: what is due before what will be, and what form and moods want, where it has room."""
        for turn in range(AHEAD + 1):
            for name, one in self._timbres.items():
                if one.lacks(one.wanted[turn], now):
                    return name, one, one.wanted[turn]
        room = self._config.quota - sum(one.bytes_wanted for one in self._timbres.values())
        for name, one in self._timbres.items():
            steps = [step for step in one.of_moods if one.lacks(step, now)]
            for what in (*one.lacking_form(now), *steps):
                if one.size <= room:
                    return name, one, what
        return None

    def _is_urgent(self, now: float) -> bool:
        """Whether a step of a timbre's own pace is to be rendered."""
        found = self._next(now)
        return found is not None and found[2] in found[1].wanted

    def _begin(self, scene: Scene, name: str, one: TimbreTurns, what: int | Spot, now: float, *, hurried: bool) -> None:
        model = self._config.models.get(one.timbre.renderer)
        if model is None:
            self._complain(name, f"there is no timbre model {one.timbre.renderer!r}; it keeps the sounds that it has")
            one.refused[what] = now + REFUSED_FOR
            return
        job = RenderJob.of(scene.name, name, one.timbre, what, now, hurried=hurried)
        pinned = {ready.bank for other in self._timbres.values() for ready in other.there}
        only_found = not self._open and not job.hurried
        if self._worker.begin(self._config.render(job, scene.title, str(model), pinned, only_found=only_found)):
            self._job, self._remaining = job, RemainingTime(0.0)

    def _rendered(self, job: RenderJob, said: Rendered) -> None:
        for warning in sorted({*said.warnings} - self._warned):
            log.warning("%s", warning)
        self._warned.update(said.warnings)
        self._has_dropped = False
        outcome = "found" if said.found else "rendered"
        self._bus.publish(BankRendered(Moment.of(self._clock), job.name, outcome, said.seconds))
        one = self._timbres.get(job.name)
        if one is not None and self._is_of(job, one):
            ready = ReadyBank(job.step, said.bank, said.folder, said.soundfont)
            if job.spot is None:
                one.keep(ready, said.size)
            else:
                one.keep_at(job.spot, ready, said.size)
            self._play(job.name, one)
        self._leave()
        self._choose(self._clock.now())

    def _refused(self, job: RenderJob, error: str, outcome: str) -> None:
        self._bus.publish(BankRendered(Moment.of(self._clock), job.name, outcome, 0.0))
        self._complain(job.name, error)
        one = self._timbres.get(job.name)
        if one is not None and self._is_of(job, one):
            one.refused[job.step if job.spot is None else job.spot] = self._clock.now() + REFUSED_FOR
        self._leave()

    def _postpone(self, job: RenderJob) -> None:
        """The cache lacks it, and it is not the hour: voices keep what they have until it is."""
        one = self._timbres.get(job.name)
        if one is not None and self._is_of(job, one) and not self._open:
            one.postponed.add(job.step if job.spot is None else job.spot)
        self._leave()
        self._choose(self._clock.now())

    def _touch(self) -> None:
        """Have the cache see which banks are in use, whoever makes room there."""
        for ready in [ready for one in self._timbres.values() for ready in one.there]:
            with contextlib.suppress(OSError):
                os.utime(ready.folder)

    def _bank_answered(self, said: BankAnswered) -> None:
        if said.taken.refused:
            self.refused(said.taken.part, said.taken.bank)

    def refused(self, part: str, bank: str = "") -> None:
        """A voice cannot have a bank, or the one that it is to play: it is looked for anew, and made anew if damaged.

        That is done at once for the first time: most likely it is no more as it was written. One that is whole and is
        refused again can only wait.
        """
        voice = self._scene.voices.get(part) if self._scene else None
        one = self._timbres.get(voice.timbre.bank) if voice is not None and voice.timbre is not None else None
        if one is not None:
            one.doubt(self._clock.now() + REFUSED_FOR, bank)

    def _local_time(self) -> dt.datetime:
        """The local time with its zone, by which the days of a path are told apart."""
        return self._clock.local().astimezone()

    def _is_of(self, job: RenderJob, one: TimbreTurns) -> bool:
        """Whether a job is for a timbre as the scene has it now, which may have been read again meanwhile."""
        return self._scene is not None and job.scene == self._scene.name and job.timbre == one.timbre

    def _complain(self, name: str, error: str) -> None:
        self._faults.tell(TIMBRE_NOT_RENDERED, name, f"Timbre {name}: {error.rstrip('.')}", "")

    def _leave(self) -> None:
        """Have no job."""
        self._job = None
        self._worker.leave()


def _is_worth_keeping(before: plan.PathProgress, now: plan.PathProgress) -> bool:
    return replace(now, played=before.played) != before or abs(now.played - before.played) >= KEEP_EVERY
