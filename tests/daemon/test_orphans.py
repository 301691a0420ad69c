"""No zombie is left where PID 1 waits for nobody, whichever process of the daemon is killed."""

from __future__ import annotations

import contextlib
import shutil
import subprocess
import sys
from collections.abc import Callable, Generator
from pathlib import Path

import psutil
import pytest

from fakes import careless_init
from fakes.daemon import Daemon
from fakes.jack import wait_until
from fakes.processes import running, stray

pytestmark = pytest.mark.real

NAMESPACE = ["unshare", "--user", "--map-root-user", "--pid", "--fork", "--mount-proc", "--kill-child"]
SLOTS = {"main": {"kind": "osc", "host": "127.0.0.1", "port": 9}}
KEYS = {"match": "^keys:", "api": "jack"}
HELPERS = {"sync": {"clock": KEYS, "link": {}}, "control": {"midi": KEYS}}
"""MIDI inputs that are never there, and a session of nobody else: their processes are what counts."""
CARELESS = (sys.executable, str(Path(careless_init.__file__)))
KINDS = [
    "reverie.compose.worker",
    "reverie.play.worker",
    "reverie.play.output_process.process",
    "reverie.midi.input",
    "reverie.play.sync.link",
]


@contextlib.contextmanager
def in_a_container(daemon: Daemon, *init: str) -> Generator[psutil.Process]:
    """The daemon in a PID namespace of its own, below ``init`` or as PID 1 itself."""
    if shutil.which("unshare") is None:
        pytest.skip("there is no unshare here (util-linux)")
    if subprocess.run([*NAMESPACE, "true"], check=False, capture_output=True).returncode:
        pytest.skip("this system lets nobody make a PID namespace")
    with daemon.log.open("ab") as log:
        command = [*NAMESPACE, *init, *daemon.command("run")]
        daemon.process = subprocess.Popen(command, stdout=log, stderr=log, env=daemon.environment())
    try:
        yield psutil.Process(daemon.process.pid)
    finally:
        daemon.process.kill()
        daemon.process.wait()


def zombies(container: psutil.Process) -> list[str]:
    found: list[str] = []
    for process in container.children(recursive=True):
        with contextlib.suppress(psutil.NoSuchProcess):
            if process.status() == psutil.STATUS_ZOMBIE:
                found.append(f"{process.pid} of {process.ppid()}")
    return found


@pytest.mark.parametrize("init", [pytest.param(CARELESS, marks=pytest.mark.slow), ()], ids=["below", "as PID 1"])
def test_whoever_is_killed_leaves_no_zombie(make_daemon: Callable[..., Daemon], init: tuple[str, ...]) -> None:
    daemon = make_daemon(SLOTS, **HELPERS)
    with in_a_container(daemon, *init) as container:
        for kind in KINDS:
            daemon.wait_for_bars(2)
            played = daemon.metric("reverie_bars_played_total")
            killed = running(kind, container.children(recursive=True))
            assert killed, f"no {kind} runs"
            for process in killed:
                process.kill()
            wait_until(lambda played=played: daemon.metric("reverie_bars_played_total") > played + 2)
            wait_until(lambda: zombies(container) == [])


def test_a_conductor_that_is_killed_leaves_to_pid_1_what_it_had_started_itself_and_no_more(
    make_daemon: Callable[..., Daemon],
) -> None:
    """The dead wait for nobody: these few are left to a PID 1 that waits for nobody either."""
    daemon = make_daemon(SLOTS, **HELPERS)
    with in_a_container(daemon, *CARELESS) as container:
        daemon.wait_for_bars(2)
        (conductor,) = container.children()[0].children()
        family = conductor.children(recursive=True)
        own = {child.pid for child in family if child.ppid() == conductor.pid}
        assert len(family) > len(own)
        conductor.kill()
        wait_until(lambda: stray([conductor, *family]) == [])
        left = {process.pid for process in family if psutil.pid_exists(process.pid)}
        assert left <= own
