from __future__ import annotations

import math

import pytest

from reverie.music.time import Metre, Schedule, Tempo


@pytest.mark.parametrize(("text", "ticks", "steps"), [("4/4", 1920, 16), ("3/4", 1440, 12), ("7/8", 1680, 14)])
def test_a_metre_knows_its_bar(text: str, ticks: int, steps: int) -> None:
    metre = Metre.parse(text)
    assert (metre.bar_ticks, metre.bar_steps, str(metre)) == (ticks, steps, text)


@pytest.mark.parametrize("text", ["", "4", "4/", "/4", "4/5", "0/4", "a/b", "-4/4", "33/8", "4/4/4"])
def test_what_is_no_metre_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"metre|bar"):
        Metre.parse(text)


def test_a_drifting_tempo_swings_about_its_middle_and_comes_back() -> None:
    tempo = Tempo(90, drift_qpm=6, drift_bars=64)
    assert tempo.at(0) == 90
    assert tempo.at(16) == pytest.approx(96)
    assert tempo.at(48) == pytest.approx(84)
    assert tempo.at(64) == pytest.approx(90)
    assert math.isclose(tempo.seconds_per_tick(16) * 480 * 96, 60)


def test_a_schedule_counts_bars_from_one() -> None:
    schedule = Schedule(4, ((1, 2), (4, 4)))
    assert [schedule.plays(bar) for bar in range(8)] == [True, True, False, True] * 2
    assert all(Schedule().plays(bar) for bar in range(100))
