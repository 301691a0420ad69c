"""Tiny workers for the supervisor: run as ``python -m fakes.workers --fd N``, they behave as ``FAKE_WORKER`` says."""

from __future__ import annotations

import argparse
import os
import select
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

from reverie.processes.wire import Message, Wire
from reverie.processes.worker_life import Role


def role(behaviour: str, *, patience: float = 5.0, grace: float = 5.0, startup: float = 60.0) -> Role:
    """A role whose worker behaves like that, asked often so that tests are short."""
    return Role(
        name="player",
        module="fakes.workers",
        patience=patience,
        startup=startup,
        interval=0.1,
        grace=grace,
        environment={
            "FAKE_WORKER": behaviour,
            "PYTHONPATH": os.pathsep.join([str(Path(__file__).parents[1]), *sys.path]),
        },
    )


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--fd", type=int, required=True)
    sock = socket.socket(fileno=parser.parse_args().fd)
    behaviour = os.environ["FAKE_WORKER"]
    match behaviour:
        case "leaves":
            sys.exit(3)
        case "garbage":
            sock.sendall(b"this is no message\n")
            time.sleep(600)
        case "huge":
            sock.sendall(b"x" * (5 * 1024 * 1024))
            time.sleep(600)
        case "mute":
            sock.shutdown(socket.SHUT_RDWR)
            time.sleep(600)
        case "loads":
            loads = Wire(sock)
            for number in range(10):
                time.sleep(0.3)
                loads.send({"type": "loaded", "number": number})
        case "never starts":
            time.sleep(600)
        case "stubborn":
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
        case "mother":
            child = subprocess.Popen(["sleep", "600"])
            Wire(sock).send({"type": "child", "pid": child.pid})
        case _:
            pass
    serve(Wire(sock), behaviour)


def serve(wire: Wire, behaviour: str) -> None:
    while not wire.closed:
        select.select([wire], [], [])
        for message in wire.receive():
            answer(wire, message, behaviour)


def answer(wire: Wire, message: Message, behaviour: str) -> None:
    match message["type"]:
        case "ping" if behaviour == "liar":
            wire.send({"type": "pong", "number": 1_000_000})
        case "ping":
            wire.send({"type": "pong", "number": message["number"]})
        case "hang":
            time.sleep(600)
        case "stop" if behaviour == "stubborn":
            pass
        case "stop":
            wire.send({"type": "last words"})
            sys.exit(0)
        case _:
            wire.send({"type": "echo", "of": message})


if __name__ == "__main__":
    main()
