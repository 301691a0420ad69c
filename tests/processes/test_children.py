from __future__ import annotations

import contextlib
import os
import signal
import socket
import sys
from collections.abc import Generator
from pathlib import Path

import psutil
import pytest

import reverie
from fakes.jack import wait_until
from fakes.workers import role
from reverie.processes import children
from reverie.processes.children import Child, is_own, own_module, reap, wait_all

PACKAGE = Path(reverie.__file__).parent


def test_a_child_of_reveries_own_never_imports_from_the_working_folder() -> None:
    command = own_module("reverie.play.worker", "--fd", "3")
    assert command[:2] == [sys.executable, "-P"]
    assert command[-4:] == ["-m", "reverie.play.worker", "--fd", "3"]


def test_nobody_starts_a_python_of_reveries_own_in_another_way() -> None:
    others = {
        str(path.relative_to(PACKAGE))
        for path in PACKAGE.rglob("*.py")
        if "sys.executable" in path.read_text() and path.name != "children.py"
    }
    assert not others, f"these are to use reverie.processes.children.own_module: {others}"


@contextlib.contextmanager
def worker(behaviour: str, *, leads: bool = True) -> Generator[tuple[Child, socket.socket]]:
    """A child that behaves so, and our end of its socket; whatever is left of it is killed."""
    ours, theirs = socket.socketpair()
    with ours:
        with theirs:
            environment = role(behaviour).environment
            child = Child.start("fakes.workers", theirs.fileno(), leads=leads, environment=environment)
        try:
            yield child, ours
        finally:
            child.kill()
            child.wait()


def test_a_child_leaves_at_the_end_of_its_socket_and_its_status_is_known() -> None:
    with worker("obedient") as (child, ours):
        assert child.poll() is None
        assert is_own(child.pid)
        ours.shutdown(socket.SHUT_RDWR)
        assert child.wait() == 0
        assert child.poll() == 0
        assert not is_own(child.pid)


@pytest.mark.parametrize("leads", [True, False])
def test_a_child_that_leads_its_group_has_a_session_of_its_own(leads: bool) -> None:
    with worker("obedient", leads=leads) as (child, _):
        assert (os.getsid(child.pid) == child.pid) == leads
        assert (os.getpgid(child.pid) == child.pid) == leads


def test_all_of_a_childs_group_is_killed_with_it_even_after_its_own_end() -> None:
    with worker("mother") as (child, ours):
        grandchild = psutil.Process(int(ours.recv(1000).split(b'"pid":')[1].split(b"}")[0]))
        os.kill(child.pid, signal.SIGKILL)
        assert child.wait() == -signal.SIGKILL
        assert grandchild.is_running()
        child.kill()
        wait_until(lambda: not grandchild.is_running() or grandchild.status() == psutil.STATUS_ZOMBIE)


def test_who_is_let_go_is_reaped_when_it_has_left() -> None:
    with worker("obedient") as (child, ours):
        child.release()
        assert not reap()
        ours.shutdown(socket.SHUT_RDWR)
        wait_until(reap)
        assert not psutil.pid_exists(child.pid)


def test_the_end_waits_for_those_who_were_let_go_but_not_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    with worker("obedient") as (child, ours):
        child.release()
        ours.shutdown(socket.SHUT_RDWR)
        monkeypatch.setattr(children, "FAREWELL", 60.0)
        wait_all()
        assert not is_own(child.pid)
    with worker("never starts") as (child, _):
        child.release()
        monkeypatch.setattr(children, "FAREWELL", 0.1)
        wait_all()
        assert child.poll() is None
    wait_until(reap)


def test_a_signal_that_comes_before_a_child_has_said_what_it_heeds_does_not_end_it() -> None:
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with ours, theirs:
        environment = {"PYTHONPATH": os.pathsep.join(sys.path)}
        ours.send(b"{}")
        child = Child.start("fakes.helper", theirs.fileno(), environment=environment)
        os.kill(child.pid, signal.SIGHUP)
        assert ours.recv(1000) == b'{"type":"settings","settings":{}}', (
            "it is there, and has heard the signal as it pleased"
        )
        child.kill()
        child.wait()


def test_nobody_starts_a_process_of_reveries_own_past_this_module() -> None:
    others = {
        str(path.relative_to(PACKAGE))
        for path in PACKAGE.rglob("*.py")
        if "own_module(" in path.read_text() and path.name != "children.py" and path.parent.name != "bench"
    }
    assert not others, f"these are to use reverie.processes.children.Child: {others}"
