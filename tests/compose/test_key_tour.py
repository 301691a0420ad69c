"""Keys that move by related keys, and the ends of sections that lead from one to the next."""

from __future__ import annotations

from itertools import pairwise

import pytest

from reverie.compose.chord_colours import Colours, coloured
from reverie.compose.chord_events import ChordEvent, ended, transposed
from reverie.compose.key_tour import (
    KEYS_IN_A_TOUR,
    KeyTour,
    _triads,
    dominant_symbol,
    has_relative,
    pivot_symbol,
    related,
)
from reverie.compose.scene_harmony import HarmonyPart, SceneHarmony
from reverie.music.chord_symbols import chord_tones, parse_chord
from reverie.music.degrees import harmony_key
from reverie.music.harmony import SCALES, Key
from reverie.music.progressions import parse_progression
from reverie.music.time import Metre
from reverie.scenes.harmony import COLOURS, KeyMove

MOVES: tuple[KeyMove, ...] = ("fifth", "step", "relative", "third")
BAR = Metre().bar_ticks


@pytest.mark.parametrize(
    ("key", "move", "keys"),
    [
        (Key(0, "major"), "fifth", {Key(7, "major"), Key(5, "major")}),
        (Key(0, "major"), "relative", {Key(9, "minor")}),
        (Key(9, "minor"), "relative", {Key(0, "major")}),
        (Key(2, "dorian"), "relative", {Key(5, "lydian")}),
        (Key(0, "major"), "third", {Key(4, "minor")}),
        (Key(9, "minor"), "third", {Key(5, "major")}),
        (Key(0, "blues"), "relative", set[Key]()),
    ],
)
def test_keys_that_are_near(key: Key, move: KeyMove, keys: set[Key]) -> None:
    assert set(related(key, move)) == keys


@pytest.mark.parametrize("scale", sorted(SCALES))
@pytest.mark.parametrize("move", MOVES)
def test_each_move_can_be_undone_and_has_a_chord_of_both_keys(scale: str, move: KeyMove) -> None:
    key = Key(2, scale)
    there = related(key, move)
    assert there or (move in {"relative", "third"} and not has_relative(scale))
    for after in there:
        assert key in related(after, move)
        pivot = pivot_symbol(key, after)
        assert pivot is not None
        shared = [one for one in _triads(key) if one in _triads(after) and one[1] is not None]
        leads = parse_chord(dominant_symbol(after)).root
        assert parse_chord(pivot).root != leads or {root for root, _ in shared} == {leads}
        for one in (key, after):
            seven = Key(one.tonic, "minor") if scale == "harmonic-minor" else harmony_key(one)
            assert all(tone in seven for tone in chord_tones(pivot)), (pivot, one)


@pytest.mark.parametrize("scale", ["major", "minor", "dorian", "minor-pentatonic"])
def test_a_tour_begins_at_home_goes_by_its_moves_and_comes_home(scale: str) -> None:
    home = Key(2, scale)
    moves: tuple[KeyMove, ...] = ("fifth", "relative", "third")
    tour = KeyTour(moves, rounds=2, seed=5)
    keys = [tour.at(number, home) for number in range(2 * KEYS_IN_A_TOUR * 40)]
    assert keys[::2] == keys[1::2]
    assert keys[:: 2 * KEYS_IN_A_TOUR] == [home] * 40
    for before, after in pairwise(keys[::2]):
        assert any(after in related(before, move) for move in moves)
    assert len({tuple(keys[at : at + 2 * KEYS_IN_A_TOUR : 2]) for at in range(0, len(keys), 2 * KEYS_IN_A_TOUR)}) > 3
    assert tour.at(1_000_000, home) == KeyTour(moves, rounds=2, seed=5).at(1_000_000, home)


def test_a_section_before_another_key_ends_with_a_chord_of_both_and_the_new_dominant() -> None:
    parts = (HarmonyPart(parse_progression("i | VI | III | VII")),)
    plan = SceneHarmony(parts, Key(2, "minor"), Metre(), tour=KeyTour(("fifth",), 1, 1))
    moves = 0
    for number in range(200):
        before, after = plan.spot(4 * number).key, plan.spot(4 * number + 4).key
        assert before != after
        pivot, dominant = plan.at(4 * number + 3).spans
        assert all(tone in before and tone in after for tone in pivot.tones)
        assert dominant.root == (after.tonic + 7) % 12
        assert plan.at(4 * number + 4).spans[0].root == after.tonic
        assert set(plan.at(4 * number + 4).spans[0].scale) == {(after.tonic + step) % 12 for step in SCALES["minor"]}
        moves += 1
    assert moves == 200


def test_written_symbols_move_with_the_key() -> None:
    assert transposed("F#m7/A", 3, Key(0, "major")) == "Am7/C"
    assert transposed("G13sus4", -7, Key(0, "major")) == "C13sus4"
    parts = (HarmonyPart(parse_progression("Dm9 | G13 | Dm9 | Bbmaj7/D")),)
    plan = SceneHarmony(parts, Key(2, "dorian"), Metre(), tour=KeyTour(("fifth",), 1, 2))
    moved = (plan.spot(4).key.tonic - 2) % 12
    assert moved in {5, 7}
    for bar in (0, 1):
        assert plan.at(4 + bar).spans[0].root == (plan.at(bar).spans[0].root + moved) % 12


def test_a_cadence_takes_half_of_the_last_chord() -> None:
    key = Key(9, "minor")
    events = [ChordEvent(0, "Am", key), ChordEvent(BAR, "F", key)]
    assert ended(events, 2 * BAR, BAR, key, cadence=False) == events
    assert ended(events, 2 * BAR, BAR, key, cadence=True) == [*events, ChordEvent(BAR + BAR // 2, "E7", key)]
    long = ended(events[:1], 8 * BAR, BAR, key, cadence=True)
    assert long == [events[0], ChordEvent(6 * BAR, "E7", key)]
    already = [events[0], ChordEvent(BAR, "E7b9", key)]
    assert ended(already, 2 * BAR, BAR, key, cadence=True) == already


@pytest.mark.parametrize("scale", sorted(SCALES))
def test_every_scale_has_a_chord_that_leads_to_its_tonic(scale: str) -> None:
    key = Key(4, scale)
    chord = parse_chord(dominant_symbol(key))
    assert chord.root != key.tonic
    assert chord.pitch_classes & {(key.tonic + step) % 12 for step in (1, 2, 10, 11)}


@pytest.mark.parametrize(
    ("symbol", "colour", "key", "wanted"),
    [
        ("Dm", "add9", Key(2, "minor"), "Dmadd9"),
        ("Dm", "inversion", Key(2, "minor"), "Dm/F"),
        ("A7", "inversion", Key(2, "minor"), "A7/C#"),
        ("Em", "add9", Key(4, "dorian"), "Emadd9"),
        ("Em", "add9", Key(0, "major"), None),
        ("C", "seventh", Key(0, "major"), "Cmaj7"),
        ("G", "seventh", Key(0, "major"), "G7"),
        ("F", "sus4", Key(0, "major"), None),
        ("G7", "sus4", Key(0, "major"), "G7sus4"),
        ("Dm7", "add9", Key(0, "major"), "Dm9"),
        ("Bbmaj7", "add9", Key(2, "minor"), "Bbmaj9"),
        ("C/E", "add9", Key(0, "major"), None),
        ("B7alt", "sus4", Key(0, "major"), None),
    ],
)
def test_colours_are_of_the_key(symbol: str, colour: str, key: Key, wanted: str | None) -> None:
    assert coloured(symbol, colour, key) == wanted  # pyright: ignore[reportArgumentType]


def test_a_long_chord_changes_its_colour_and_keeps_its_root() -> None:
    parts = (HarmonyPart(parse_progression("i | VI"), stretch=32),)
    plan = SceneHarmony(parts, Key(2, "minor"), Metre(), seed=4, colours=Colours(4, COLOURS))
    plain = SceneHarmony(parts, Key(2, "minor"), Metre(), seed=4)
    spans = [plan.at(bar).spans[0] for bar in range(64)]
    assert [bar for bar, span in enumerate(spans) if span.change] == [*range(0, 64, 4)]
    assert spans[0] == plain.at(0).spans[0]
    assert spans[32] == plain.at(32).spans[0]
    assert {span.root for span in spans[:32]} == {2}
    assert len({span.symbol for span in spans[:32]}) > 3
    assert all(tone in Key(2, "minor") for span in spans for tone in span.tones)
