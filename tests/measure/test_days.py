from __future__ import annotations

import json
import random

import pytest

from reverie.measure.days import NotedHour, NotedLoop, NotedVoice, days_alike, drift, figures_of_days, in_band

BARS = 96


def hour(day: int, seed: int, pitch: float = 60.0, held: int = 4, excess: float = 0.0) -> NotedHour:
    """An hour in which loops of two bars are played so many times each."""
    dice, content, notes = random.Random(seed), list[int](), list[int]()
    while len(content) < BARS:
        loop = [dice.randrange(1, 10**6), dice.randrange(1, 10**6)]
        counts = [dice.randrange(2, 9)] * 2
        content += loop * held
        notes += counts * held
    voice = NotedVoice(tuple(content[:BARS]), tuple(notes[:BARS]), (pitch,) * BARS, (80.0,) * BARS)
    loop = NotedLoop("lead", day * 86400.0, seed, "00" * 64, 0.5, 0.4, 0.0 if excess < 0 else 0.3, excess)
    return NotedHour(day, 0, {"lead": voice}, (loop,), {"lead": 2}, 1.5, 100 + day, 10)


def test_an_hour_can_be_written_and_read() -> None:
    one = hour(3, 7)
    assert NotedHour.from_json(json.loads(json.dumps(one.as_json()))) == one


def test_days_of_their_own_have_nothing_in_common_and_the_same_day_again_has_all() -> None:
    own = days_alike([[hour(day, day)] for day in range(4)])
    assert own["bars"]["most"] == 0
    assert abs(own["course"]["mean"]) < 0.6
    again = days_alike([[hour(0, 1)], [hour(1, 2)], [hour(2, 1)]])
    assert (again["bars"]["most"], again["course"]["most"]) == (1, pytest.approx(1))
    assert again["bars"]["mean"] == pytest.approx(1 / 3, abs=1e-4)


def test_what_goes_one_way_drifts_and_in_another_order_it_does_not() -> None:
    dice = random.Random(1)
    values = [10 + 0.2 * day + dice.gauss(0, 0.3) for day in range(30)]
    rising = drift(values)
    assert rising.change == pytest.approx(5.8, abs=0.5)
    assert rising.share == pytest.approx(5.8 / 12.9, abs=0.05)
    assert rising.by_chance < 1.5
    dice.shuffle(values)
    assert abs(drift(values).change) < 3
    assert drift([4.0]).change == 0


@pytest.mark.parametrize("held", [1, 4, 12])
def test_a_freeze_is_how_often_a_loop_is_played_in_a_row(held: int) -> None:
    found = figures_of_days([hour(0, 1, held=held)])
    assert found["longest_freeze"]["lead"] == (held if held > 1 else 0)


def test_loops_outside_their_bands_are_counted_by_what_is_wrong() -> None:
    hours = [hour(0, 1), hour(1, 2, excess=-0.1), hour(2, 3, excess=0.2), hour(3, 4)]
    found = in_band(hours)
    assert (found["value"], found["alike"], found["strange"], found["copies_of_a_week"]) == (0.5, 0.25, 0.25, 0.25)
    assert in_band([])["value"] is None


def test_all_figures_are_there() -> None:
    found = figures_of_days([hour(day, day, pitch=60.0 + day) for day in range(5)])
    assert (found["days"], found["hours"]) == (5, 5)
    assert found["drift"]["register of lead"]["value"] == pytest.approx(4)
    assert found["memory"] == {"first": 100, "last": 104, "most": 104}
    json.dumps(found)
