"""What was played outlasts the daemon: whatever ends it, whatever the file is by then, and within bounds."""

from __future__ import annotations

import itertools
import random
import resource
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from fakes.hand_clock import HandClock
from reverie.bus import Bus
from reverie.compose.fingerprint import SIZE, Fingerprint, fingerprint
from reverie.compose.novelty import MOST_LOOPS, Nearest, NoveltyMemory
from reverie.compose.novelty_bands import WEEK
from reverie.compose.novelty_file import NoveltyReader, signed
from reverie.history import novelty_store
from reverie.history.novelty_store import MOST, MOST_OF_A_VOICE, PRUNE, NoveltyStore
from reverie.music.notes import Loop, Note
from reverie.music.time import Metre
from reverie.watch.faults import Faults
from reverie.watch.happenings import LoopSounded, Moment


def tune(*pitches: int) -> Loop:
    return Loop(1, Metre(), tuple(Note(number * 240, 240, pitch) for number, pitch in enumerate(pitches)))


ONE, TWO = tune(60, 64, 62, 67, 65, 64, 62, 60), tune(72, 60, 60, 71, 55, 67, 69, 60)


class House:
    """A store on a bus, with a clock that is turned by hand."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "novelty.sqlite"
        self.faults = Faults()
        self.clock = HandClock()
        self.begin()

    def begin(self) -> None:
        """A life begins."""
        self.bus = Bus()
        self.store = NoveltyStore(self.path, self.faults, self.clock)
        self.store.subscribe_to(self.bus)

    def plays(self, loop: Loop, scene: str = "study", voice: str = "lead") -> None:
        self.bus.publish(LoopSounded(Moment.of(self.clock), scene, voice, "melody", "id", loop))

    def knows(self, loop: Loop, scene: str = "study", voice: str = "lead") -> Nearest:
        memory = NoveltyMemory(NoveltyReader(self.path, MOST_LOOPS))
        return memory.nearest((scene, voice), fingerprint(loop, "melody"), self.store.moment())

    @property
    def told(self) -> list[str]:
        return [fault.sentence for fault in self.faults.active]


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    house = House(tmp_path)
    yield house
    house.store.close()


def test_what_was_played_is_known_after_a_restart(house: House) -> None:
    house.plays(ONE)
    house.store.close()
    house.begin()
    assert house.knows(ONE) == Nearest(0.0, 0.0)
    assert house.knows(TWO).hour is not None
    assert house.told == []


def test_a_running_composer_reads_what_is_written_meanwhile(house: House) -> None:
    house.plays(ONE)
    house.store.write()
    assert house.knows(ONE) == Nearest(0.0, 0.0)
    house.plays(TWO)
    house.store.write()
    assert house.knows(TWO) == Nearest(0.0, 0.0)


def test_two_voices_of_one_name_in_two_scenes_are_two_whatever_they_are_called(house: House) -> None:
    odd = "st\udce9tudy / 'x'"
    house.plays(ONE)
    house.plays(TWO, scene=odd)
    house.store.write()
    assert house.knows(ONE, scene=odd).week not in {None, 0.0}
    assert house.knows(TWO, scene=odd) == Nearest(0.0, 0.0)
    assert house.knows(ONE, voice="bass") == Nearest()


def test_moments_are_seconds_of_running_whatever_becomes_of_the_clock_of_the_room(house: House) -> None:
    house.plays(ONE)
    house.clock.go(1800)
    house.clock.set_wall(-10 * WEEK)
    house.plays(TWO)
    house.store.close()
    house.clock.set_wall(50 * WEEK)
    house.begin()
    assert house.knows(ONE) == Nearest(0.0, 0.0)
    house.clock.go(1801)
    assert house.knows(ONE).hour != 0.0
    assert house.knows(ONE).week == 0.0
    house.clock.go(WEEK)
    assert house.knows(ONE) == Nearest()


def test_a_life_goes_on_from_the_last_moment_of_the_one_before(house: House) -> None:
    for _ in range(3):
        house.clock.go(1000)
        house.plays(ONE)
        house.store.close()
        house.begin()
    assert house.store.moment() == pytest.approx(3000)


def test_what_is_older_than_a_week_and_what_is_too_much_is_forgotten(house: House) -> None:
    house.plays(ONE)
    house.store.write()
    dice = random.Random(1)
    busy = MOST_OF_A_VOICE + 500
    rows = [
        (voice, signed(dice.getrandbits(64)), 2 * WEEK + number, bytes(SIZE))
        for number in range(MOST + 2000)
        for voice in ["busy" if number < busy else f"v{number % 50}"]
    ]
    with closing(sqlite3.connect(house.path)) as file, file:
        file.executemany("INSERT INTO sounded (scene, voice, exact, moment, sketch) VALUES ('study', ?, ?, ?, ?)", rows)
    house.store.close()
    house.begin()
    house.plays(TWO)
    house.store.write()
    with closing(sqlite3.connect(house.path)) as file:
        count = "SELECT count(*) FROM sounded"
        assert file.execute(f"{count} WHERE voice = 'lead'").fetchall() == [(1,)]
        assert file.execute(f"{count} WHERE voice = 'busy'").fetchall()[0][0] <= MOST_OF_A_VOICE
        assert file.execute(count).fetchall()[0][0] <= MOST + 1
        assert file.execute("SELECT max(moment) FROM sounded").fetchall()[0][0] >= 2 * WEEK + MOST
    assert sum(path.stat().st_size for path in house.path.parent.iterdir()) < 120_000_000


def test_a_write_touches_few_pages_however_much_is_there(house: House) -> None:
    """Each loop had a page of its own written anew, by its hash: with a week in the file 700 MB went out in a day."""
    dice = random.Random(1)
    rows = [("lead", signed(dice.getrandbits(64)), float(number), bytes(SIZE)) for number in range(20_000)]
    house.plays(ONE)
    house.store.write()
    with closing(sqlite3.connect(house.path)) as file, file:
        file.executemany("INSERT INTO played VALUES ('study', ?, ?, ?, ?)", rows)
        file.execute("INSERT INTO sounded SELECT NULL, * FROM played")
    with closing(sqlite3.connect(house.path)) as file:
        file.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    for number in range(20):
        house.plays(tune(60, 50 + number, 72))
    house.store.write()
    journal = house.path.with_name(f"{house.path.name}-wal")
    assert 0 < journal.stat().st_size < 40_000


def test_a_loop_that_plays_again_and_again_takes_little_room(house: House) -> None:
    for _ in range(500):
        house.plays(ONE)
        house.clock.go(10)
        house.store.write()
    with closing(sqlite3.connect(house.path)) as file:
        assert file.execute("SELECT count(*) FROM sounded").fetchone()[0] < 10
    house.clock.go(PRUNE)
    house.plays(TWO)
    house.store.write()
    with closing(sqlite3.connect(house.path)) as file:
        assert file.execute("SELECT count(*) FROM sounded").fetchone() == (2,)
    assert house.knows(ONE).week == 0.0


def test_what_the_first_format_left_is_known(house: House) -> None:
    house.store.close()
    with closing(sqlite3.connect(house.path)) as file, file:
        exact = signed(fingerprint(ONE, "melody").exact)
        values = (exact, 5000.0, fingerprint(ONE, "melody").sketch)
        file.execute("INSERT INTO played VALUES ('study', 'lead', ?, ?, ?)", values)
        file.execute("DROP TABLE sounded")
        file.execute("PRAGMA user_version = 1")
    house.begin()
    assert house.knows(ONE) == Nearest(0.0, 0.0)
    assert house.store.moment() == 5000.0
    assert house.told == []


@pytest.mark.parametrize("junk", [b"no database at all" * 100, b"SQLite format 3\x00" + bytes(4000)])
def test_a_broken_file_is_set_aside_and_another_begun(tmp_path: Path, junk: bytes) -> None:
    path = tmp_path / "novelty.sqlite"
    path.write_bytes(junk)
    house = House(tmp_path)
    [sentence] = house.told
    assert "was broken" in sentence or "has other tables" in sentence
    house.plays(ONE)
    house.store.write()
    assert house.knows(ONE) == Nearest(0.0, 0.0)
    [aside] = tmp_path.glob("novelty.sqlite.broken-*")
    assert aside.read_bytes() == junk
    aside.unlink()
    house.store.write()
    assert house.told == []
    house.store.close()


def test_a_file_that_breaks_while_it_is_open_is_set_aside(house: House) -> None:
    house.plays(ONE)
    house.store.close()
    house.begin()
    many = [(f"v{number}", number, 1.0, bytes(SIZE)) for number in range(30_000)]
    with closing(sqlite3.connect(house.path)) as file, file:
        file.executemany("INSERT INTO played VALUES ('study', ?, ?, ?, ?)", many)
        file.commit()
        file.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    data = bytearray(house.path.read_bytes())
    data[4 * 4096 :] = b"\xff" * (len(data) - 4 * 4096)
    house.path.write_bytes(bytes(data))
    house.plays(TWO)
    house.store.write()
    house.store.write()
    assert "now lies beside it" in " ".join(house.told)
    assert house.knows(TWO) == Nearest(0.0, 0.0)


@pytest.mark.parametrize("change", ["PRAGMA user_version = 7001", "DROP TABLE played"])
def test_a_file_of_another_version_is_kept_aside(house: House, change: str) -> None:
    house.plays(ONE)
    house.store.close()
    with closing(sqlite3.connect(house.path)) as file:
        file.execute(change)
    house.begin()
    [sentence] = house.told
    assert "version 7001" in sentence or "other tables" in sentence
    assert house.knows(ONE) == Nearest()
    assert len(list(house.path.parent.glob("novelty.sqlite.broken-*"))) == 1


def test_a_file_that_somebody_deletes_is_begun_again(house: House) -> None:
    house.plays(ONE)
    house.store.write()
    for path in house.path.parent.glob("novelty.sqlite*"):
        path.unlink()
    house.store.write()
    house.plays(TWO)
    house.store.write()
    assert house.knows(TWO) == Nearest(0.0, 0.0)
    assert house.told == []


def test_where_there_can_be_no_file_it_is_told_once_and_tried_again(tmp_path: Path) -> None:
    (tmp_path / "novelty.sqlite").mkdir()
    house = House(tmp_path)
    house.plays(ONE)
    house.store.write()
    house.store.write()
    [sentence] = house.told
    assert "cannot be kept" in sentence
    (tmp_path / "novelty.sqlite").rmdir()
    house.store.write()
    assert house.told == []
    assert house.knows(ONE) == Nearest(0.0, 0.0)
    house.store.close()


def test_a_reader_finds_all_new_where_it_cannot_read(tmp_path: Path) -> None:
    assert NoveltyReader(tmp_path / "none.sqlite", 10)(("study", "lead")) == []
    (tmp_path / "junk.sqlite").write_bytes(b"junk" * 1000)
    assert NoveltyReader(tmp_path / "junk.sqlite", 10)(("study", "lead")) == []


WRITER = """
import itertools, random, sys
from pathlib import Path
from reverie.bus import Bus
from reverie.clock import SystemClock
from reverie.history.novelty_store import NoveltyStore
from reverie.music.notes import Loop, Note
from reverie.music.time import Metre
from reverie.watch.faults import Faults
from reverie.watch.happenings import LoopSounded, Moment
store, bus = NoveltyStore(Path(sys.argv[1]), Faults(), SystemClock()), Bus()
store.subscribe_to(bus)
for number in itertools.count():
    dice = random.Random(number)
    notes = tuple(Note(step * 120, 120, dice.randrange(40, 80)) for step in range(16))
    bus.publish(LoopSounded(Moment(0, 0), "study", "lead", "melody", "id", Loop(1, Metre(), notes)))
    store.write()
    print(number, flush=True)
"""


@pytest.mark.real
def test_a_process_that_is_killed_while_it_writes_leaves_all_that_was_written(tmp_path: Path) -> None:
    path = tmp_path / "novelty.sqlite"
    known = 0
    for life in range(6):
        with subprocess.Popen([sys.executable, "-c", WRITER, str(path)], stdout=subprocess.PIPE, text=True) as writer:
            assert writer.stdout is not None
            [*_, last] = [int(writer.stdout.readline()) for _ in range(20 + 7 * life)]
            time.sleep(random.Random(life).random() / 100)  # anywhere in a write
            writer.send_signal(signal.SIGKILL)
        faults = Faults()
        store = NoveltyStore(path, faults, HandClock())
        known = max(known, last + 1)
        assert len(NoveltyReader(path, MOST_LOOPS)(("study", "lead"))) >= known
        assert faults.active == ()
        store.close()


@pytest.mark.real
def test_a_disk_that_is_full_is_told_and_harmless_and_over_once_there_is_room(house: House) -> None:
    house.plays(ONE)
    house.store.write()
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (4096, hard))
        house.plays(TWO)
        house.store.write()
        house.store.write()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, before)
    [sentence] = house.told
    assert "cannot be kept" in sentence
    assert house.knows(ONE) == Nearest(0.0, 0.0)
    house.store.write()
    assert house.told == []
    assert house.knows(TWO) == Nearest(0.0, 0.0)


def test_what_cannot_be_written_for_long_is_bounded(tmp_path: Path) -> None:
    (tmp_path / "novelty.sqlite").mkdir()
    house = House(tmp_path)
    for _ in range(10_100):
        house.plays(ONE)
    (tmp_path / "novelty.sqlite").rmdir()
    house.store.write()
    assert house.knows(ONE) == Nearest(0.0, 0.0)
    house.store.close()


def test_a_fingerprint_is_read_as_it_was_written(house: House) -> None:
    print_ = fingerprint(ONE, "melody")
    house.plays(ONE)
    house.store.write()
    [(moment, read)] = NoveltyReader(house.path, 10)(("study", "lead"))
    assert (moment, read) == (house.store.moment(), print_)
    for exact in (0, 1, (1 << 63) - 1, 1 << 63, (1 << 64) - 1):
        assert Fingerprint(signed(exact) % (1 << 64), bytes(SIZE)).exact == exact


def rows_in(house: House) -> int:
    with closing(sqlite3.connect(house.path)) as file:
        return file.execute("SELECT count(*) FROM sounded").fetchone()[0]


def test_the_bound_held_only_once_a_day(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(novelty_store, "MOST", 20)
    house.plays(TWO)
    house.store.write()
    for number in range(100):
        house.plays(tune(60, number, 72))
        if number % 7 == 6:
            house.store.write()
            assert rows_in(house) <= 20
    house.store.write()
    assert rows_in(house) == 20
    assert house.knows(tune(60, 99, 72)) == Nearest(0.0, 0.0)
    assert house.knows(TWO).week != 0.0


def test_what_is_far_too_much_goes_in_portions(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """400,000 rows held the file for eleven seconds."""
    monkeypatch.setattr(novelty_store, "MOST", 50)
    monkeypatch.setattr(novelty_store, "PORTION", 30)
    old = [(signed(number), float(number % 2), bytes(SIZE)) for number in range(40)]
    new = [(signed(number), 2 * WEEK + number, bytes(SIZE)) for number in range(200)]
    with closing(sqlite3.connect(house.path)) as file, file:
        insert = "INSERT INTO sounded (scene, voice, exact, moment, sketch) VALUES ('study', 'lead', ?, ?, ?)"
        file.executemany(insert, old + new)
    counts = list[int]()
    for _ in range(10):
        house.store.write()
        counts.append(rows_in(house))
    steps = [before - after for before, after in itertools.pairwise([240, *counts])]
    assert 0 < steps[0] <= 60, "a portion of what is old, and one of what is too much"
    assert max(steps) <= 60
    assert counts[-1] == 50, "though nothing more was played"
