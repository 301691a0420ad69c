from __future__ import annotations

import asyncio
import errno
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from fakes.hand_clock import HandClock
from fakes.patience import PATIENCE
from fakes.recipes import recipe
from reverie.compose.good_loop import GoodLoop
from reverie.conductor.keeping.maintenance import Housekeeping
from reverie.conductor.keeping.tape_retention import Ages
from reverie.history.state import StateStore
from reverie.music.notes import Loop, Note
from reverie.music.time import Metre
from reverie.play.recording.tape import MOST_FILES, beyond, days, delete, prune
from reverie.watch.faults import Faults

GOOD = GoodLoop(recipe(scene="study"), Loop(1, Metre(), (Note(0, 9, 60),)))


async def test_what_must_last_is_written_and_the_programme_is_reminded_of(tmp_path: Path) -> None:
    store = StateStore(tmp_path, Faults())
    keeping = Housekeeping(store, tmp_path / "tape", 30, Faults())
    reminded = asyncio.Event()
    now = datetime.now().astimezone()  # one moment alone could pass before the scheduler is up, and be tomorrow's
    keeping.remind([(now + timedelta(seconds=ahead)).time() for ahead in range(1, 60)], reminded.set)
    running = asyncio.create_task(keeping.run())
    store.remember(GOOD)
    async with asyncio.timeout(PATIENCE):
        while not (tmp_path / "loops" / "study.json").exists():  # noqa: ASYNC110 - no event announces a file
            await asyncio.sleep(0.05)
        await reminded.wait()
    running.cancel()
    await keeping.finish()
    assert StateStore(tmp_path, Faults()).loops("study", "lead") == (GOOD,)


async def test_loops_that_change_all_the_time_are_written_seldom_and_the_rest_with_each_flush(tmp_path: Path) -> None:
    clock, store = HandClock(), StateStore(tmp_path, Faults())
    keeping = Housekeeping(store, tmp_path / "tape", 30, Faults(), clock=clock, flush=30.0)
    written: list[tuple[bytes, bytes]] = []
    for number in range(22):
        store.remember(GoodLoop(recipe(scene="study", seed=number), GOOD.loop))
        store.begin("study")
        await keeping._write_state()
        written.append(((tmp_path / "loops" / "study.json").read_bytes(), (tmp_path / "takes.json").read_bytes()))
        clock.go(30)
    loops, takes = zip(*written, strict=True)
    assert [number for number in range(1, 22) if loops[number] != loops[number - 1]] == [10, 20]
    assert len(set(takes)) == 22
    await keeping.finish()
    assert [one.recipe.seed for one in StateStore(tmp_path, Faults()).loops("study", "lead")] == [19, 20, 21]


async def test_loops_that_were_due_in_an_hour_are_due_by_the_new_flush(tmp_path: Path) -> None:
    clock, store = HandClock(), StateStore(tmp_path, Faults())
    keeping = Housekeeping(store, tmp_path / "tape", 30, Faults(), clock=clock, flush=3600.0)

    async def written(seed: int) -> list[int]:
        store.remember(GoodLoop(recipe(scene="study", seed=seed), GOOD.loop))
        await keeping._write_state()
        return [one.recipe.seed for one in StateStore(tmp_path, Faults()).loops("study", "lead")]

    assert await written(1) == [1]
    keeping.flush_every(30.0)
    clock.go(299)
    assert await written(2) == [1]
    clock.go(1)
    assert await written(3) == [1], "what must last is due 30 seconds after it was written"
    clock.go(29)
    assert await written(4) == [2, 3, 4]


async def test_what_cannot_be_sealed_keeps_nothing_else_from_being_done(tmp_path: Path) -> None:
    tape = tmp_path / "tape"
    tape.mkdir()
    (tape / "2020-01-01T00.journal").mkdir()  # cannot be sealed
    (tape / "2020-01-01T01.journal").write_text("L 0 x\nB 0 120 4/4 one\n")
    (tape / "2020-01-01T02.journal").symlink_to("nowhere")
    faults = Faults()
    keeping = Housekeeping(StateStore(tmp_path, faults), tape, 30, faults)
    await keeping.finish()
    assert (tape / "2020-01-01T01.mid").is_file()
    [fault] = faults.active
    assert fault.id == "tape-unsealed"
    (tape / "2020-01-01T00.journal").rmdir()
    await keeping.finish()
    assert faults.active == ()


async def test_a_tape_of_which_nothing_can_be_deleted_was_neither_sealed_nor_told_as_what_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(errno.EPERM, "Operation not permitted", str(tape / "2019-01-01T00.mid"))

    tape, faults = tmp_path / "tape", Faults()
    tape.mkdir()
    (tape / "2020-01-01T01.journal").write_text("L 0 x\nB 0 120 4/4 one\n")
    keeping = Housekeeping(StateStore(tmp_path, faults), tape, 30, faults)
    with monkeypatch.context() as patch:
        patch.setattr("reverie.conductor.keeping.maintenance.prune", refuse)
        await keeping.finish()
    assert (tape / "2020-01-01T01.mid").is_file()
    [fault] = faults.active
    assert fault.sentence.startswith(f"The tape in {tape} cannot be made smaller (")
    await keeping.finish()
    assert faults.active == ()


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EROFS, errno.EIO])
async def test_a_tape_that_cannot_be_written_is_a_fault_until_it_can(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError(number, os.strerror(number))

    faults = Faults()
    keeping = Housekeeping(StateStore(tmp_path, faults), tmp_path / "tape", 30, faults)
    with monkeypatch.context() as patch:
        patch.setattr("reverie.files.tempfile.mkstemp", refuse)
        await keeping.finish()
    [fault] = faults.active
    assert fault.id == "tape-unwritable"
    assert fault.advice
    await keeping.finish()
    assert faults.active == ()


class Box:
    """A box that records an hour of tape for each hour that it runs, at whatever its clock says."""

    def __init__(self, folder: Path) -> None:
        self.tape = folder / "tape"
        self.tape.mkdir()
        self.monotonic = 0.0
        self.wall = datetime(2026, 11, 1, tzinfo=UTC)
        self.ages = Ages(self.tape, lambda: self.monotonic)

    def start_again(self) -> None:
        self.ages = Ages(self.tape, lambda: self.monotonic)

    def run(self, hours: int) -> None:
        for _ in range(hours):
            (self.tape / f"{self.wall:%Y-%m-%dT%H}.mid").touch()
            self.look()
            self.wall += timedelta(hours=1)
            self.monotonic += 3600

    def look(self) -> int:
        gone = prune(self.tape, self.ages.older_than(3, days(self.tape)))
        self.ages.keep()
        return len(gone)

    @property
    def hours(self) -> int:
        return len(list(self.tape.glob("*.mid")))


def test_the_tape_is_kept_for_so_many_days_of_running(tmp_path: Path) -> None:
    box = Box(tmp_path)
    box.run(24 * 10)
    assert 24 * 3 <= box.hours <= 24 * 4 + 1


@pytest.mark.parametrize("year", [1970, 2027, 2099, 9998])
def test_one_wrong_clock_deletes_nothing(tmp_path: Path, year: int) -> None:
    box = Box(tmp_path)
    box.run(24 * 2)
    right = box.wall
    for _ in range(5):
        box.start_again()
        box.wall = right.replace(year=year)
        box.run(1)
    assert box.hours == 24 * 2 + 1
    box.wall = right
    box.run(1)
    assert box.hours == 24 * 2 + 2


def test_a_clock_that_is_another_at_each_start_deletes_nothing(tmp_path: Path) -> None:
    box = Box(tmp_path)
    box.run(24)
    for number in range(100):
        box.start_again()
        box.wall = datetime(2000 + number, 1, 1 + number % 28, tzinfo=UTC)
        assert box.look() == 0
        (box.tape / f"{box.wall:%Y-%m-%dT%H}.mid").touch()
        box.monotonic += 60
    assert box.hours == 24 + 100


def test_files_of_the_future_are_deleted_in_their_turn(tmp_path: Path) -> None:
    box = Box(tmp_path)
    right = box.wall
    box.wall = right.replace(year=2099)
    box.run(1)
    box.wall = right
    box.run(24 * 4)
    assert not list(box.tape.glob("2099*"))


def test_a_tape_of_before_is_as_young_as_can_be(tmp_path: Path) -> None:
    box = Box(tmp_path)
    for day in range(1, 29):
        (box.tape / f"2025-01-{day:02d}T10.mid").touch()
    box.run(24)
    assert len(list(box.tape.glob("2025*"))) == 28
    box.run(24 * 3)
    assert not list(box.tape.glob("2025*"))


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"version": 1, "ran": 1e999, "seen": {}}', '{"version": 1, "ran": 9, "seen": {"a": -1e9}}']
)
def test_a_record_that_is_damaged_makes_the_tape_younger_and_no_older(tmp_path: Path, text: str) -> None:
    box = Box(tmp_path)
    box.run(24 * 3)
    (box.tape / ".ages.json").write_text(text)
    box.start_again()
    box.run(24)
    assert box.hours == 24 * 4
    assert len(list(box.tape.glob(".ages.json.broken-*"))) == 1


def test_a_tape_whose_disk_was_away_is_as_old_as_before(tmp_path: Path) -> None:
    box = Box(tmp_path)
    box.run(24)
    box.tape.rename(tmp_path / "away")
    assert box.look() == 0
    (tmp_path / "away").rename(box.tape)
    box.monotonic += 3 * 86400
    box.look()
    assert box.hours == 0


def test_a_record_is_read_as_it_was_written(tmp_path: Path) -> None:
    box = Box(tmp_path)
    box.monotonic = 301.04
    (box.tape / "2026-11-01T00.mid").touch()
    box.look()
    box.start_again()
    assert not list(box.tape.glob(".ages.json.broken-*"))
    box.monotonic += 3 * 86400
    assert box.look() == 1


async def test_beyond_its_quota_the_tape_loses_what_was_seen_first_whatever_dates_it_bears(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    tape, faults = tmp_path / "tape", Faults()
    tape.mkdir()
    keeping = Housekeeping(StateStore(tmp_path, faults), tape, 30, faults, quota=2_000)
    (tape / "2099-01-01T10.mid").write_bytes(bytes(1500))
    await keeping.finish()
    for hour in range(3):
        (tape / f"2026-11-02T{hour:02}.mid").write_bytes(bytes(600))
    (tape / "2026-11-02T04.mid").symlink_to("nowhere")
    caplog.set_level("INFO")
    await keeping.finish()
    assert sorted(path.name for path in tape.glob("*.mid") if path.exists()) == [
        f"2026-11-02T{hour:02}.mid" for hour in range(3)
    ]
    assert "2099-01-01T10.mid to 2099-01-01T10.mid: the tape took more than 2e-06 GB" in caplog.text
    assert not faults.active


def test_a_quota_spares_journals_and_deletes_a_bounded_part_at_once(tmp_path: Path) -> None:
    journal = tmp_path / "2026-11-01T00.journal"
    files = [journal, *(tmp_path / f"2026-11-01T01.{number:04}.mid" for number in range(3 * MOST_FILES))]
    for path in files:
        path.write_bytes(bytes(10))
    assert len(delete(beyond(files, 0))) == MOST_FILES
    assert beyond([path for path in files if path.exists()], 2 * MOST_FILES * 10) == [files[MOST_FILES + 1]]
    assert journal.exists()
