"""The main of every process that the conductor starts: what all of them do alike, so that each gives only its work.

A process of Reverie's own is run as ``python -m module --fd N``, N being its end of a socket to whoever started it.
The conductor's workers hear values of :mod:`reverie.processes.codec` there, answer pings, and leave when they are told
to stop or when the conductor is gone (:mod:`reverie.processes.worker_life` has the other end). Helper processes and
output processes have packets in place of a stream (:mod:`reverie.processes.helper`), and share the reading of ``--fd``.

A worker that computes has two threads: this one listens, the main one works. The player has one, and asks its
:class:`ConductorEnd` itself.
"""

from __future__ import annotations

import argparse
import os
import signal
import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from types import FrameType
from typing import Any, NoReturn, Protocol

from reverie.processes.codec import Tagged, from_message, to_message
from reverie.processes.crash_dumps import keep_dumps
from reverie.processes.descriptors import readable
from reverie.processes.signals import be_steady
from reverie.processes.wire import Message, Ping, Pong, Stop, Wire, WireError


def end_of_socket(module: str, does: str, arguments: Sequence[str] | None = None) -> socket.socket:
    """The socket that this process was given by ``--fd``; from now on it leaves a dump where it crashes.

    Args:
        module: The module that is run.
        does: What it does, in a sentence.
        arguments: In place of the process's own.
    """
    keep_dumps(module)
    parser = argparse.ArgumentParser(prog=module, description=does)
    parser.add_argument("--fd", type=int, required=True, help="its end of a socket to whoever started it")
    return socket.socket(fileno=parser.parse_args(arguments).fd)


class ConductorEnd:
    """A worker's end of the socket to the conductor, in values; pings are answered here.

    Args:
        end: The socket.
        hears: The class or union of what the conductor may say, besides pings.
        unreadable: Is told of a message that is none of these, and is left out unless this raises.
        waits: Whether to wait for a conductor that does not read just now; else it learns later, or not at all.
    """

    def __init__(
        self, end: socket.socket, hears: Any, unreadable: Callable[[WireError], object], *, waits: bool
    ) -> None:
        self._wire = Wire(end)
        self._kinds = hears | Ping
        self._unreadable = unreadable
        self._send = self._wire.send if waits else self._wire.post
        self._sending = threading.Lock()
        self.answering = True
        """Whether pings are answered: not before whoever asks may lose patience with what is done now."""

    def fileno(self) -> int:
        """The descriptor to wait for."""
        return self._wire.fileno()

    @property
    def closed(self) -> bool:
        """Whether the conductor is gone."""
        return self._wire.closed

    def say(self, value: Tagged) -> None:
        """Tell the conductor, from any thread."""
        with self._sending:
            self._send(to_message(value))

    def receive(self, refuse: Callable[[Message], object] = lambda _: None) -> Iterator[Any]:
        """What has arrived, without waiting.

        Args:
            refuse: Sees each message first, and may raise a WireError.

        Raises:
            WireError: if the conductor sends what is no message at all.
        """
        for message in self._wire.receive():
            try:
                refuse(message)
                value = from_message(self._kinds, message)
            except WireError as error:
                self._unreadable(error)
                continue
            if not isinstance(value, Ping):
                yield value
            elif self.answering:
                self.say(Pong(value.number))


class Worker(Protocol):
    """What a worker process does."""

    def heard(self, said: Any) -> None:
        """Take what the conductor says; must not take long, since pings wait meanwhile."""
        ...

    def run(self) -> None:
        """Work, in the main thread, until there is nothing more to do; then the conductor says stop."""
        ...

    def finish(self) -> None:
        """Put away what would be lost, before the process ends; the main thread may be in the midst of its work."""
        ...


def run_worker(module: str, does: str, hears: Any, make: Callable[[ConductorEnd], Worker]) -> NoReturn:
    """Be a worker that computes, until the conductor says stop, goes away, or says what cannot be read.

    The conductor would wait for ever for a job that was left out, but it knows what to do about a worker that ends.
    Whatever the main thread does then is cut off: a model that computes cannot be interrupted, and nobody wants what
    comes of it. What must not be lost by that is put away first, by :meth:`Worker.finish`.

    Args:
        module: The module that is run.
        does: What it does, in a sentence.
        hears: The class or union of what the conductor may say, besides ping and stop.
        make: From the socket to the worker.
    """
    import logging

    from reverie.logs import log_plainly

    socket_to_conductor = end_of_socket(module, does)
    signal.signal(signal.SIGTERM, _leave)
    be_steady(signal.SIGHUP, signal.SIGINT)  # Ctrl-C is the conductor's matter, which then says stop
    log_plainly(logging.WARNING)
    end = ConductorEnd(socket_to_conductor, hears | Stop, _not_without_it, waits=True)
    worker = make(end)
    signal.signal(signal.SIGTERM, lambda _signal, _frame: _finish_beside(worker))
    log = logging.getLogger(module)
    threading.Thread(target=_listen, args=(end, worker, log.warning), daemon=True).start()
    worker.run()
    while True:
        threading.Event().wait()


def _not_without_it(error: WireError) -> NoReturn:
    raise error


def _listen(end: ConductorEnd, worker: Worker, complain: Callable[[str], object]) -> None:
    try:
        while not end.closed:
            readable([end], None)
            for said in end.receive():
                if isinstance(said, Stop):
                    return
                worker.heard(said)
    except WireError as error:
        complain(f"The conductor talks nonsense: {error}.")
    finally:
        _finish(worker)


def _finish_beside(worker: Worker) -> None:
    """From the signal's handler, which has interrupted the main thread, perhaps while that holds a lock."""
    try:
        threading.Thread(target=_finish, args=(worker,), daemon=True).start()
    except RuntimeError:  # the machine has no room for a thread
        os._exit(0)


def _finish(worker: Worker) -> NoReturn:
    try:
        worker.finish()
    finally:
        os._exit(0)


def _leave(_signal: int, _frame: FrameType | None) -> None:
    os._exit(0)
