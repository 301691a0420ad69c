from __future__ import annotations

import math

import pytest

from reverie.music.time import Metre, Schedule, Swing, Tempo


@pytest.mark.parametrize(
    ("text", "ticks", "steps"), [("4/4", 1920, 16), ("3/4", 1440, 12), ("7/8", 1680, 14), ("2+2+3/8", 1680, 14)]
)
def test_a_metre_knows_its_bar(text: str, ticks: int, steps: int) -> None:
    metre = Metre.parse(text)
    assert (metre.bar_ticks, metre.bar_steps, str(metre)) == (ticks, steps, text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "4",
        "4/",
        "/4",
        "4/5",
        "0/4",
        "a/b",
        "-4/4",
        "33/8",
        "4/4/4",
        "2+/8",
        "+3/8",
        "2+0/8",
        "2+2+3",
        "-2+9/8",
        "17+17/8",
    ],
)
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


def test_groups_are_read_and_written_as_musicians_write_them() -> None:
    assert Metre.parse(" 2 + 2+3 / 8").groups == (2, 2, 3)
    assert Metre.parse("2+2+3/8") == Metre(7, 8, (2, 2, 3)) != Metre(7, 8)
    with pytest.raises(ValueError, match="together its upper number"):
        Metre(7, 8, (2, 2))


@pytest.mark.parametrize(
    ("text", "beats", "strong"),
    [
        ("4/4", (0, 480, 960, 1440), (0, 960)),
        ("3/4", (0, 480, 960), (0,)),
        ("2/2", (0, 960), (0, 960)),
        ("5/4", (0, 480, 960, 1440, 1920), (0, 1440)),
        ("2+3/4", (0, 480, 960, 1440, 1920), (0, 960)),
        ("6/8", (0, 720), (0, 720)),
        ("5/8", (0, 720), (0, 720)),
        ("7/8", (0, 480, 960), (0, 480, 960)),
        ("3+2+2/8", (0, 720, 1200), (0, 720, 1200)),
        ("12/16", (0, 360, 720, 1080), (0, 360, 720, 1080)),
        ("16/16", (0, 480, 960, 1440), (0, 480, 960, 1440)),
        ("3+3+2/16", (0, 360, 720), (0, 360, 720)),
        ("1/4", (0,), (0,)),
    ],
)
def test_a_metre_knows_where_it_is_felt(text: str, beats: tuple[int, ...], strong: tuple[int, ...]) -> None:
    metre = Metre.parse(text)
    assert (metre.beats, metre.strong) == (beats, strong)


@pytest.mark.parametrize(
    ("text", "accents"),
    [
        ("4/4", [1, 0.35, 0.7, 0.35, 0.85, 0.35, 0.7, 0.35]),
        ("3/4", [1, 0.35, 0.7, 0.35, 0.7, 0.35]),
        ("7/8", [1, 0.35, 0.7, 0.35, 0.7, 0.35, 0.7]),
        ("2+2+3/8", [1, 0.35, 0.85, 0.35, 0.85, 0.35, 0.35]),
        ("3+2+2/8", [1, 0.35, 0.35, 0.85, 0.35, 0.85, 0.35]),
        ("2+3/4", [1, 0.35, 0.7, 0.35, 0.85, 0.35, 0.7, 0.35, 0.7, 0.35]),
    ],
)
def test_accents_follow_the_groups_by_eighths(text: str, accents: list[float]) -> None:
    metre = Metre.parse(text)
    assert [metre.accent(240 * eighth) for eighth in range(metre.bar_ticks // 240)] == accents
    assert metre.accent(metre.bar_ticks) == 1
    assert metre.accent(120) == metre.accent(160) == 0


def test_pairs_swing_from_the_beginning_of_each_group() -> None:
    swing, grouped, plain = Swing(2 / 3, of=8), Metre.parse("3+2+2/8"), Metre(7, 8)
    eighths = range(0, 1680, 240)
    assert [swing.warp(tick, plain) for tick in eighths] == [0, 320, 480, 800, 960, 1280, 1440]
    assert [swing.warp(tick, grouped) for tick in eighths] == [0, 320, 480, 720, 1040, 1200, 1520]
    assert swing.warp(1680 + 240, grouped) == 1680 + 320
