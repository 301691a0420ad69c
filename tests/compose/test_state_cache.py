from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from fakes.hand_clock import HandClock
from reverie.compose.state_cache import Memories


def test_a_memory_is_found_by_its_name_also_after_a_restart(tmp_path: Path) -> None:
    Memories(tmp_path / "new").keep("a", b"a tune")
    assert Memories(tmp_path / "new").find("a") == b"a tune"


def test_without_a_folder_they_are_gone_with_the_process() -> None:
    memories = Memories()
    memories.keep("a", b"a tune")
    assert memories.find("a") == b"a tune"
    assert Memories().find("a") is None


@pytest.mark.parametrize("damage", [b"", b"short", b"x" * 40])
def test_a_damaged_one_is_not_found(damage: bytes, tmp_path: Path) -> None:
    Memories(tmp_path).keep("a", b"a tune")
    (tmp_path / "a").write_bytes(damage)
    assert Memories(tmp_path).find("a") is None


def test_the_newest_are_kept_within_the_quota(tmp_path: Path) -> None:
    memories = Memories(tmp_path, quota=1000)
    for number in range(20):
        memories.keep(str(number), bytes(100))
        os.utime(tmp_path / str(number), (number, number))
        assert sum(path.stat().st_size for path in tmp_path.iterdir()) <= 1000
    left = {int(path.name) for path in tmp_path.iterdir()}
    assert left == set(range(20 - len(left), 20))
    assert len(left) >= 5


def test_what_a_process_before_left_counts_too(tmp_path: Path) -> None:
    for life in range(5):
        Memories(tmp_path, quota=500).keep(str(life), bytes(200))
    assert sum(path.stat().st_size for path in tmp_path.iterdir()) <= 500
    assert (tmp_path / "4").exists()


def test_one_that_is_of_no_use_is_forgotten(tmp_path: Path) -> None:
    memories = Memories(tmp_path)
    memories.keep("a", b"a tune")
    memories.forget("a")
    memories.forget("b")
    assert memories.find("a") is None
    assert not [*tmp_path.iterdir()]


def test_a_folder_that_cannot_be_written_is_told_once_and_stops_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").write_text("in the way")
    memories = Memories(tmp_path / "file")
    for number in range(3):
        memories.keep(str(number), bytes([number]))
    assert [memories.find(str(number)) for number in range(3)] == [b"\0", b"\1", b"\2"]
    assert len(caplog.records) == 1


def test_a_folder_that_is_removed_is_made_again(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    memories = Memories(tmp_path / "memories")
    memories.keep("a", b"one")
    shutil.rmtree(tmp_path / "memories")
    memories.keep("b", b"two")  # this one finds that it is gone
    memories.keep("c", b"three")
    assert Memories(tmp_path / "memories").find("c") == b"three"
    assert len(caplog.records) <= 1


@pytest.mark.parametrize("put", [os.mkfifo, os.mkdir, lambda path: path.symlink_to("/dev/zero")])
def test_what_is_no_file_is_not_found_and_holds_nothing_up(tmp_path: Path, put: Callable[[Path], object]) -> None:
    put(tmp_path / "a")
    put(tmp_path / ".b")
    memories = Memories(tmp_path, quota=100)
    assert memories.find("a") is None
    memories.keep("b", b"a tune")
    memories.keep("c", bytes(200))
    assert memories.find("b") == b"a tune"


def test_a_clock_that_was_ahead_keeps_no_memory_for_ever(tmp_path: Path) -> None:
    memories = Memories(tmp_path, quota=1000)
    memories.keep("future", bytes(100))
    os.utime(tmp_path / "future", (4e9, 4e9))
    for number in range(40):
        memories.keep(str(number), bytes(100))
    assert not (tmp_path / "future").exists()
    assert (tmp_path / "39").exists()


def test_what_a_voice_made_obsolete_before_it_was_due_is_never_written(tmp_path: Path) -> None:
    clock = HandClock()
    memories = Memories(tmp_path, flush=30.0, clock=clock)
    memories.keep("first", b"the first is written at once", "lake/bass")
    for number in range(10):
        clock.go(2.0)
        memories.keep(f"bass {number}", b"bass", "lake/bass")
        memories.keep(f"melody {number}", b"melody", "lake/melody")
    assert [path.name for path in tmp_path.iterdir()] == ["first"]
    clock.go(memories.seconds_until_due() or 0.0)
    memories.write()
    assert {path.name for path in tmp_path.iterdir()} == {"first", "bass 9", "melody 9"}
    assert memories.seconds_until_due() is None
    assert memories.find("bass 3") == b"bass"  # it is at hand all the same


def test_at_the_end_all_is_written_that_is_not_yet(tmp_path: Path) -> None:
    memories = Memories(tmp_path, flush=3600.0, clock=HandClock())
    for name in ("a", "b"):
        memories.keep(name, b"a tune of " + name.encode(), "lake/bass")
    assert Memories(tmp_path).find("b") is None
    memories.write(anyway=True)
    assert Memories(tmp_path).find("b") == b"a tune of b"


def test_a_folder_that_was_full_gets_with_the_next_write_what_comes_then(tmp_path: Path) -> None:
    clock = HandClock()
    memories = Memories(tmp_path / "folder", flush=30.0, clock=clock)
    (tmp_path / "folder").write_text("in the way")
    memories.keep("a", b"one", "lake/bass")
    (tmp_path / "folder").unlink()
    clock.go(31.0)
    memories.keep("b", b"two", "lake/bass")
    assert Memories(tmp_path / "folder").find("b") == b"two"


def test_what_was_due_in_an_hour_is_due_by_the_new_flush(tmp_path: Path) -> None:
    clock = HandClock()
    memories = Memories(tmp_path, flush=3600.0, clock=clock)
    memories.keep("a", b"a tune")
    memories.keep("b", b"another")
    memories.flush_every(300.0)
    clock.go(299)
    memories.write()
    assert not (tmp_path / "b").exists()
    assert memories.seconds_until_due() == 1
    clock.go(1)
    memories.write()
    assert (tmp_path / "b").exists()
