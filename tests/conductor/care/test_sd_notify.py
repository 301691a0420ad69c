import os
import resource
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from fakes.patience import PATIENCE
from reverie.conductor.care.sd_notify import Notifier, watchdog_interval


@pytest.fixture(params=["file", "abstract"])
def systemd(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[socket.socket, str]]:
    name = str(tmp_path / "notify") if request.param == "file" else f"@reverie-test-{os.getpid()}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
        sock.bind("\0" + name[1:] if name.startswith("@") else name)
        sock.settimeout(PATIENCE)
        yield sock, name


def test_every_state_is_one_datagram_in_systemds_words(systemd: tuple[socket.socket, str]) -> None:
    sock, name = systemd
    notifier = Notifier.from_environment({"NOTIFY_SOCKET": name})
    assert notifier.ready("Playing first-light.")
    assert sock.recv(4096) == b"READY=1\nSTATUS=Playing first-light."
    assert notifier.watchdog()
    assert sock.recv(4096) == b"WATCHDOG=1"
    assert notifier.stopping("Leaving.")
    assert sock.recv(4096) == b"STOPPING=1\nSTATUS=Leaving."


def test_a_status_cannot_smuggle_in_a_second_assignment(systemd: tuple[socket.socket, str]) -> None:
    sock, name = systemd
    Notifier(name).status("Playing\nWATCHDOG=trigger")
    assert sock.recv(4096) == b"STATUS=Playing WATCHDOG=trigger"


def test_a_reload_carries_the_moment_it_began(systemd: tuple[socket.socket, str]) -> None:
    sock, name = systemd
    before = time.monotonic_ns() // 1000
    Notifier(name).reloading("Reading the configuration.")
    state, moment, status = sock.recv(4096).decode().split("\n")
    assert (state, status) == ("RELOADING=1", "STATUS=Reading the configuration.")
    assert before <= int(moment.removeprefix("MONOTONIC_USEC=")) <= time.monotonic_ns() // 1000


@pytest.mark.parametrize("address", [None, "/nonexistent/notify", "@nobody-listens-here", "x" * 200])
def test_without_systemd_nothing_fails(address: str | None) -> None:
    assert not Notifier(address).ready("Playing.")


def test_the_watchdog_is_fed_when_strangers_have_taken_every_descriptor(systemd: tuple[socket.socket, str]) -> None:
    """A socket for each message could not be opened then, and systemd restarted a daemon that was well."""
    sock, name = systemd
    notifier = Notifier(name)
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (3, before[1]))
    try:
        with pytest.raises(OSError, match="Too many open files"):
            socket.socket()
        assert notifier.watchdog()
        assert notifier.status("Playing.")
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)
    assert sock.recv(4096) == b"WATCHDOG=1"


def test_a_socket_that_could_not_be_had_at_first_is_opened_later(systemd: tuple[socket.socket, str]) -> None:
    sock, name = systemd
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (3, before[1]))
    try:
        notifier = Notifier(name)
        assert not notifier.watchdog()
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)
    assert notifier.watchdog()
    assert sock.recv(4096) == b"WATCHDOG=1"


def test_a_systemd_that_reads_nothing_does_not_hold_up_the_music(systemd: tuple[socket.socket, str]) -> None:
    _, name = systemd
    notifier = Notifier(name)
    sent = 0
    while notifier.status("x" * 4096):
        sent += 1
    assert sent > 0


@pytest.mark.parametrize(
    ("environment", "seconds"),
    [
        ({}, None),
        ({"WATCHDOG_USEC": "30000000"}, 15.0),
        ({"WATCHDOG_USEC": "30000000", "WATCHDOG_PID": str(os.getpid())}, 15.0),
        ({"WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "1"}, None),
        ({"WATCHDOG_USEC": "0"}, None),
        ({"WATCHDOG_USEC": "soon"}, None),
    ],
)
def test_signs_of_life_are_due_twice_in_the_time_that_systemd_allows(
    environment: dict[str, str], seconds: float | None
) -> None:
    assert watchdog_interval(environment) == seconds
