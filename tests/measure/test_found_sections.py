from __future__ import annotations

import random
from dataclasses import replace
from statistics import fmean

import numpy as np
import pytest

from fakes.pieces import Hand, piece
from reverie.measure.found_sections import bar_features, boundaries, f1, found_sections, hits, novelty_curve
from reverie.measure.piece import MeasuredVoice, Piece, SectionSpan

LENGTHS = [16, 24, 12, 28, 16, 20, 24, 16, 12, 24]


def in_sections(lengths: list[int], seed: int = 1) -> Piece:
    """Sections, each with its own rhythm, register and voices; each bar is a little otherwise than the one before."""
    dice, lead, low = random.Random(seed), list[Hand](), list[Hand]()
    bar, spans = 0, list[SectionSpan]()
    for number, length in enumerate(lengths):
        spans.append(SectionSpan("ab"[number % 2], bar, length))
        steps, pitch, bass = dice.sample(range(16), 6), dice.randrange(55, 75), number % 3 != 1
        for _ in range(length):
            for step in dice.sample(steps, dice.choice([4, 5, 6])):
                lead.append((4 * bar + step / 4, 0.25, pitch + dice.choice([0, 2, 4, 7]), dice.randrange(60, 80)))
            if bass:
                low.append((4 * bar + dice.choice([0, 0, 2]), 1, 40 + dice.choice([0, 5, 7])))
            bar += 1
    return replace(piece(bar, lead=("melody", lead), low=("bass", low)), sections=tuple(spans))


def test_sections_that_differ_are_found_where_they_begin() -> None:
    found = found_sections(in_sections(LENGTHS))
    assert found
    assert found.true == len(LENGTHS) - 1
    assert found.f1 > 0.85
    assert found.by_chance < 0.4


def shuffled(music: Piece, seed: int) -> Piece:
    order, ticks = [*range(len(music.bars))], music.bars[0].ticks
    random.Random(seed).shuffle(order)
    voices = list[MeasuredVoice]()
    for voice in music.voices:
        moved = [(note, (order[note.start // ticks] - note.start // ticks) * ticks) for note in voice.notes]
        notes = (replace(note, start=note.start + ticks_on, end=note.end + ticks_on) for note, ticks_on in moved)
        voices.append(replace(voice, notes=tuple(sorted(notes))))
    return replace(music, voices=tuple(voices))


def test_with_the_bars_in_another_order_they_are_found_by_chance_only() -> None:
    made = [found_sections(shuffled(in_sections(LENGTHS), seed)) for seed in range(8)]
    found = [one for one in made if one]
    f1s, chances = fmean(one.f1 for one in found), fmean(one.by_chance for one in found)
    assert f1s == pytest.approx(chances, abs=0.1)
    assert f1s < 0.45


def test_the_curve_has_its_peak_at_the_bar_where_another_section_begins() -> None:
    music = in_sections([24, 24])
    curve = novelty_curve(bar_features(music))
    assert abs(int(np.argmax(curve[8:40])) + 8 - 24) <= 1
    assert boundaries(curve) == pytest.approx([24], abs=1)


def test_music_that_never_changes_has_no_boundaries() -> None:
    same = piece(64, lead=("melody", [(4 * bar, 1, 60) for bar in range(64)]))
    assert boundaries(novelty_curve(bar_features(same))) == []
    assert found_sections(same) is None, "nobody says where its sections are"


@pytest.mark.parametrize(
    ("found", "true", "right"),
    [
        ([], [], 0),
        ([10, 20], [10, 20], 2),
        ([12, 18], [10, 20], 2),
        ([13], [10], 0),
        ([9, 10, 11], [10], 1),  # a true one counts once
        ([10], [9, 11], 1),
        ([11, 12], [10, 13], 2),
        ([8, 10], [10, 12], 2),
    ],
)
def test_a_boundary_counts_once_within_two_bars(found: list[int], true: list[int], right: int) -> None:
    assert hits(found, true) == right


def test_f1_is_the_harmonic_mean_of_precision_and_recall() -> None:
    precision, recall = 3 / 4, 3 / 6
    assert f1(3, 4, 6) == pytest.approx(2 * precision * recall / (precision + recall))
    assert f1(0, 0, 0) == 0


def test_hits_are_those_of_mir_eval() -> None:
    segment = pytest.importorskip("mir_eval.segment", reason="mir_eval comes with Magenta")
    dice = random.Random(4)
    for _ in range(50):
        true, found = (sorted(dice.sample(range(1, 99), dice.randrange(1, 20))) for _ in range(2))
        ours = f1(hits(found, true), len(found), len(true))
        spans = [np.array([*zip([0, *one], [*one, 100], strict=True)], dtype=float) for one in (true, found)]
        assert segment.detection(*spans, window=2, trim=True)[2] == pytest.approx(ours)
