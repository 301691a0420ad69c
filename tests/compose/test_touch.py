"""A player's touch: how loud, how late; of the whole range, the same for the same recipe, and near to real drummers."""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import replace
from itertools import pairwise
from statistics import fmean, pstdev, pvariance
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fakes.engine import DiceEngine
from fakes.recipes import recipe
from fakes.strategies_of_music import loops
from reverie.compose.composer import compose
from reverie.compose.drum_touch import FARTHEST, drum_table
from reverie.compose.phrase_touch import arch, phrases
from reverie.compose.player_touch import ENOUGH, strummed, touched
from reverie.compose.recipe import LoopLimits, Recipe
from reverie.compose.state_cache import Memories
from reverie.music.harmony import BarHarmony, ChordSpan
from reverie.music.notation import ACCENT, GHOST, PLAIN, WrittenPassage, read_drum, read_tune
from reverie.music.notes import Loop, Note
from reverie.music.time import Metre
from reverie.music.touch import Touch
from reverie.places import touch_file

BARS = 2
LIMITS = LoopLimits(velocity_low=60, velocity_high=84)
PLAYER = Touch(hand=5)
FIGURES = json.loads(touch_file().read_bytes())["figures"]
TOLERANCE = 0.25

KIT = Loop(
    BARS,
    Metre(),
    (
        *(Note(120 * place, 120, 42, 100) for place in range(0, 32, 2)),
        *(Note(120 * place, 120, 36, 100) for place in (0, 6, 10, 16, 22, 27)),
        *(Note(120 * place, 120, 38, 100) for place in (4, 7, 12, 20, 25, 28, 31)),
    ),
)
TUNE = Loop(
    BARS,
    Metre(),
    tuple(Note(240 * number, 240, pitch) for number, pitch in enumerate([62, 64, 65, 67, 69, 72, 71, 69] * 2)),
)


def drums(seed: int = 1, touch: Touch | None = PLAYER, hand: int | None = None) -> Recipe:
    hands = touch if touch is None or hand is None else replace(touch, hand=hand)
    return recipe(kind="drums", bars=BARS, seed=seed, touch=hands, limits=LIMITS)


def tune(seed: int = 1, touch: Touch | None = PLAYER) -> Recipe:
    return recipe(kind="melody", bars=BARS, seed=seed, touch=touch, limits=LIMITS)


def velocities(loop: Loop) -> list[int]:
    return [note.velocity for note in loop.notes]


@pytest.mark.parametrize(("made", "loop"), [(drums(), KIT), (tune(), TUNE)], ids=["drums", "tune"])
def test_a_loop_reaches_both_ends_of_the_range(made: Recipe, loop: Loop) -> None:
    played = touched(made, loop)
    assert len(loop.notes) >= ENOUGH
    assert (min(velocities(played)), max(velocities(played))) == (60, 84)


def test_two_strokes_that_are_alike_do_not_become_the_softest_and_the_loudest() -> None:
    for seed in range(20):
        two = touched(drums(seed), Loop(BARS, Metre(), (Note(0, 120, 36), Note(1920, 120, 36))))
        low, high = sorted(velocities(two))
        assert high - low < LIMITS.velocity_high - LIMITS.velocity_low


@pytest.mark.parametrize(("make", "loop"), [(drums, KIT), (tune, TUNE)], ids=["drums", "tune"])
def test_the_same_recipe_is_played_the_same_and_another_seed_otherwise(make: type, loop: Loop) -> None:
    drum_table.cache_clear()
    once = touched(make(1), loop)
    drum_table.cache_clear()
    assert touched(make(1), loop) == once
    assert touched(make(2), loop) != once


def test_without_a_touch_a_loop_stays_as_it_is() -> None:
    assert touched(drums(touch=None), KIT) is KIT


def test_what_is_kept_of_a_primer_keeps_its_touch() -> None:
    before = tuple(note for note in touched(tune(7), TUNE).notes if note.start < 1920)
    kept = replace(tune(8), operator="mutate", primer=before, primer_steps=16)
    loop = Loop(BARS, Metre(), (*before, *(note for note in TUNE.notes if note.start >= 1920)))
    assert touched(kept, loop).notes[: len(before)] == before


def test_without_timing_notes_are_on_their_places_and_without_the_rest_they_still_move() -> None:
    for make, loop in ((drums, KIT), (tune, TUNE)):
        assert not any(note.shift for note in touched(make(touch=replace(PLAYER, timing=0.0)), loop).notes)
        assert any(note.shift for note in touched(make(touch=Touch(0, 0, 0, 1)), loop).notes)


def test_a_phrase_rises_to_its_high_point_and_falls_after_it() -> None:
    notes = [Note(240 * number, 240, pitch) for number, pitch in enumerate([60, 62, 64, 67, 72, 71, 65, 62])]
    heights = arch(notes)
    assert heights == sorted(heights[:5]) + sorted(heights[5:], reverse=True)
    assert max(heights) == heights[4]
    played = velocities(touched(tune(touch=Touch(humanize=0, accent=0)), Loop(BARS, Metre(), tuple(notes))))
    assert played == sorted(played[:5]) + sorted(played[5:], reverse=True)


def test_a_rest_ends_a_phrase_and_four_bars_do() -> None:
    notes = [Note(0, 240, 60), Note(240, 240, 62), Note(960, 240, 64), Note(4 * 1920, 240, 60)]
    assert phrases([*notes, Note(1200, 6720, 62)], Metre()) == [[0, 1], [2, 4], [3]]


def test_metre_and_length_make_accents() -> None:
    flat = (Note(0, 240, 60), Note(240, 240, 60), Note(480, 240, 60), Note(720, 240, 60), Note(960, 240, 60))
    strong, eighth, beat, *_ = velocities(touched(tune(touch=Touch(humanize=0, arc=0)), Loop(BARS, Metre(), flat)))
    assert strong > beat > eighth
    long = replace(flat[3], length=480)
    uneven = Loop(BARS, Metre(), (flat[1], long, Note(1200, 240, 60)))
    first, second, _ = velocities(touched(tune(touch=Touch(humanize=0, arc=0)), uneven))
    assert second > first


def test_a_change_of_chord_is_stressed() -> None:
    chord = ChordSpan(0, "C", 0, 0, (0, 4, 7), (0, 2, 4, 5, 7, 9, 11), change=True)
    held = BarHarmony((replace(chord, change=False),))
    changes = BarHarmony((replace(chord, change=False), replace(chord, start=960, change=True)))
    notes = Loop(1, Metre(), tuple(Note(480 * number, 480, 60) for number in range(4)))
    plain = replace(tune(touch=Touch(humanize=0, arc=0)), bars=1, harmony=(held, held))
    there = touched(replace(plain, harmony=(changes, held)), notes).notes[2].velocity
    assert there > touched(plain, notes).notes[2].velocity


def test_drums_are_spread_as_drummers_are_and_not_explained_by_their_places() -> None:
    shares: list[float] = []
    late: list[int] = []
    explained: list[float] = []
    for hand in range(12):
        cells: defaultdict[tuple[int, int], list[int]] = defaultdict(list)
        for seed in range(12):
            loop = touched(drums(100 * hand + seed, hand=hand), KIT)
            shares.append(pstdev(velocities(loop)) / (max(velocities(loop)) - min(velocities(loop))))
            for note in loop.notes:
                cells[note.start % 1920, note.pitch].append(note.velocity)
        late += [note.shift for seed in range(6) for note in touched(drums(seed, hand=hand), KIT).notes]
        every = [one for cell in cells.values() for one in cell]
        within = sum(pvariance(cell) * len(cell) for cell in cells.values()) / len(every)
        explained.append(1 - within / pvariance(every))
    assert fmean(shares) == pytest.approx(FIGURES["velocity_spread_by_range"], rel=TOLERANCE)
    assert pstdev(late) == pytest.approx(FIGURES["timing_ticks"], rel=TOLERANCE)
    assert 0.3 < fmean(explained) < 0.85


def test_the_table_says_whose_it_is_and_is_small() -> None:
    table = json.loads(touch_file().read_bytes())
    assert "Groove MIDI Dataset" in table["source"]
    assert "CC BY 4.0" in table["licence"]
    assert touch_file().stat().st_size < 50_000


def test_a_player_drifts_and_does_not_jitter() -> None:
    hats = Loop(BARS, Metre(), tuple(Note(120 * place, 120, 42) for place in range(32)))
    late = [[note.shift for note in touched(drums(seed), hats).notes] for seed in range(40)]
    habits = [fmean(one[place] for one in late) for place in range(32)]
    free = [[one - habit for one, habit in zip(row, habits, strict=True)] for row in late]
    steps = [other - one for row in free for one, other in pairwise(row)]
    assert fmean(step * step for step in steps) < 0.9 * 2 * fmean(one * one for row in free for one in row)


def test_chords_of_the_harmony_are_rolled_and_what_is_held_to_others_stays() -> None:
    chord = Loop(1, Metre(), tuple(Note(0, 960, pitch, 70) for pitch in (60, 64, 67)))
    made = replace(tune(), kind="chords", operator="voice-chords", bars=1)
    assert [note.shift > 0 for note in touched(made, chord).notes] == [False, True, True]
    assert touched(replace(made, kind="melody", operator="fit-to-chords"), chord) is chord


def test_a_chord_is_rolled_upwards_with_its_top_louder_and_ties_stay() -> None:
    chord = [Note(0, 960, 60, 70), Note(0, 960, 64, 70), Note(0, 960, 67, 70), Note(0, 960, 55, 70, tied=True)]
    tied, low, middle, high = sorted(strummed(chord, Touch(), 3, 84), key=lambda note: note.pitch)
    assert tied == chord[3]
    assert low.shift == 0 < middle.shift < high.shift
    assert 5 <= high.shift <= 20
    assert (low.velocity, high.velocity) == (70, 78)
    assert strummed(chord, Touch(0, 0, 0, 0), 3) == sorted(chord)


WRITTEN = {
    "drums": "(xxxxxxxx):1 X.o x(x.x) xxoX x...",
    "melody": "- C4> D4<:2 [C4 E4 G4]:3 (C4 D4 E4) C4:9 D4> - E4:2",
}


def of_what_is_written(kind: str, touch: Touch | None = PLAYER, **changes: Any) -> tuple[WrittenPassage, Loop]:
    """A passage, and its loop as it is played."""
    text = WRITTEN[kind]
    passage = read_drum(text.replace(" ", ""), 36) if kind == "drums" else read_tune(text)
    asked = recipe(
        kind=kind, operator="written", primer=passage.notes, primer_steps=passage.steps, bars=2, limits=LIMITS
    )
    answer = compose(DiceEngine(), replace(asked, touch=touch, **changes), Memories())
    assert answer.loop
    return passage, answer.loop


@pytest.mark.parametrize("kind", ["drums", "melody"])
@pytest.mark.parametrize("touch", [PLAYER, Touch(2, 2, 2, 2, 9), Touch(0, 0, 0, 2, 1), Touch(2, 0, 0, 0, 1)])
def test_what_is_written_is_played_note_for_note_by_a_player(kind: str, touch: Touch) -> None:
    passage, loop = of_what_is_written(kind, touch)
    assert of_what_is_written(kind, touch)[1] == loop
    once = loop.notes[: len(passage.notes)]
    assert [(n.start, n.length, n.pitch, n.tied) for n in once] == [
        (n.start, n.length, n.pitch, n.tied) for n in passage.notes
    ]
    marks = [n.velocity for n in passage.notes]
    by_mark = {mark: [n.velocity for n, of in zip(once, marks, strict=True) if of == mark] for mark in set(marks)}
    assert max(by_mark[GHOST]) < min(by_mark[PLAIN]) <= max(by_mark[PLAIN]) < min(by_mark[ACCENT])
    assert {n.velocity for n in loop.notes} <= set(range(60, 85))
    assert (min(by_mark[GHOST]), 84) == (60, max(n.velocity for n in loop.notes))
    assert not any(note.shift for note in loop.notes if note.tied)
    struck = [note for note in loop.notes if not note.tied]
    assert any(note.shift for note in struck) == (touch.timing > 0)
    for note, other in pairwise(struck):
        assert note.start == other.start or note.start + note.shift < other.start + other.shift


def test_another_hand_plays_what_is_written_otherwise_and_nobody_what_a_file_has() -> None:
    assert of_what_is_written("drums")[1] != of_what_is_written("drums", replace(PLAYER, hand=6))[1]
    passage, loop = of_what_is_written("drums", settings={"dynamics": "velocities"})
    assert loop.notes[: len(passage.notes)] == passage.notes


def test_a_riff_without_marks_reaches_both_ends_of_the_range() -> None:
    plain = tuple(Note(240 * place, 240, 50 + place % 5) for place in range(8))
    asked = recipe(kind="bass", operator="written", primer=plain, primer_steps=16, bars=2, limits=LIMITS, touch=PLAYER)
    loop = compose(DiceEngine(), asked, Memories()).loop
    assert loop
    assert (min(velocities(loop)), max(velocities(loop))) == (60, 84)
    assert len(set(velocities(loop))) > 6


@settings(deadline=None)
@given(loops(Metre(7, 8), 2), st.sampled_from(["drums", "melody", "bass"]), st.integers(0, 99))
def test_any_loop_keeps_its_notes_and_the_range(loop: Loop, kind: str, seed: int) -> None:
    made = recipe(kind=kind, bars=loop.bars, metre=loop.metre, seed=seed, touch=Touch(2, 2, 2, 2), limits=LIMITS)
    played = touched(made, loop)
    assert [(n.start, n.length, n.pitch) for n in played.notes] == [(n.start, n.length, n.pitch) for n in loop.notes]
    assert all(60 <= note.velocity <= 84 and abs(note.shift) <= FARTHEST for note in played.notes)
