"""Moments that people keep: a file each, so many and no more, and none that is damaged is a fault of the others."""

from __future__ import annotations

import asyncio
import contextlib
import json
from dataclasses import replace
from pathlib import Path

import pytest

from fakes.moments import moment
from reverie.history.moment_store import WAITING, MomentStore
from reverie.watch.faults import Faults


def test_a_moment_is_there_at_once_and_after_a_restart(tmp_path: Path) -> None:
    store, kept = MomentStore(tmp_path / "moments", 10), moment(1)
    assert store.keep(kept)
    assert store.find(kept.name) == kept
    store.write()
    assert MomentStore(tmp_path / "moments", 10).find(kept.name) == kept


def test_the_oldest_gives_way(tmp_path: Path) -> None:
    store = MomentStore(tmp_path, 3)
    for number in range(6):
        store.keep(moment(number))
        store.write()
    assert [one["id"] for one in store.headings()] == [moment(number).name for number in (5, 4, 3)]
    assert store.find(moment(0).name) is None


def test_what_is_no_name_of_a_moment_finds_no_file(tmp_path: Path) -> None:
    (tmp_path / "secret.json").write_text("{}")
    store = MomentStore(tmp_path / "moments", 3)
    for name in ("../secret", "", "x" * 16, "0" * 17, "..%2fsecret"):
        assert store.find(name) is None


@pytest.mark.parametrize("damage", [b"", b"{", b"[]", b'{"name": 3}', b"null", b"[" * 100_000, b"\xff"])
def test_a_damaged_moment_is_none_and_the_others_are_there(tmp_path: Path, damage: bytes) -> None:
    store = MomentStore(tmp_path, 5)
    for number in range(2):
        store.keep(moment(number))
    store.write()
    (tmp_path / f"{moment(0).name}.json").write_bytes(damage)
    assert store.find(moment(0).name) is None
    assert [one["id"] for one in store.headings()] == [moment(1).name]


def test_a_list_that_is_asked_for_again_and_again_reads_no_moment_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = MomentStore(tmp_path, 3)
    for number in range(3):
        store.keep(moment(number))
    store.write()
    first, reads = store.headings(), list[str]()
    monkeypatch.setattr(store, "find", reads.append)
    assert store.headings() == first
    assert reads == []
    (tmp_path / f"{moment(1).name}.json").unlink()
    assert [one["id"] for one in store.headings()] == [moment(number).name for number in (2, 0)]


def test_what_a_disk_does_not_take_waits_is_told_once_and_is_written_when_it_can_be(tmp_path: Path) -> None:
    folder, faults, told = tmp_path / "moments", Faults(), list[str]()
    faults.listen(lambda fault: told.append(fault.id))
    folder.write_text("in the way")
    store = MomentStore(folder, 100, faults)
    kept = [store.keep(moment(number)) for number in range(WAITING + 5)]
    assert kept.count(True) == WAITING
    store.write()
    store.write()
    assert told == ["moment-unkept"]
    assert not store.keep(moment(99)), "memory has an end"
    assert len(store.headings()) == WAITING
    folder.unlink()
    store.write()
    assert faults.active == ()
    assert store.keep(moment(99))
    assert len(MomentStore(folder, 100).headings()) == WAITING


async def test_what_waits_is_written_by_itself(tmp_path: Path) -> None:
    store = MomentStore(tmp_path, 5)
    running = asyncio.create_task(store.run())
    store.keep(moment(7))
    path = tmp_path / f"{moment(7).name}.json"
    for _ in range(600):
        if path.exists():
            break
        await asyncio.sleep(0.05)
    running.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await running
    assert path.exists()


def test_what_the_house_keeps_never_gives_way_to_what_visitors_keep(tmp_path: Path) -> None:
    store = MomentStore(tmp_path, 2)
    for number in range(3):
        store.keep(replace(moment(number), by="artist"))
    for number in range(3, 8):
        store.keep(moment(number))
    store.write()
    assert [one["id"] for one in store.headings()] == [moment(number).name for number in (7, 6, 2, 1, 0)]


def test_a_moment_that_a_later_version_kept_is_read_without_what_that_has_added(tmp_path: Path) -> None:
    (tmp_path / f"{moment(1).name}.json").write_text(json.dumps({**moment(1).as_json(), "weather": "fog"}))
    assert MomentStore(tmp_path, 2).find(moment(1).name) == moment(1)
