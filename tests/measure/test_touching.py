from __future__ import annotations

import random
from dataclasses import replace

import pytest

from fakes.pieces import Hand, piece
from reverie.measure.piece import Piece
from reverie.measure.touching import (
    deviations,
    distinct_velocities,
    explained,
    on_the_grid,
    spread,
    spread_by_range,
    velocity_spread,
)


def beats(bars: int, seed: int, loud: float, by_chance: float, late: float = 0.0, drift: float = 0.0) -> Piece:
    """Four beats a bar: so much louder on the first, and so much louder or later by chance."""
    dice = random.Random(seed)
    notes: list[Hand] = []
    pace = 0.0
    for beat in range(4 * bars):
        pace = 0.97 * pace + dice.gauss(0, drift)
        velocity = 60 + loud * (beat % 4 == 0) + dice.gauss(0, by_chance)
        notes.append((max(beat + dice.gauss(0, late) + pace, 0), 0.2, 36, round(velocity)))
    return piece(bars, drums=("drums", notes))


def test_velocities_that_the_place_gives_are_explained_and_others_are_not() -> None:
    by_place, mixed, by_chance = beats(64, 1, 30, 0), beats(64, 1, 30, 13), beats(64, 1, 0, 13)
    assert explained(by_place, by_place.voices) == (1.0, 1.0)
    eta, _ = explained(mixed, mixed.voices)
    assert eta == pytest.approx(0.5, abs=0.12)
    eta, epsilon = explained(by_chance, by_chance.voices)
    assert eta == pytest.approx(0, abs=0.06)
    assert epsilon == pytest.approx(0, abs=0.06)


def test_few_notes_are_explained_by_chance_and_not_beyond_it() -> None:
    found = [explained(short, short.voices) for short in (beats(2, seed, 0, 13) for seed in range(60))]
    etas, epsilons = [eta for eta, _ in found if eta], [epsilon for _, epsilon in found if epsilon]
    assert sum(etas) / 60 > 0.3
    assert sum(epsilons) / 60 == pytest.approx(0, abs=0.15)


def test_drums_are_groups_of_their_own_and_pitches_are_not() -> None:
    notes: list[Hand] = [(4 * bar, 1, pitch, velocity) for bar in range(8) for pitch, velocity in ((36, 100), (42, 50))]
    drums, lead = piece(8, one=("drums", notes)), piece(8, one=("melody", notes))
    assert explained(drums, drums.voices)[0] == 1.0
    assert explained(lead, lead.voices)[0] == pytest.approx(0)


def test_nothing_is_explained_where_all_is_equally_loud() -> None:
    flat = beats(4, 1, 0, 0)
    assert explained(flat, flat.voices) == (None, None)
    assert velocity_spread(flat.voices) == 0
    assert distinct_velocities(flat.voices) == 1


def test_the_spread_is_told_beside_the_range_of_each_voice() -> None:
    quiet: list[Hand] = [(beat, 1, 60, 40 + 20 * (beat % 2)) for beat in range(8)]
    loud: list[Hand] = [(beat, 1, 60, (100, 110, 120)[beat]) for beat in range(3)]
    music = piece(2, one=("melody", quiet), two=("melody", loud), flat=("melody", [(0, 1, 60, 9)]))
    assert spread_by_range(music.voices[:1]) == 0.5
    assert spread_by_range(music.voices) == pytest.approx((8 * 0.5 + 3 * (200 / 3) ** 0.5 / 20) / 11)
    assert spread_by_range(music.voices[2:]) is None


def test_spread_is_the_standard_deviation() -> None:
    assert spread([]) is None
    assert spread([40, 60]) == 10


def test_lateness_is_told_in_milliseconds_at_the_tempo_there() -> None:
    music = piece(2, drums=("drums", [(0, 0.2, 36), (1.05, 0.2, 36), (4.05, 0.2, 36)]))
    late, _ = deviations(music, music.voices)
    assert late == pytest.approx([0, 25, 25])
    slower = replace(music, tempos=((0, 120.0), (1920, 60.0)))
    assert deviations(slower, slower.voices)[0] == pytest.approx([0, 25, 50])
    assert on_the_grid(music.voices).value == pytest.approx(1 / 3)


def test_a_players_own_pace_is_no_deviation_once_drift_is_removed() -> None:
    drifting, jittering = beats(200, 3, 0, 0, drift=0.01), beats(200, 3, 0, 0, late=0.015)
    (late, paced), (jitter, jitter_paced) = (deviations(one, one.voices) for one in (drifting, jittering))
    assert (spread(paced) or 0) < 0.7 * (spread(late) or 0)
    assert (spread(jitter_paced) or 0) == pytest.approx((spread(jitter) or 0) * 0.8**0.5, rel=0.05), (
        "of five notes, one is the note itself"
    )


def test_ornaments_far_from_every_place_are_left_out_once_drift_is_removed() -> None:
    beats_and_flams: list[Hand] = [(beat, 0.2, 36) for beat in range(40)]
    beats_and_flams += [(beat + 0.42, 0.2, 38) for beat in range(0, 40, 9)]
    music = piece(10, drums=("drums", beats_and_flams))
    late, paced = deviations(music, music.voices)
    assert (len(late), len(paced)) == (45, 40)
    assert spread(paced) == 0


def test_triplets_are_places_and_no_lateness() -> None:
    shuffle: list[Hand] = [(beat + place, 0.2, 42) for beat in range(16) for place in (0, 2 / 3)]
    music = piece(4, drums=("drums", shuffle))
    assert max(map(abs, deviations(music, music.voices)[0])) == pytest.approx(0)
