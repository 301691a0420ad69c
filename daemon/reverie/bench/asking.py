"""Processes that are asked to do things, one task a line, and say what they have spent on them.

Two that are measured against each other are both loaded and warm, and asked in turn, so that whatever else the machine
does falls upon both.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Callable, Generator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from reverie.bench.processes import BenchError
from reverie.processes.children import own_module
from reverie.processes.threads import LIBRARIES

_SIDE = 1024
_PRODUCTS = 20


@dataclass(frozen=True, slots=True)
class Spent:
    """Seconds by the clock, and seconds of all its threads on a processor.

    The latter are not lengthened by other programs' turns, only by what those take of caches and memory.
    """

    wall: float
    cpu: float


Ask = Callable[[str], Spent]


def cores() -> int:
    """How many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@contextlib.contextmanager
def asking(module: str, *arguments: str) -> Generator[Ask]:
    """A process of a module that ends in :func:`answer`; BLAS has one thread, TensorFlow one for each core.

    Raises:
        BenchError: by what is yielded, if the process fails; it has then said why.
    """
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    threads = dict.fromkeys(LIBRARIES, "1")
    threads |= dict.fromkeys(("TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS"), str(cores()))
    with subprocess.Popen(
        own_module(module, *arguments),
        env=environment | threads,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdin  # noqa: S101 - a pipe was asked for
        assert process.stdout  # noqa: S101
        entrance, exit_ = process.stdin, process.stdout

        def ask(task: str) -> Spent:
            try:
                entrance.write(f"{task}\n")
                entrance.flush()
                wall, cpu = exit_.readline().split()
                return Spent(float(wall), float(cpu))
            except (OSError, ValueError) as error:
                raise BenchError("Nothing was measured; the reason stands above.") from error

        try:
            yield ask
        finally:
            with contextlib.suppress(BrokenPipeError):
                entrance.close()


def answer(tasks: Mapping[str, Callable[[], object]]) -> None:
    """Do what is asked, a line each, until nothing more is."""
    for line in sys.stdin:
        wall, cpu = time.perf_counter(), time.process_time()
        tasks[line.strip()]()
        print(time.perf_counter() - wall, time.process_time() - cpu, flush=True)  # noqa: T201 - the answer


def multiply() -> None:
    """Products of matrices on every core, in which nothing else is done: the most that NumPy can."""
    matrix = np.ones((_SIDE, _SIDE), np.float32)
    outs = [np.empty_like(matrix) for _ in range(cores())]

    def products(out: NDArray[np.float32]) -> None:
        for _ in range(_PRODUCTS):
            np.matmul(matrix, matrix, out=out)

    with ThreadPoolExecutor(cores()) as threads:
        list(threads.map(products, outs))


def peak_gflops(seconds: float) -> float:
    """The peak, where :func:`multiply` took so long."""
    return 2.0 * _SIDE**3 * _PRODUCTS * cores() / seconds / 1e9
