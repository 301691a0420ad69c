"""Whether some bar has only certain schedules is known exactly, however far off it is."""

from __future__ import annotations

import random
from math import lcm

import pytest

from reverie.music import schedule_gaps
from reverie.music.schedule_gaps import UndecidedError, common_bar
from reverie.music.time import Schedule

ALWAYS = Schedule()


def all_but(length: int, bar: int) -> Schedule:
    """One that rests in a single bar (from 1) of its length."""
    return Schedule(length, tuple(span for span in ((1, bar - 1), (bar + 1, length)) if span[0] <= span[1]))


def test_schedules_of_lengths_without_a_common_factor_all_rest_somewhere_though_it_is_a_million_bars_away() -> None:
    resting = [all_but(97, 97), all_but(101, 101), all_but(103, 103)]
    bar = common_bar([ALWAYS], resting)
    assert bar == 97 * 101 * 103 - 1


def test_the_first_bar_is_named_where_it_is_near() -> None:
    assert common_bar([ALWAYS], [Schedule(4, ((1, 3),))]) == 3
    assert common_bar([Schedule(8, ((5, 8),))], [Schedule(4, ((1, 3),))]) == 7


def test_who_always_plays_never_rests() -> None:
    assert common_bar([ALWAYS], [ALWAYS, Schedule(4, ((1, 1),))]) is None


def test_lengths_with_a_common_factor_can_keep_their_rests_apart_for_ever() -> None:
    resting = [all_but(2 * 4987, 1), all_but(2 * 4993, 2), all_but(2 * 4999, 2)]
    assert common_bar([ALWAYS], resting) is None
    bar = common_bar([ALWAYS], [all_but(2 * 4987, 2), *resting[1:]])
    assert bar is not None
    assert bar % 2 == 1
    assert bar % (2 * 4987) == bar % (2 * 4993) == bar % (2 * 4999) == 1


@pytest.mark.parametrize("near", [0, 10_000])
@pytest.mark.parametrize("seed", range(60))
def test_it_finds_what_a_look_at_every_bar_finds(seed: int, near: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(schedule_gaps, "NEAR", near)
    rng = random.Random(seed)
    lengths = [rng.choice((1, 2, 3, 4, 5, 6, 9, 10, 12, 14, 15, 18, 20)) for _ in range(rng.randint(2, 5))]
    schedules = list[Schedule]()
    for length in lengths:
        first = rng.randint(1, length)
        schedules.append(Schedule(length, ((first, min(length, first + rng.randint(0, length))),)))
    playing, resting = schedules[:1], schedules[1:]
    right = [
        bar
        for bar in range(lcm(*lengths))
        if playing[0].plays(bar) and not any(schedule.plays(bar) for schedule in resting)
    ]
    found = common_bar(playing, resting)
    if near:
        assert found == (right[0] if right else None)
    else:
        assert found in right if right else found is None


def test_what_would_take_too_long_is_said_to_be_undecided(monkeypatch: pytest.MonkeyPatch) -> None:
    resting = [all_but(2 * 4987, 1), all_but(2 * 4993, 2), all_but(2 * 4999, 2)]
    monkeypatch.setattr(schedule_gaps, "PATIENCE", 0)
    with pytest.raises(UndecidedError):
        common_bar([ALWAYS], resting)
