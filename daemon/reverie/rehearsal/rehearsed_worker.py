"""A worker in the conductor's own process and time: it lives, dies when it is told to, and lives again."""

from __future__ import annotations

import asyncio
import contextlib
from abc import ABC, abstractmethod

from reverie.clock import Clock
from reverie.processes.codec import Tagged, to_message
from reverie.processes.supervisor import Backoff, ProcessInfo, State, WorkerListener
from reverie.processes.wire import Message
from reverie.processes.worker_life import Death, Reason, Role


class RehearsedWorker(ABC):
    """Lives as :class:`~reverie.processes.supervisor.Supervisor` lets a process live.

    Args:
        role: What it is.
        listener: Who is told of its lives and messages.
        backoff: How long it waits after a death.
        clock: By which it lives.
    """

    lifetime: float | None = None
    """Seconds after which every life to come ends by itself, if it does."""

    def __init__(self, role: Role, listener: WorkerListener, backoff: Backoff | None, clock: Clock) -> None:
        self.role = role
        self.clock = clock
        self.lives = 0
        self.deaths = 0
        self.size: int | None = None
        """Bytes of memory that it says to take; each life begins without saying."""
        self._listener = listener
        self._backoff = backoff or Backoff()
        self._death: asyncio.Future[Death] | None = None
        self._stopping = asyncio.Event()
        self._running = False

    @property
    def state(self) -> State:
        """What it is doing."""
        if self._death is not None:
            return "up"
        return "waiting" if self._running else "stopped"

    @property
    def info(self) -> ProcessInfo:
        """It is no process of its own."""
        return ProcessInfo(self.role.name, None, self.size, self.deaths, self.state)

    def send(self, message: Message) -> bool:
        """Hand a message over; False if no life is there to read it."""
        if self._death is None:
            return False
        self.hear(message)
        return True

    def condemn(self, sentence: str) -> None:
        """End the present life as hung."""
        self.die(sentence, "hang")

    def recycle(self, sentence: str) -> None:
        """End the present life, though nothing is wrong with it."""
        self.die(sentence, "recycled")

    def die(self, sentence: str, reason: Reason = "signal", *, crash: bool = False) -> None:
        """This life ends, unasked."""
        if self._death is not None and not self._death.done():
            self._death.set_result(Death(reason, sentence, crash))

    async def run(self) -> None:
        """Let it live, life after life, until :meth:`stop`."""
        self._running = True
        try:
            while not self._stopping.is_set():
                born = self.clock.now()
                death = await self._live()
                if death is None:
                    return
                self.deaths += 1
                delay = 0.0 if death.reason == "recycled" else self._backoff.delay(born, self.clock.now())
                self._listener.died(self.role.name, death, delay)
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._stopping.wait(), delay)
        finally:
            self._running = False

    async def stop(self) -> None:
        """End it with its present life."""
        self._stopping.set()

    async def _live(self) -> Death | None:
        """One life: how it ended, or None where it was asked to."""
        self.lives += 1
        loop = asyncio.get_running_loop()
        self._death = death = loop.create_future()
        if self.lifetime is not None:
            end = Death("exit", f"The {self.role.name} left with exit status 1.")
            loop.call_later(self.lifetime, lambda: None if death.done() else death.set_result(end))
        self.size = None
        self.begin()
        self._listener.started(self.role.name)
        working, asked = asyncio.create_task(self.work()), asyncio.create_task(self._stopping.wait())
        try:
            await asyncio.wait((working, asked, self._death), return_when=asyncio.FIRST_COMPLETED)
            if working.done():
                working.result()
            return self._death.result() if self._death.done() else None
        finally:
            self._death = None
            working.cancel()
            asked.cancel()

    def say(self, value: Tagged) -> None:
        """Send a message to the conductor."""
        self._listener.received(self.role.name, to_message(value))

    @abstractmethod
    def begin(self) -> None:
        """Forget all of the life before."""

    @abstractmethod
    def hear(self, message: Message) -> None:
        """Take a message."""

    @abstractmethod
    async def work(self) -> None:
        """What it does until it dies."""
