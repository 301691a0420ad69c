"""Every write may fail: the music goes on, it is told with the one thing to do, and all is whole once the disk is.

All stores of a daemon lie together on a disk whose N-th write fails, for each N, in a process of its own.
"""

from __future__ import annotations

import errno
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from fakes.failing_house import BARS
from fakes.fault_matrix import page_row

TESTS = Path(__file__).parents[1]
LAST, LONG = 30, 20
"""The last write with which it begins, and how many fail: a few are made good before anybody is told."""
OVER = "Make room on the disk of the state folder, or let Reverie's user write there"
"""What is advised where SQLite says no more than that it cannot, and the disk works again by then."""
ADVICE = {
    errno.ENOSPC: "Make room on the disk of {folder}",
    errno.EIO: "The disk of {folder} fails: save what is on it, and replace it",
    errno.EROFS: "Its file system is mounted read-only: `mount -o remount,rw ",
}
"""By the error, how the advice begins; `{folder}` is the state folder, the tape's, or one above them."""


@pytest.fixture(scope="session")
def failing_writes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    compiler = shutil.which("cc")
    if compiler is None:
        pytest.skip("needs a C compiler (cc)")
    library = tmp_path_factory.mktemp("failing") / "failing_writes.so"
    source = TESTS / "fakes" / "failing_writes.c"
    subprocess.run([compiler, "-shared", "-fPIC", "-o", str(library), str(source), "-ldl"], check=True)
    return library


def tried(library: Path, folder: Path, number: int, numbers: range, count: int) -> list[dict[str, Any]]:
    """What came of it that the N-th write failed, and ``count - 1`` more, for each N."""
    house = [sys.executable, str(TESTS / "fakes" / "failing_house.py"), str(folder)]
    done = subprocess.run(
        [*house, *map(str, (number, numbers[0], numbers[-1], numbers.step, count))],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "LD_PRELOAD": str(library), "PYTHONPATH": str(TESTS)},
    )
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]


def every_bar_has_notes(case: dict[str, Any]) -> None:
    """In the first of them the scene is only given to the player, so that there is one less."""
    assert len(case["heard"]) == BARS - 1, case
    assert all(case["heard"]), case


@pytest.mark.real
@pytest.mark.parametrize("number", ADVICE, ids=errno.errorcode.get)
@pytest.mark.parametrize("step", [pytest.param(1, marks=pytest.mark.slow), 9], ids=["each", "every ninth"])
def test_whichever_write_fails_the_music_goes_on_it_is_told_and_all_is_whole_in_the_end(
    failing_writes: Path, tmp_path: Path, number: int, step: int
) -> None:
    numbers = range(1, LAST + 1, step)
    cases = tried(failing_writes, tmp_path, number, numbers, LONG)
    assert [case["n"] for case in cases] == [*numbers]
    for case in cases:
        assert case["writes"] > LAST, "there are so many writes at all"
        every_bar_has_notes(case)
        assert case["left"] == {}, case
        assert case["mistakes"] == case["unreadable"] == case["leftovers"] == [], case
        assert case["takes"] == 1
        assert case["loops"]["lead"] == 3
        assert case["moments"] == BARS + 4, "no moment is lost"
        assert {"start", "scene", "loop", "control"} <= set(case["kinds"])
        assert case["ledger"]
        assert case["tape"] >= 1
        for told in case["told"].values():
            assert told.startswith((ADVICE[number].partition("{")[0], OVER)), told
        if number == errno.EIO and "state-unwritable" in case["told"]:
            assert page_row("N-th write failing").advises(case["told"]["state-unwritable"])
    assert sum(bool(case["told"]) for case in cases) >= len(cases) // 4, "one that is made good at once is not"


@pytest.mark.real
@pytest.mark.parametrize("number", ADVICE, ids=errno.errorcode.get)
@pytest.mark.parametrize("step", [pytest.param(1, marks=pytest.mark.slow), 5], ids=["each", "every fifth"])
def test_a_write_that_fails_once_is_made_good_before_anybody_is_told(
    failing_writes: Path, tmp_path: Path, number: int, step: int
) -> None:
    for case in tried(failing_writes, tmp_path, number, range(1, LAST + 1, step), 1):
        every_bar_has_notes(case)
        assert case["ever_told"] == [], case
        assert case["mistakes"] == case["unreadable"] == case["leftovers"] == [], case
        assert case["takes"] == 1
        assert case["moments"] == BARS + 4


@pytest.mark.real
@pytest.mark.parametrize("number", ADVICE, ids=errno.errorcode.get)
def test_a_disk_that_takes_nothing_for_an_hour_is_told_by_every_store_with_the_one_thing_to_do(
    failing_writes: Path, tmp_path: Path, number: int
) -> None:
    [case] = tried(failing_writes, tmp_path, number, range(1, 2), 1_000_000)
    every_bar_has_notes(case)
    kinds = {"state-unwritable", "history-unkept", "novelty-unkept", "moment-unkept", "tape-unwritable"}
    assert case["told"].keys() >= kinds
    for told in case["told"].values():
        before, folder, after = ADVICE[number].partition("{folder}")
        assert told.startswith(before)
        assert not folder or str(tmp_path) in told or "/" in told
        assert after in told
    assert case["left"] == {}
    assert case["mistakes"] == case["unreadable"] == []
    assert case["moments"] == BARS + 4
    assert "control" in case["kinds"]
