"""Instruments of banks and soundfonts are what they were made of, and small."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from fakes.banks import make_bank
from fakes.soundfonts import font
from reverie.browser_sounds.bank_samples import MOST, bank_instrument
from reverie.browser_sounds.making import SoundMaking
from reverie.browser_sounds.sound_files import SoundFiles
from reverie.browser_sounds.sound_jobs import BankSound, ProgramSound
from reverie.timbre.bank.bank import Bank

QUOTA = 10_000_000


def read(folder: Path, page: str) -> tuple[dict[str, Any], NDArray[np.float64], int]:
    said = json.loads((folder / page).read_text())
    sound: Any = soundfile
    samples, rate = sound.read(str(folder / said["audio"]["file"]), dtype="float64")
    return said, samples, rate


def hertz(samples: NDArray[np.float64], rate: int) -> float:
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples)), 1 << 17))
    return int(np.argmax(spectrum)) * rate / (1 << 17)


def of_zone(zone: dict[str, Any], samples: NDArray[np.float64], rate: int) -> NDArray[np.float64]:
    return samples[round(zone["at"] * rate) : round((zone["at"] + zone["seconds"]) * rate)]


def test_a_bank_becomes_an_instrument_with_its_pitches(tmp_path: Path) -> None:
    bank = make_bank(tmp_path / "cache", 1, (48, 60, 72), 1.0)
    made = SoundMaking(tmp_path / "sounds", QUOTA).make(BankSound(bank.id, str(bank.folder), "creature"))
    assert made.fault == ""
    page, samples, rate = read(tmp_path / "sounds", made.page)
    assert page["title"] == "creature"
    assert [zone["root"] for zone in page["zones"]] == [48, 60, 72]
    assert [zone["keys"] for zone in page["zones"]] == [[0, 54], [55, 66], [67, 127]]
    for zone in page["zones"]:
        wanted = 440 * 2 ** ((zone["root"] - 69) / 12)
        assert hertz(of_zone(zone, samples, rate), rate) == pytest.approx(wanted, rel=0.01)
    assert (
        SoundFiles(tmp_path / "sounds", QUOTA).recall(BankSound(bank.id, str(bank.folder), "creature").origin)
        == made.page
    )


def test_a_large_bank_has_fewer_keys_in_a_browser_and_all_of_them_sound(tmp_path: Path) -> None:
    bank = make_bank(tmp_path, 2, tuple(range(36, 84, 2)), 1.5)
    packed = bank_instrument(bank, "large")
    zones = packed.instrument.zones
    assert 4 <= len(zones) < 24
    assert packed.instrument.seconds < MOST + 1
    assert [sum(zone.keys[0] <= key <= zone.keys[1] for zone in zones) for key in range(128)] == [1] * 128


def test_softest_and_loudest_of_a_banks_velocities_were_not_heard_in_browsers_where_there_were_many(
    tmp_path: Path,
) -> None:
    bank = make_bank(tmp_path, 4, (48, 60, 72, 84), 2.0)
    ranges = {50: (1, 70), 90: (71, 105), 120: (106, 127)}
    rows: list[dict[str, Any]] = [
        {**row, "velocity": velocity, "velocities": layer}
        for row in bank.card["zones"]
        for velocity, layer in ranges.items()
    ]
    fits = bank_instrument(Bank(bank.id, bank.folder, {**bank.card, "zones": rows}), "layers").instrument.zones
    assert sorted({zone.velocities for zone in fits}) == [*ranges.values()], "24 seconds are all that fits"
    longer = [*rows, *({**row, "variation": 1, "variations": 2} for row in rows)]
    longer += [{**row, "pitch": row["pitch"] + 1, "keys": (90, 91)} for row in rows if row["pitch"] == 84]
    zones = bank_instrument(Bank(bank.id, bank.folder, {**bank.card, "zones": longer}), "layers").instrument.zones
    assert sorted({zone.velocities for zone in zones}) == [(1, 85), (86, 127)]
    assert {zone.root for zone in zones} == {48, 60, 72, 84, 85}, "keys are the last to go"


def test_a_bank_that_is_gone_is_a_fault_that_is_said(tmp_path: Path) -> None:
    made = SoundMaking(tmp_path, QUOTA).make(BankSound("aa", str(tmp_path / "none"), "gone"))
    assert made.page == ""
    assert "No such file" in made.fault


def test_variations_come_in_turn(tmp_path: Path) -> None:
    bank = make_bank(tmp_path, 3, (60,), 0.5)
    rows = [{**bank.card["zones"][0], "variation": number, "variations": 2} for number in range(2)]
    packed = bank_instrument(Bank(bank.id, bank.folder, {**bank.card, "zones": rows}), "two")
    assert [(zone.variation, zone.variations) for zone in packed.instrument.zones] == [(0, 2), (1, 2)]


@pytest.mark.real
def test_a_program_of_a_soundfont_becomes_an_instrument(tmp_path: Path) -> None:
    assert shutil.which("fluidsynth"), "make system-test installs it"
    path = font(tmp_path / "sine.sf2", program=11)
    job = ProgramSound(str(path), "stamp", 11, drums=(), low=48, high=72, title="sine")
    made = SoundMaking(tmp_path / "sounds", QUOTA).make(job)
    assert made.fault == ""
    page, samples, rate = read(tmp_path / "sounds", made.page)
    assert len(page["zones"]) == 5
    for zone in page["zones"]:
        assert "loop" in zone, "a sine that lasts for ever is looped"
        wanted = 441 * 2 ** ((zone["root"] - 60) / 12)
        assert hertz(of_zone(zone, samples, rate), rate) == pytest.approx(wanted, rel=0.01)


@pytest.mark.real
def test_a_program_that_a_soundfont_lacks_is_no_instrument(tmp_path: Path) -> None:
    path = font(tmp_path / "sine.sf2", program=11, keys=(0, 10))
    job = ProgramSound(str(path), "stamp", 11, drums=(), low=48, high=72, title="sine")
    made = SoundMaking(tmp_path / "sounds", QUOTA).make(job)
    assert made.page == ""
    assert "no sound for program 11" in made.fault


@pytest.mark.real
def test_a_kit_has_the_drums_that_are_wanted_and_no_others(tmp_path: Path) -> None:
    path = font(tmp_path / "kit.sf2", bank=128, program=8)
    job = ProgramSound(str(path), "stamp", 8, drums=(36, 38, 42), low=0, high=127, title="kit")
    made = SoundMaking(tmp_path / "sounds", QUOTA).make(job)
    page, _, _ = read(tmp_path / "sounds", made.page)
    assert [(zone["keys"], zone["drum"]) for zone in page["zones"]] == [([key, key], True) for key in (36, 38, 42)]
    assert [zone.get("choke", 0) for zone in page["zones"]] == [0, 0, 1]
