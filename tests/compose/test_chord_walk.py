"""Progressions that are generated: within their limits, and as tunes are."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reverie.compose.chord_statistics import BEGINNING, shipped_statistics
from reverie.compose.chord_walk import ChordWalk, outside, tension
from reverie.compose.key_tour import KeyTour, dominant_symbol
from reverie.compose.scene_harmony import HarmonyPart, SceneHarmony
from reverie.music.chord_symbols import chord_tones, parse_chord
from reverie.music.harmony import SCALES, Key
from reverie.music.time import Metre
from reverie.scenes.harmony import ChordSource

C_MAJOR = Key(0, "major")
WILD = ChordWalk(64, (0.5, 4.0), (1.0, 1.0))


def symbols(walk: ChordWalk, key: Key, number: int, seed: int = 1) -> list[str]:
    return [chord.word for bar in walk.progression(key, seed, number).bars for chord in bar]


def lengths(walk: ChordWalk, key: Key, number: int) -> list[float]:
    bars = walk.progression(key, 1, number).bars
    starts = [bar + chord.share / chord.of for bar, chords in enumerate(bars) for chord in chords]
    return [after - before for before, after in pairwise([*starts, len(bars)])]


def token(symbol: str, key: Key) -> str:
    root = parse_chord(symbol).root
    kind = symbol.lstrip("ABCDEFG").lstrip("#b")
    return f"{(root - key.tonic) % 12}:{kind}"


@settings(max_examples=60, deadline=None)
@given(
    st.builds(Key, st.integers(0, 11), st.sampled_from(sorted(SCALES))),
    st.integers(2, 16),
    st.sampled_from([(0.5, 1.0), (1.0, 2.0), (2.0, 2.0), (1.0, 1.0)]),
    st.tuples(st.floats(0, 1), st.floats(0, 1)),
    st.integers(0, 1000),
    st.sampled_from(["counts", "network"]),
)
def test_a_walk_goes_from_the_tonic_to_the_dominant_within_its_limits(
    key: Key, bars: int, rhythm: tuple[float, float], limits: tuple[float, float], number: int, by: ChordSource
) -> None:
    walk = ChordWalk(bars, rhythm, limits, by=by)
    chords = symbols(walk, key, number)
    assert parse_chord(chords[0]).root == key.tonic
    assert len(walk.progression(key, 1, number).bars) == bars
    if len(chords) > 1:
        assert chords[-1] == dominant_symbol(key)
    for place, chord in enumerate(chords[1:-1], start=1):
        said = token(chord, key)
        low, high = limits
        limit = low + (high - low) * place / max(len(chords) - 2, 1)
        assert tension(said, key) <= limit + 1e-9 or outside(said, key) == 0 or said.startswith("0:sus")
    assert all(before != after for before, after in pairwise(chords))
    for length in lengths(walk, key, number)[:-1]:
        assert rhythm[0] <= length <= rhythm[1]


def test_tension_is_distance_and_strange_notes() -> None:
    assert tension("0:", C_MAJOR) == 0
    order = ["0:", "7:", "2:m", "4:7", "6:7"]
    assert [tension(one, C_MAJOR) for one in order] == sorted(tension(one, C_MAJOR) for one in order)
    assert outside("4:7", C_MAJOR) == 1
    assert outside("5:m", C_MAJOR) == 1
    assert outside("5:", Key(2, "dorian")) == 0


def test_what_is_not_let_to_stray_has_the_notes_of_the_key() -> None:
    for scale in ("major", "minor", "dorian", "lydian"):
        key = Key(7, scale)
        chords = [one for number in range(40) for one in symbols(ChordWalk(8, tension=(0.0, 0.15)), key, number)[:-1]]
        assert all(tone in key for one in chords for tone in chord_tones(one)), scale
        assert len(set(chords)) > 3


def _transitions(by: ChordSource) -> dict[str, Counter[str]]:
    found = dict[str, Counter[str]]()
    for number in range(60):
        chords = [token(one, C_MAJOR) for one in symbols(replace(WILD, by=by), C_MAJOR, number)]
        for before, after in pairwise(chords[:-2]):
            found.setdefault(before, Counter())[after] += 1
    return found


def _distance(ours: Counter[str], theirs: Counter[str]) -> float:
    """Half the sum of differences of shares: 0 is the same, 1 has nothing in common."""
    return sum(abs(ours[one] / ours.total() - theirs[one] / theirs.total()) for one in ours | theirs) / 2


def test_chords_follow_each_other_as_in_the_tunes() -> None:
    table = shipped_statistics().after["major"]
    found = _transitions("counts")
    common = sorted(found, key=lambda one: -found[one].total())[:8]
    everything = Counter({one: count for one, count in table[""].items() if one != BEGINNING})
    near = [_distance(found[one], Counter(table[one])) for one in common]
    far = [_distance(found[one], everything) for one in common]
    assert sum(near) / len(near) < 0.2, near
    assert sum(far) / len(far) > 2 * sum(near) / len(near), far


def test_chords_last_as_long_as_in_the_tunes() -> None:
    counts = Counter(length for number in range(60) for length in lengths(WILD, C_MAJOR, number))
    assert counts[0.5] > counts[2.0] > counts[4.0]
    assert counts[1.0] > counts[2.0]
    slow = ChordWalk(16, (2.0, 4.0))
    assert {length for number in range(20) for length in lengths(slow, C_MAJOR, number)} == {2.0, 4.0}


@pytest.mark.parametrize("kinds", ["triads", "sevenths"])
def test_chords_are_of_the_kinds_that_are_wanted(kinds: str) -> None:
    walk = ChordWalk(32, (1.0, 1.0), (0.2, 0.3), kinds)  # pyright: ignore[reportArgumentType]
    sizes = Counter(len(chord_tones(one)) for number in range(10) for one in symbols(walk, C_MAJOR, number)[:-1])
    wanted = 3 if kinds == "triads" else 4
    assert sizes[wanted] / sizes.total() > 0.9


def test_each_section_has_another_walk_unless_some_are_to_come_back() -> None:
    walk = ChordWalk(8)
    assert len({tuple(symbols(walk, C_MAJOR, number)) for number in range(50)}) > 40
    some = ChordWalk(8, different=3)
    sections = [tuple(symbols(some, C_MAJOR, number)) for number in range(50)]
    assert len(set(sections)) == 3
    assert symbols(walk, C_MAJOR, 7) == symbols(walk, C_MAJOR, 7) != symbols(walk, C_MAJOR, 7, seed=2)


@settings(deadline=None)
@given(
    st.integers(0, 11),
    st.sampled_from(["major", "minor", "dorian"]),
    st.integers(0, 50),
    st.sampled_from(["counts", "network"]),
)
def test_a_walk_is_the_same_in_every_key(tonic: int, scale: str, number: int, by: ChordSource) -> None:
    walk, here, there = ChordWalk(8, by=by), Key(0, scale), Key(tonic, scale)
    assert [token(one, here) for one in symbols(walk, here, number)] == [
        token(one, there) for one in symbols(walk, there, number)
    ]


@pytest.mark.parametrize("by", ["counts", "network"])
def test_a_generated_harmony_moves_by_any_related_keys_and_any_bar_can_be_asked_for(by: ChordSource) -> None:
    tour = KeyTour(("fifth", "relative", "third"), 2, 3)
    part = HarmonyPart(ChordWalk(8, by=by), times=2)
    plan = SceneHarmony((part,), Key(9, "minor"), Metre(), seed=3, tour=tour)
    again = SceneHarmony((part,), Key(9, "minor"), Metre(), seed=3, tour=tour)
    bars = [plan.at(bar) for bar in range(16 * 40)]
    assert [again.at(bar) for bar in reversed(range(16 * 40))] == bars[::-1]
    assert plan.at(1_000_000) == again.at(1_000_000)
    assert len({plan.spot(bar).key for bar in range(0, 640, 16)}) > 3
    for number in range(40):
        key = plan.spot(16 * number).key
        assert bars[16 * number].spans[0].root == key.tonic
        assert [one.spans[0].symbol for one in bars[16 * number : 16 * number + 6]] == [
            one.spans[0].symbol for one in bars[16 * number + 8 : 16 * number + 14]
        ]


def test_the_network_has_other_walks_than_the_counts_and_repeats_more_of_what_it_did() -> None:
    def again(by: ChordSource) -> float:
        """The share of chords that have been there before, after the same chord."""
        moves = [
            [*pairwise(symbols(ChordWalk(32, (1.0, 1.0), (0.5, 0.5), by=by), C_MAJOR, number))] for number in range(12)
        ]
        return sum(1 - len(set(one)) / len(one) for one in moves) / len(moves)

    assert again("network") > again("counts") + 0.05
    assert symbols(ChordWalk(8, by="network"), C_MAJOR, 1) != symbols(ChordWalk(8), C_MAJOR, 1)
