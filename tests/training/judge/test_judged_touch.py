"""How human a model of the touch plays, by hand and beside what was played."""

from __future__ import annotations

import json
from random import Random

import pytest

from fakes.data import data_folder
from fakes.judged import beat
from fakes.vae import random_vae
from reverie.models.errors import ModelError
from reverie.models.vae.grooves import Grooves, Hit
from reverie.training.judge.distances import SetDistance
from reverie.training.judge.judged_touch import (
    PlayedTake,
    TouchJudgement,
    judge_touch,
    take_of_sequence,
    touch_of,
)
from reverie.training.workspace import Split


def take(seed: int, loose: float = 0.1, bars: int = 4) -> PlayedTake:
    """A beat struck unevenly, within some part of a step."""
    drawn = Random(seed)
    hits = tuple(
        Hit(max(step + drawn.uniform(-loose, loose), 0), pitch, drawn.randrange(30, 120))
        for step, struck in enumerate(beat(seed, bars))
        for pitch in sorted(struck)
    )
    return PlayedTake(str(seed), 120.0, hits)


def takes(count: int = 15) -> dict[Split, list[PlayedTake]]:
    return {
        "train": [take(seed) for seed in range(count)],
        "validation": [],
        "test": [take(seed) for seed in range(100, 100 + count)],
    }


def test_velocities_and_lateness_are_those_of_the_hits() -> None:
    converter = Grooves(2)
    played = [Hit(0.0, 36, 100), Hit(4.2, 38, 60), Hit(7.7, 42, 30)]
    found = touch_of(converter, converter.example(played).outputs, qpm=60)
    assert found.velocities == (100, 60, 30)
    assert found.lateness == pytest.approx((0, 50, -75), abs=0.1)  # a step lasts 250 ms


def test_a_model_that_strikes_at_random_is_judged_beside_what_was_played() -> None:
    found = judge_touch(random_vae("groovae_2bar_humanize"), takes())
    assert found.stretches == 30
    assert found.velocity[1] == pytest.approx(26, abs=2)  # even from 30 to 119
    assert found.lateness[1] == pytest.approx(125 * 0.1 / 3**0.5, abs=1)  # even within a tenth of a step of 125 ms
    assert set(found.distances) == {"velocity", "lateness"}
    assert not found.met
    assert json.loads(json.dumps(found.as_json()))["met"] is False
    assert found == judge_touch(random_vae("groovae_2bar_humanize"), takes())


@pytest.mark.parametrize(
    ("velocity", "lateness", "met"), [(32, 27, True), (39, 21, True), (41, 27, False), (32, 20, False), (0, 0, False)]
)
def test_spreads_within_a_quarter_are_near_enough(velocity: float, lateness: float, met: bool) -> None:
    none: dict[str, SetDistance] = {}
    assert TouchJudgement("m", 1, (velocity, 32), (lateness, 27), none).met is met


def test_another_model_and_missing_music_are_refused() -> None:
    with pytest.raises(ModelError, match="touch is judged of groovae_2bar_humanize"):
        judge_touch(random_vae("groovae_2bar_tap_fixed_velocity"), takes())
    with pytest.raises(ValueError, match="two bars or more"):
        judge_touch(random_vae("groovae_2bar_humanize"), {**takes(1), "test": []})


def test_drummers_of_groove_spread_as_the_data_set_does() -> None:
    import note_seq

    folder = data_folder("groove-midi")
    files = sorted(folder.rglob("*beat_4-4.mid"))[::12]
    found = [take_of_sequence(note_seq.midi_file_to_note_sequence(str(file)), file.name) for file in files]
    played = [one for one in found if one is not None]
    assert len(played) > 20
    judged = judge_touch(
        random_vae("groovae_2bar_humanize"), {"train": played[::2], "validation": [], "test": played[1::2]}
    )
    print(judged)
    assert 20 < judged.velocity[1] < 45
    assert 12 < judged.lateness[1] < 40
