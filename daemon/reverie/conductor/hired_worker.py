"""The seam between the conductor and its workers: a supervised process, or a fake of it in this one."""

from __future__ import annotations

import logging
from typing import Protocol

from reverie.processes.supervisor import Backoff, ProcessInfo, State, WorkerListener
from reverie.processes.wire import Message
from reverie.processes.worker_life import RECYCLED, Death, Role

log = logging.getLogger(__name__)


class HiredWorker(Protocol):
    """A worker that is kept alive, as :class:`~reverie.processes.supervisor.Supervisor` does it."""

    @property
    def state(self) -> State:
        """What it is doing."""
        ...

    @property
    def info(self) -> ProcessInfo:
        """Its process now."""
        ...

    def send(self, message: Message) -> bool:
        """Hand a message over without waiting; False if no life is there to read it, and the message is lost."""
        ...

    def condemn(self, sentence: str) -> None:
        """End the present life as hung; the next begins as usual."""
        ...

    def recycle(self, sentence: str) -> None:
        """End the present life gently, though nothing is wrong with it; the next begins at once."""
        ...

    async def run(self) -> None:
        """Let it live, life after life, until :meth:`stop`."""
        ...

    async def stop(self) -> None:
        """End it, and wait until it is gone."""
        ...


class HireWorker(Protocol):
    """Makes a worker, which begins to live when it is run."""

    def __call__(self, role: Role, listener: WorkerListener, backoff: Backoff | None = None) -> HiredWorker:
        """The worker of a role; ``listener`` is told of its lives and messages."""
        ...


def log_death(death: Death, delay: float) -> None:
    """Have it in the log; one that was let go is no warning."""
    level = logging.INFO if death.reason == RECYCLED else logging.WARNING
    log.log(level, "%s %s", death.sentence, next_life(delay))


def next_life(delay: float) -> str:
    """When a worker that died lives again, as a sentence."""
    return f"It is started again in {delay:.0f} s." if delay else "It is started again."
