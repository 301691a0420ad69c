"""Drum kits as files: by FluidSynth each drum sounds at its own key alone, rings out, and is choked where hats are."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from fakes.played_fonts import hertz_of, level, played
from reverie.music.drums import DRUMS
from reverie.timbre.bank.bank_files import zones_of
from reverie.timbre.bank.finish import finish
from reverie.timbre.bank.loudness import loudest
from reverie.timbre.bank.sf2 import sf2_bytes
from reverie.timbre.bank.sfz import sfz_text
from reverie.timbre.bank.zone import Sample, Zone
from reverie.timbre.sound import NoteRequest, Sound

RATE = 16_000
HERTZ = {"bass": 220.0, "snare": 700.0, "closed-hat": 3000.0, "open-hat": 4000.0}
LEVEL = -20.0


def _struck(hertz: float, seconds: float = 1.0) -> Sound:
    times = np.arange(round(seconds * RATE)) / RATE
    return Sound((0.5 * np.sin(2 * np.pi * hertz * times) * np.exp(-3 * times)).astype(np.float32), RATE)


def samples(pitch: float | None = None) -> list[Sample]:
    notes = [NoteRequest(pitch, 100, 1.0, own_key=DRUMS[name]) for name in HERTZ]
    return finish(notes, [_struck(hertz) for hertz in HERTZ.values()], LEVEL, kit=True)


def zones() -> list[Zone]:
    return zones_of(samples(), drums=True)


def font() -> bytes:
    return sf2_bytes(zones(), "kit", [], "")


@pytest.mark.parametrize("pitch", [None, 57.4])
def test_a_drum_stays_at_the_pitch_at_which_it_was_rendered(pitch: float | None) -> None:
    assert [sample.cents for sample in samples(pitch)] == [0.0] * len(HERTZ)
    spectrum = np.abs(np.fft.rfft(samples(pitch)[0].sound.samples, 1 << 18))
    assert spectrum.argmax() * 48_000 / (1 << 18) == pytest.approx(HERTZ["bass"], rel=0.003)


def test_drums_are_balanced_as_those_of_a_set_are_and_never_held() -> None:
    loudness = {
        name: 20 * np.log10(loudest(sample.sound.samples.astype(np.float64), 48_000))
        for name, sample in zip(HERTZ, samples(), strict=True)
    }
    assert loudness["bass"] == pytest.approx(LEVEL, abs=0.3)
    assert loudness["snare"] == pytest.approx(LEVEL, abs=0.3)
    assert loudness["closed-hat"] == pytest.approx(LEVEL - 10, abs=0.3)
    times = np.arange(RATE) / RATE
    held = [Sound(np.sin(2 * np.pi * 220 * times).astype(np.float32), RATE)]
    assert finish([NoteRequest(57, 100, 1.0, own_key=36)], held, LEVEL, kit=True)[0].loop is None
    assert finish([NoteRequest(57, 100, 1.0)], held, LEVEL)[0].loop is not None


def test_an_sfz_has_one_key_for_each_drum_which_rings_out() -> None:
    regions = [set(region.split()) for region in sfz_text(zones(), "kit", []).split("<region>")[1:]]
    keys = [DRUMS[name] for name in HERTZ]
    for key, region in zip(sorted(keys), regions, strict=True):
        assert {f"lokey={key}", f"hikey={key}", f"pitch_keycenter={key}", "loop_mode=one_shot"} < region
        assert ({"group=1", "off_by=1"} < region) == (key in (42, 46))


@pytest.mark.real
def test_fluidsynth_plays_each_drum_at_its_key_and_nothing_at_the_others(tmp_path: Path) -> None:
    strikes = [(float(number), 0.1, DRUMS[name], 100) for number, name in enumerate(HERTZ)]
    silent = [(float(len(HERTZ) + number), 0.5, key, 127) for number, key in enumerate((35, 37, 41, 43, 60))]
    heard = played(font(), strikes + silent, tmp_path)
    for (begin, *_), hertz in zip(strikes, HERTZ.values(), strict=True):
        assert hertz_of(heard, begin + 0.02, begin + 0.5) == pytest.approx(hertz, rel=0.01)
    for begin, *_ in silent[1:]:
        assert level(heard, begin, begin + 0.5) < -120


@pytest.mark.real
@pytest.mark.parametrize("channel", [1, 10])
def test_fluidsynth_finds_the_kit_on_the_channel_of_drums_too(channel: int, tmp_path: Path) -> None:
    heard = played(font(), [(0.0, 0.1, 38, 100)], tmp_path, channel)
    assert hertz_of(heard, 0.02, 0.5) == pytest.approx(HERTZ["snare"], rel=0.01)


@pytest.mark.real
def test_a_drum_rings_out_after_its_key_is_released(tmp_path: Path) -> None:
    tapped = played(font(), [(0.0, 0.02, 36, 100)], tmp_path)
    held = played(font(), [(0.0, 0.9, 36, 100)], tmp_path)
    for begin in (0.1, 0.3, 0.5):
        assert level(tapped, begin, begin + 0.1) == pytest.approx(level(held, begin, begin + 0.1), abs=1.0)


@pytest.mark.real
def test_a_closed_hat_ends_the_open_one_and_a_snare_does_not(tmp_path: Path) -> None:
    opened = (0.0, 0.1, 46, 127)
    alone = played(font(), [opened], tmp_path)
    closed = played(font(), [opened, (0.3, 0.1, 42, 1)], tmp_path)
    with_snare = played(font(), [opened, (0.3, 0.1, 38, 1)], tmp_path)
    ringing = level(alone, 0.5, 0.6)
    assert level(with_snare, 0.5, 0.6) == pytest.approx(ringing, abs=0.5)
    assert level(closed, 0.5, 0.6) < ringing - 20
