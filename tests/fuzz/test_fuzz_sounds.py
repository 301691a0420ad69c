"""Damaged sound files and soundfonts: used, or refused in one sentence; never a traceback, a hang or a false health."""

from __future__ import annotations

import io
import math
import time
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import TypeVar

import numpy as np
import pytest
import soundfile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fakes.jack import need, wait_until
from fakes.soundfonts import font
from reverie.midi.errors import DeviceError
from reverie.play.outputs.fluidsynth import FluidSynth, find_soundfont
from reverie.timbre.bank.sf2 import sf2_bytes
from reverie.timbre.bank.zone import Sample, Zone
from reverie.timbre.errors import TimbreError
from reverie.timbre.sound import Sound
from reverie.timbre.sources.source import read_source

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

LONGEST = 20.0
"""Seconds in which a file of a few kilobytes is surely read, on a machine that does other things too."""
FORMATS = (
    ("WAV", "PCM_16"),
    ("WAV", "PCM_24"),
    ("WAV", "FLOAT"),
    ("WAV", "IMA_ADPCM"),
    ("AIFF", "PCM_16"),
    ("FLAC", "PCM_16"),
    ("OGG", "VORBIS"),
    ("MP3", "MPEG_LAYER_III"),
)
HEADER = 120
"""Bytes at the beginning in which most harm is done."""

T = TypeVar("T")
Harm = Callable[[bytes], bytes]


def fuzz(examples: int) -> settings:
    """So many examples, each of which takes as long as it does."""
    checks = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
    return settings(max_examples=examples, deadline=None, suppress_health_check=checks)


@cache
def sound_file(kind: str, subtype: str) -> bytes:
    """A fifth of a second of a tone."""
    tone = 0.5 * np.sin(2 * np.pi * 440 * np.arange(3200) / 16_000)
    file = io.BytesIO()
    soundfile.write(file, tone.astype(np.float32), 16_000, format=kind, subtype=subtype)
    return file.getvalue()


def _write(at: int, new: bytes) -> Harm:
    return lambda data: data[: at % len(data)] + new + data[at % len(data) + len(new) :]


def _cut(share: float) -> Harm:
    return lambda data: data[: int(len(data) * share)]


def _insert(at: int, new: bytes) -> Harm:
    return lambda data: data[: at % len(data)] + new + data[at % len(data) :]


WORDS = st.sampled_from([b"\0\0\0\0", b"\xff\xff\xff\xff", b"\x7f\xff\xff\xff", b"\xff\xff\xff\x7f", b"\0\0\0\x80"])
PLACES = st.integers(0, HEADER) | st.integers(0, 1 << 20)
HARMS = st.lists(
    st.one_of(
        st.builds(_write, PLACES, WORDS | st.binary(min_size=1, max_size=4)),
        st.builds(_cut, st.floats(0.0, 1.0)),
        st.builds(_insert, PLACES, st.binary(min_size=1, max_size=40)),
    ),
    min_size=1,
    max_size=6,
)
BLOWS = st.lists(
    st.builds(_write, st.integers(-600, -1), WORDS | st.binary(min_size=1, max_size=2)), min_size=1, max_size=3
)
"""Harm that leaves a soundfont as long as it is, behind its samples where its presets are."""


def harmed(data: bytes, harms: list[Harm]) -> bytes:
    for harm in harms:
        data = harm(data) or b"\0"
    return data


def attempt(use: Callable[[], T]) -> tuple[T | None, str]:
    """What comes of it, or with which sentence it is refused."""
    try:
        return use(), ""
    except (DeviceError, TimbreError) as error:
        return None, str(error)


def is_plain(sentence: str) -> bool:
    return "\n" not in sentence and "Traceback" not in sentence and len(sentence) < 1000


@fuzz(400)
@given(made=st.sampled_from(FORMATS), harms=HARMS)
def test_a_damaged_sound_file_is_used_or_refused(tmp_path: Path, made: tuple[str, str], harms: list[Harm]) -> None:
    path = tmp_path / f"damaged.{made[0].lower()}"
    path.write_bytes(harmed(sound_file(*made), harms))
    begun = time.monotonic()
    source, refusal = attempt(lambda: read_source(path))
    assert time.monotonic() - begun < LONGEST
    assert is_plain(refusal)
    if source is None:
        assert str(path) in refusal
    else:
        assert np.isfinite(source.sound.samples).all()
        assert source.pitch is None or math.isfinite(source.pitch)
        assert all(is_plain(warning) for warning in source.warnings)


@fuzz(200)
@given(data=st.binary(max_size=200), head=st.sampled_from([b"", b"RIFF", b"fLaC", b"OggS", b"ID3\3\0", b"\xff\xfb"]))
def test_bytes_that_are_no_sound_are_refused(tmp_path: Path, head: bytes, data: bytes) -> None:
    path = tmp_path / "noise"
    path.write_bytes(head + data)
    source, refusal = attempt(lambda: read_source(path))
    assert refusal if source is None else np.isfinite(source.sound.samples).all()


@fuzz(200)
@given(harms=HARMS)
def test_a_damaged_soundfont_is_found_or_refused(tmp_path: Path, harms: list[Harm]) -> None:
    path = tmp_path / "damaged.sf2"
    path.write_bytes(harmed(font(tmp_path / "whole.sf2").read_bytes(), harms))
    found, refusal = attempt(lambda: find_soundfont(str(path)))
    assert found == path or refusal
    assert is_plain(refusal)


def loudness(recording: Path, begin: int) -> int:
    """The loudest sample behind a byte of a recording."""
    heard = np.frombuffer(recording.read_bytes()[begin // 4 * 4 :], "<i2")
    return int(np.abs(heard.astype(np.int32)).max(initial=0))


def play(path: Path, recording: Path) -> str:
    """Play notes through a soundfont as a slot does: what is said of it, or empty if that is nothing."""
    options = {"audio.file.name": str(recording), "audio.file.type": "raw", "synth.reverb.active": "0"}
    synth = FluidSynth(str(path), "file", options=options)
    try:
        synth.open()
        wait_until(synth.poll)
        size = recording.stat().st_size
        for key in (36, 48, 60, 72, 84):
            synth.send(bytes((0x90, key, 110)))
        synth.flush()
        wait_until(lambda: synth.poll() and recording.stat().st_size > size + 44_100)  # a quarter of a second
        wait_until(lambda: synth.poll() and not synth._hearing._probes)
        return synth.trouble.sentence if synth.trouble else ""
    finally:
        synth.close()


@pytest.mark.real
@fuzz(60)
@given(harms=BLOWS)
def test_a_damaged_soundfont_sounds_or_something_is_said(tmp_path: Path, harms: list[Harm]) -> None:
    need("fluidsynth")
    path, recording = tmp_path / "damaged.sf2", tmp_path / "heard.raw"
    path.write_bytes(harmed(font(tmp_path / "whole.sf2").read_bytes(), harms))
    recording.unlink(missing_ok=True)
    heard, refusal = attempt(lambda: play(path, recording))
    assert is_plain(heard or refusal)
    if not (heard or refusal):
        assert loudness(recording, 0) > 30


TEXTS = st.text(max_size=80)


@pytest.mark.real
@fuzz(25)
@given(
    title=TEXTS,
    comments=st.lists(TEXTS, max_size=3),
    licence=TEXTS,
    rate=st.sampled_from([4_000, 16_000, 44_100, 96_000]),
    seconds=st.floats(0.01, 0.3),
    pitch=st.integers(0, 127),
)
def test_whatever_we_write_as_a_soundfont_fluidsynth_plays(
    tmp_path: Path, title: str, comments: list[str], licence: str, rate: int, seconds: float, pitch: int
) -> None:
    need("fluidsynth")
    path, recording = tmp_path / "ours.sf2", tmp_path / "heard.raw"
    tone = 0.5 * np.sin(2 * np.pi * 400 * np.arange(round(rate * seconds) + 48) / rate)
    sample = Sample(Sound(tone.astype(np.float32), rate), pitch, 100)
    path.write_bytes(sf2_bytes([Zone(sample, "a.wav", (0, 127), (0, 127))], title, comments, licence))
    recording.unlink(missing_ok=True)
    assert play(path, recording) == ""
    assert loudness(recording, 0) > 30
