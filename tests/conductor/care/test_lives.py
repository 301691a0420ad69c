"""Starts and crashes are counted over restarts, whatever lies in the place of the count."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from fakes.conductors import Theatre
from fakes.hand_clock import HandClock
from fakes.scenes import TEXT
from fakes.sinks import until
from reverie.conductor import run
from reverie.conductor.care.lives import FILE, MANY, WINDOW, Lives
from reverie.conductor.conductor import Conductor
from reverie.conductor.far.far_side import FarSide
from reverie.history.day_book import FILE as DAYS
from reverie.history.day_book import DayBook
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


async def test_a_power_cut_counted_as_a_crash_in_report_page_and_metric(tmp_path: Path) -> None:
    state = tmp_path / "state"
    state.mkdir()
    life(state, HandClock(), Faults())
    kept = json.loads((state / FILE).read_text())
    (state / FILE).write_text(json.dumps(kept | {"boot": "the one before the power cut"}))
    theatre = Theatre(tmp_path, {"study": TEXT})
    assert theatre.status["lives"] == {"starts": 2, "crashes": 0, "last_end": "cut off"}
    assert b"reverie_crashes_total 0.0" in theatre.conductor.page.desk.report.metrics()[0]
    side = FarSide(theatre.conductor)
    telling = asyncio.create_task(side.run())
    await until(lambda: side._book is not None)
    telling.cancel()
    await asyncio.gather(telling, return_exceptions=True)
    book = DayBook(state / DAYS, theatre.clock)
    assert [(one.starts, one.crashes) for one in book.known.days] == [(1, 0)]


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


def test_a_wish_to_begin_that_comes_late_does_not_take_back_a_wish_to_end(tmp_path: Path) -> None:
    lives = Lives(tmp_path, Faults())
    lives.end()
    lives.begin()
    assert Lives(tmp_path, Faults()).last_end == "asked"


done_of_life: list[str] = []


async def conducted(folder: Path, around: Callable[[], Awaitable[None]]) -> Lives:
    """A conductor's whole life; how it ended is what the next one reads."""
    theatre = Theatre(folder, {"study": TEXT})
    done: list[str] = []
    lives = theatre.conductor._lives
    lives.at_the_end(lambda: done.append("told"))
    finish = theatre.conductor._housekeeping.finish

    async def finishing() -> None:
        done.append("finished")
        await finish()

    theatre.conductor._housekeeping.finish = finishing
    try:
        await theatre.conductor.run(None, 0.3, around)
    finally:
        done_of_life[:] = done
    return Lives(folder / "state", Faults())


def test_a_daemon_that_died_of_an_exception_had_ended_because_it_was_asked_to(tmp_path: Path) -> None:
    async def fails() -> None:
        raise ValueError("a mistake")

    with pytest.raises(RuntimeError, match="ended by itself"):
        asyncio.run(conducted(tmp_path, fails))
    assert done_of_life == ["finished"]
    assert Lives(tmp_path / "state", Faults()).last_end == "crashed"


def test_who_leaves_when_its_time_is_over_was_asked_to_before_it_puts_files_in_order(tmp_path: Path) -> None:
    async def waits() -> None:
        await asyncio.Event().wait()

    assert asyncio.run(conducted(tmp_path, waits)).last_end == "asked"
    assert done_of_life == ["told", "finished"]


@pytest.fixture
def site_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(run, "log_plainly", lambda: None)
    monkeypatch.setattr(run, "dump_into", lambda _: None)
    path = tmp_path / "reverie.yaml"
    path.write_text("state: state\n")
    return path


def test_what_died_while_it_was_built_was_never_counted(site_of_its_own: Path) -> None:
    def dies(*_: object) -> Conductor:
        raise ValueError("a mistake in a constructor")

    for number in range(2):
        with pytest.raises(ValueError, match="constructor"):
            run.run(site_of_its_own, None, conductor=dies)
        after = Lives(site_of_its_own.parent / "state", Faults())
        assert (after.last_end, after.crashes) == ("crashed", number + 1)


def test_safe_mode_that_cannot_be_built_ended_each_start(
    site_of_its_own: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    built: list[str] = []

    def plain(*_: object) -> Conductor:
        built.append("plain")
        raise ValueError("enough")

    def safe(*_: object) -> Conductor:
        built.append("safe")
        raise KeyError("evening")

    monkeypatch.setattr(run, "Conductor", plain)
    monkeypatch.setattr(run, "SafeConductor", safe)
    for _ in range(MANY + 1):
        with pytest.raises(ValueError, match="enough"):
            run.run(site_of_its_own, None, conductor=plain)
    assert built == ["plain"] * MANY + ["safe", "plain"]
