"""A bank of NSynth that takes several nights: left when the hours are over, it is gone on with where it was."""

from __future__ import annotations

from pathlib import Path

import pytest

from fakes.nsynth import SETTINGS, bundle_of, variables
from reverie.models.library.bundle import write_bundle
from reverie.models.nsynth.weights import weights_from
from reverie.places import sounds_folder
from reverie.timbre.bank_maker import BankMaker
from reverie.timbre.errors import PostponedError
from reverie.timbre.executors import executor
from reverie.timbre.render.nsynth import NSynthRendering
from reverie.timbre.request import BankRequest, Share

NIGHTS = 4


class MorningError(Exception):
    """The hours are over."""


@pytest.fixture
def model(tmp_path: Path) -> Path:
    path = tmp_path / "small.safetensors"
    write_bundle(path, bundle_of(weights_from(variables()), SETTINGS))
    return path


@pytest.fixture
def steps(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Where the decoder was at each step; a slice is one step, and each is kept."""
    seen: list[int] = []

    def advance(rendering: NSynthRendering) -> bool:
        seen.append(rendering.decoding.position)
        rendering.step()
        return rendering.done == 1

    monkeypatch.setattr(NSynthRendering, "advance", advance)
    monkeypatch.setattr(executor, "KEEP_EVERY", 0.0)
    monkeypatch.setattr(executor, "_KEEPING_SHARE", 1e9)
    return seen


def order() -> BankRequest:
    share = Share("flute", 1.0, str(sounds_folder() / "flute.flac"), 72.0)
    return BankRequest("a bank", (share,), (60, 67), (100,), 0.1, -20.0, 1)


def maker(model: Path, cache: Path) -> BankMaker:
    """As a daemon has it that has just begun."""
    return BankMaker(model, cache, 10**9)


def wavs(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.glob("*.wav"))}


def test_over_nights_and_restarts_it_becomes_the_very_bank_of_one_night(
    model: Path, tmp_path: Path, steps: list[int]
) -> None:
    whole = maker(model, tmp_path / "whole").make(order())
    undisturbed = steps.copy()
    assert len(undisturbed) > 5 * NIGHTS
    steps.clear()
    cache = tmp_path / "nights"
    for night in range(1, NIGHTS + 1):

        def until_morning(_: float, night: int = night) -> None:
            if len(steps) >= 5 * night:
                raise MorningError

        with pytest.raises(MorningError):
            maker(model, cache).make(order(), until_morning)
        before = steps.copy()
        with pytest.raises(PostponedError, match="a bank is not in the cache"):
            maker(model, cache).make(order(), only_found=True)
        assert steps == before, "by day nothing is computed"
    made = maker(model, cache).make(order())
    assert steps == undisturbed, "nothing was computed twice, and nothing left out"
    assert not made.found
    assert wavs(made.bank.folder) == wavs(whole.bank.folder)
    again = maker(model, cache).make(order(), only_found=True)
    assert again.found
