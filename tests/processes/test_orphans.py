"""Orphans: who dies with children of its own leaves no zombie, and nobody is robbed of the end of its own child."""

from __future__ import annotations

import subprocess
import sys

import pytest

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux lets a process adopt")

BEGIN = """
import os, signal, subprocess, sys, time
import psutil
from reverie.processes.children import Child
from reverie.processes.orphans import adopt, reap_orphans

assert adopt()

def until(seen):
    limit = time.monotonic() + 30
    while not seen():
        assert time.monotonic() < limit
        time.sleep(0.01)

def zombie(pid):
    return psutil.pid_exists(pid) and psutil.Process(pid).status() == psutil.STATUS_ZOMBIE

MOTHER = "import subprocess, sys, time; print(subprocess.Popen(['sleep', '600'], start_new_session=%s).pid, flush=True)"

def mother(leads):
    process = subprocess.Popen([sys.executable, "-c", MOTHER % leads], stdout=subprocess.PIPE, start_new_session=True)
    child = Child(process, leads=True)
    pid = int(process.stdout.readline())
    assert child.wait() == 0
    assert psutil.Process(pid).ppid() == os.getpid(), "it is adopted"
    return child, pid
"""


def passes(program: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", BEGIN + program], capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("leads", [True, False])
def test_an_orphan_is_adopted_and_waited_for_when_it_has_ended(leads: bool) -> None:
    """Whether it has a session of its own, as an output process has, or that of the dead worker."""
    passes(f"""
child, pid = mother({leads})
assert reap_orphans() == 0, "it runs"
os.kill(pid, signal.SIGKILL)
until(lambda: zombie(pid))
assert reap_orphans() == 1
assert not psutil.pid_exists(pid)
assert reap_orphans() == 0, "there is no child at all"
""")


def test_all_orphans_that_have_ended_are_waited_for_in_one_look() -> None:
    passes("""
pids = [mother(True)[1] for _ in range(3)]
for pid in pids:
    os.kill(pid, signal.SIGKILL)
until(lambda: all(map(zombie, pids)))
assert reap_orphans() == 3
""")


def test_nobody_is_robbed_of_the_end_of_a_child_of_its_own() -> None:
    passes("""
own = Child(subprocess.Popen(["sh", "-c", "exit 7"], start_new_session=True), leads=True)
until(lambda: zombie(own.pid))
assert reap_orphans() == 0
assert own.poll() == 7
other = subprocess.Popen(["sh", "-c", "exit 8"])  # by a library, which has its own way
until(lambda: zombie(other.pid))
assert reap_orphans() == 0
assert other.wait() == 8
""")


def test_a_child_for_which_nobody_waits_keeps_no_orphan_from_being_waited_for() -> None:
    """Such as one of the script that started the daemon by exec: of all that have ended, the system shows it first."""
    passes("""
if not (nobodys := os.fork()):
    os._exit(0)
own = Child(subprocess.Popen(["sh", "-c", "exit 7"], start_new_session=True), leads=True)
until(lambda: zombie(nobodys) and zombie(own.pid))
_, pid = mother(True)
os.kill(pid, signal.SIGKILL)
until(lambda: zombie(pid))
assert reap_orphans() == 1
assert not psutil.pid_exists(pid)
assert own.poll() == 7
""")


def test_the_conductor_waits_for_orphans_and_for_children_that_were_let_go_as_long_as_it_runs() -> None:
    passes("""
import asyncio
from reverie.processes.orphans import reap_for_ever
let_go = Child(subprocess.Popen(["sleep", "600"], start_new_session=True), leads=True)
let_go.release()
_, orphan = mother(True)

async def until_both_are_gone():
    reaping = asyncio.create_task(reap_for_ever())
    await asyncio.sleep(0)
    let_go.kill()
    os.kill(orphan, signal.SIGKILL)
    while psutil.pid_exists(let_go.pid) or psutil.pid_exists(orphan):
        await asyncio.sleep(0.01)
    reaping.cancel()

asyncio.run(asyncio.wait_for(until_both_are_gone(), 30))
""")
