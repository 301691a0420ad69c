"""A chord that two keys have."""

from __future__ import annotations

import pytest

from reverie.compose.common_chord import common_chord, held_chord
from reverie.music.chord_symbols import chord_tones
from reverie.music.harmony import SCALES, Key
from reverie.music.time import Metre


@pytest.mark.parametrize(
    ("here", "there", "symbol"),
    [
        (Key(0, "major"), Key(7, "major"), "G"),  # where it goes
        (Key(0, "major"), Key(9, "minor"), "Am"),
        (Key(0, "major"), Key(2, "major"), "G"),  # neither has the other's tonic: the nearer of G and Em
        (Key(7, "major"), Key(0, "lydian"), "C"),
        (Key(0, "minor"), Key(0, "major"), None),
        (Key(0, "major"), Key(6, "major"), None),
        (Key(2, "dorian"), Key(4, "minor-pentatonic"), "Em"),
    ],
)
def test_the_best_chord_is_the_next_tonic_then_the_one_that_is_left_then_the_nearest(
    here: Key, there: Key, symbol: str | None
) -> None:
    assert common_chord(here, there) == symbol


def test_whatever_the_keys_its_tones_belong_to_both() -> None:
    found = 0
    for scale in SCALES:
        for other in SCALES:
            for tonic in range(12):
                here, there = Key(2, scale), Key(tonic, other)
                if symbol := common_chord(here, there):
                    found += 1
                    assert all(tone in here and tone in there for tone in chord_tones(symbol))
    assert found > 800


def test_it_is_held_without_being_struck_anew() -> None:
    harmony = held_chord("Am", Key(9, "minor"), Metre())
    bars = [harmony.at(bar).spans for bar in range(64)]
    assert [len(spans) for spans in bars] == [1] * 64
    assert [spans[0].change for spans in bars] == [True] + [False] * 63
    assert {spans[0].symbol for spans in bars} == {"Am"}
