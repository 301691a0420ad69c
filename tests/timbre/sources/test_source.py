"""Sound files of every kind: heard, or refused with the reason."""

from __future__ import annotations

import os
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from fakes.data import data_folder
from reverie.timbre.errors import TimbreError
from reverie.timbre.recipe import Ingredient
from reverie.timbre.sources.decode import RATE
from reverie.timbre.sources.source import NOT_STATED, Provenance, SoundSource, read_source
from reverie.timbre.sources.source_files import find_source, shipped_sounds


def tone(rate: int = 48_000, seconds: float = 1.0, hertz: float = 440.0, amplitude: float = 0.5) -> NDArray[np.float32]:
    return (amplitude * np.sin(2 * np.pi * hertz * np.arange(round(rate * seconds)) / rate)).astype(np.float32)


def written(path: Path, samples: NDArray[np.floating], rate: int = 48_000, subtype: str | None = None) -> Path:
    soundfile.write(path, samples, rate, subtype=subtype)
    return path


def refusal(path: Path) -> str:
    with pytest.raises(TimbreError) as caught:
        read_source(path)
    message = str(caught.value)
    assert message.startswith(f"{path} ")
    assert "\n" not in message
    return message.removeprefix(f"{path} ")


def hertz(source: SoundSource) -> float:
    spectrum = np.abs(np.fft.rfft(source.sound.samples * np.hanning(len(source.sound.samples))))
    return float(spectrum.argmax()) * RATE / len(source.sound.samples)


@pytest.mark.parametrize(
    ("name", "rate", "subtype"),
    [
        ("a.wav", 48_000, "PCM_16"),
        ("a.wav", 44_100, "PCM_24"),
        ("a.wav", 192_000, "PCM_32"),
        ("a.wav", 8_000, "PCM_U8"),
        ("a.wav", 11_025, "ULAW"),
        ("a.wav", 16_000, "FLOAT"),
        ("a.wav", 96_000, "DOUBLE"),
        ("a.flac", 192_000, "PCM_24"),
        ("a.flac", 22_050, "PCM_S8"),
        ("a.mp3", 44_100, "MPEG_LAYER_III"),
        ("a.mp3", 16_000, "MPEG_LAYER_III"),
    ],
)
def test_any_format_rate_and_width_is_heard_at_its_pitch_and_as_loud(
    tmp_path: Path, name: str, rate: int, subtype: str
) -> None:
    source = read_source(written(tmp_path / name, tone(rate), rate, subtype))
    assert source.sound.rate == RATE
    assert source.sound.samples.dtype == np.float32
    assert source.sound.seconds == pytest.approx(1.0, abs=0.1)
    assert hertz(source) == pytest.approx(440, abs=1.5)
    assert source.level == pytest.approx(-9.0, abs=0.3)
    assert source.peak == pytest.approx(-6.0, abs=0.3)
    assert source.warnings == ()


def test_an_mp3_read_in_blocks_sounds_as_one_read_in_one_go(tmp_path: Path) -> None:
    chirp = np.sin(np.cumsum(np.linspace(0.01, 1.0, 3 * RATE))).astype(np.float32) / 2
    path = written(tmp_path / "chirp.mp3", chirp, RATE)
    whole, _ = soundfile.read(path, dtype="float32")
    heard = read_source(path).sound.samples
    assert heard == pytest.approx(whole[: len(heard)] - whole[: len(heard)].mean(), abs=1e-3)


def test_what_lies_beyond_half_the_rate_is_not_folded_back(tmp_path: Path) -> None:
    rate = 192_000
    both = tone(rate) + tone(rate, hertz=15_000.0)
    source = read_source(written(tmp_path / "high.wav", both / 2, rate))
    assert source.level == pytest.approx(-15.05, abs=0.1)  # of the tone at 440 Hz alone


def test_two_channels_are_heard_as_their_mean(tmp_path: Path) -> None:
    left, right = tone(), tone(hertz=660.0)
    source = read_source(written(tmp_path / "stereo.wav", np.stack([left, right], axis=1)))
    alone = read_source(written(tmp_path / "mono.wav", (left + right) / 2))
    assert source.sound.samples == pytest.approx(alone.sound.samples, abs=1e-4)
    assert source.warnings == ()


@pytest.mark.parametrize("share", [1.0, 0.8])
def test_of_channels_that_cancel_each_other_the_loudest_is_heard(tmp_path: Path, share: float) -> None:
    path = written(tmp_path / "wide.wav", np.stack([share * tone(), -tone()], axis=1))
    source = read_source(path)
    assert source.level == pytest.approx(-9.0, abs=0.1)
    assert source.warnings == (f"{path} has channels that cancel each other, so only the loudest of them is used.",)


@pytest.mark.parametrize("silent", [1, 2])
def test_channels_that_are_silent_do_not_soften_the_others(tmp_path: Path, silent: int) -> None:
    channels = [tone(), *[np.zeros_like(tone())] * silent]
    source = read_source(written(tmp_path / "left.wav", np.stack(channels, axis=1)))
    assert source.level == pytest.approx(-9.0, abs=0.1)
    assert source.warnings == ()


def test_an_offset_is_taken_away_and_is_no_sound(tmp_path: Path) -> None:
    source = read_source(written(tmp_path / "offset.wav", tone(amplitude=0.2) + np.float32(0.5)))
    assert abs(float(source.sound.samples.mean())) < 1e-3
    assert source.level == pytest.approx(-17.0, abs=0.1)
    silent = written(tmp_path / "only.wav", np.full(48_000, 0.5, np.float32))
    assert refusal(silent) == "is silent (nothing in it is louder than -60 dB); name another sound"


def test_of_ten_minutes_the_first_seconds_that_sound_are_heard_without_the_rest_in_memory(tmp_path: Path) -> None:
    path, rate = tmp_path / "long.wav", 48_000
    minute = np.concatenate([np.zeros(30 * rate, np.float32), tone(rate, 30.0)])
    with soundfile.SoundFile(path, "w", rate, 1, "PCM_16") as file:
        for _ in range(10):
            file.write(minute)
    del minute
    tracemalloc.start()
    source = read_source(path, pitch=69.0)  # measuring it takes memory of its own, the same for any length
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 20e6  # the whole is 115 MB as floats
    assert source.sound.seconds == pytest.approx(12.0, abs=0.05)
    assert source.level == pytest.approx(-9.0, abs=0.1)
    assert source.warnings == (
        f"{path} lasts 600 s, of which the first 12 s that sound are used, since no note of a bank is longer.",
    )


def test_a_sound_begins_a_hair_before_it_is_heard(tmp_path: Path) -> None:
    late = np.concatenate([np.zeros(5 * 48_000, np.float32), tone()])
    source = read_source(written(tmp_path / "late.wav", late))
    assert source.sound.seconds == pytest.approx(1.02, abs=0.002)
    assert np.abs(source.sound.samples[:200]).max() < 0.01 < np.abs(source.sound.samples[330:400]).max()


def test_a_sound_over_full_scale_keeps_its_loudness(tmp_path: Path) -> None:
    assert read_source(written(tmp_path / "loud.wav", 4 * tone(), subtype="FLOAT")).peak == pytest.approx(6.0, abs=0.1)


def test_a_part_of_a_copy_is_used_and_told(tmp_path: Path) -> None:
    whole = written(tmp_path / "whole.mp3", tone(seconds=4.0)).read_bytes()
    path = tmp_path / "part.mp3"
    path.write_bytes(whole[: len(whole) // 2])
    (warning,) = read_source(path).warnings
    assert warning.startswith(f"{path} should last 4.00 s but ends after ")


def test_what_is_no_sound_file_is_refused(tmp_path: Path) -> None:
    text = tmp_path / "text.wav"
    text.write_text("I am a text.\n" * 100, encoding="utf-8")
    assert refusal(text) == ("is damaged or no sound file (Format not recognised); save it again as WAV, FLAC or MP3")
    raw = tmp_path / "samples.raw"
    raw.write_bytes(bytes(4000))
    assert refusal(raw).startswith("is damaged or no sound file")
    empty = tmp_path / "empty.wav"
    empty.touch()
    assert refusal(empty) == "is empty (0 bytes); copy it again"


@pytest.mark.parametrize(("value", "subtype"), [(np.nan, "FLOAT"), (np.inf, "FLOAT"), (-np.inf, "DOUBLE")])
def test_values_that_are_no_numbers_are_refused(tmp_path: Path, value: float, subtype: str) -> None:
    samples = tone().astype(np.float64)
    samples[24_100] = value
    path = written(tmp_path / "odd.wav", samples, subtype=subtype)
    assert refusal(path) == ("holds values that are no numbers (near 0.50 s); export it again, best as 24-bit WAV")


@pytest.mark.parametrize(
    ("samples", "rate", "reason"),
    [
        (np.zeros(48_000), 48_000, "is silent (nothing in it is louder than -60 dB); name another sound"),
        (np.zeros(70 * 8_000), 8_000, "is silent for its first 60 s; cut its beginning off"),
        (np.zeros(0), 48_000, "holds no samples; export it again"),
        (tone(seconds=0.01), 48_000, "sounds for 10 ms only; 50 ms are the least"),
        (tone(seconds=1.0, rate=100), 100, "has a sample rate of 100 Hz; save it with one of 4000 to 768000"),
        (np.stack([tone()] * 20, axis=1), 48_000, "has 20 channels; save it with one or two"),
        (
            np.float32(30_000) * tone(),
            48_000,
            "goes a hundred times over full scale; its numbers are no samples between -1 and 1",
        ),
    ],
    ids=["silent", "silent at first", "nothing", "short", "slow", "many", "integers"],
)
def test_what_cannot_be_used_is_refused_with_the_reason(
    tmp_path: Path, samples: NDArray[np.floating], rate: int, reason: str
) -> None:
    assert refusal(written(tmp_path / "odd.wav", samples, rate, "FLOAT")) == reason


def test_silence_of_eight_bits_is_silence(tmp_path: Path) -> None:
    path = written(tmp_path / "silent.wav", np.zeros(8_000), 8_000, "PCM_U8")
    assert refusal(path).startswith("is silent")


def test_what_cannot_be_opened_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert refusal(tmp_path / "missing.wav") == (
        "cannot be read (No such file or directory); name a sound file that can"
    )
    loop = tmp_path / "loop.wav"
    loop.symlink_to(loop)
    assert refusal(loop).startswith("cannot be read (Too many levels of symbolic links)")
    assert refusal(tmp_path) == "is a folder; name a sound file in it"
    pipe = tmp_path / "pipe.wav"
    os.mkfifo(pipe)
    assert refusal(pipe) == "is a device or a pipe; name a sound file"
    forbidden = written(tmp_path / "forbidden.wav", tone())

    def refuse(*_: object) -> int:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "open", refuse)
    assert refusal(forbidden).startswith("cannot be read (Permission denied)")


def flipped(data: bytes, places: list[tuple[float, int]]) -> bytes:
    broken = bytearray(data)
    for place, value in places:
        broken[int(place * (len(broken) - 1))] = value
    return bytes(broken)


@pytest.mark.parametrize("suffix", ["wav", "flac", "mp3"])
def test_a_broken_file_is_used_or_refused_but_never_more(tmp_path: Path, suffix: str) -> None:
    whole = written(tmp_path / f"whole.{suffix}", tone(16_000, 0.5), 16_000).read_bytes()
    path = tmp_path / f"broken.{suffix}"

    @settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
    @given(
        st.lists(st.tuples(st.floats(0, 0.2) | st.floats(0, 1), st.integers(0, 255)), max_size=20),
        st.floats(0.05, 1.0),
    )
    def broken(places: list[tuple[float, int]], share: float) -> None:
        path.write_bytes(flipped(whole, places)[: int(len(whole) * share)])
        try:
            source = read_source(path)
        except TimbreError:
            return
        assert np.isfinite(source.sound.samples).all()
        assert 0.05 <= source.sound.seconds <= 12.1

    broken()


def test_a_source_is_known_by_what_is_heard_of_it(tmp_path: Path) -> None:
    whole = np.round(tone() * 32_767).astype(np.int16)
    one, same, other = tmp_path / "one.wav", tmp_path / "same.flac", tmp_path / "other.wav"
    for path, samples in ((one, whole), (same, whole), (other, whole // 2)):
        soundfile.write(path, samples, 48_000)
    assert read_source(one).sha256 == read_source(same).sha256 != read_source(other).sha256


def test_a_pitch_that_people_know_counts(tmp_path: Path) -> None:
    source = read_source(written(tmp_path / "a.wav", tone()), pitch=57.0)
    assert source.pitch == 57.0
    assert source.ingredient == Ingredient(1.0, sound=source.sha256, own_pitch=57.0)


def test_a_pitch_that_nobody_tells_is_measured(tmp_path: Path) -> None:
    measured = read_source(written(tmp_path / "a.wav", tone(hertz=446.0))).pitch
    assert measured == pytest.approx(69 + 12 * np.log2(446 / 440), abs=0.05)


def test_what_has_no_pitch_is_used_and_told(tmp_path: Path) -> None:
    noise = np.random.default_rng(1).uniform(-0.5, 0.5, 48_000).astype(np.float32)
    path = written(tmp_path / "wind.wav", noise)
    source = read_source(path)
    assert source.pitch is None
    assert source.ingredient == Ingredient(1.0, sound=source.sha256)
    assert source.warnings == ()
    assert source.without_pitch == (
        f"{path} has no pitch that can be measured; if it has one, the scene can say so by 'pitch'.",
    )
    assert read_source(path, pitch=40.0).without_pitch == ()


def test_whose_a_sound_is_stands_beside_it_or_in_its_tags_or_nowhere(tmp_path: Path) -> None:
    path = tmp_path / "cat.flac"
    with soundfile.SoundFile(path, "w", 48_000, 1) as file:
        file.artist, file.copyright = "A. Cat", "all rights reserved"
        file.write(tone())
    assert read_source(path).provenance == Provenance(author="A. Cat", licence="all rights reserved")
    beside = tmp_path / "cat.licence.yaml"
    beside.write_text("licence: CC0-1.0\nsource: https://example.org/cat\n", encoding="utf-8")
    assert read_source(path).provenance == Provenance(
        author="A. Cat", licence="CC0-1.0", source="https://example.org/cat"
    )
    bare = read_source(written(tmp_path / "bare.wav", tone())).provenance
    assert (bare.author, bare.licence, bare.source) == (NOT_STATED,) * 3


def test_a_fault_in_the_file_of_a_licence_is_told_and_the_sound_used(tmp_path: Path) -> None:
    path = written(tmp_path / "cat.wav", tone())
    beside = tmp_path / "cat.license.yaml"
    beside.write_text("license: CC0-1.0\n", encoding="utf-8")
    source = read_source(path)
    assert source.provenance == Provenance()
    assert source.warnings == (f"{beside}:1:1: it is spelt 'licence' here.",)


def test_a_source_is_found_from_the_scenes_folder_and_then_from_the_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept, scenes, shipped = (tmp_path / name for name in ("kept", "scenes", "shipped"))
    for folder in (kept, scenes, shipped):
        folder.mkdir()
    (scenes / "cat.wav").touch()
    assert find_source("cat.wav", [kept, scenes]) == scenes / "cat.wav"
    assert find_source("dog.wav", [kept, scenes]) == kept / "dog.wav"
    assert find_source(str(scenes / "cat.wav"), [kept]) == scenes / "cat.wav"
    monkeypatch.setattr("reverie.timbre.sources.source_files.sounds_folder", lambda: shipped)
    (shipped / "flute.flac").touch()
    assert find_source("shipped:flute", [kept]) == shipped / "flute.flac"
    assert refusal(find_source("shipped:oboe", [kept])).startswith("cannot be read")
    assert shipped_sounds() == ("flute",)


@pytest.mark.parametrize("name", ["Balafon2_Bright_cat/0_60.mp3", "Hammer_Dulcimer_thunder/4_72.mp3"])
def test_sounds_of_the_kind_that_models_learn_from_are_heard(name: str) -> None:
    source = read_source(data_folder("nsynth-sound-maker") / name)
    assert 3.8 < source.sound.seconds < 4.2
    assert -40 < source.level < source.peak <= 1
    assert source.warnings == ()
