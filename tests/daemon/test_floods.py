"""A real daemon that strangers flood, with no more descriptors than systems grant by default."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import signal
import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import pytest

from fakes.daemon import Daemon, free_port
from fakes.fault_matrix import page_row
from fakes.jack import wait_until
from fakes.lights import Lights
from fakes.patience import PATIENCE

pytestmark = pytest.mark.real

SILENT = 1100
DESCRIPTORS = 1024
OVER = 150.0
"""Seconds until a flood that has ended is known to be over; it takes one."""


class Limited(Daemon):
    """A daemon with few descriptors, under a systemd that expects a sign of life each second."""

    @property
    def notify(self) -> str:
        return str(self.folder / "notify")

    def environment(self) -> dict[str, str]:
        return super().environment() | {"NOTIFY_SOCKET": self.notify, "WATCHDOG_USEC": "2000000"}

    def command(self, *arguments: str) -> list[str]:
        limit = f'ulimit -n {DESCRIPTORS} && exec "$@"'
        return ["sh", "-c", limit, "sh", *super().command(*arguments)]


class Systemd:
    """The other end of the notifications."""

    def __init__(self, path: str) -> None:
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(path)
        self.socket.setblocking(False)

    def signs_of_life(self) -> int:
        """How many have come since the last call."""
        count = 0
        with contextlib.suppress(BlockingIOError):
            while True:
                count += self.socket.recv(4096) == b"WATCHDOG=1"
        return count


@dataclass
class Flooded:
    """A daemon that plays, its port for Open Sound Control, and a thousand connections to it that say nothing."""

    daemon: Limited
    systemd: Systemd
    osc: int
    silent: list[socket.socket]


@pytest.fixture
def flooded(tmp_path: Path, lights: Lights) -> Iterator[Flooded]:
    osc = free_port()
    daemon = Limited(tmp_path / "daemon", lights.slots, control={"osc": {"port": osc}})
    systemd = Systemd(daemon.notify)
    silent: list[socket.socket] = []
    try:
        daemon.start()
        daemon.wait_for_bars(2)
        where = ("127.0.0.1", daemon.port)
        silent += [socket.create_connection(where, timeout=PATIENCE) for _ in range(SILENT)]
        yield Flooded(daemon, systemd, osc, silent)
    finally:
        for connection in silent:
            connection.close()
        daemon.kill()
        systemd.socket.close()


def ask(daemon: Daemon, path: str = "/status", own: str = "127.0.0.2") -> Any:
    connection = http.client.HTTPConnection("127.0.0.1", daemon.port, timeout=PATIENCE, source_address=(own, 0))
    with contextlib.closing(connection):
        connection.request("GET", path)
        return json.loads(connection.getresponse().read())


def player(daemon: Daemon) -> dict[str, Any]:
    return next(process for process in ask(daemon)["processes"] if process["role"] == "player")


def bars(daemon: Daemon) -> int:
    return ask(daemon)["bar"] or 0


@pytest.mark.timeout(400)
def test_silent_connections_kill_neither_music_nor_watchdog(flooded: Flooded, lights: Lights) -> None:
    daemon, systemd = flooded.daemon, flooded.systemd
    assert daemon.process is not None
    assert psutil.Process(daemon.process.pid).num_fds() < DESCRIPTORS // 2
    systemd.signs_of_life()
    begun, log = bars(daemon), daemon.log.stat().st_size
    wait_until(lambda: bars(daemon) >= begun + 2)
    signs = 0

    def alive() -> bool:
        nonlocal signs
        signs += systemd.signs_of_life()
        return signs >= 3

    wait_until(alive)
    lights.assert_every_bar_sounded(4)

    before = player(daemon)["pid"]
    os.kill(before, signal.SIGKILL)
    wait_until(lambda: player(daemon)["state"] == "up" and player(daemon)["pid"] != before)
    wait_until(lambda: ask(daemon)["alive"]["ok"])
    resumed = lights.next_note()
    begun = bars(daemon)
    wait_until(lambda: bars(daemon) >= begun + 3)
    lights.assert_every_bar_sounded(1, resumed)

    assert ask(daemon, own="127.0.0.1")["alive"]["ok"], "whoever asks from the flooder's own address is answered too"
    [fault] = ask(daemon)["faults"]
    assert fault["id"] == "web-flood"
    assert page_row("HTTP flooded").advises(fault["advice"])
    for connection in flooded.silent:
        connection.close()
    wait_until(lambda: ask(daemon)["faults"] == [], OVER)
    assert daemon.log.stat().st_size - log < 10_000


@pytest.mark.timeout(240)
def test_listeners_without_end_kill_neither_music_nor_watchdog_and_leave_room_to_look(
    tmp_path: Path, lights: Lights
) -> None:
    """They take nothing of what they are told, and come from many addresses, as if a proxy stood between."""
    daemon = Limited(tmp_path / "daemon", lights.slots)
    systemd = Systemd(daemon.notify)
    with contextlib.ExitStack() as opened:
        opened.callback(systemd.socket.close)
        opened.callback(daemon.kill)
        daemon.start()
        daemon.wait_for_bars(2)
        for number in range(SILENT):
            own = (f"127.0.{1 + number // 100}.{1 + number % 100 // 5}", 0)
            line = socket.create_connection(("127.0.0.1", daemon.port), timeout=PATIENCE, source_address=own)
            opened.callback(line.close)
            line.sendall(b"GET /api/v1/events HTTP/1.1\r\nHost: localhost\r\nVia: 1.1 nobody\r\n\r\n")
        assert daemon.process is not None
        wait_until(lambda: daemon.metric("reverie_page_listeners") > DESCRIPTORS // 8)
        assert daemon.metric("reverie_page_listeners") <= DESCRIPTORS // 4
        assert psutil.Process(daemon.process.pid).num_fds() < 3 * DESCRIPTORS // 4
        lights.assert_every_bar_sounded(2)
        systemd.signs_of_life()
        before = player(daemon)["pid"]
        os.kill(before, signal.SIGKILL)
        wait_until(lambda: player(daemon)["state"] == "up" and player(daemon)["pid"] != before)
        resumed = lights.next_note()
        begun = bars(daemon)
        wait_until(lambda: bars(daemon) >= begun + 3)
        lights.assert_every_bar_sounded(1, resumed)
        assert systemd.signs_of_life() >= 1
        assert ask(daemon)["alive"]["ok"]


@pytest.mark.timeout(240)
def test_nonsense_without_end_takes_a_line_of_the_log_and_no_escape(flooded: Flooded, lights: Lights) -> None:
    daemon, osc = flooded.daemon, flooded.osc
    before = daemon.log.stat().st_size
    nonsense = (b"\x1b[2J\r\nAll is well\0", b"/reverie/\x1b[1mtempo\0\0\0\0,\0\0\0", b"\xff" * 500)
    with socket.socket(type=socket.SOCK_DGRAM) as sender:

        def is_told_of() -> bool:
            for packet in nonsense * 100:
                sender.sendto(packet, ("127.0.0.1", osc))
            return "control-flood" in [fault["id"] for fault in ask(daemon)["faults"]]

        wait_until(is_told_of)
    for _ in range(100):
        with socket.create_connection(("127.0.0.1", daemon.port), timeout=PATIENCE) as connection:
            connection.sendall(b"\x1b[31m / HTTP/1.1\r\nHost: \x1b[2J\r\n\r\n")
            with contextlib.suppress(ConnectionError):
                connection.recv(4096)
    begun = time.monotonic()
    for _ in range(20):
        connection = http.client.HTTPConnection("127.0.0.1", daemon.port, timeout=PATIENCE)
        with contextlib.closing(connection):
            connection.request("POST", "/panic", headers={"X-Reverie": "panic"})
            assert connection.getresponse().status == 200
    assert time.monotonic() - begun < PATIENCE
    wait_until(lambda: ask(daemon)["alive"]["ok"])
    lights.next_note()
    said = daemon.log.read_bytes()[before:]
    assert b"\x1b" not in said
    assert len(said) < 10_000
    assert said.count(b"OSC: ") <= 2, "a packet that is none, and a message that makes no sense"
    assert said.count(b"cannot be understood") == 1
    assert said.count(b"Panic") == 1
