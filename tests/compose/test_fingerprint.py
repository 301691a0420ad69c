"""A fingerprint says how alike loops are, whatever key, hand and bar they are played in."""

from __future__ import annotations

import random
import statistics
from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakes.strategies_of_music import loops
from reverie.compose.fingerprint import (
    LEAST_APART,
    SIZE,
    Fingerprint,
    distance_of,
    estimated,
    features,
    fingerprint,
    fingerprint_of,
    standard_error,
)
from reverie.music.notes import Loop, Note
from reverie.music.time import Metre

KINDS = st.sampled_from(["melody", "bass", "chords", "drums"])


def tune(*pitches: int, step: int = 240) -> Loop:
    notes = tuple(Note(number * step, step, pitch) for number, pitch in enumerate(pitches))
    return Loop(-(-len(pitches) * step // 1920), Metre(), notes)


def distance(one: Fingerprint, other: Fingerprint) -> float:
    if one.exact == other.exact:
        return 0.0
    return estimated(sum(here == there for here, there in zip(one.sketch, other.sketch, strict=True)))


ARIA = tune(60, 64, 62, 67, 65, 64, 62, 60, 60, 67, 72, 71, 69, 67, 65, 64)


@given(loops(), KINDS)
def test_a_loop_is_itself(loop: Loop, kind: str) -> None:
    assert distance_of(features(loop, kind), features(loop, kind)) == 0
    assert fingerprint(loop, kind) == fingerprint(loop, kind)
    assert len(fingerprint(loop, kind).sketch) == SIZE


@given(loops(), KINDS, st.integers(-3, 3), st.integers(1, 127))
def test_another_key_and_another_hand_change_nothing(loop: Loop, kind: str, up: int, velocity: int) -> None:
    if kind == "drums":
        up = 0
    moved = tuple(
        replace(note, pitch=note.pitch + up, velocity=velocity, shift=9)
        for note in loop.notes
        if 3 <= note.pitch <= 124
    )
    kept = tuple(note for note in loop.notes if 3 <= note.pitch <= 124)
    assert fingerprint(replace(loop, notes=moved), kind) == fingerprint(replace(loop, notes=kept), kind)


@given(loops(metre=Metre()), KINDS)
def test_another_bar_to_begin_with_changes_nothing(loop: Loop, kind: str) -> None:
    bar = loop.metre.bar_ticks
    inside = [note for note in loop.notes if note.start % bar < bar - 60]  # what rounds up to a bar line stays there
    turned = [replace(note, start=(note.start + bar) % loop.ticks, length=1) for note in inside]
    whole = Loop(loop.bars, loop.metre, tuple(replace(note, length=1) for note in inside))
    assert fingerprint(replace(loop, notes=tuple(turned)), kind) == fingerprint(whole, kind)


def test_a_tune_that_is_fitted_to_other_chords_stays_nearer_than_another_tune() -> None:
    fitted = tune(60, 63, 62, 67, 65, 63, 62, 60, 60, 67, 72, 70, 68, 67, 65, 63)
    other = tune(60, 60, 72, 60, 55, 67, 48, 60, 62, 74, 62, 50, 60, 55, 72, 60)
    here = features(ARIA, "melody")
    near, far = (distance_of(here, features(one, "melody")) for one in (fitted, other))
    assert 0 < near < 0.35
    assert far > 0.5


def test_drums_and_chords_are_told_apart_by_what_they_strike() -> None:
    kick = Loop(1, Metre(), tuple(Note(step * 480, 120, 36) for step in range(4)))
    with_hat = replace(kick, notes=(*kick.notes, Note(240, 120, 42)))
    assert 0 < distance_of(features(kick, "drums"), features(with_hat, "drums")) < 0.3
    major = Loop(1, Metre(), tuple(Note(0, 1920, pitch) for pitch in (48, 52, 55)))
    minor = Loop(1, Metre(), tuple(Note(0, 1920, pitch) for pitch in (48, 51, 55)))
    assert distance_of(features(major, "chords"), features(minor, "chords")) > 0.5


def test_a_loop_twice_is_not_the_loop_and_none_is_like_silence() -> None:
    once, twice = tune(60, 62, 64, 65, 67, 65, 64, 62), tune(*(60, 62, 64, 65, 67, 65, 64, 62) * 2)
    assert distance_of(features(once, "melody"), features(twice, "melody")) == pytest.approx(0.5)
    silence = Loop(1, Metre(), ())
    assert distance(fingerprint(silence, "melody"), fingerprint(silence, "melody")) == 0
    assert distance(fingerprint(silence, "melody"), fingerprint(once, "melody")) > 0.9


@pytest.mark.parametrize("size", [4, 20, 150])
@pytest.mark.parametrize("shared", [0.0, 0.25, 0.5, 0.75, 0.95])
def test_the_estimate_is_right_on_average_and_as_wrong_as_is_said(size: int, shared: float) -> None:
    dice = random.Random(7)
    errors: list[float] = []
    for _ in range(300):
        common = round(size * shared)
        drawn = [(dice.getrandbits(60),) for _ in range(2 * size - common)]
        one, other = Counter(drawn[:size]), Counter(drawn[:common] + drawn[size:])
        exact = distance_of(one, other)
        errors.append(max(distance(fingerprint_of(one), fingerprint_of(other)), 0.0) - exact)
    assert abs(statistics.mean(errors)) < 0.02
    exact_share = round(size * shared) / (2 * size - round(size * shared))
    assert statistics.pstdev(errors) < standard_error(1 - exact_share) * 1.15 + 0.005


def test_what_differs_is_never_the_same_and_the_worst_error_is_known() -> None:
    assert estimated(SIZE) == LEAST_APART
    assert estimated(0) == 1
    assert max(standard_error(number / 100) for number in range(101)) < 0.0631


def test_fingerprints_are_kept_and_so_stay_what_they_are() -> None:
    """They are in files of people's: other bytes would make everything new again after an upgrade."""
    print_ = fingerprint(ARIA, "melody")
    assert (f"{print_.exact:016x}", print_.sketch[:8].hex()) == ("254b9abca2745a29", "c8c510dca5f99e82")


@pytest.mark.parametrize("broken", [(0, b"short"), (-1, bytes(SIZE)), (1 << 64, bytes(SIZE))])
def test_what_is_none_is_refused(broken: tuple[int, bytes]) -> None:
    with pytest.raises(ValueError, match="a fingerprint has"):
        Fingerprint(*broken)
