"""A process that crashes or hangs leaves behind where it stood, and the folder of that does not grow."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from fakes.patience import PATIENCE
from reverie.processes.crash_dumps import FOLDER, HUNG, LARGEST

CRASHES = """
import os, signal, sys, time
from reverie.processes.crash_dumps import keep_dumps
keep_dumps("test.process")
def stands_here():
    {}
stands_here()
"""


def life(folder: Path, does: str) -> subprocess.Popen[bytes]:
    environment = {**os.environ, FOLDER: str(folder)}
    return subprocess.Popen([sys.executable, "-c", CRASHES.format(does)], env=environment, stdout=subprocess.PIPE)


def end_of(folder: Path, does: str) -> int:
    with life(folder, does) as process:
        return process.wait(PATIENCE)


@pytest.mark.parametrize("number", [signal.SIGSEGV, signal.SIGABRT, signal.SIGBUS])
def test_who_crashes_leaves_where_it_stood(tmp_path: Path, number: signal.Signals) -> None:
    assert end_of(tmp_path / "dumps", f"os.kill(os.getpid(), {number.value})") == -number
    said = (tmp_path / "dumps" / "test.process.txt").read_text()
    assert said.startswith("--- test.process, process ")
    assert "in stands_here" in said


def test_who_hangs_says_where_when_it_is_asked(tmp_path: Path) -> None:
    file, begun = tmp_path / "test.process.txt", time.monotonic()
    with life(tmp_path, "print(flush=True); time.sleep(1000)") as process:
        assert process.stdout is not None
        process.stdout.readline()
        process.send_signal(HUNG)
        while "in stands_here" not in file.read_text() and time.monotonic() - begun < PATIENCE:
            time.sleep(0.05)
        assert process.poll() is None
        process.kill()
    assert "in stands_here" in file.read_text()


def test_a_file_that_has_grown_gives_way_to_another_and_there_are_two(tmp_path: Path) -> None:
    for _ in range(3):
        (tmp_path / "test.process.txt").write_bytes(b"x" * (LARGEST + 1))
        assert end_of(tmp_path, "sys.exit(0)") == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["test.process.before.txt", "test.process.txt"]
    assert (tmp_path / "test.process.txt").stat().st_size < 200


@pytest.mark.parametrize("in_its_place", ["file", "fifo"])
def test_a_folder_that_is_none_costs_nothing(tmp_path: Path, in_its_place: str) -> None:
    if in_its_place == "file":
        (tmp_path / "dumps").touch()
    else:
        (tmp_path / "dumps").mkdir()
        os.mkfifo(tmp_path / "dumps" / "test.process.txt")
    assert end_of(tmp_path / "dumps", "sys.exit(3)") == 3
