"""One life of a worker process: a socket, a process group, and the questions that tell whether it still answers.

What a worker must do in return, and what the supervisor relies on:

* answer every ``{"type": "ping", "number": n}`` with ``{"type": "pong", "number": n}``, from a thread of its own if its
  main thread can be busy for longer than its role's patience; until its first pong, any message shows that it gets on;
* end what it has begun and leave at ``{"type": "stop"}``;
* leave at once when its socket reaches its end, for then the conductor is gone. A worker is in a session of its own and
  nothing else tells it, so this is what keeps workers from outliving a conductor that was killed.

:mod:`reverie.processes.worker_main` does this for all workers.
"""

from __future__ import annotations

import asyncio
import contextlib
import math
import os
import signal
import socket
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from reverie.processes.children import Child
from reverie.processes.wire import MAX_LINE, Message, WireError, decode, encode

Reason = Literal["exit", "signal", "hang", "protocol", "fault", "recycled"]

RECYCLED: Reason = "recycled"
"""The reason of one that was let go though nothing was wrong with it."""
LINGER = 1.0
"""Seconds between the end of a worker's socket and its exit, either of which may come first."""
TERM_GRACE = 2.0
"""Seconds that SIGTERM is given before SIGKILL."""
DUMPS = 0.1
"""Seconds in which a worker that hangs leaves a dump of where it stands, before it is killed."""
REAP = 5.0
"""Seconds to wait for a killed process. One that is stuck in the kernel takes longer, and is let go."""
LOOK = 0.05
"""Seconds between looks at a process whose end nobody tells, as on macOS."""
MAX_UNSENT = 4 * 1024 * 1024
"""Bytes a worker may leave unread before it counts as hung."""


@dataclass(frozen=True, slots=True)
class Role:
    """What kind of worker to run, and how long it may be silent.

    ``module`` is run with ``--fd N``, the descriptor of its socket. ``patience`` is how many seconds it may leave
    pings unanswered; ``startup`` how long it may say nothing at all until its first answer, while it still imports and
    loads; ``grace`` how long it may take to stop when asked. ``environment`` is added to the conductor's own.
    """

    name: str
    module: str
    patience: float
    startup: float = 60.0
    interval: float = 1.0
    grace: float = 3.0
    environment: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Death:
    """How a life ended: the reason for the statistics and a plain sentence for people.

    ``crash`` says that it ended by itself: not because it was asked to, and not by the hand of somebody outside.
    """

    reason: Reason
    sentence: str
    crash: bool = False


class Life:
    """A running worker. :meth:`begin` starts it, :meth:`run` lasts until it is dead and buried."""

    def __init__(
        self,
        role: Role,
        process: Child,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
    ) -> None:
        self._role = role
        self._process = process
        self._reader = reader
        self._writer = writer
        self._asked = 0
        self._answered = 0
        self._spoke = 0
        self._ended = asyncio.Event()
        self._condemned: asyncio.Future[Death] = asyncio.get_running_loop().create_future()
        self.begun = time.monotonic()

    @classmethod
    async def begin(cls, role: Role) -> Life:
        """Start the process.

        Its output goes to the conductor's standard error, so that a log is one log.

        Raises:
            OSError: if the system grants no process or socket.
        """
        ours, theirs = socket.socketpair()
        with theirs:
            reader, writer = await asyncio.open_unix_connection(sock=ours, limit=MAX_LINE)
            try:
                process = Child.start(role.module, theirs.fileno(), leads=True, environment=role.environment)
            except BaseException:
                writer.transport.abort()
                raise
        return cls(role, process, reader, writer)

    @property
    def pid(self) -> int:
        """The process's number, which is also that of its group."""
        return self._process.pid

    @property
    def answers(self) -> bool:
        """Whether it has answered a ping yet."""
        return self._answered > 0

    def send(self, message: Message) -> None:
        """Hand over a message without ever waiting; a worker that reads nothing is condemned, not waited for."""
        if self._condemned.done() or self._writer.is_closing():
            return
        self._writer.write(encode(message))
        if self._writer.transport.get_write_buffer_size() > MAX_UNSENT:
            self.condemn(f"The {self._role.name} no longer reads its messages; it was killed.")

    def condemn(self, sentence: str) -> None:
        """Let this life end as a hang, for a reason that the caller knows."""
        if not self._condemned.done():
            self._condemned.set_result(Death("hang", sentence))

    async def run(self, received: Callable[[Message], None]) -> Death:
        """Hand every message but pongs to ``received`` until the life is over; leaves no process of its group behind.

        A :class:`~reverie.processes.wire.WireError` out of ``received`` ends the life as garbage on the wire does.
        """
        ways_to_die = (
            asyncio.ensure_future(self._listen(received)),
            asyncio.ensure_future(self._ask()),
            asyncio.ensure_future(self._watch()),
            self._condemned,
        )
        try:
            await asyncio.wait(ways_to_die, return_when=asyncio.FIRST_COMPLETED)
            death = next(way for way in ways_to_die if way.done()).result()
            if death.reason == "hang":
                self._process.ask_where()
                await asyncio.sleep(DUMPS)
            return death
        finally:
            for way in ways_to_die:
                way.cancel()
            await self._bury()

    async def stop(self) -> None:
        """Ask the worker to leave, insist after its grace, and insist harder; :meth:`run` sees its end."""
        self.send({"type": "stop"})
        if await self._leaves_within(self._role.grace):
            return
        self._process.terminate()
        if not await self._leaves_within(TERM_GRACE):
            self._process.kill()

    async def _listen(self, received: Callable[[Message], None]) -> Death:
        """Read until the worker's end of the socket closes."""
        try:
            while line := await self._line():
                message = decode(line)
                if message["type"] == "pong":
                    self._hear(message.get("number"))
                else:
                    self._spoke = self._asked
                    received(message)
        except WireError as error:
            return Death("protocol", f"The {self._role.name} talked nonsense and was killed: {error}.", crash=True)
        self._ended.set()
        await asyncio.sleep(LINGER)
        return Death("protocol", f"The {self._role.name} closed its socket without leaving; it was killed.")

    async def _line(self) -> bytes:
        try:
            return await self._reader.readline()
        except ValueError as error:
            raise WireError(f"a line longer than {MAX_LINE} bytes") from error
        except ConnectionError:
            return b""  # it left without reading all that was sent: the same as the end of the stream

    def _hear(self, number: object) -> None:
        if not isinstance(number, int) or not self._answered <= number <= self._asked:
            raise WireError(f"a pong to ping {number!r}, which was never sent")
        self._answered = number

    async def _ask(self) -> Death:
        """Ping until pings go unanswered for longer than the role's patience.

        Silence is counted in pings and not in seconds: while the conductor itself is held up, no ping is sent and no
        time passes for the worker. A worker that starts up and tells of each thing that it has loaded is not silent.
        """
        while True:
            patience = self._role.patience if self._answered else self._role.startup
            if self._asked - (self._answered or self._spoke) >= math.ceil(patience / self._role.interval):
                return Death("hang", f"The {self._role.name} did not answer for {patience:g} s; it was killed.")
            self._asked += 1
            self.send({"type": "ping", "number": self._asked})
            await asyncio.sleep(self._role.interval)

    async def _watch(self) -> Death:
        """Wait for the process to end by itself, and for its last words to be read."""
        code = await _end_of(self._process)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(LINGER):
                await self._ended.wait()
        if code < 0:
            said = f"The {self._role.name} was ended by signal {-code} ({signal.strsignal(-code)})."
            return Death("signal", said, crash=-code not in {signal.SIGKILL, signal.SIGTERM})
        return Death("exit", f"The {self._role.name} left with exit status {code}.", crash=True)

    async def _leaves_within(self, seconds: float) -> bool:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await _end_of(self._process)
        return self._process.poll() is not None

    async def _bury(self) -> None:
        self._process.kill()
        if not await self._leaves_within(REAP):
            self._process.release()
        self._writer.transport.abort()
        with contextlib.suppress(OSError):
            await self._writer.wait_closed()


async def _end_of(process: Child) -> int:
    """Wait for the process to end; its exit status."""
    try:
        descriptor = os.pidfd_open(process.pid)
    except (AttributeError, OSError):  # no Linux, or its end has been seen already
        while (code := process.poll()) is None:  # noqa: ASYNC110 - nothing else tells of it there
            await asyncio.sleep(LOOK)
        return code
    loop, ended = asyncio.get_running_loop(), asyncio.Event()
    try:
        loop.add_reader(descriptor, ended.set)
        await ended.wait()
    finally:
        loop.remove_reader(descriptor)
        os.close(descriptor)
    return process.wait()
