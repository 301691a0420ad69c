"""Rehearsals of few days: the same twice, and after an interruption; and what they tell."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from reverie.cli.main import main
from reverie.rehearsal.days_digest import bytes_a_note, chosen, digest_midi
from reverie.rehearsal.rehearsal_folder import RehearsalError
from reverie.rehearsal.rehearsal_report import lines, report_of
from reverie.rehearsal.rehearsing import Rehearsal, RehearsalWish, rehearse

SCENE = """
name: {name}
title: A scene for the {name}
tempo: {tempo}
metre: 4/4
key: D
scale: dorian
seed: 3
voices:
  beat:
    kind: drums
    model: drum_kit
    bars: 2
    evolve: {{hold: 2, then: [continue, mutate], candidates: 1}}
    output: {{slot: main, channel: 10}}
"""
SITE = """
scene: morning
scenes: [scenes]
hours: {zone: Europe/Berlin, week: {saturday: ["10:00-12:00"], sunday: ["10:00-12:00"], monday: ["10:00-12:00"]}}
programme: [{at: "00:00", scene: morning}, {at: "11:00", scene: evening}]
"""
WISH = RehearsalWish(days=2, first=date(2026, 3, 28), lived=4.0, composed=2)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    (folder / "scenes").mkdir()
    for name, tempo in (("morning", 40), ("evening", 48)):
        (folder / "scenes" / f"{name}.yaml").write_text(SCENE.format(name=name, tempo=tempo))
    path = folder / "reverie.yaml"
    path.write_text(SITE)
    return path


@pytest.fixture(scope="module")
def rehearsal(site: Path) -> Rehearsal:
    return rehearse(site, WISH, site.parent / "whole")


def test_a_rehearsal_plays_what_is_due_and_is_never_silent_by_accident(rehearsal: Rehearsal) -> None:
    for lived in rehearsal.days:
        day = lived.result
        assert (day.open_hours, day.music_hours) == (2, 2)
        assert [one.scene for one in day.scenes] == ["morning", "evening"]
        assert day.begun[-2:] == ("morning", "evening")
        assert day.bars > 50
        assert day.silent_bars == 0
        assert day.lives["composer"] == 3
        assert 0 < day.loops.by_models < day.loops.composed
    assert rehearsal.days[0].result.clock_change == 1


def test_a_rehearsal_that_was_interrupted_goes_on_to_the_same(rehearsal: Rehearsal, site: Path) -> None:
    folder = site.parent / "interrupted"
    rehearse(site, replace(WISH, days=1), folder)
    told: list[int] = []
    again = rehearse(site, WISH, folder, lambda _, number: told.append(number))
    assert told == [2]
    assert again.digest_hash == rehearsal.digest_hash


def test_another_seed_is_another_rehearsal(rehearsal: Rehearsal, site: Path) -> None:
    other = rehearse(site, replace(WISH, days=1, seed=1), site.parent / "other")
    assert other.days[0].result.sketches != rehearsal.days[0].result.sketches
    with pytest.raises(RehearsalError, match="days of another rehearsal"):
        rehearse(site, WISH, site.parent / "other")


def test_a_report_says_what_was_lived_through_and_what_not(rehearsal: Rehearsal) -> None:
    report = report_of(rehearsal, 10.0)
    assert report.rows[0].to_day_before is None
    assert 0 < (report.rows[1].to_day_before or 0) <= 1
    text = "\n".join(lines(report))
    assert "No bar was silent that was not meant to be." in text
    assert "the clock is set ahead by 1 h" in text
    assert rehearsal.digest_hash in text
    assert json.loads(json.dumps(report.as_json()))["totals"]["silent_bars"] == 0


def test_a_digest_has_minutes_of_its_days(rehearsal: Rehearsal) -> None:
    minutes = chosen(rehearsal.days)
    assert [one.date for one in minutes] == ["2026-03-28", "2026-03-29"]
    midi = digest_midi(rehearsal.site, minutes)
    assert midi == digest_midi(rehearsal.site, minutes)
    assert b"2026-03-28" in midi
    assert bytes_a_note(rehearsal.site, minutes) > 3


SHIPPED = Path(__file__).parents[2] / "config" / "reverie.yaml"


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_ninety_days_of_the_shipped_configuration_are_the_same_twice_and_take_minutes(tmp_path: Path) -> None:
    wish = RehearsalWish(days=90, first=date(2026, 3, 1))
    hashes: list[str] = []
    for name in ("once", "twice"):
        begun = time.monotonic()
        lived = rehearse(SHIPPED, wish, tmp_path / name)
        seconds = time.monotonic() - begun
        print(f"{name}: {len(lived.days)} days in {seconds:.0f} s, {lived.digest_hash}")
        assert len(lived.days) == wish.days
        assert sum(day.result.silent_bars for day in lived.days) == 0
        assert seconds < 600
        hashes.append(lived.digest_hash)
    assert hashes[0] == hashes[1]


def test_the_command_refuses_a_digest_of_no_kind(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert main(["rehearse", "--digest", str(tmp_path / "a.mp3"), "--out", str(tmp_path / "days")]) == 1
    assert ".opus" in capsys.readouterr().err
    assert not (tmp_path / "days").exists()
