"""Banks are kept whole, checked when they are found, and make room when there are too many."""

from __future__ import annotations

import errno
import json
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from reverie.timbre.bank.bank import CARD, SOUNDFONT, Origin
from reverie.timbre.bank.bank_files import MOST, bank_files, zones_of
from reverie.timbre.bank.cache import SAFE, BankCache
from reverie.timbre.bank.zone import Sample
from reverie.timbre.recipe import BankRecipe, Ingredient
from reverie.timbre.sound import Sound

ORIGIN = Origin("cat", 1.0, "A. Cat", "CC0-1.0", "here")


def recipe(seed: int) -> BankRecipe:
    return BankRecipe("aa", (Ingredient(1.0, latent=1),), (60,), (100,), 0.2, -20.0, seed)


def files(seed: int) -> dict[str, bytes]:
    tone = np.sin(2 * np.pi * 261.63 * np.arange(3200) / 16_000).astype(np.float32)
    return bank_files(recipe(seed), [Sound(tone, 16_000)], "a bank", {"name": "m"}, [ORIGIN])


def kept(cache: BankCache, seed: int, age: float = 0.0) -> str:
    bank = cache.put(recipe(seed).id, files(seed))
    when = bank.folder.stat().st_mtime - age
    os.utime(bank.folder, (when, when))
    return bank.id


def test_a_bank_is_found_with_whose_its_sounds_are(tmp_path: Path) -> None:
    cache = BankCache(tmp_path, 1 << 30)
    found = cache.find(kept(cache, 1))
    assert found is not None
    assert list(found.origins) == [ORIGIN]
    assert b"CC0-1.0" in found.soundfont.read_bytes()


def test_equal_notes_give_equal_files() -> None:
    assert files(1) == files(1)


def test_a_damaged_bank_is_set_aside_with_a_sentence_and_can_be_made_again(tmp_path: Path) -> None:
    said: list[str] = []
    cache = BankCache(tmp_path, 1 << 30, said.append)
    bank = kept(cache, 1)
    font = tmp_path / "banks" / bank / SOUNDFONT
    font.write_bytes(font.read_bytes()[:-1])
    assert cache.find(bank) is None
    [sentence] = said
    assert SOUNDFONT in sentence
    assert kept(cache, 1) == bank
    assert cache.find(bank) is not None


@pytest.mark.parametrize(
    "change",
    [
        {"id": "another"},
        {"files": {}},
        {"zones": []},
        {"zones": [{"file": "other.wav"}]},
        {"sources": []},
        {"sources": [{"whose": "mine"}]},
        {"title": ""},
    ],
)
def test_a_bank_whose_card_was_changed_is_not_found_again_and_again(tmp_path: Path, change: dict[str, Any]) -> None:
    """Every file that it names is as it was written, and yet it is not the bank."""
    cache = BankCache(tmp_path, 1 << 30)
    bank = kept(cache, 1)
    path = tmp_path / "banks" / bank / CARD
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
    assert cache.find(bank) is None
    assert kept(cache, 1) == bank
    assert cache.find(bank) is not None


def test_a_bank_that_was_damaged_while_it_was_made_anew_gives_way(tmp_path: Path) -> None:
    cache = BankCache(tmp_path, 1 << 30)
    bank = kept(cache, 1)
    (tmp_path / "banks" / bank / SOUNDFONT).write_bytes(b"half of it")
    assert kept(cache, 1) == bank
    assert cache.find(bank) is not None


def test_what_lies_where_damaged_banks_are_put_does_not_keep_one_in_its_place(tmp_path: Path) -> None:
    cache = BankCache(tmp_path, 1 << 30)
    bank = kept(cache, 1)
    (tmp_path / "banks" / f"{bank}.damaged").touch()
    (tmp_path / "banks" / bank / SOUNDFONT).unlink()
    assert cache.find(bank) is None
    assert not (tmp_path / "banks" / bank).exists()


def test_a_damaged_bank_that_cannot_be_moved_is_told_and_not_made_anew_in_vain(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache = BankCache(tmp_path, 1 << 30)
    bank = kept(cache, 1)
    (tmp_path / "banks" / bank / SOUNDFONT).unlink()

    def refuse(self: Path, target: Path) -> Path:
        raise PermissionError(errno.EACCES, "Permission denied", str(self), None, str(target))

    monkeypatch.setattr(Path, "rename", refuse)
    with pytest.raises(PermissionError):
        cache.find(bank)


def test_the_least_used_makes_room_but_neither_what_is_pinned_nor_what_was_just_used(tmp_path: Path) -> None:
    cache = BankCache(tmp_path, 0)
    pinned, old, _ = kept(cache, 1, 3 * SAFE), kept(cache, 2, 2 * SAFE), kept(cache, 3)
    assert cache.tidy([pinned]) == [old]


def test_banks_that_a_wrong_clock_stamped_are_neither_the_first_to_go_nor_kept_for_ever(tmp_path: Path) -> None:
    cache = BankCache(tmp_path, 0)
    old, future = kept(cache, 1, 2 * SAFE), kept(cache, 2, -4e8)
    assert cache.tidy() == [old]
    folder = tmp_path / "banks" / future
    stamp = folder.stat().st_mtime
    assert abs(stamp - time.time()) < SAFE
    os.utime(folder, (stamp - 2 * SAFE, stamp - 2 * SAFE))
    assert cache.tidy() == [future]


def test_a_clock_that_is_years_ahead_throws_away_no_more_than_the_quota_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache = BankCache(tmp_path, 1 << 30)
    for seed in range(3):
        kept(cache, seed)
    monkeypatch.setattr(time, "time", lambda: 4e9)
    assert cache.tidy() == []
    assert len(cache.banks()) == 3


@pytest.mark.parametrize("put", [os.mkfifo, os.mkdir, lambda path: path.symlink_to("/dev/zero")])
@pytest.mark.parametrize("name", [SOUNDFONT, "bank.json"])
def test_a_bank_of_what_is_no_file_is_set_aside_or_not_there(
    tmp_path: Path, put: Callable[[Path], object], name: str
) -> None:
    cache = BankCache(tmp_path, 1 << 30)
    bank = kept(cache, 1)
    (tmp_path / "banks" / bank / name).unlink()
    put(tmp_path / "banks" / bank / name)
    assert cache.find(bank) is None
    assert cache.banks() == []
    assert kept(cache, 1) == bank


@pytest.mark.parametrize("pitches", [[0], [127], [36, 40, 41, 90]])
@pytest.mark.parametrize("velocities", [[1], [127], [40, 100]])
def test_every_key_and_velocity_has_one_sample(pitches: list[int], velocities: list[int]) -> None:
    sound = Sound(np.zeros(9, np.float32), 48_000)
    zones = zones_of([Sample(sound, pitch, velocity) for pitch in pitches for velocity in velocities])
    for key in range(MOST + 1):
        for velocity in range(1, MOST + 1):
            playing = [
                zone
                for zone in zones
                if zone.keys[0] <= key <= zone.keys[1] and zone.velocities[0] <= velocity <= zone.velocities[1]
            ]
            assert len(playing) == 1
