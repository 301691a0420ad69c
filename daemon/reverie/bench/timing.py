"""Timing several ways of doing a thing in turn, so that whatever else the machine does falls upon all of them."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple


class TimedTask(NamedTuple):
    """Something to be timed; one call of ``run`` does it ``times`` times. Its name may stand in a round repeatedly."""

    name: str
    run: Callable[[], object]
    times: int = 1


@dataclass(frozen=True, slots=True)
class Timing:
    """Microseconds for doing a thing once: ``wall`` by the clock, ``cpu`` by what all threads of the process used.

    The CPU's time is not lengthened by other programs' turns, only by what they take of caches and memory.
    """

    wall: tuple[float, ...]
    cpu: tuple[float, ...]

    @property
    def median(self) -> float:
        """The figure."""
        return statistics.median(self.wall)

    @property
    def cpu_median(self) -> float:
        """The same of the CPU's time."""
        return statistics.median(self.cpu)


def in_turn(tasks: Sequence[TimedTask], rounds: int) -> dict[str, Timing]:
    """Do all tasks once without timing them, then all of them in turn, ``rounds`` times.

    Returns:
        The timings by the tasks' names.
    """
    walls: dict[str, list[float]] = {task.name: [] for task in tasks}
    cpus: dict[str, list[float]] = {task.name: [] for task in tasks}
    for task in {task.name: task for task in tasks}.values():
        task.run()
    for _ in range(rounds):
        for task in tasks:
            wall, cpu = time.perf_counter(), time.process_time()
            task.run()
            cpus[task.name].append((time.process_time() - cpu) / task.times * 1e6)
            walls[task.name].append((time.perf_counter() - wall) / task.times * 1e6)
    return {name: Timing(tuple(walls[name]), tuple(cpus[name])) for name in walls}
