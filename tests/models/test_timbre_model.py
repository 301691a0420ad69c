"""How the timbre model that is shipped sounds, on sounds that it was not trained on."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from fakes import notes
from fakes.data import data_folder
from reverie.models.gansynth.listener import Listener
from reverie.models.golden import check
from reverie.models.library.bundle import read_bundle
from reverie.places import models_folder, sounds_folder
from reverie.timbre.render.gansynth import GanSynth
from reverie.timbre.render.renderer import Code
from reverie.timbre.sound import NoteRequest, Sound

MODEL = models_folder() / "timbre.safetensors"
RATE = 16_000
STEPS = 9

Array = NDArray[np.float32]


@functools.cache
def engine() -> GanSynth:
    bundle = read_bundle(MODEL)
    return GanSynth(bundle, Listener(bundle), workers=1)


def held_out() -> list[str]:
    return list(read_bundle(MODEL).card.training["data"]["heldout"])


def rendered(codes: Sequence[Code], pitches: Sequence[int]) -> list[Array]:
    asked = [NoteRequest(pitch, 127, 1.5) for pitch in pitches]
    rendering = engine().begin(codes, asked, 0)
    while not rendering.advance():
        pass
    return [sound.samples for sound in rendering.sounds()]


def read(path: Path) -> Sound:
    samples, rate = soundfile.read(path, dtype="float32")
    return Sound(samples.astype(np.float32), rate)


@functools.cache
def code(pair: str, mix: int, pitch: int = 60) -> Code:
    path = data_folder("nsynth-sound-maker") / pair / f"{mix}_{pitch}.mp3"
    return engine().code(read(path), pitch)


def in_tune(codes: Sequence[Code], pitches: Sequence[int]) -> list[bool]:
    """Whether each code at each pitch sounds within 50 cents of it, by YIN, which knows nothing of the pitch."""
    wanted = [(one, pitch) for one in codes for pitch in pitches]
    found = [notes.pitch(samples, RATE) for samples in rendered(*zip(*wanted, strict=True))]
    return [
        measured is not None and abs(measured - pitch) <= 0.5
        for measured, (_, pitch) in zip(found, wanted, strict=True)
    ]


def test_it_is_small_and_answers_as_when_it_was_made() -> None:
    assert MODEL.stat().st_size < 10_000_000
    assert check(read_bundle(MODEL)) < 1e-4


def test_its_training_never_heard_the_held_out_pairs_but_all_of_their_instruments() -> None:
    folder = data_folder("nsynth-sound-maker")
    pairs = {path.name for path in folder.iterdir() if path.is_dir()}
    kept = pairs - set(held_out())
    assert len(pairs) - len(kept) == len(held_out()) == 8
    for pair in held_out():
        first, second = next(
            (pair[: -len(other) - 1], other) for other in ("Clarinet_Combi", "cat", "Violin_Solo", "thunder", "Low_Wow",
            "Pan_Flute_Winds", "bike_bell", "Wurly_Speaker") if pair.endswith(f"_{other}")
        )  # fmt: skip
        assert any(one.startswith(f"{first}_") for one in kept)
        assert any(one.endswith(f"_{second}") for one in kept)


def test_what_is_heard_in_held_out_sounds_is_played_in_tune() -> None:
    """One mix of each held-out pair at three pitches; all five at nine in the slow test below."""
    right = in_tune([code(pair, 1 + number % 4) for number, pair in enumerate(held_out())], (48, 60, 70))
    assert np.mean(right) >= 0.9


@pytest.mark.slow
def test_nine_in_ten_notes_of_held_out_sounds_are_in_tune() -> None:
    codes = [code(pair, mix) for pair in held_out() for mix in range(5)]
    assert np.mean(in_tune(codes, range(36, 85, 6))) >= 0.9


def stranger(kind: str) -> Sound:
    """Two seconds at middle C of a kind of sound that it was never trained on."""
    t = np.arange(2 * RATE) / RATE
    turns = 2 * np.pi * 261.63 * t
    made = {
        "square": np.sign(np.sin(turns)),
        "frequency modulation": np.sin(turns + 4.0 * np.exp(-t) * np.sin(2 * turns)),
        "octaves": sum(np.sin(turns * 2**octave) / (octave + 1) for octave in range(4)),
    }[kind]
    return Sound((0.3 * made * np.minimum(t / 0.01, 1.0) * np.exp(-t)).astype(np.float32), RATE)


@pytest.mark.parametrize("kind", ["square", "frequency modulation", "octaves"])
def test_sounds_of_other_kinds_are_played_in_tune(kind: str) -> None:
    assert np.mean(in_tune([engine().code(stranger(kind), 60)], (48, 55, 60, 64, 72))) >= 0.8


def test_most_points_that_are_drawn_have_their_pitch() -> None:
    assert np.mean(in_tune([engine().latent(seed) for seed in range(6)], (48, 60, 72))) >= 0.6


@pytest.mark.parametrize("name", ["flute", "cat", "bell", "voice"])
def test_what_is_shipped_is_played_in_tune(name: str) -> None:
    heard = engine().code(read(sounds_folder() / f"{name}.flac"), 60)
    assert np.mean(in_tune([heard], (48, 55, 60, 64, 72))) >= 0.8


@functools.cache
def morphs() -> list[list[Array]]:
    """Nine steps at middle C between each of 20 pairs of sounds, which are the ends of the held-out pairs.

    Drawn by a seed from all pairs of which one sound is a fifth brighter than the other at least, dark to bright.
    """
    folder = data_folder("nsynth-sound-maker")
    ends = [(pair, mix) for pair in held_out() for mix in (0, 4)]
    bright = {end: notes.centroid(read(folder / end[0] / f"{end[1]}_60.mp3").samples, RATE) for end in ends}
    apart = [(one, other) for one in ends for other in ends if bright[other] > 1.2 * bright[one]]
    shares = np.linspace(0.0, 1.0, STEPS)
    found: list[list[Array]] = []
    for number in np.random.default_rng(0).choice(len(apart), 20, replace=False):
        one, other = (code(*end) for end in apart[number])
        found.append(rendered([engine().mix((one, other), (1 - share, share)) for share in shares], [60] * STEPS))
    return found


@pytest.mark.slow
def test_a_morph_goes_steadily_from_one_sound_to_the_other() -> None:
    away = [notes.spearman([notes.distance(steps[0], step, RATE) for step in steps]) for steps in morphs()]
    nearer = [-notes.spearman([notes.distance(steps[-1], step, RATE) for step in steps]) for steps in morphs()]
    assert np.median(away) >= 0.8
    assert np.median(nearer) >= 0.8


@pytest.mark.slow
def test_a_morph_changes_its_brightness_steadily() -> None:
    """In the direction from the rendered sound at its one end to that at its other."""
    steady: list[float] = []
    for steps in morphs():
        centroids = [notes.centroid(step, RATE) for step in steps]
        steady.append(notes.spearman(centroids) * (1 if centroids[-1] > centroids[0] else -1))
    assert np.median(steady) >= 0.8
