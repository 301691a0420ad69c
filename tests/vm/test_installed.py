"""What becomes of the installed service when it is updated without a network, moved to another zone, or flooded."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from fakes.machine import Evidence

pytestmark = [pytest.mark.slow, pytest.mark.real, pytest.mark.timeout(1500)]

MOST_LOG = 200_000
"""Bytes of log that some minutes of playing and a flood may take."""


@pytest.fixture(scope="session")
def updated(trial: Callable[[str], Evidence]) -> Evidence:
    return trial("updated")


@pytest.fixture(scope="session")
def housed(trial: Callable[[str], Evidence]) -> Evidence:
    return trial("housed")


def test_an_update_without_a_network_says_so_and_leaves_the_installation_whole(updated: Evidence) -> None:
    playing, failed = updated.one("playing").facts, updated.one("failed_update").facts
    assert failed["status"] != 0
    assert "Nothing was changed: what was installed before is whole, and plays on." in failed["said"]
    assert (failed["release"], failed["version"]) == (playing["release"], playing["version"])
    assert failed["releases"] == ["1", "2"]


def test_the_service_plays_on_meanwhile_and_is_not_restarted(updated: Evidence) -> None:
    pids = {updated.one(what).facts["unit"]["MainPID"] for what in ("playing", "failed_update", "back")}
    assert len(pids) == 1
    assert updated.one("back").facts["unit"]["NRestarts"] == "0"


def test_going_back_needs_no_network_and_counts_from_the_next_start(updated: Evidence) -> None:
    back, restarted = updated.one("back").facts, updated.one("restarted").facts
    assert back["status"] == 0, back["said"]
    assert back["release"] == "releases/1"
    assert "/usr/local/lib/reverie/releases/1/bin/" in restarted["command"]
    assert restarted["unit"]["ActiveState"] == "active"


def test_scenes_in_a_home_are_refused_with_a_sentence_and_music_plays(housed: Evidence) -> None:
    closed = housed.one("closed").facts
    [fault] = [fault for fault in closed["faults"] if fault["id"] == "scenes-folder"]
    assert fault["subject"] == "/home/artist/scenes"
    assert "ProtectHome" in fault["sentence"]
    assert closed["scene"] == "two-slots"
    assert closed["unit"]["ActiveState"] == "active"


def test_a_zone_that_is_set_while_it_plays_changes_the_scene(housed: Evidence) -> None:
    zone = housed.one("zone").facts
    assert "The time zone has changed" in zone["log"]
    assert "night-watch" in zone["unit"]["StatusText"]
    assert zone["unit"]["MainPID"] == housed.one("closed").facts["unit"]["MainPID"]


def test_a_thousand_strangers_that_say_nothing_do_not_stop_the_music(housed: Evidence) -> None:
    flood = housed.one("flood").facts
    bars = [
        int((re.search(r"bar ([0-9]+)", flood[when]["StatusText"]) or ["", "0"])[1]) for when in ("before", "flooded")
    ]
    assert bars[1] > bars[0] + 5
    for when in ("flooded", "after"):
        assert (flood[when]["NRestarts"], flood[when]["MainPID"]) == ("0", flood["before"]["MainPID"])
    assert flood["log_bytes"] < MOST_LOG


def test_nothing_of_it_is_a_traceback(updated: Evidence, housed: Evidence) -> None:
    for evidence in (updated, housed):
        assert "Traceback" not in evidence.one("log").facts["text"]
