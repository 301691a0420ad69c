from __future__ import annotations

from dataclasses import replace

import pytest

from fakes.engine import DiceEngine
from fakes.scenes import TEXT, scene
from reverie.compose.novelty import NoveltyMemory
from reverie.conductor.offline.measuring import piece_on_paper
from reverie.conductor.offline.on_paper import OnPaper
from reverie.conductor.offline.performing import composed
from reverie.conductor.offline.simulated_days import SimulatedDays, remembered
from reverie.measure.days import NotedHour, days_alike, in_band
from reverie.measure.density_periods import counts
from reverie.site.schema import Site


def days(text: str = TEXT, *, guarded: bool = True) -> SimulatedDays:
    return SimulatedDays(scene(text), {}, DiceEngine(), hours=1, hour=240.0, guarded=guarded)


def plain(hours: list[NotedHour]) -> list[NotedHour]:
    return [replace(one, seconds=0.0, memory=0) for one in hours]


@pytest.fixture(scope="module")
def two() -> tuple[list[NotedHour], list[NotedHour]]:
    memory = NoveltyMemory()
    first, second = (days().day(number, memory) for number in range(2))
    return [*first], [*second]


def test_each_day_is_another_take_and_the_same_again(two: tuple[list[NotedHour], list[NotedHour]]) -> None:
    first, second = two
    assert plain([*days().day(0, NoveltyMemory())]) == plain(first)
    assert days_alike(two)["bars"]["most"] < 0.5
    assert second[0].day == 1


def test_whoever_goes_on_from_what_was_noted_makes_the_same_day(
    two: tuple[list[NotedHour], list[NotedHour]],
) -> None:
    first, second = two
    again = days().day(1, remembered(first, scene().name))
    assert plain([*again]) == plain(second)


def test_guards_keep_more_loops_inside_their_bands(two: tuple[list[NotedHour], list[NotedHour]]) -> None:
    memory = NoveltyMemory()
    free = [hour for number in range(2) for hour in days(guarded=False).day(number, memory)]
    guarded, unguarded = in_band([*two[0], *two[1]])["value"], in_band(free)["value"]
    assert guarded >= unguarded
    assert all(loop.warmer == 0 for hour in free for loop in hour.loops)


def test_what_is_noted_is_what_a_player_would_send(two: tuple[list[NotedHour], list[NotedHour]]) -> None:
    made = scene()
    composition = composed(made, {}, DiceEngine(), bars=64, seed=None, progress=lambda _bar: None)
    piece = piece_on_paper(OnPaper(Site(), made, [], composition))
    free = days(guarded=False).day(0, NoveltyMemory())
    for voice in piece.voices:
        assert [*free[0].voices[voice.name].notes[:64]] == counts(piece, [voice]).tolist()
