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
from reverie.timbre.bank.bank_files import zones_of
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


def options_for(recording: Path) -> dict[str, str]:
    options = {"audio.file.name": str(recording), "audio.file.type": "raw", "audio.file.format": "s16"}
    return options | {"synth.reverb.active": "0", "synth.chorus.active": "0", "synth.sample-rate": str(RATE)}


def beat(bars: int) -> Place:
    notes = [Note(960 * number, 60, (KICK, HAT)[number % 2]) for number in range(2 * bars)]
    return Place(1, "beat", "r", 0, 1, loop(*notes, bars=bars))


def kits_heard(recording: Path, bars: int) -> list[str]:
    """By bar the kits of which kick and hat are."""
    samples = heard(recording)
    return ["".join(_kit(samples, BAR * bar + at, drum) for drum, at in enumerate((0.0, 1.0))) for bar in range(bars)]


def test_a_voice_on_the_drum_channel_goes_from_kit_to_kit_on_a_bar_line(tmp_path: Path) -> None:
    need("fluidsynth")
    recording = tmp_path / "heard.raw"
    first = str(kit(tmp_path, "one"))
    player = RealPlayer(
        tmp_path,
        {"synth": {"kind": "fluidsynth", "soundfont": first, "audio": "file", "options": options_for(recording)}},
    )
    try:
        player.hear(SlotState, lambda slot: slot.up)
        player.tell(scene(Part("beat", "synth", 10), tempo=Tempo(120)), beat(4))
        player.hear(BarPlayed, lambda bar: bar.bar >= 0)
        player.tell(TakeBank(1, "beat", "two", str(kit(tmp_path, "two")), None, 0))
        player.hear(BankTaken, lambda taken: taken.bank == "two" and not taken.refused)
        player.hear(BarPlayed, lambda bar: bar.bar == 4)
    finally:
        player.end()
    kits = kits_heard(recording, 4)
    assert kits[0] == "oneone"
    assert kits[3] == "twotwo"
    assert kits == sorted(kits), "never back, and kick and hat of one bar are of one kit"


def test_drums_keep_their_kit_when_another_voice_is_given_a_bank(tmp_path: Path) -> None:
    """FluidSynth puts the channel of drums back to its first soundfont with each that it loads."""
    need("fluidsynth")
    recording = tmp_path / "heard.raw"
    first, other = kit(tmp_path, "one"), tmp_path / "other.sf2"
    other.write_bytes(first.read_bytes())
    silent = Place(1, "lead", "r", 0, 1, loop(Note(0, 60, 100), bars=6))  # a key that neither has
    player = RealPlayer(
        tmp_path,
        {"synth": {"kind": "fluidsynth", "soundfont": str(first), "audio": "file", "options": options_for(recording)}},
    )
    try:
        player.hear(SlotState, lambda slot: slot.up)
        player.tell(scene(Part("beat", "synth", 10), Part("lead", "synth", 1), tempo=Tempo(120)), beat(6), silent)
        player.hear(BarPlayed, lambda bar: bar.bar >= 0)
        player.tell(TakeBank(1, "beat", "two", str(kit(tmp_path, "two")), None, 0))
        player.hear(BankTaken, lambda taken: taken.bank == "two" and not taken.refused)
        player.tell(TakeBank(1, "lead", "other", str(other), None, 0))
        player.hear(BankTaken, lambda taken: taken.bank == "other" and not taken.refused)
        player.hear(BarPlayed, lambda bar: bar.bar == 6)
    finally:
        player.end()
    kits = kits_heard(recording, 6)
    assert kits[0] == "oneone"
    assert kits[5] == "twotwo"
    assert kits == sorted(kits), "a load has taken nothing from the drums"


def _kit(samples: NDArray[np.float64], begin: float, drum: int) -> str:
    """The kit whose drum sounds."""
    part = samples[round((begin + 0.03) * RATE) : round((begin + 0.3) * RATE)]
    spectrum = np.abs(np.fft.rfft(part * np.hanning(len(part)), 1 << 17))
    loudest = float(spectrum.argmax()) * RATE / (1 << 17)
    return min(HERTZ, key=lambda name: abs(HERTZ[name][drum] - loudest))
