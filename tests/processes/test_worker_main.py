"""The main that all workers share, as the conductor sees it: by the real processes, and by an end in this one."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Generator
from dataclasses import dataclass
from typing import ClassVar

import pytest

from fakes.patience import PATIENCE
from reverie.processes.codec import to_message
from reverie.processes.wire import Message, Ping, Pong, Stop, WireError, encode
from reverie.processes.worker_main import ConductorEnd, end_of_socket


@dataclass(frozen=True, slots=True)
class Job:
    type: ClassVar[str] = "job"
    number: int


WORKER = """
import threading, time
from dataclasses import dataclass
from typing import ClassVar
from reverie.processes.worker_main import run_worker

@dataclass(frozen=True, slots=True)
class Job:
    type: ClassVar[str] = "job"
    number: int

class Computing:
    def __init__(self, end):
        self.end, self.asked = end, threading.Event()
    def heard(self, said):
        self.end.say(said)
        self.asked.set()
    def run(self):
        self.asked.wait()
        time.sleep(600)

run_worker("a.worker", "Computes.", Job, Computing)
"""

Ends = tuple[socket.socket, subprocess.Popen[bytes]]


@pytest.fixture
def worker() -> Generator[Ends]:
    """A worker that computes for ten minutes, and our end of its socket; a packet is a message."""
    ours, theirs = socket.socketpair()
    with ours:
        ours.settimeout(PATIENCE)
        command = [sys.executable, "-c", WORKER, "--fd", str(theirs.fileno())]
        environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
        process = subprocess.Popen(command, pass_fds=[theirs.fileno()], stderr=subprocess.PIPE, env=environment)
        theirs.close()
        with process:
            yield ours, process
            process.kill()


def told(end: socket.socket, *messages: Message) -> None:
    end.sendall(b"".join(map(encode, messages)))


PING = to_message(Ping(3))
PONG = encode(to_message(Pong(3)))


def test_a_worker_that_computes_answers_pings_and_stops_all_the_same(worker: Ends) -> None:
    ours, process = worker
    told(ours, to_message(Job(1)))
    assert ours.recv(1000) == encode(to_message(Job(1)))
    told(ours, PING)
    assert ours.recv(1000) == PONG
    told(ours, to_message(Stop()))
    assert process.wait(PATIENCE) == 0


def test_a_worker_that_computes_leaves_when_its_conductor_is_gone(worker: Ends) -> None:
    ours, process = worker
    told(ours, to_message(Job(1)))
    ours.recv(1000)
    ours.shutdown(socket.SHUT_RDWR)
    assert process.wait(PATIENCE) == 0


def test_a_worker_heeds_sigterm_alone(worker: Ends) -> None:
    ours, process = worker
    told(ours, PING)
    assert ours.recv(1000) == PONG
    for number in (signal.SIGINT, signal.SIGHUP, signal.SIGUSR1):
        process.send_signal(number)
    told(ours, PING)
    assert ours.recv(1000) == PONG
    process.terminate()
    assert process.wait(PATIENCE) == 0


@pytest.mark.parametrize("nonsense", [{"type": "job"}, {"type": "job", "number": "1"}, {"type": "strange"}])
def test_a_job_that_cannot_be_read_ends_the_worker_in_place_of_being_waited_for(
    worker: Ends, nonsense: Message
) -> None:
    ours, process = worker
    told(ours, nonsense)
    assert process.wait(PATIENCE) == 0
    assert process.stderr is not None
    assert b"The conductor talks nonsense: " in process.stderr.read()


def test_what_is_no_message_at_all_ends_the_worker_with_a_word_in_the_log(worker: Ends) -> None:
    ours, process = worker
    ours.sendall(b"no json\n")
    assert process.wait(PATIENCE) == 0
    assert process.stderr is not None
    assert b"The conductor talks nonsense: a worker sent a line that is no JSON" in process.stderr.read()


@pytest.fixture
def ends() -> Generator[tuple[socket.socket, ConductorEnd, list[str]]]:
    ours, theirs = socket.socketpair()
    complaints: list[str] = []
    with ours, theirs:
        yield (
            ours,
            ConductorEnd(theirs, Job | Stop, lambda error: complaints.append(str(error)), waits=False),
            complaints,
        )


def test_pings_are_answered_and_all_else_is_handed_on(ends: tuple[socket.socket, ConductorEnd, list[str]]) -> None:
    ours, end, complaints = ends
    told(ours, to_message(Job(1)), PING, {"type": "job"}, to_message(Stop()))
    assert list(end.receive()) == [Job(1), Stop()]
    assert ours.recv(1000) == PONG
    assert complaints == ["a message of type job cannot be read: number: missing"]


def test_no_ping_is_answered_by_a_worker_that_still_loads(ends: tuple[socket.socket, ConductorEnd, list[str]]) -> None:
    ours, end, _ = ends
    end.answering = False
    told(ours, PING)
    assert list(end.receive()) == []
    end.answering = True
    end.say(Job(2))
    assert ours.recv(1000) == encode(to_message(Job(2)))


def test_a_worker_may_refuse_a_message_before_it_is_read(
    ends: tuple[socket.socket, ConductorEnd, list[str]],
) -> None:
    ours, end, complaints = ends

    def refuse(message: Message) -> None:
        if message.get("number") == 1:
            raise WireError("it is too long")

    told(ours, to_message(Job(1)), to_message(Job(2)))
    assert list(end.receive(refuse)) == [Job(2)]
    assert complaints == ["it is too long"]


def test_a_conductor_that_is_gone_shows(ends: tuple[socket.socket, ConductorEnd, list[str]]) -> None:
    ours, end, _ = ends
    assert not end.closed
    ours.close()
    assert list(end.receive()) == []
    assert end.closed


def test_the_socket_is_the_one_that_was_given() -> None:
    ours, theirs = socket.socketpair()
    with ours, end_of_socket("a.worker", "Works.", ["--fd", str(theirs.detach())]) as end:
        ours.send(b"x")
        assert end.recv(1) == b"x"
    with pytest.raises(SystemExit):
        end_of_socket("a.worker", "Works.", [])
