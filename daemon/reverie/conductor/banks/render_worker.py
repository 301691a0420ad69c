"""The conductor's end of the timbre worker: one render at a time, by a process that lives as long as it is wanted.

As a rule that is one render. While somebody steers a timbre by hand the worker is kept, as its start would cost more
than a bank: then a render that nobody wants any more is dropped, where else the process is ended with it.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import replace

from reverie.bus import Bus
from reverie.clock import Clock
from reverie.conductor.hired_worker import HiredWorker, HireWorker
from reverie.processes.codec import from_message, to_message
from reverie.processes.supervisor import ProcessInfo, Supervisor
from reverie.processes.wire import Message
from reverie.processes.worker_life import Death, Role
from reverie.timbre.messages import DropRender, FromTimbre, HoldRender, Render
from reverie.watch.happenings import Moment, WorkerDied, WorkerStarted

log = logging.getLogger(__name__)

TIMBRE = Role("timbre", "reverie.timbre.worker", patience=30.0, startup=120.0, grace=1.0)


class RenderWorkerLink:
    """Renders by a worker of its own. ``answered`` is told what it says of the present render.

    ``freed`` is called when a worker has left, so that the next can be hired.
    """

    def __init__(
        self,
        bus: Bus,
        clock: Clock,
        hire: HireWorker | None,
        answered: Callable[[FromTimbre], None],
        freed: Callable[[], None],
    ) -> None:
        self._bus = bus
        self._clock = clock
        self._hire = hire
        self._answered = answered
        self._freed = freed
        self._render: Render | None = None
        self._number = 0
        self._wanted = asyncio.Event()
        self._supervisor: HiredWorker | None = None
        self._ending: asyncio.Task[None] | None = None
        self._leaves = False
        self._gives_way = False
        self._held = False
        self._warm_until = float("-inf")

    @property
    def processes(self) -> tuple[ProcessInfo, ...]:
        """The worker, while there is one."""
        return (self._supervisor.info,) if self._supervisor else ()

    @property
    def can_begin(self) -> bool:
        """Whether a render can begin; not while a worker is on its way out."""
        return self._render is None and not self._leaves

    def begin(self, render: Render) -> bool:
        """Have this rendered, by the worker that is there or by another.

        One that has made way for all others cannot hurry any more, and leaves: then nothing is begun yet (False).
        """
        if render.hurried and self._gives_way and self._supervisor is not None:
            self._dismiss()
            return False
        self._gives_way = not render.hurried
        self._number += 1
        self._render = render = replace(render, number=self._number)
        if self._supervisor is not None:
            self._supervisor.send(to_message(render))
        self._wanted.set()
        return True

    def condemn(self, sentence: str) -> bool:
        """End the present life of the worker, as hung; False if there is none."""
        if self._supervisor is None:
            return False
        self._supervisor.condemn(sentence)
        return True

    def keep_warm(self, seconds: float) -> None:
        """More may be wanted soon: the worker stays for so long."""
        self._warm_until = self._clock.now() + seconds

    def leave(self) -> None:
        """Have no render; a worker that is not kept warm leaves."""
        left, self._render = self._render, None
        if self._supervisor is None:
            self._wanted.clear()
        elif self._clock.now() >= self._warm_until:
            self._dismiss()
        elif left is not None:
            self._supervisor.send(to_message(DropRender(left.number)))

    def look(self) -> None:
        """Let a worker go that has nothing to do and is not kept any more."""
        if self._render is None and self._supervisor is not None and self._clock.now() >= self._warm_until:
            self._dismiss()

    def hold(self, *, on: bool) -> None:
        """Pause the render, or let it go on; so it stays in the next life, too."""
        self._held = on
        if self._supervisor is not None:
            self._supervisor.send(to_message(HoldRender(on)))

    async def run(self) -> None:
        """Let workers live while they are wanted."""
        while True:
            await self._wanted.wait()
            if self._render is None:  # it was left before this task was awake
                self._wanted.clear()
                continue
            self._leaves = False
            self._supervisor = supervisor = (self._hire or Supervisor)(TIMBRE, self)
            try:
                await supervisor.run()
            finally:
                self._supervisor, self._leaves = None, False
            self._freed()

    async def stop(self) -> None:
        """End the worker; what it has done is kept."""
        self._warm_until = float("-inf")
        self.leave()
        if self._supervisor is not None:
            await self._supervisor.stop()

    def started(self, role: str) -> None:
        """A life of the worker begins."""
        if self._render is not None and self._supervisor is not None:
            self._supervisor.send(to_message(self._render))
            self._supervisor.send(to_message(HoldRender(self._held)))
        self._bus.publish(WorkerStarted(Moment.of(self._clock), role))

    def received(self, role: str, message: Message) -> None:
        """The worker says something; what is about a render of before is passed over.

        Raises:
            WireError: if it is nonsense.
        """
        del role
        said: FromTimbre = from_message(FromTimbre, message)
        if self._render is not None and said.number == self._render.number:
            self._answered(said)

    def died(self, role: str, death: Death, delay: float) -> None:
        """The worker is dead; the supervisor starts the next, which goes on where this one was."""
        self._bus.publish(WorkerDied(Moment.of(self._clock), role, death.reason, death.sentence, delay))
        when = f" in {delay:.0f} s" if delay else ""
        log.warning("%s It is started again%s, and goes on where it was.", death.sentence, when)

    def _dismiss(self) -> None:
        self._wanted.clear()
        if self._supervisor is not None and not self._leaves:
            self._leaves = True
            self._ending = asyncio.create_task(self._supervisor.stop())
