"""``reverie train`` as real processes, which are killed in the middle of what they do."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path

LONGEST = 600.0
"""Seconds that a command may take on a machine that has much else to do."""
_TRIES = 5


@contextmanager
def running(command: Sequence[str], environment: Mapping[str, str] | None = None) -> Generator[subprocess.Popen[str]]:
    """A command with processes of its own; none of them is left, whatever happens meanwhile."""
    with subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
        env=environment,
        start_new_session=True,
    ) as process:
        try:
            yield process
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)


def begun(*words: str) -> AbstractContextManager[subprocess.Popen[str]]:
    """``reverie train`` with these words, while it runs."""
    return running([sys.executable, "-m", "reverie", "train", *words])


def wait_until(ready: Callable[[], bool], process: subprocess.Popen[str]) -> None:
    """Wait for what a command does while it runs; where it ends before, what it said is told."""
    give_up = time.monotonic() + LONGEST
    while not ready():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < give_up
        time.sleep(0.002)


def ended(process: subprocess.Popen[str], status: int = 0) -> tuple[str, str]:
    """What a command said to both streams, once it has ended with this status and without a traceback."""
    said, complained = process.communicate(timeout=LONGEST)
    assert process.returncode == status, complained
    assert "Traceback" not in complained, complained
    return said, complained


def done(*words: str) -> str:
    """Run a command to its good end; what it said to both streams."""
    with begun(*words) as process:
        return "".join(ended(process))


def complaint(*words: str) -> str:
    """Run a command that fails; what it complained of."""
    with begun(*words) as process:
        return ended(process, status=1)[1]


def killed(folder: Path, words: tuple[str, ...], ready: Callable[[], bool], over: Callable[[], bool]) -> None:
    """Kill a command as soon as something is ``ready``, and see that it was not ``over`` then.

    Where the machine was too busy to kill it in time, it is tried again on the folder as it was.
    """
    before = folder.parent / f"{folder.name}-before"
    shutil.copytree(folder, before) if folder.exists() else before.mkdir()
    for _ in range(_TRIES):
        with begun(*words) as process:
            give_up = time.monotonic() + LONGEST
            while not ready() and process.poll() is None:
                assert time.monotonic() < give_up
                time.sleep(0.001)
            os.killpg(process.pid, signal.SIGKILL) if process.poll() is None else None
            _, complained = process.communicate()
        if process.returncode == -signal.SIGKILL and ready() and not over():
            shutil.rmtree(before)
            return
        assert process.returncode in {0, -signal.SIGKILL}, complained
        shutil.rmtree(folder)
        shutil.copytree(before, folder)
    raise AssertionError("it was over each time before it could be killed")
