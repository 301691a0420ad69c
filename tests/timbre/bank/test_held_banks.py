"""A key that is held for eight seconds: at every pitch of banks of the shipped sounds, and of mixtures of them."""

from __future__ import annotations

import functools

import numpy as np
import pytest
from numpy.typing import NDArray

from reverie.models.library.bundle import read_bundle
from reverie.places import models_folder, sounds_folder
from reverie.timbre.bank.finish import RATE, finish
from reverie.timbre.bank.zone import Sample
from reverie.timbre.render.signal_renderer import SignalRenderer
from reverie.timbre.sound import NoteRequest
from reverie.timbre.sources.source import SoundSource, read_source

PITCHES, LOW_PITCHES = (48, 54, 60, 66, 72), (30, 36, 42, 48, 54)
HELD = 8.0
_SPAN = RATE // 100
"""Samples over which loudness is measured, longer than a period."""

ALONE = ("bass", "bell", "cat", "flute", "metal", "pluck", "reed", "voice")
MIXED = ("cat bass", "flute cat", "bell voice", "reed metal", "pluck flute", "voice reed")


@functools.cache
def renderer() -> SignalRenderer:
    return SignalRenderer(read_bundle(models_folder() / "signals.safetensors"))


@functools.cache
def source(name: str) -> SoundSource:
    return read_source(sounds_folder() / f"{name}.flac", rate=RATE)


def bank(*names: str) -> list[Sample]:
    pitches = LOW_PITCHES if "bass" in names else PITCHES
    codes = [
        renderer().mix(
            [renderer().code(source(name).sound, pitch, own_pitch=source(name).pitch) for name in names],
            [1 / len(names)] * len(names),
        )
        for pitch in pitches
    ]
    notes = [NoteRequest(pitch, 100, 2.0) for pitch in pitches]
    rendering = renderer().begin(codes, notes, 1)
    while not rendering.advance():
        pass
    return finish(notes, rendering.sounds(), -20.0)


def held(sample: Sample) -> NDArray[np.float64]:
    """What a sampler makes of it until the key is released."""
    samples = sample.sound.samples.astype(np.float64)
    if sample.loop is None:
        return samples
    again = samples[sample.loop.start : sample.loop.end]
    count = int(HELD * RATE / len(again)) + 1
    return np.concatenate([samples[: sample.loop.end], *[again] * count])[: round(HELD * RATE)]


def levels(samples: NDArray[np.float64]) -> NDArray[np.float64]:
    """Loudness in dB, every 10 ms, over 50 ms each, for as long as it is heard."""
    power = np.square(samples[: len(samples) // _SPAN * _SPAN]).reshape(-1, _SPAN).mean(axis=1)
    level = 10 * np.log10(np.convolve(power, np.ones(5) / 5, "valid") + 1e-12)
    return level[: 1 + int(np.flatnonzero(level > level.max() - 50)[-1])]


@pytest.mark.parametrize("names", [*ALONE, *MIXED])
def test_a_held_key_sounds_on_or_dies_away_and_neither_stops_nor_swells_nor_pulses(names: str) -> None:
    for sample in bank(*names.split()):
        level = levels(held(sample))
        loudest = int(level.argmax())
        assert (level[loudest:-5] - level[loudest + 5 :]).max(initial=0.0) <= 12, "a drop within 50 ms"
        after = level[max(loudest, 60) :]
        assert (after - np.minimum.accumulate(after)).max(initial=0.0) <= 3, "it becomes louder again"
        if sample.loop is not None:
            looped = level[(sample.loop.start // _SPAN) + 20 :]
            assert np.ptp(looped) <= 1, "it pulses"


@pytest.mark.parametrize("names", [*ALONE, *MIXED])
def test_all_pitches_of_a_timbre_are_held_or_none_is(names: str) -> None:
    assert len({sample.loop is None for sample in bank(*names.split())}) == 1
