"""The timbres of the scene that plays: a bank is rendered when a step of its path is due, and then handed on.

One worker at a time, started when something is to be rendered and gone when that is done. The music waits for none of
it: until a bank is there, voices keep the one that they have, or the sounds of their slot.
"""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import logging
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from reverie.bus import Bus
from reverie.clock import LocalClock, SystemClock
from reverie.conductor.hired_worker import HiredWorker, HireWorker
from reverie.conductor.timbre_turns import AHEAD, TimbreTurns
from reverie.history.state import StateStore
from reverie.processes.codec import from_message, to_message
from reverie.processes.supervisor import ProcessInfo, Supervisor
from reverie.processes.wire import Message
from reverie.processes.worker_life import Death, Role
from reverie.scenes.schema import Scene
from reverie.scenes.timbre import Timbre
from reverie.timbre import schedule as plan
from reverie.timbre.messages import FromTimbre, HoldRender, Refused, Render, Rendered, RenderProgress
from reverie.timbre.ready_bank import ReadyBank
from reverie.timbre.request import request_of
from reverie.watch.fault_kinds import TIMBRE_NOT_RENDERED
from reverie.watch.faults import Faults
from reverie.watch.happenings import (
    BankAnswered,
    BankDamaged,
    BankReady,
    BankRendered,
    BarSounded,
    Moment,
    SceneBegun,
    SceneChanged,
    WorkerDied,
    WorkerStarted,
)

log = logging.getLogger(__name__)

TIMBRE = Role("timbre", "reverie.timbre.worker", patience=30.0, startup=120.0, grace=1.0)
RELIEF = 30.0
"""Seconds for which a render is held after notes came late."""
KEEP_EVERY = 60.0
"""Seconds of playing that a restart may lose: a step more or less often, and a memory card is spared."""
TOUCH_EVERY = 120.0
"""Seconds after which banks that are played count as just used."""
REFUSED_FOR = 3600.0
"""Seconds until what could not be rendered is tried again: a disk may have been emptied, a file mended."""


@dataclass(frozen=True, slots=True)
class RenderConfig:
    """What renders are done with.

    Renders have a ``share`` of all cores together, on so many ``threads``; ``patience`` are the seconds after which one
    is given up. ``models`` are bundles by the name that scenes have for them; ``folders`` those where sources are
    looked for.
    """

    cache: Path
    quota: int
    share: float
    patience: float
    threads: int
    models: Mapping[str, Path]
    folders: Sequence[Path] = ()


@dataclass(frozen=True, slots=True)
class _Job:
    scene: str
    name: str
    timbre: Timbre
    step: int
    render: Render
    begun: float


class Timbres:
    """Looks every second what is due; :meth:`run` keeps the worker while there is something for it to do.

    ``moods`` says how much there is of each mood in the bar that comes next.
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
    ) -> None:
        self._config = config
        self._store = store
        self._bus = bus
        self._clock = clock or SystemClock()
        self._hire = hire
        self._moods = moods
        self._bars = 0
        self._scene: Scene | None = None
        self._timbres: dict[str, TimbreTurns] = {}
        self._looked = self._touched = self._clock.now()
        self._job: _Job | None = None
        self._has_job = asyncio.Event()
        self._supervisor: HiredWorker | None = None
        self._done = 0.0
        self._held_until = float("-inf")
        self._faults = faults
        self._warned: set[str] = set()
        self._ending: asyncio.Task[None] | None = None

    def subscribe_to(self, bus: Bus) -> None:
        """Hear from now on of scenes, of lives of the player, and of what it plays."""
        bus.subscribe(SceneBegun, lambda said: self.scene_begun(said.scene))
        bus.subscribe(SceneChanged, lambda said: self.scene_begun(said.scene))
        bus.subscribe(WorkerStarted, lambda said: self.player_began() if said.role == "player" else None)
        bus.subscribe(BarSounded, lambda said: self.bar_sounded(late=said.bar.is_late))
        bus.subscribe(BankAnswered, lambda said: self.refused(said.taken.part) if said.taken.refused else None)
        bus.subscribe(BankDamaged, lambda said: self.refused(said.voice))

    @property
    def processes(self) -> tuple[ProcessInfo, ...]:
        """The worker, while there is one."""
        return (self._supervisor.info,) if self._supervisor else ()

    def status(self) -> list[dict[str, object]]:
        """What a person may want to know, for each timbre of the scene that plays."""
        weights = self._moods()
        return [
            {
                "name": name,
                "step": one.progress.step,
                "bank": one.played and one.played.bank,
                "next_in_seconds": round(plan.next_in(one.progress, one.timbre.pace, self._local_time())),
                "rendering": self._done if self._job and self._job.name == name else None,
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
        self._warned.clear()
        played = {voice.timbre.bank for voice in scene.voices.values() if voice.timbre is not None}
        for name, timbre in scene.timbres.items():
            known = self._store.timbre(scene.name, name)
            one = before.get(name) if again else None
            goes_on = one is not None and (one.timbre.path, one.timbre.way) == (timbre.path, timbre.way)
            progress = one.progress if goes_on and one else known if restarted else plan.begun(known, timbre.path)
            if name in played:
                self._timbres[name] = TimbreTurns.of(scene, name, progress, known)
        self._looked = self._clock.now()
        self.look(playing=True)

    def player_began(self) -> None:
        """A new player knows no bank."""
        for name, one in self._timbres.items():
            if one.played is not None and self._scene is not None:
                self._bus.publish(BankReady(Moment.of(self._clock), self._scene, name, one.played))

    def bar_sounded(self, *, late: bool) -> None:
        """A bar is over: moods may be otherwise in the next."""
        self._bars += 1
        if late:
            self.late()
        for name, one in self._timbres.items():
            self._play(name, one)

    def late(self) -> None:
        """Notes came late: whether it was the render or not, it makes way for a while, and then has its turn."""
        if self._held_until == float("-inf"):
            self._held_until = self._clock.now() + RELIEF
            self._hold(on=True)

    def look(self, *, playing: bool) -> None:
        """See what is due now; time counts for a timbre only while the scene plays."""
        now = self._clock.now()
        passed = now - self._looked if playing else 0.0
        self._looked = now
        for name, one in self._timbres.items():
            progress = plan.later(one.progress, one.timbre, passed, self._local_time())
            one.progress = progress
            if self._scene is not None and _is_worth_keeping(one.kept, progress):
                one.kept = progress
                self._store.keep_timbre(self._scene.name, name, progress)
            self._play(name, one)
            if one.refused.keys().isdisjoint((*one.wanted, *one.of_moods)):
                self._faults.clear(TIMBRE_NOT_RENDERED, name)
        if now - self._touched >= TOUCH_EVERY:
            self._touched = now
            self._touch()
        if now >= self._held_until > float("-inf"):
            self._held_until = float("-inf")
            self._hold(on=False)
        self._choose(now)

    async def run(self) -> None:
        """Let the worker live as long as there is something to render."""
        while True:
            await self._has_job.wait()
            if self._job is None:  # it was left before this task was awake
                continue
            self._supervisor = supervisor = (self._hire or Supervisor)(TIMBRE, self)
            try:
                await supervisor.run()
            finally:
                self._supervisor = None
            self._choose(self._clock.now())

    async def stop(self) -> None:
        """End the worker; what it has done is kept."""
        self._leave()
        if self._supervisor is not None:
            await self._supervisor.stop()

    def started(self, role: str) -> None:
        """A life of the worker begins."""
        if self._job is not None and self._supervisor is not None:
            self._supervisor.send(to_message(self._job.render))
            self._hold(on=self._held_until > self._clock.now())
        self._bus.publish(WorkerStarted(Moment.of(self._clock), role))

    def received(self, role: str, message: Message) -> None:
        """The worker says something.

        Raises:
            WireError: if it is nonsense.
        """
        del role
        said: FromTimbre = from_message(FromTimbre, message)
        job = self._job
        if job is None:
            return
        match said:
            case RenderProgress():
                self._done = said.done
            case Rendered():
                self._rendered(job, said)
            case Refused():
                self._refused(job, said.error, "refused")

    def died(self, role: str, death: Death, delay: float) -> None:
        """The worker is dead; the supervisor starts the next, which goes on where this one was."""
        self._bus.publish(WorkerDied(Moment.of(self._clock), role, death.reason, death.sentence, delay))
        when = f" in {delay:.0f} s" if delay else ""
        log.warning("%s It is started again%s, and goes on where it was.", death.sentence, when)

    def _play(self, name: str, one: TimbreTurns) -> None:
        """Hand on the bank whose turn it is, once it is there."""
        ready = one.turn(self._moods(), self._bars) if self._scene is not None else None
        if ready is not None and self._scene is not None:
            log.info("Timbre %s: step %d, bank %s.", name, ready.step, ready.bank[:12])
            self._bus.publish(BankReady(Moment.of(self._clock), self._scene, name, ready))

    def _choose(self, now: float) -> None:
        """Decide what is rendered now: what is due before what will be; what nobody wants any more is left."""
        job = self._job
        if job is not None:
            wanted = self._timbres.get(job.name)
            if wanted is None or not self._is_of(job, wanted) or not wanted.is_wanted(job.step):
                self._leave()
            elif job.step not in wanted.wanted and self._is_urgent(now):
                self._leave()  # what is done of it is kept
            elif now - job.begun > self._config.patience:
                hours = self._config.patience / 3600
                self._refused(job, f"it is not done after {hours:g} h, and is left for now", "given_up")
            else:
                return
        if self._supervisor is not None or self._scene is None:
            return  # the worker before is on its way out
        found = self._next(now)
        if found is not None:
            self._begin(self._scene, *found, now)

    def _next(self, now: float) -> tuple[str, TimbreTurns, int] | None:
        """What is to be rendered: what is due before what will be, and what moods want last, where it has room."""
        for turn in range(AHEAD + 1):
            for name, one in self._timbres.items():
                if one.lacks(one.wanted[turn], now):
                    return name, one, one.wanted[turn]
        room = self._config.quota - sum(one.bytes_wanted for one in self._timbres.values())
        for name, one in self._timbres.items():
            for step in one.of_moods:
                if one.lacks(step, now) and one.size <= room:
                    return name, one, step
        return None

    def _is_urgent(self, now: float) -> bool:
        """Whether a step of a timbre's own pace is to be rendered."""
        found = self._next(now)
        return found is not None and found[2] in found[1].wanted

    def _begin(self, scene: Scene, name: str, one: TimbreTurns, step: int, now: float) -> None:
        model = self._config.models.get(one.timbre.model)
        title = f"{scene.title}: {name}, step {step}"
        request = request_of(one.timbre, step, title, self._config.folders)
        if model is None:
            self._complain(name, f"there is no timbre model {one.timbre.model!r}; it keeps the sounds that it has")
            one.refused[step] = now + REFUSED_FOR
            return
        pinned = tuple({ready.bank for other in self._timbres.values() for ready in other.ready.values()})
        config = self._config
        render = Render(request, str(model), str(config.cache), config.quota, config.share, config.threads, pinned)
        self._job = _Job(scene.name, name, one.timbre, step, render, now)
        self._done = 0.0
        self._has_job.set()

    def _rendered(self, job: _Job, said: Rendered) -> None:
        for warning in sorted({*said.warnings} - self._warned):
            log.warning("%s", warning)
        self._warned.update(said.warnings)
        outcome = "found" if said.found else "rendered"
        self._bus.publish(BankRendered(Moment.of(self._clock), job.name, outcome, said.seconds))
        one = self._timbres.get(job.name)
        if one is not None and self._is_of(job, one):
            one.keep(ReadyBank(job.step, said.bank, said.folder, said.soundfont), said.size)
            self._play(job.name, one)
        self._leave()

    def _refused(self, job: _Job, error: str, outcome: str) -> None:
        self._bus.publish(BankRendered(Moment.of(self._clock), job.name, outcome, 0.0))
        self._complain(job.name, error)
        one = self._timbres.get(job.name)
        if one is not None and self._is_of(job, one):
            one.refused[job.step] = self._clock.now() + REFUSED_FOR
        self._leave()

    def _touch(self) -> None:
        """Have the cache see which banks are in use, whoever makes room there."""
        for ready in [ready for one in self._timbres.values() for ready in one.ready.values()]:
            with contextlib.suppress(OSError):
                os.utime(ready.folder)

    def refused(self, part: str) -> None:
        """A voice cannot have its bank: it is looked for anew, and made anew if it is damaged.

        That is done at once for the first time: most likely it is no more as it was written. One that is whole and is
        refused again can only wait.
        """
        voice = self._scene.voices.get(part) if self._scene else None
        one = self._timbres.get(voice.timbre.bank) if voice is not None and voice.timbre is not None else None
        if one is not None:
            one.doubt(self._clock.now() + REFUSED_FOR)

    def _local_time(self) -> dt.datetime:
        """The local time with its zone, by which the days of a path are told apart."""
        return self._clock.local().astimezone()

    def _is_of(self, job: _Job, one: TimbreTurns) -> bool:
        """Whether a job is for a timbre as the scene has it now, which may have been read again meanwhile."""
        return self._scene is not None and job.scene == self._scene.name and job.timbre == one.timbre

    def _complain(self, name: str, error: str) -> None:
        self._faults.tell(TIMBRE_NOT_RENDERED, name, f"Timbre {name}: {error.rstrip('.')}", "")

    def _leave(self) -> None:
        """Have no job; the worker is told to leave, and comes again for the next."""
        self._job = None
        self._has_job.clear()
        if self._supervisor is not None:
            self._ending = asyncio.create_task(self._supervisor.stop())

    def _hold(self, *, on: bool) -> None:
        if self._supervisor is not None:
            self._supervisor.send(to_message(HoldRender(on)))


def _is_worth_keeping(before: plan.PathProgress, now: plan.PathProgress) -> bool:
    return replace(now, played=before.played) != before or abs(now.played - before.played) >= KEEP_EVERY
