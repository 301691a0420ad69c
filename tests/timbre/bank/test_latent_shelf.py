"""The latents that are kept: found by what they are of, whole or not at all, and never too many."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from reverie.timbre.bank import latent_shelf
from reverie.timbre.bank.latent_shelf import LatentShelf
from reverie.timbre.recipe import Ingredient

CAT = Ingredient(0.5, sound="ca" * 32, own_pitch=67.25, fit=1)
FOUND = np.arange(4, dtype=np.float32)


def test_what_was_found_is_found_again_whatever_its_share(tmp_path: Path) -> None:
    shelf = LatentShelf(tmp_path, "model")
    assert shelf.get(CAT) is None
    assert shelf.bytes == 0
    shelf.keep(CAT, FOUND)
    again = LatentShelf(tmp_path, "model").get(Ingredient(0.1, sound=CAT.sound, own_pitch=67.25, fit=1))
    assert again is not None
    assert again.tobytes() == FOUND.tobytes()
    assert 0 < shelf.bytes < 2000


@pytest.mark.parametrize(
    "other",
    [
        Ingredient(0.5, sound="cb" * 32, own_pitch=67.25, fit=1),
        Ingredient(0.5, sound=CAT.sound, own_pitch=67.26, fit=1),
        Ingredient(0.5, sound=CAT.sound, own_pitch=None, fit=1),
        Ingredient(0.5, sound=CAT.sound, own_pitch=67.25, fit=2),
    ],
)
def test_another_sound_pitch_or_search_is_another_latent(tmp_path: Path, other: Ingredient) -> None:
    shelf = LatentShelf(tmp_path, "model")
    shelf.keep(CAT, FOUND)
    assert shelf.get(other) is None
    assert LatentShelf(tmp_path, "another").get(CAT) is None


@pytest.mark.parametrize("damage", [lambda data: data[:-20], lambda _: b"", lambda data: b"x" * len(data)])
def test_what_is_damaged_is_not_there(tmp_path: Path, damage: Callable[[bytes], bytes]) -> None:
    shelf = LatentShelf(tmp_path, "model")
    shelf.keep(CAT, FOUND)
    (path,) = (tmp_path / "latents").iterdir()
    path.write_bytes(damage(path.read_bytes()))
    assert shelf.get(CAT) is None
    for wrong in (FOUND.astype(np.float64), np.array([np.nan], np.float32)):
        shelf.keep(CAT, wrong)  # pyright: ignore[reportArgumentType]
        assert shelf.get(CAT) is None


def test_the_oldest_make_room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(latent_shelf, "MOST", 3)
    shelf = LatentShelf(tmp_path, "model")
    sounds = [Ingredient(1.0, sound=f"{number:064}", fit=1) for number in range(5)]
    for number, sound in enumerate(sounds):
        shelf.keep(sound, FOUND)
        for path in (tmp_path / "latents").iterdir():
            before = path.stat().st_mtime - 10
            os.utime(path, (before, before))
        assert len([*(tmp_path / "latents").iterdir()]) == min(number + 1, 3)
    assert [shelf.get(sound) is not None for sound in sounds] == [False, False, True, True, True]
