"""What becomes of the service under systemd when one process after the other stands still."""

from __future__ import annotations

import subprocess
from typing import Any

import pytest

from fakes.appliance import Appliance
from fakes.machine import CANNOT_BE_MADE, MAKER, Evidence

pytestmark = [pytest.mark.slow, pytest.mark.real, pytest.mark.timeout(2400)]

PATIENCE = 1500.0


@pytest.fixture(scope="module")
def starved(tmp_path_factory: pytest.TempPathFactory) -> Evidence:
    made = subprocess.run([MAKER, "appliance"], capture_output=True, text=True, check=False)
    if made.returncode == CANNOT_BE_MADE:
        pytest.skip(made.stdout.strip())
    assert made.returncode == 0, made.stdout + made.stderr
    with Appliance(tmp_path_factory.mktemp("starved")).made().power("starved") as running:
        return running.wait(lambda seen: seen.all("done"), PATIENCE, "its end")


def facts(starved: Evidence, stage: str) -> dict[str, Any]:
    (one,) = [sighting.facts for sighting in starved.all("cured") if sighting.facts["stage"] == stage]
    return one


@pytest.mark.parametrize("stage", ["composer", "player"])
def test_a_worker_that_stands_still_is_replaced_and_no_other(starved: Evidence, stage: str) -> None:
    before = starved.one("whole").facts if stage == "composer" else facts(starved, "composer")
    after = facts(starved, stage)
    assert after["workers"][stage] > before["workers"][stage]
    assert after["workers"] | {stage: 0} == before["workers"] | {stage: 0}


@pytest.mark.parametrize("stage", ["composer", "player"])
def test_the_log_names_the_worker_that_stood_still(starved: Evidence, stage: str) -> None:
    assert f"The {stage} did not answer for " in starved.one("log").facts["text"]


@pytest.mark.parametrize("stage", ["composer", "player", "port"])
def test_systemd_has_nothing_to_do_where_the_stage_can_be_cured(starved: Evidence, stage: str) -> None:
    whole, cured = starved.one("whole").facts["unit"], facts(starved, stage)["unit"]
    assert (cured["MainPID"], cured["NRestarts"]) == (whole["MainPID"], "0")


def test_processes_of_ports_that_stand_still_are_replaced_and_no_worker_is(starved: Evidence) -> None:
    port = facts(starved, "port")
    assert port["stopped"] > 0
    assert port["workers"]["composer"] == facts(starved, "player")["workers"]["composer"]


def test_a_conductor_that_stands_still_is_started_anew_by_the_watchdog(starved: Evidence) -> None:
    conductor = facts(starved, "conductor")["unit"]
    assert (conductor["NRestarts"], conductor["ActiveState"]) == ("1", "active")
    assert conductor["MainPID"] != starved.one("whole").facts["unit"]["MainPID"]
    log = starved.one("log").facts
    assert "Watchdog timeout" in log["text"]
    assert log["sounding"] == []
