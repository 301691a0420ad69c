"""What a maker of banks does not do twice: open its model, read a source, encode it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from fakes.timbre import RATE, FakeRenderer, sine
from reverie.models.library.card import read_card
from reverie.models.library.index import identity
from reverie.places import models_folder
from reverie.timbre import bank_maker, remembered_codes
from reverie.timbre.bank_maker import BankMaker
from reverie.timbre.remembered_codes import RememberedCodes
from reverie.timbre.render.abilities import Abilities
from reverie.timbre.request import BankRequest, Share

MODEL = models_folder() / "timbre.safetensors"
PITCHES = (48, 60, 72)


def wanted(folder: Path, weight: float) -> BankRequest:
    shares = tuple(
        Share(name, share, file=str(folder / f"{name}.wav"), pitch=60.0)
        for name, share in (("saw", weight), ("square", 1 - weight))
    )
    return BankRequest("test", shares, PITCHES, (100,), 0.3, -20.0, 1)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("saw", "square"):
        soundfile.write(tmp_path / f"{name}.wav", sine(60.0, odd=name == "square").samples, RATE)
    return tmp_path


def test_the_next_bank_of_the_same_sounds_costs_its_own_work_only(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[FakeRenderer] = []
    read: list[Path] = []

    def open_model(path: Path) -> FakeRenderer:
        opened.append(FakeRenderer(identity(read_card(path))))
        return opened[-1]

    reading = bank_maker.read_source

    def read_source(path: Path, *, pitch: float | None = None, rate: int) -> bank_maker.SoundSource:
        read.append(path)
        return reading(path, pitch=pitch, rate=rate)

    monkeypatch.setattr(bank_maker, "read_source", read_source)
    monkeypatch.setattr(bank_maker, "abilities_of", lambda _: Abilities())  # of a model that searches for nothing
    maker = BankMaker(MODEL, folder / "cache", 1 << 40, open_model=open_model)
    banks = [maker.make(wanted(folder, weight)).bank.id for weight in (0.5, 0.25, 0.75)]
    assert len(set(banks)) == 3
    assert (len(opened), len(read), opened[0].encoded) == (1, 2, 2 * len(PITCHES))

    soundfile.write(folder / "saw.wav", sine(60.0).samples * 0.5, RATE)
    changed = maker.make(wanted(folder, 0.5)).bank.id
    assert changed not in banks, "a source that was recorded again is another sound"
    assert (len(read), opened[0].encoded) == (3, 3 * len(PITCHES))


def test_what_is_remembered_is_what_would_be_encoded_and_not_more_than_so_many(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    inner = FakeRenderer()
    renderer = RememberedCodes(inner)
    sound = sine(60.0)
    monkeypatch.setattr(remembered_codes, "MOST", 2 * inner.code(sound, 48).nbytes)
    inner.encoded = 0
    for pitch in (48, 60, 48, 60):
        code = renderer.code(sound, pitch, own_pitch=60.0)
        assert np.array_equal(code, FakeRenderer().code(sound, pitch, own_pitch=60.0))
    assert inner.encoded == 2
    renderer.code(sound, 72, own_pitch=60.0)
    renderer.code(sound, 60, own_pitch=60.0)
    assert inner.encoded == 3, "the last two are remembered"
    renderer.code(sound, 48, own_pitch=60.0)
    assert inner.encoded == 4
    renderer.code(sound, 48, own_pitch=61.0)
    assert inner.encoded == 5, "the same sound of another pitch is transposed otherwise"
