"""Starts and crashes are counted over restarts, whatever lies in the place of the count."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from fakes.hand_clock import HandClock
from reverie.conductor.lives import FILE, MANY, WINDOW, Lives
from reverie.watch.faults import Faults


def life(folder: Path, clock: HandClock, faults: Faults) -> Lives:
    lives = Lives(folder, faults, clock)
    lives.begin()
    return lives


def test_killed_every_25_seconds_is_counted_and_told_until_a_life_lasts(tmp_path: Path) -> None:
    clock, faults, lives = HandClock(), Faults(), None
    for number in range(MANY + 1):
        lives = life(tmp_path, clock, faults)
        assert (lives.starts, lives.crashes) == (number + 1, number)
        assert lives.last_end == ("crashed" if number else "unknown")
        clock.go(25.0)
    assert [fault.id for fault in faults.active] == ["crash-loop"]
    assert "journalctl" in faults.active[0].advice
    clock.go(WINDOW)
    assert lives is not None
    lives.look()
    assert not faults.active


def test_who_is_asked_to_leave_has_not_crashed(tmp_path: Path) -> None:
    clock, faults, lives = HandClock(), Faults(), None
    for number in range(2 * MANY):
        lives = life(tmp_path, clock, faults)
        assert (lives.starts, lives.crashes) == (number + 1, 0)
        lives.end()
    assert lives is not None
    assert lives.last_end == "asked"
    assert not faults.active


def test_crashes_days_apart_are_no_loop_nor_are_they_under_a_clock_that_jumps(tmp_path: Path) -> None:
    clock, faults = HandClock(), Faults()
    for _ in range(2 * MANY):
        life(tmp_path, clock, faults)
        clock.go(86_400.0)
    for sign in (1, -1, 1, -1, 1, -1):
        life(tmp_path, clock, faults)
        clock.set_wall(sign * 1e9)
    assert not faults.active


@pytest.mark.parametrize(
    "kept",
    [
        b"",
        b"{",
        b"[1]",
        b"null",
        b"[" * 100_000,
        b'{"starts": 1e999, "crashes": 0}',
        b'{"starts": "7", "crashes": -1}',
        b'{"starts": 5, "crashes": 1, "unasked": "x", "running": 3}',
        b'{"starts": 5, "crashes": 1, "unasked": [NaN, Infinity, "a", null, 1e308]}',
        b"\xff\xfe",
    ],
)
def test_a_count_that_makes_no_sense_is_begun_anew(kept: bytes, tmp_path: Path) -> None:
    (tmp_path / FILE).write_bytes(kept)
    lives = Lives(tmp_path, Faults())
    lives.begin()
    assert lives.starts in {1, 6}
    assert Lives(tmp_path, Faults()).starts == lives.starts + 1


def test_where_nothing_can_be_kept_it_plays_all_the_same(tmp_path: Path) -> None:
    (tmp_path / "in the way").touch()
    lives = Lives(tmp_path / "in the way", Faults())
    lives.begin()
    lives.end()
    Lives(tmp_path / "missing" / "\0", Faults()).begin()


@pytest.mark.parametrize("kind", ["folder", "fifo", "device", "ten gigabytes"])
def test_what_is_in_the_place_of_the_count_is_set_aside(kind: str, tmp_path: Path) -> None:
    path = tmp_path / FILE
    match kind:
        case "folder":
            path.mkdir()
        case "fifo":
            os.mkfifo(path)
        case "device":
            path.symlink_to("/dev/zero")
        case _:
            with path.open("wb") as file:
                file.truncate(10_000_000_000)
    Lives(tmp_path, Faults()).begin()
    assert Lives(tmp_path, Faults()).starts == 2
    assert len(list(tmp_path.glob(f"{FILE}.broken-*"))) == 1


def test_a_folder_that_takes_the_place_of_the_count_while_it_runs_is_set_aside(tmp_path: Path) -> None:
    lives = Lives(tmp_path, Faults())
    (tmp_path / FILE).mkdir()
    lives.begin()
    assert Lives(tmp_path, Faults()).starts == 2
