"""A worker that is cut off puts away first what would be lost."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from reverie.processes.wire import Message, Wire

WORKER = """
import sys, threading
from pathlib import Path
from reverie.processes.worker_main import run_worker

class Worker:
    def __init__(self, end):
        self.end, self.lock = end, threading.Lock()

    def heard(self, said):
        pass

    def finish(self):
        with self.lock:
            Path(sys.argv.pop()).write_text("put away")

    def run(self):
        print("works", flush=True)
        while True:
            with self.lock:
                sum(range(1000))

place = sys.argv.pop()
arguments, sys.argv = sys.argv, sys.argv[:]
def make(end):
    sys.argv.append(place)
    return Worker(end)
run_worker("worker", "Works.", type("Nothing", (), {"type": "nothing"}), make)
"""


def say_stop(_worker: subprocess.Popen[str], ours: socket.socket) -> None:
    stop: Message = {"type": "stop"}
    Wire(ours).send(stop)


def be_gone(_worker: subprocess.Popen[str], ours: socket.socket) -> None:
    ours.close()


def terminate(worker: subprocess.Popen[str], _ours: socket.socket) -> None:
    worker.send_signal(signal.SIGTERM)


@pytest.mark.parametrize("end", [say_stop, be_gone, terminate])
def test_a_worker_that_is_stopped_in_the_midst_of_its_work_puts_away_what_it_has(
    end: Callable[[subprocess.Popen[str], socket.socket], None], tmp_path: Path
) -> None:
    ours, theirs = socket.socketpair()
    command = [sys.executable, "-c", WORKER, "--fd", str(theirs.fileno()), str(tmp_path / "kept")]
    with (
        ours,
        theirs,
        subprocess.Popen(command, pass_fds=[theirs.fileno()], stdout=subprocess.PIPE, text=True) as worker,
    ):
        theirs.close()
        assert worker.stdout
        assert worker.stdout.readline() == "works\n"
        end(worker, ours)
        assert worker.wait(30) == 0
    assert (tmp_path / "kept").read_text() == "put away"
