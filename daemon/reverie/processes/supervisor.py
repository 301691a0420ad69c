"""Keeps one worker alive: life after life, at once as a rule, and with longer pauses when dying becomes a habit."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, Protocol

import psutil

from reverie.processes.wire import Message
from reverie.processes.worker_life import RECYCLED, Death, Life, Reason, Role

log = logging.getLogger(__name__)

State = Literal["starting", "up", "waiting", "stopped"]


@dataclass(frozen=True, slots=True)
class ProcessInfo:
    """A worker as the status page shows it; ``pid`` and ``rss_bytes`` are None while no process runs."""

    role: str
    pid: int | None
    rss_bytes: int | None
    restarts: int
    state: State


class WorkerListener(Protocol):
    """Who is told of a worker. None of these may wait, for the worker's messages wait meanwhile."""

    def started(self, role: str) -> None:
        """A new life has begun and knows nothing yet; messages can be sent to it."""
        ...

    def received(self, role: str, message: Message) -> None:
        """The worker sent a message other than a pong.

        Raises:
            WireError: if it is none that this role may send; the worker is then killed.
        """
        ...

    def died(self, role: str, death: Death, delay: float) -> None:
        """A life ended unasked; the next begins in ``delay`` seconds."""
        ...


class Backoff:
    """How long to wait before the next life, by how the last ones ended.

    A few deaths are met with a new life at once, because the music waits. ``burst`` deaths within ``window`` seconds
    are a habit: then the waits double from ``first`` to ``longest`` seconds, until a life lasts for ``window``.
    """

    def __init__(self, *, burst: int = 5, window: float = 60.0, first: float = 10.0, longest: float = 300.0) -> None:
        self._burst = burst
        self._window = window
        self._first = first
        self._longest = longest
        self._deaths: list[float] = []
        self._wait = 0.0

    def delay(self, born: float, died: float) -> float:
        """Seconds to wait after a life from ``born`` to ``died`` (monotonic)."""
        if died - born >= self._window:
            self._deaths.clear()
            self._wait = 0.0
        self._deaths = [death for death in self._deaths if died - death < self._window]
        if self._wait == 0.0 and len(self._deaths) < self._burst:
            self._deaths.append(died)
            return 0.0
        self._wait = min(self._wait * 2 or self._first, self._longest)
        return self._wait


class Supervisor:
    """Runs one worker until :meth:`stop`.

    :meth:`run` is awaited as a task for as long as the worker is wanted; cancelling that task kills the worker.
    """

    def __init__(self, role: Role, listener: WorkerListener, backoff: Backoff | None = None) -> None:
        self.role = role
        self._listener = listener
        self._backoff = backoff or Backoff()
        self._deaths: Counter[Reason] = Counter()
        self._life: Life | None = None
        self._recycled: tuple[Death, asyncio.Task[None]] | None = None
        self._running = False
        self._stopping = asyncio.Event()
        self._finished = asyncio.Event()

    @property
    def deaths(self) -> Mapping[Reason, int]:
        """How many lives ended unasked, by reason."""
        return self._deaths

    @property
    def state(self) -> State:
        """What the worker is doing."""
        if self._life is not None:
            return "up" if self._life.answers else "starting"
        return "waiting" if self._running else "stopped"

    @property
    def info(self) -> ProcessInfo:
        """The worker's process now."""
        pid = self._life.pid if self._life else None
        restarts = self._deaths.total() - self._deaths[RECYCLED]
        return ProcessInfo(self.role.name, pid, _resident_bytes(pid), restarts, self.state)

    def send(self, message: Message) -> bool:
        """Hand a message to the present life without waiting; False if there is none and the message is lost."""
        if self._life is None:
            return False
        self._life.send(message)
        return True

    def condemn(self, sentence: str) -> None:
        """Kill the present life as hung, where the caller knows better than the pings; the next begins as usual."""
        if self._life is not None:
            self._life.condemn(sentence)

    def recycle(self, sentence: str) -> None:
        """End the present life gently, though nothing is wrong with it; the next begins at once."""
        if self._life is not None and self._recycled is None:
            self._recycled = Death(RECYCLED, sentence), asyncio.create_task(self._life.stop())

    async def run(self) -> None:
        """Start the worker, and start it again whenever it dies, until :meth:`stop`."""
        self._running = True
        try:
            while not self._stopping.is_set():
                born = time.monotonic()
                death = await self._live_whatever_happens()
                if self._stopping.is_set():
                    break
                self._deaths[death.reason] += 1
                delay = 0.0 if death.reason == RECYCLED else self._backoff.delay(born, time.monotonic())
                self._listener.died(self.role.name, death, delay)
                await self._pause(delay)
        finally:
            self._running = False
            self._finished.set()

    async def stop(self) -> None:
        """End the worker, gently if it lets us, and wait until it is gone. May be called again and at any time."""
        self._stopping.set()
        if self._running:
            await self._finished.wait()

    async def _live_whatever_happens(self) -> Death:
        """A fault of the listener's own costs this life, and must not cost all lives to come."""
        try:
            return await self._live()
        except Exception:
            log.exception("The conductor made a mistake while it heard the %s.", self.role.name)
            return Death("fault", f"The {self.role.name} was killed, for the conductor could not go on with it.")

    async def _live(self) -> Death:
        try:
            self._life = life = await Life.begin(self.role)
        except OSError as error:
            return Death("exit", f"The {self.role.name} cannot be started: {error.strerror or error}.")
        ending = asyncio.create_task(self._end_when_stopping(life))
        try:
            self._listener.started(self.role.name)
            death = await life.run(lambda message: self._listener.received(self.role.name, message))
            return self._recycled[0] if self._recycled is not None else death
        finally:
            self._life = None
            ending.cancel()
            if self._recycled is not None:
                self._recycled[1].cancel()
                self._recycled = None

    async def _end_when_stopping(self, life: Life) -> None:
        await self._stopping.wait()
        await life.stop()

    async def _pause(self, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._stopping.wait()


def own_process() -> ProcessInfo:
    """The conductor's own process."""
    return ProcessInfo("conductor", os.getpid(), _resident_bytes(os.getpid()), 0, "up")


def _resident_bytes(pid: int | None) -> int | None:
    if pid is None:
        return None
    try:
        return psutil.Process(pid).memory_info().rss
    except psutil.Error:
        return None
