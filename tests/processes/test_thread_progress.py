"""Whether a process computes is read from how often its threads wake up."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable, Iterator

import pytest

from fakes.jack import wait_until
from reverie.processes.thread_progress import ThreadProgress

_CODE = """
import sys, threading, time
def run(seconds):
    while True:
        time.sleep(seconds)
threading.Thread(target=run, args=(float(sys.argv[1]),), daemon=True).start()
print("there", flush=True)
while sys.stdin.read(1):
    pass  # the first thread is busy and counts for nothing
"""


@pytest.fixture
def watch() -> Iterator[Callable[[float], ThreadProgress]]:
    processes: list[subprocess.Popen[bytes]] = []

    def watch(seconds: float) -> ThreadProgress:
        command = [sys.executable, "-c", _CODE, str(seconds)]
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        processes.append(process)
        assert process.stdout is not None
        assert process.stdout.readline() == b"there\n"
        return ThreadProgress(process.pid)

    yield watch
    for process in processes:
        with process:
            process.kill()


def test_a_thread_that_wakes_for_each_period_moves(watch: Callable[[float], ThreadProgress]) -> None:
    progress = watch(0.18)  # 8,192 frames of 44,100 a second
    wait_until(lambda: progress.look() or progress.moves)
    assert progress.stuck == 0.0


def test_a_thread_that_sleeps_is_stuck(watch: Callable[[float], ThreadProgress]) -> None:
    progress = watch(600.0)
    wait_until(lambda: progress.look() or progress.stuck > 2.0)
    assert not progress.moves


def test_a_timer_that_rings_now_and_then_is_no_sound(watch: Callable[[float], ThreadProgress]) -> None:
    progress = watch(1.5)
    wait_until(lambda: progress.look() or progress.stuck > 3.0)
    assert not progress.moves


def test_time_in_which_nobody_looked_is_not_held_against_it(watch: Callable[[float], ThreadProgress]) -> None:
    now = [0.0]
    progress = ThreadProgress(clock=lambda: now[0])
    stop = threading.Event()
    thread = threading.Thread(target=stop.wait)
    thread.start()
    try:
        now[0] += 3600.0  # the machine slept
        progress.look()
        assert 0.0 < progress.stuck <= 2.0
    finally:
        stop.set()
        thread.join()


def test_a_thread_that_is_woken_for_other_reasons_hides_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    now, counts = [0.0], {"audio": 0, "news": 40}
    monkeypatch.setattr(ThreadProgress, "_read", lambda _: dict(counts))
    progress = ThreadProgress(clock=lambda: now[0])
    for second in range(1, 15):
        now[0] += 1.0
        counts["audio"] += 187 if second < 5 else 0
        counts["news"] += 30 if second % 3 == 0 else 0  # a client of the server comes or goes
        progress.look()
        assert progress.moves
        assert progress.stuck == max(second - 4, 0)


def test_a_process_of_which_nothing_is_known_counts_as_running() -> None:
    progress = ThreadProgress(2**22 + 1)
    wait_until(lambda: progress.look() or progress.moves)
