"""Drum kits that a voice on the drum channel takes over while it plays, by ear."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from fakes.jack import need
from fakes.playing import RealPlayer, loop, scene
from fakes.sine_banks import RATE, heard
from reverie.music.notes import Note
from reverie.music.time import Tempo
from reverie.play.messages import BankTaken, BarPlayed, Part, Place, SlotState, TakeBank
from reverie.timbre.bank.bank import zones_of
from reverie.timbre.bank.sf2 import sf2_bytes
from reverie.timbre.bank.zone import Sample
from reverie.timbre.sound import Sound

pytestmark = pytest.mark.real

BAR = 2.0
KICK, HAT = 36, 42
HERTZ = {"one": (300.0, 2100.0), "two": (500.0, 3300.0)}
"""Of kick and hat, by kit."""


def kit(folder: Path, name: str) -> Path:
    times = np.arange(24_000) / 48_000
    tones = [0.4 * np.sin(2 * np.pi * hertz * times) * np.exp(-8 * times) for hertz in HERTZ[name]]
    sounds = [Sound(tone.astype(np.float32), 48_000) for tone in tones]
    samples = [Sample(sound, key, 100) for key, sound in zip((KICK, HAT), sounds, strict=True)]
    path = folder / f"{name}.sf2"
    path.write_bytes(sf2_bytes(zones_of(samples, drums=True), name, [], ""))
    return path


def test_a_voice_on_the_drum_channel_goes_from_kit_to_kit_on_a_bar_line(tmp_path: Path) -> None:
    need("fluidsynth")
    recording = tmp_path / "heard.raw"
    options = {"audio.file.name": str(recording), "audio.file.type": "raw", "audio.file.format": "s16"}
    options |= {"synth.reverb.active": "0", "synth.chorus.active": "0", "synth.sample-rate": str(RATE)}
    first = str(kit(tmp_path, "one"))
    player = RealPlayer(
        tmp_path, {"synth": {"kind": "fluidsynth", "soundfont": first, "audio": "file", "options": options}}
    )
    try:
        player.hear(SlotState, lambda slot: slot.up)
        notes = [Note(960 * number, 60, (KICK, HAT)[number % 2]) for number in range(8)]
        player.tell(
            scene(Part("beat", "synth", 10), tempo=Tempo(120)), Place(1, "beat", "r", 0, 1, loop(*notes, bars=4))
        )
        player.hear(BarPlayed, lambda bar: bar.bar >= 0)
        player.tell(TakeBank(1, "beat", "two", str(kit(tmp_path, "two")), None, 0))
        player.hear(BankTaken, lambda taken: taken.bank == "two" and not taken.refused)
        player.hear(BarPlayed, lambda bar: bar.bar == 4)
    finally:
        player.end()
    samples = heard(recording)
    kits = ["".join(_kit(samples, BAR * bar + at, drum) for drum, at in enumerate((0.0, 1.0))) for bar in range(4)]
    assert kits[0] == "oneone"
    assert kits[3] == "twotwo"
    assert kits == sorted(kits), "never back, and kick and hat of one bar are of one kit"


def _kit(samples: NDArray[np.float64], begin: float, drum: int) -> str:
    """The kit whose drum sounds."""
    part = samples[round((begin + 0.03) * RATE) : round((begin + 0.3) * RATE)]
    spectrum = np.abs(np.fft.rfft(part * np.hanning(len(part)), 1 << 17))
    loudest = float(spectrum.argmax()) * RATE / (1 << 17)
    return min(HERTZ, key=lambda name: abs(HERTZ[name][drum] - loudest))
