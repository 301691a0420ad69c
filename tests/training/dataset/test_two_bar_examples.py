# pyright: basic
"""Two bars at a time: what a MusicVAE or a GrooVAE is to say, and what it hears of it."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
import pytest

from reverie.training.recipes import recipe_of
from reverie.training.two_bar_records import frames_of, record_of, training_converter

STEP = 0.125


def sequence(metre: tuple[int, int] = (4, 4)) -> Any:
    from note_seq import NoteSequence

    made = NoteSequence(total_time=64 * STEP)
    made.time_signatures.add(numerator=metre[0], denominator=metre[1])
    made.tempos.add(qpm=120)
    return made


def song(metre: tuple[int, int] = (4, 4)) -> Any:
    """Four bars of a singer, and a piano of two staves below, whose right hand sings along."""
    made = sequence(metre)
    for instrument, name in enumerate(("Voice", "Piano, staff 1", "Piano, staff 2")):
        made.instrument_infos.add(instrument=instrument, name=name)
        for number in range(16):
            pitch = (72, 60, 36)[instrument] + number % 5
            made.notes.add(
                start_time=4 * number * STEP,
                end_time=4 * (number + 1) * STEP,
                pitch=pitch,
                velocity=80,
                instrument=instrument,
            )
    return made


def frames(config: str, piece: Any, left_out: Counter[str] | None = None) -> list[np.ndarray]:
    from reverie.training.dataset.extraction.two_bar_examples import TwoBarExamples

    source = TwoBarExamples(recipe_of("music-vae", config))
    found = [example for cut in source.cuts(piece, Counter() if left_out is None else left_out) for example in cut()]
    return [frames_of(config, example.record) for example in found]


@pytest.mark.parametrize("metre", [(4, 4), (2, 2)])
def test_a_song_gives_its_singer_a_bar_apart(metre: tuple[int, int]) -> None:
    found = frames("cat-mel_2bar_small", song(metre))
    assert len(found) == 3
    lowest = 72 - 21 + 2
    assert {int(each) for one in found for each in one.ravel() if each > 1} == set(range(lowest, lowest + 5))


def test_another_metre_is_left_out_and_named() -> None:
    left_out = Counter[str]()
    assert not frames("cat-drums_2bar_small", song((3, 4)), left_out)
    assert list(left_out) == ["a passage is in 3/4, and such a model knows only 4/4"]


def test_strokes_keep_their_velocity_and_lateness() -> None:
    piece = sequence()
    for number in range(16):
        late = 4 * number * STEP + 0.02
        piece.notes.add(start_time=late, end_time=late + STEP, pitch=36, velocity=40 + number, is_drum=True)
    found = frames("groovae_2bar_humanize", piece)
    assert len(found) == 3
    struck = found[0][:, 0] > 0.5
    np.testing.assert_array_equal(np.flatnonzero(struck), np.arange(0, 32, 4))
    np.testing.assert_allclose(found[0][struck, 9] * 127, 40 + np.arange(8), atol=0.1)
    np.testing.assert_allclose(found[0][struck, 18], -2 * 0.02 / STEP, atol=1e-3)
    heard = training_converter("groovae_2bar_humanize").heard(found[0])
    assert not heard[:, 9:].any()
    np.testing.assert_array_equal(heard[:, :9], found[0][:, :9])


@pytest.mark.parametrize("by", range(-6, 7))
def test_a_melody_is_learned_in_one_key_whatever_its_own(by: int) -> None:
    major = (0, 2, 4, 5, 7, 9, 11)
    plain, moved = sequence(), sequence()
    for number in range(16):
        for piece, key in ((plain, 60), (moved, 60 + by)):
            start, pitch = 4 * number * STEP, key + major[number % 7]
            piece.notes.add(start_time=start, end_time=start + STEP, pitch=pitch, velocity=80)
    (first, *_), (other, *_) = frames("cat-mel_2bar_small", plain), frames("cat-mel_2bar_small", moved)
    sounding = first > 1
    assert (other[~sounding] == first[~sounding]).all()
    assert set((other - first)[sounding]) in (({0},) if abs(by) < 6 else ({0}, {12}, {-12}))


@pytest.mark.parametrize("config", ["cat-drums_2bar_small", "groovae_2bar_humanize"])
def test_a_record_is_what_was_kept(config: str) -> None:
    rng = np.random.default_rng(0)
    kept = rng.integers(0, 512, (32, 1)) if config.startswith("cat") else rng.integers(-8, 9, (32, 27)) / 8
    np.testing.assert_array_equal(frames_of(config, record_of(config, kept)), kept)
