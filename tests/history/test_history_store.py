"""The history outlasts the daemon, whatever ends it and whatever its file is by then, and keeps within its room."""

from __future__ import annotations

import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from fakes.hand_clock import HandClock
from fakes.recipes import recipe
from reverie.bus import Bus
from reverie.compose.composer import Composed
from reverie.history import history_store
from reverie.history.history_file import HistoryEntry
from reverie.history.history_reader import HistoryError, mistakes, read_entries, read_made
from reverie.history.history_store import ANEW, HistoryStore
from reverie.music.notes import Loop, Note
from reverie.music.time import Metre
from reverie.watch.fault_kinds import SLOT_MISSING
from reverie.watch.faults import Faults
from reverie.watch.happenings import (
    ControlUsed,
    FaultCleared,
    FaultRaised,
    LoopAnswered,
    LoopSounded,
    Moment,
)

TUNE = Loop(1, Metre(), (Note(0, 240, 60), Note(240, 240, 64)))
FLUSH = 60.0


class Archive:
    """A history on a bus, with a clock that is turned by hand."""

    def __init__(self, folder: Path, quota: int = 10_000_000) -> None:
        self.path = folder / "history.sqlite"
        self.clock = HandClock()
        self.faults = Faults()
        self._quota = quota
        self.begin()

    def begin(self) -> None:
        """A life begins."""
        self.bus = Bus()
        self.store = HistoryStore(self.path, self.faults, self.clock, quota=self._quota, flush=FLUSH, version="9.9")
        self.store.subscribe_to(self.bus)

    @property
    def moment(self) -> Moment:
        return Moment.of(self.clock)

    def uses(self, wanted: str) -> None:
        self.bus.publish(ControlUsed(self.moment, wanted, "test", wanted))

    def plays(self, seed: int = 1) -> str:
        """A loop is composed, and sounds; its recipe's id."""
        made = recipe(seed=seed)
        self.bus.publish(LoopAnswered(self.moment, Composed(made, TUNE, {}, {}), 0.1))
        self.bus.publish(LoopSounded(self.moment, "study", "lead", "melody", made.id, TUNE))
        return made.id

    @property
    def kinds(self) -> list[str]:
        return [entry.kind for entry in read_entries(self.path)]

    @property
    def told(self) -> list[str]:
        return [fault.text for fault in self.faults.active]


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[Archive]:
    archive = Archive(tmp_path)
    yield archive
    archive.store.close()


def test_what_happened_is_there_after_a_restart_in_its_order_whatever_the_clock_said(archive: Archive) -> None:
    made = archive.plays()
    archive.store.close()
    archive.clock.set_wall(-1e9)  # an empty battery
    archive.begin()
    fault = Faults(archive.clock.wall)
    fault.listen(lambda one: archive.bus.publish(FaultRaised(archive.moment, one)))
    fault.tell(SLOT_MISSING, "main", "The synth is away.")
    archive.bus.publish(FaultCleared(archive.moment, fault.active[0]))
    archive.uses("volume 0.5")
    archive.store.write()
    assert archive.kinds == ["start", "loop", "start", "fault", "mended", "control"]
    loop = next(entry for entry in read_entries(archive.path) if entry.kind == "loop")
    assert (loop.name, loop.about, loop.recipe) == ("lead", "study", made)
    [mended] = read_entries(archive.path, kinds=["mended"])
    assert mended == HistoryEntry(archive.clock.wall(), "mended", "slot-missing", "main", text="The synth is away.")
    assert archive.told == []


def test_how_a_loop_was_made_is_written_once_a_day_and_found_by_its_recipe(archive: Archive) -> None:
    made = archive.plays()
    assert archive.plays() == made
    archive.store.write_now()
    found = read_made(archive.path, made)
    assert found is not None
    assert found["recipe"] == recipe(seed=1).as_json()
    assert found["loop"] == TUNE.as_json()
    assert read_made(archive.path, "nothing") is None
    with closing(sqlite3.connect(archive.path)) as file:
        count = "SELECT count(*) FROM made"
        assert file.execute(count).fetchone() == (1,)
        archive.clock.go(ANEW + 1)
        archive.plays()
        archive.store.write_now()
        assert file.execute(count).fetchone() == (2,)


def test_it_is_written_once_in_the_interval_and_whole_at_the_end(archive: Archive) -> None:
    archive.store.write()
    archive.uses("next")
    archive.store.write()
    assert archive.kinds == ["start"]
    archive.clock.go(FLUSH)
    archive.store.write()
    assert archive.kinds == ["start", "control"]
    archive.uses("undo")
    archive.store.close()
    assert archive.kinds == ["start", "control", "control"]


def test_entries_are_chosen_by_time_kind_word_and_number(archive: Archive) -> None:
    archive.uses("volume 0.5")
    archive.clock.go(100)
    begun = archive.clock.wall()
    archive.uses("tempo 90")
    archive.uses("mute lead on")
    archive.store.close()
    assert [one.name for one in read_entries(archive.path, since=begun)] == ["tempo 90", "mute lead on"]
    assert [one.name for one in read_entries(archive.path, word="LEAD")] == ["mute lead on"]
    assert [one.name for one in read_entries(archive.path, kinds=["control"], last=1)] == ["mute lead on"]
    assert list(read_entries(archive.path, kinds=["loop"])) == []


def test_the_oldest_goes_where_the_file_takes_more_than_it_may(tmp_path: Path) -> None:
    archive = Archive(tmp_path, quota=200_000)
    for number in range(60):
        for _ in range(100):
            archive.clock.go(1)
            archive.plays(seed=number)
            archive.uses(f"scene {number} {'x' * 60}")
        archive.store.write_now()
    size = archive.path.stat().st_size
    assert size < 400_000
    entries = [*read_entries(archive.path)]
    assert len(entries) > 300
    assert entries[0].kind != "start", "the oldest has gone"
    assert entries[-1].name.startswith("scene 59"), "the youngest has not"
    archive.store.vacuum()
    assert archive.path.stat().st_size <= min(size, 250_000), "what is empty in it is less than a fifth"
    archive.store.close()
    assert mistakes(archive.path) == []


def statements(archive: Archive) -> list[str]:
    """What is run from now on."""
    run, said = archive.store._file.run, list[str]()
    archive.store._file.run = lambda statement: said.append(statement) or run(statement)  # pyright: ignore[reportAttributeAccessIssue]
    return said


def test_a_vacuum_in_the_first_rest_of_each_life_does_not_write_a_full_history_anew(archive: Archive) -> None:
    """A box whose power is cut each night wrote all of it, up to 200 MB, each day."""
    for number in range(300):
        archive.clock.go(10)
        archive.uses(f"scene {number} {'x' * 400}")
    archive.store.write_now()
    said = statements(archive)
    assert not archive.store.vacuum()
    assert said == []
    archive.store._file.write(lambda file: file.execute("DELETE FROM entries WHERE number < 200") and None)
    archive.uses("another")
    assert not archive.store.wasteful
    archive.store.write_now()
    assert archive.store.wasteful
    assert archive.store.vacuum()
    assert not archive.store.wasteful
    assert said[0] == "VACUUM"


def test_a_vacuum_that_could_not_be_was_told_as_a_history_that_is_not_kept(archive: Archive) -> None:
    """It takes room for a second copy, and comes again with each week."""
    archive.uses("next")
    archive.store.write_now()
    archive.store._file.write(_much_that_is_deleted)
    with closing(sqlite3.connect(archive.path, isolation_level=None)) as another:
        another.execute("BEGIN IMMEDIATE")
        assert not archive.store.vacuum()
    assert archive.told == []
    archive.uses("last")
    assert archive.store.vacuum()
    assert [one.name for one in read_entries(archive.path, kinds=["control"])] == ["next", "last"]


def test_a_history_whose_oldest_part_could_not_be_deleted_once_was_told_as_not_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive, delete, failed = Archive(tmp_path, quota=1), history_store._delete_oldest, list[str]()

    def delete_once_more(file: sqlite3.Connection) -> None:
        if not failed:
            failed.append("no room")
            raise sqlite3.OperationalError("no room")
        delete(file)

    monkeypatch.setattr(history_store, "_delete_oldest", delete_once_more)
    for number in range(40):
        archive.uses(f"scene {number}")
    archive.store.write_now()
    assert failed
    assert [fault.id for fault in archive.faults.cleared] == [], "told neither now nor for a moment"
    assert archive.told == []
    assert len([*read_entries(archive.path)]) < 40, "the second try has deleted some"


def test_a_vacuum_that_goes_on_at_the_stop_is_broken_off_and_all_is_written(archive: Archive) -> None:
    """The end waited for it, until systemd killed the service."""
    archive.uses("next")
    archive.store.write_now()
    archive.store._file.write(_much_that_is_deleted)
    begun, endless = threading.Event(), archive.store._file.run

    def run(statement: str) -> bool:
        begun.set()
        forever = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n"
        return endless(forever if statement == "VACUUM" else statement)

    archive.store._file.run = run  # pyright: ignore[reportAttributeAccessIssue]
    vacuum = threading.Thread(target=archive.store.vacuum, daemon=True)
    vacuum.start()
    assert begun.wait(30)
    archive.uses("last")
    archive.store.close()
    vacuum.join(30)
    assert not vacuum.is_alive()
    assert [one.name for one in read_entries(archive.path, kinds=["control"])] == ["next", "last"]
    assert archive.told == []
    assert mistakes(archive.path) == []


def _much_that_is_deleted(file: sqlite3.Connection) -> None:
    file.executemany(
        "INSERT INTO entries (at, kind, name, about, recipe, text) VALUES (1, 'x', ?, '', '', '')",
        [("x" * 500,) for _ in range(500)],
    )
    file.execute("DELETE FROM entries WHERE kind = 'x'")


def test_what_flickers_all_day_takes_no_more_than_its_part(archive: Archive) -> None:
    for _ in range(20_000):
        archive.clock.go(0.01)
        archive.uses("next")
    archive.store.write_now()
    assert len(archive.kinds) < 3000


@pytest.mark.parametrize("junk", [b"no database at all" * 100, b"SQLite format 3\x00" + bytes(4000)])
def test_a_broken_history_is_set_aside_and_another_begun(tmp_path: Path, junk: bytes) -> None:
    (tmp_path / "history.sqlite").write_bytes(junk)
    archive = Archive(tmp_path)
    archive.store.write()
    [sentence] = archive.told
    assert "now lies beside it" in sentence
    assert "the history begins anew" in sentence
    [aside] = tmp_path.glob("history.sqlite.broken-*")
    assert aside.read_bytes() == junk
    assert archive.kinds == ["start"]
    aside.unlink()
    archive.store.write_now()
    assert archive.told == []
    archive.store.close()


def test_a_file_of_the_first_step_is_brought_up_and_one_of_a_later_step_is_read(archive: Archive) -> None:
    archive.plays()
    archive.store.close()
    with closing(sqlite3.connect(archive.path)) as file:
        file.execute("ALTER TABLE entries ADD COLUMN mood TEXT NOT NULL DEFAULT ''")
        file.execute("CREATE TABLE more (number INTEGER PRIMARY KEY)")
        file.execute("PRAGMA user_version = 2")
    archive.begin()
    archive.uses("next")
    archive.store.close()
    assert archive.kinds == ["start", "loop", "start", "control"]
    assert archive.told == []
    with closing(sqlite3.connect(archive.path)) as file:
        assert file.execute("PRAGMA user_version").fetchone() == (2,), "what the newer version knows stays"


def test_a_file_of_another_generation_is_kept_aside(archive: Archive) -> None:
    archive.store.close()
    with closing(sqlite3.connect(archive.path)) as file:
        file.execute("PRAGMA user_version = 1001")
    with pytest.raises(HistoryError, match="version 1001"):
        list(read_entries(archive.path))
    archive.begin()
    archive.store.write()
    [sentence] = archive.told
    assert "written in version 1001" in sentence


def test_a_damaged_page_is_found_by_the_check(archive: Archive) -> None:
    for number in range(200):
        archive.uses(f"scene {number} {'x' * 90}")
    archive.store.close()
    assert mistakes(archive.path) == []
    data = bytearray(archive.path.read_bytes())
    data[3 * 4096 : 4 * 4096] = b"\xff" * 4096
    archive.path.write_bytes(bytes(data))
    assert mistakes(archive.path) != []


def test_a_history_that_is_not_there_is_told_in_words(tmp_path: Path) -> None:
    with pytest.raises(HistoryError, match="there is no history yet"):
        list(read_entries(tmp_path / "history.sqlite"))


WRITER = """
import itertools, sys
from pathlib import Path
from reverie.bus import Bus
from reverie.clock import SystemClock
from reverie.history.history_store import HistoryStore
from reverie.watch.faults import Faults
from reverie.watch.happenings import ControlUsed, Moment
faults, bus = Faults(), Bus()
store = HistoryStore(Path(sys.argv[1]), faults, SystemClock(), quota=10**8, flush=0, version="9.9")
store.subscribe_to(bus)
for number in itertools.count():
    bus.publish(ControlUsed(Moment(0, 0), f"{number} {number % 89}", "test", "x" * 300))
    store.write_now()
    print(number, *(fault.sentence for fault in faults.active), flush=True)
"""


def write_until_killed(path: Path, rows: int, life: int, **environment: str) -> int:
    """Write at least so many rows, and be killed somewhere in a write; the last number that was written for sure."""
    command = [sys.executable, "-c", WRITER, str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env={**os.environ, **environment}) as writer:
        assert writer.stdout is not None
        [*_, last] = [int(writer.stdout.readline()) for _ in range(rows)]
        time.sleep(random.Random(life).random() / 100)
        writer.send_signal(signal.SIGKILL)
    return last


@pytest.mark.real
def test_a_history_whose_daemon_is_killed_is_whole_and_has_all_that_was_written(tmp_path: Path) -> None:
    path, rows = tmp_path / "history.sqlite", 0
    for life in range(5):
        rows += write_until_killed(path, 20 + 7 * life, life) + 1
        assert mistakes(path) == []
        assert len([*read_entries(path, kinds=["control"])]) >= rows
    assert not list(tmp_path.glob("*.broken-*"))


@pytest.mark.real
def test_on_a_disk_without_locks_the_history_is_kept_all_the_same(tmp_path: Path) -> None:
    compiler = shutil.which("cc")
    if compiler is None:
        pytest.skip("needs a C compiler (cc)")
    library, source = tmp_path / "nolock.so", Path(__file__).parents[1] / "fakes" / "nolock.c"
    flags = ["-shared", "-fPIC", "-DNUMBER=ENOLCK", "-DRECORDS"]
    subprocess.run([compiler, *flags, "-o", str(library), str(source), "-ldl"], check=True)
    path = tmp_path / "history.sqlite"
    last = write_until_killed(path, 10, 1, LD_PRELOAD=str(library))
    assert last >= 9
    HistoryStore(path, Faults(), HandClock(), quota=10**8, flush=0, version="9.9").close()
    assert mistakes(path) == []
    assert len([*read_entries(path, kinds=["control"])]) > last
