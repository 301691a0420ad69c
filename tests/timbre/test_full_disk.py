"""A disk that others have filled: old banks make room for the next one, and what is needed stays."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from fakes.timbre import FakeRenderer
from reverie.models.library.card import read_card
from reverie.models.library.index import identity
from reverie.places import models_folder
from reverie.scenes.timbre import Timbre
from reverie.timbre.bank.cache import SAFE, BankCache
from reverie.timbre.bank_maker import BankMaker
from reverie.timbre.request import BankRequest, request_of

ROOMY = 1 << 40


def order(seed: int) -> BankRequest:
    said = {
        "sources": {"a": {"latent": seed}, "b": {"latent": 0}},
        "path": {"kind": "line", "steps": 2},
        "pitches": ["C4"],
        "length": 0.5,
    }
    return request_of(Timbre.model_validate(said), 0, "a bank", [])


class Disk:
    """Everything in a folder fits into ``room`` bytes, or cannot be flushed."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.room = ROOMY
        self._folder = folder
        monkeypatch.setattr(os, "fsync", self._fsync)

    def used(self) -> int:
        return sum(path.stat().st_size for path in self._folder.rglob("*"))

    def _fsync(self, _: int) -> None:
        if self.used() > self.room:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


@pytest.fixture
def disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Disk:
    return Disk(tmp_path, monkeypatch)


@pytest.fixture
def maker(tmp_path: Path) -> BankMaker:
    path = models_folder() / "timbre.safetensors"
    model = identity(read_card(path))
    return BankMaker(path, tmp_path, ROOMY, open_model=lambda _: FakeRenderer(model))


def made(maker: BankMaker, seed: int, age: float = 0.0) -> str:
    folder = maker.make(order(seed)).bank.folder
    when = folder.stat().st_mtime - age
    os.utime(folder, (when, when))
    return folder.name


def test_old_banks_make_room_on_a_full_disk_the_longest_unused_first(
    tmp_path: Path, disk: Disk, maker: BankMaker, caplog: pytest.LogCaptureFixture
) -> None:
    pinned, older, old = made(maker, 1, 4 * SAFE), made(maker, 2, 3 * SAFE), made(maker, 3, 2 * SAFE)
    disk.room = disk.used() * 7 // 6  # half a bank more, which is more than what is unfinished takes
    new = maker.make(order(4), pinned=[pinned]).bank.id
    left = {bank.id for bank in BankCache(tmp_path, ROOMY).banks()}
    assert left == {pinned, old, new}
    assert older not in left
    assert "is full" in caplog.text


def test_a_full_disk_without_old_banks_says_so_and_loses_nothing(tmp_path: Path, disk: Disk, maker: BankMaker) -> None:
    played = made(maker, 1)
    disk.room = disk.used() + 4096
    with pytest.raises(OSError, match="No space left"):
        maker.make(order(2))
    assert {bank.id for bank in BankCache(tmp_path, ROOMY).banks()} == {played}
    disk.room = ROOMY
    assert maker.make(order(2)).bank.id != played
