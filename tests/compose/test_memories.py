from __future__ import annotations

import os
from pathlib import Path

import pytest

from reverie.compose.memories import Memories


def test_a_memory_is_found_by_its_name_also_after_a_restart(tmp_path: Path) -> None:
    name = Memories(tmp_path).keep(b"a tune")
    assert Memories(tmp_path).find(name) == b"a tune"


def test_equal_memories_have_equal_names() -> None:
    memories = Memories()
    assert memories.keep(b"one") == memories.keep(b"one") != memories.keep(b"other")


def test_without_a_folder_they_are_gone_with_the_process() -> None:
    name = Memories().keep(b"a tune")
    assert Memories().find(name) is None


def test_a_damaged_one_is_not_found(tmp_path: Path) -> None:
    name = Memories(tmp_path).keep(b"a tune")
    (tmp_path / name).write_bytes(b"a tun")
    assert Memories(tmp_path).find(name) is None


def test_the_newest_are_kept_within_the_quota(tmp_path: Path) -> None:
    memories = Memories(tmp_path, quota=250)
    names: list[str] = []
    for number in range(5):
        names.append(memories.keep(bytes([number]) * 100))
        os.utime(tmp_path / names[-1], (number, number))
    assert {path.name for path in tmp_path.iterdir()} == set(names[-2:])


def test_a_folder_that_cannot_be_written_is_told_once_and_stops_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").write_text("in the way")
    memories = Memories(tmp_path / "file")
    names = [memories.keep(bytes([number])) for number in range(3)]
    assert [memories.find(name) for name in names] == [b"\0", b"\1", b"\2"]
    assert len(caplog.records) == 1
