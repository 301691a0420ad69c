"""Rendering that is confined to hours of the day or to rests: it waits outside, and goes on where it was."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from pathlib import Path

import pytest

from fakes.bank_renders import FakeSupervisor, Stage, on
from reverie.conductor.banks import render_worker as module
from reverie.conductor.banks.render_hours import ALWAYS, RenderHours
from reverie.timbre.messages import Postponed, RenderProgress

NIGHT = dt.time(22), dt.time(6)
HOUR = 3600.0


@pytest.fixture(autouse=True)
def _workers(monkeypatch: pytest.MonkeyPatch) -> None:
    FakeSupervisor.lives = []
    monkeypatch.setattr(module, "Supervisor", FakeSupervisor)


def at(clock: str) -> dt.datetime:
    return dt.datetime.fromisoformat(f"2026-11-23 {clock}")


@pytest.mark.parametrize(
    ("hours", "clock", "resting", "allowed"),
    [
        (ALWAYS, "12:00", False, True),
        (RenderHours(NIGHT), "21:59:59", False, False),
        (RenderHours(NIGHT), "22:00", False, True),
        (RenderHours(NIGHT), "00:00", False, True),
        (RenderHours(NIGHT), "05:59:59", False, True),
        (RenderHours(NIGHT), "06:00", True, False),
        (RenderHours((dt.time(1), dt.time(5))), "00:59", False, False),
        (RenderHours((dt.time(1), dt.time(5))), "01:00", False, True),
        (RenderHours((dt.time(1), dt.time(5))), "05:00", False, False),
        (RenderHours(rests=True), "03:00", False, False),
        (RenderHours(rests=True), "12:00", True, True),
        (RenderHours(NIGHT, rests=True), "12:00", True, True),
        (RenderHours(NIGHT, rests=True), "12:00", False, False),
        (RenderHours(NIGHT, rests=True), "23:00", False, True),
    ],
)
def test_when_it_is_allowed(hours: RenderHours, clock: str, resting: bool, allowed: bool) -> None:
    assert hours.allow(at(clock), resting=resting) is allowed


def confined(folder: Path, hours: RenderHours) -> Stage:
    """A stage at midnight."""
    stage = Stage(folder)
    stage.config = replace(stage.config, hours=hours)
    stage.timbres = stage.made()
    return stage


async def test_by_day_what_is_there_is_found_and_what_is_not_waits_for_the_night(tmp_path: Path) -> None:
    async with on(confined(tmp_path, RenderHours((dt.time(1), dt.time(6))))) as stage:
        assert (stage.order(), stage.render.only_found) == (("creature", 0), True)
        await stage.finish("a", found=True)
        assert stage.told == [("creature", 0, "a")], "a bank of the cache is played at any hour"
        assert (stage.order(), stage.render.only_found) == (("bell", 0), True)
        stage.hear(Postponed())
        await stage.settle()
        for _ in range(2):
            stage.hear(Postponed())
            await stage.settle()
        lives = len(FakeSupervisor.lives)
        assert {row["name"]: row["postponed"] for row in stage.timbres.status()} == {"creature": [1], "bell": [0, 1]}
        assert stage.faults == [], "to wait is no fault"
        await stage.later(HOUR - 1, playing=False)
        assert len(FakeSupervisor.lives) == lives, "by day nothing is asked for again and again"
        await stage.later(1, playing=False)
        assert (stage.order(), stage.render.only_found) == (("bell", 0), False)
        assert {row["name"]: row["postponed"] for row in stage.timbres.status()} == {"creature": [], "bell": []}


async def test_at_the_end_of_the_night_a_render_is_left_and_asked_for_again_in_the_next(tmp_path: Path) -> None:
    async with on(confined(tmp_path, RenderHours(NIGHT))) as stage:
        assert (stage.order(), stage.render.only_found) == (("creature", 0), False)
        asked = stage.render
        await stage.later(6 * HOUR, playing=False)
        await stage.later(1, playing=False)
        assert (stage.order(), stage.render.only_found) == (("creature", 0), True)
        for _ in range(4):
            stage.hear(Postponed())
            await stage.settle()
        assert stage.ended == [], "it is not given up"
        lives = len(FakeSupervisor.lives)
        await stage.later(16 * HOUR, playing=False)
        await stage.later(1, playing=False)
        assert len(FakeSupervisor.lives) == lives + 1
        assert replace(stage.render, number=asked.number) == asked, (
            "the very same, so what was kept of it is gone on with"
        )


async def test_a_rest_is_for_rendering_where_the_site_says_so(tmp_path: Path) -> None:
    async with on(confined(tmp_path, RenderHours(rests=True))) as stage:
        assert stage.render.only_found
        for _ in range(4):
            stage.hear(Postponed())
            await stage.settle()
        await stage.later(1, playing=True)
        assert stage.render.only_found
        await stage.later(1, playing=False)
        assert not stage.render.only_found


async def test_how_long_it_will_take_is_told_beside_how_much_is_done(tmp_path: Path) -> None:
    async with on(Stage(tmp_path)) as stage:
        row = stage.timbres.status()[0]
        assert (row["rendering"], row["done_in_seconds"], row["done_in"]) == (0.0, None, "")
        for second in range(101):
            stage.hear(RenderProgress(second / 10_000))
            await stage.later(1)
        row = stage.timbres.status()[0]
        assert row["rendering"] == 0.01
        assert row["done_in_seconds"] == 9900
        assert row["done_in"] == "done in about 2.8 h"
        other = stage.timbres.status()[1]
        assert (other["rendering"], other["done_in"]) == (None, "")
