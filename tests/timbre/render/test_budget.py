"""A render takes what is left over, and keeps within its share."""

from __future__ import annotations

import os
import subprocess
import sys
import threading

import pytest

from fakes.patience import PATIENCE
from reverie.timbre.render.budget import LONGEST_REST, Budget, Gate

LINUX = sys.platform == "linux"


class Machine:
    """A machine whose time passes only by work and by rest."""

    def __init__(self) -> None:
        self.wall = 100.0
        self.used = 3.0
        self.rests: list[float] = []

    def work(self, wall: float, used: float) -> None:
        self.wall += wall
        self.used += used

    def rest(self, seconds: float) -> None:
        self.rests.append(seconds)
        self.wall += seconds

    def budget(self, share: float, cores: int) -> Budget:
        return Budget(share, lambda: self.wall, lambda: self.used, self.rest, cores)


@pytest.mark.parametrize(("share", "cores"), [(0.5, 1), (0.25, 2), (0.1, 4), (0.9, 2)])
def test_what_is_used_over_time_is_the_share(share: float, cores: int) -> None:
    machine = Machine()
    budget = machine.budget(share, cores)
    for slice_ in range(1, 50):
        machine.work(0.01 * slice_, 0.01 * slice_ * cores)
        budget.spend()
    assert (machine.used - 3.0) / (machine.wall - 100.0) / cores == pytest.approx(share)


def test_what_other_processes_took_needs_no_rest() -> None:
    machine = Machine()
    budget = machine.budget(0.5, 1)
    machine.work(1.0, 0.4)  # it was hardly let near a core
    budget.spend()
    assert machine.rests == []


def test_the_whole_machine_may_be_used_where_that_is_granted() -> None:
    machine = Machine()
    budget = machine.budget(1.0, 2)
    machine.work(1.0, 2.0)
    budget.spend()
    assert machine.rests == []


def test_no_rest_is_so_long_that_nobody_could_stop_it() -> None:
    machine = Machine()
    budget = machine.budget(0.01, 1)
    machine.work(60.0, 60.0)
    budget.spend()
    assert machine.rests == [LONGEST_REST]
    for _ in range(2000):
        machine.work(0.01, 0.01)
        budget.spend()
    assert (machine.used - 3.0) / (machine.wall - 100.0) == pytest.approx(
        0.01, rel=0.05
    )  # what it owes is not forgiven


def test_a_held_render_waits_at_the_gate_until_it_may_go_on() -> None:
    gate = Gate()
    gate.wait()
    gate.hold(on=True)
    passed = threading.Event()
    thread = threading.Thread(target=lambda: (gate.wait(), passed.set()), daemon=True)
    thread.start()
    assert not passed.wait(0.05)
    gate.hold(on=False)
    assert passed.wait(PATIENCE)
    thread.join(5)


def test_it_gives_way_to_every_other_process() -> None:
    code = (
        "import os; from reverie.timbre.render.budget import give_way; give_way(); "
        "print(os.nice(0), getattr(os, 'sched_getscheduler', lambda _: '-')(0))"
    )
    said = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout.split()
    assert said == ["19", str(os.SCHED_IDLE) if LINUX else "-"]
