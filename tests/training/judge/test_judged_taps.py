"""Whether a model that makes beats of taps follows them, by hand and for models that do and do not."""

from __future__ import annotations

import json
from collections.abc import Sequence
from random import Random
from typing import Any

import numpy as np
import pytest

from fakes.judged import beat
from fakes.vae import random_vae
from reverie.models.errors import ModelError
from reverie.models.vae.grooves import Hit
from reverie.models.vae.heads import Frames
from reverie.training.judge import judged_taps
from reverie.training.judge.judged_taps import TAPS, FollowedTaps, followed_taps, judge_taps
from reverie.training.judge.judged_touch import PlayedTake, TakeStretch
from reverie.training.workspace import Split


def take(seed: int, bars: int = 4) -> PlayedTake:
    """A beat without its hi-hat, so that not every eighth is tapped, struck unevenly."""
    drawn = Random(seed)
    hits = tuple(
        Hit(max(step + drawn.uniform(-0.1, 0.1), 0), pitch, drawn.randrange(30, 120))
        for step, struck in enumerate(beat(seed, bars))
        for pitch in sorted(struck - {42})
    )
    return PlayedTake(str(seed), 120.0, hits)


def takes(count: int = 15) -> dict[Split, list[PlayedTake]]:
    return {
        "train": [take(seed) for seed in range(count)],
        "validation": [],
        "test": [take(seed) for seed in range(100, 100 + count)],
    }


def test_taps_are_counted_where_their_own_beat_strikes_and_where_those_of_other_pieces_do() -> None:
    taps = np.array([[1, 0, 1, 0], [0, 1, 0, 1], [0, 1, 1, 1]], bool)
    beats = np.array([[1, 0, 0, 0], [0, 1, 0, 1], [1, 1, 1, 1]], bool)
    found = followed_taps(taps, beats, ["a", "b", "b"])
    assert found.struck == pytest.approx(((1 + 2 + 3) / 7, (0 + 2 + 0 + 0) / (2 * 2 + 2 + 3)))  # b has two stretches
    assert found.alike == pytest.approx(((1 + 2 + 3) / (2 + 2 + 4), (0 + 2 + 0 + 0) / (4 + 4 + 3 + 4)))
    assert found.met
    assert not FollowedTaps((1, 0.9), (0.6, 0.3)).met


def answering(monkeypatch: pytest.MonkeyPatch, answer: Any) -> None:
    def answers(_model: Any, stretches: Sequence[TakeStretch], _seed: int) -> list[Frames]:
        return [answer(stretch) for stretch in stretches]

    monkeypatch.setattr(judged_taps, "answers_to", answers)


def test_a_drummer_follows_and_has_the_touch_of_drummers(monkeypatch: pytest.MonkeyPatch) -> None:
    answering(monkeypatch, lambda stretch: stretch.played)
    found = judge_taps(random_vae(TAPS), takes())
    assert (found.taps.struck[0], found.taps.alike[0]) == (1, 1)
    assert found.taps.struck[1] < 0.8
    assert found.taps.met
    assert "taps are followed" in found.as_text()
    assert found.touch.velocity[0] == found.touch.velocity[1]
    assert found.touch.lateness[0] == found.touch.lateness[1]
    assert {"density", "drum_entropy"} <= set(found.measures)
    assert all(distance.met for _, distance in found.measures.values())


def test_who_strikes_everywhere_strikes_every_tap_and_follows_none(monkeypatch: pytest.MonkeyPatch) -> None:
    answering(monkeypatch, lambda stretch: np.ones_like(stretch.played))
    found = judge_taps(random_vae(TAPS), takes())
    assert found.taps.struck == (1, 1)
    assert not found.taps.met
    assert "taps are NOT followed" in found.as_text()
    assert not found.measures["density"][1].met


def test_a_model_that_strikes_at_random_does_not_follow() -> None:
    found = judge_taps(random_vae(TAPS), takes())
    assert found.taps.struck[0] == pytest.approx(found.taps.struck[1], abs=0.1)
    assert not found.taps.met
    assert json.loads(json.dumps(found.as_json()))["taps"]["met"] is False
    assert found == judge_taps(random_vae(TAPS), takes())


def test_other_models_and_missing_music_are_refused() -> None:
    with pytest.raises(ModelError, match=f"taps are followed by models of {TAPS}"):
        judge_taps(random_vae("groovae_2bar_humanize"), takes())
    with pytest.raises(ValueError, match="of two pieces that were held out"):
        judge_taps(random_vae(TAPS), {**takes(), "test": [take(100)]})
