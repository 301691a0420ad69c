"""Reverie begins anew in a rest, where something waits for that."""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import UTC, datetime, time
from pathlib import Path
from typing import Any

import pytest

from fakes.conductors import Theatre
from fakes.hand_clock import HandClock
from fakes.scenes import TEXT
from reverie.conductor.care.fresh_start import NAME, YOUNGEST, FreshStart, StartedWith, begin_anew_in_rests
from reverie.conductor.hours.hours_rules import HoursRules
from reverie.conductor.hours.opening_hours import OpeningHours
from reverie.conductor.hours.presence_sense import PresenceRules
from reverie.conductor.hours.programme import Programme, ProgrammeEntry
from reverie.conductor.run import _conduct
from reverie.music.time import Length
from reverie.processes import orphans
from reverie.site.actions import Action
from reverie.site.days_written import DaySpan
from reverie.watch.fault_kinds import CONFIGURATION_CHANGED
from reverie.watch.faults import Faults

SERVICE = {"NOTIFY_SOCKET": "/run/systemd/notify", "SYSTEMD_EXEC_PID": str(os.getpid()), "INVOCATION_ID": "0123"}
DAILY = HoursRules(OpeningHours([(DaySpan(600, 1080),)] * 7, UTC))


class Box:
    """A service whose program is a link, as an installation makes it, and a folder of models."""

    def __init__(self, folder: Path) -> None:
        self.clock, self.faults = HandClock(), Faults()
        self.wanted, self.left, self.hindered = True, 0, ""
        self.models, self.program = folder / "models", folder / "bin" / "reverie"
        self.models.mkdir()
        (self.models / "one.safetensors").write_bytes(b"one")
        self.program.parent.mkdir()
        for version in ("1", "2"):
            (folder / version).write_text(version)
        self.install("1")
        self.started = StartedWith.now([self.models, folder / "none"], self.program, self.clock)
        self.fresh = self.conducted()

    def conducted(self) -> FreshStart:
        """What one conductor of this process has."""
        return FreshStart(self.started, self.faults, self.clock, self.leave, lambda: self.wanted, lambda: self.hindered)

    def install(self, version: str) -> None:
        self.program.unlink(missing_ok=True)
        self.program.symlink_to(self.program.parents[1] / version)

    def leave(self) -> None:
        self.left += 1

    async def rest(self) -> int:
        assert await self.fresh.begin_anew() is bool(self.left)
        return self.left


@pytest.fixture
def box(tmp_path: Path) -> Box:
    box = Box(tmp_path)
    box.clock.go(YOUNGEST)
    return box


async def test_where_nothing_waits_a_rest_is_a_rest(box: Box) -> None:
    assert await box.rest() == 0
    assert box.fresh.waiting == ()


async def test_another_version_is_begun(box: Box) -> None:
    box.install("2")
    assert await box.rest() == 1


async def test_a_version_that_is_being_installed_is_waited_for(box: Box) -> None:
    box.install("2")
    await box.fresh.look()
    assert box.fresh.waiting == ("another version is installed",)
    box.program.unlink()
    assert await box.rest() == 0


async def test_a_configuration_that_waits_for_the_next_start_counts_then(box: Box) -> None:
    box.faults.tell(CONFIGURATION_CHANGED, "reverie.yaml", "From the next start counts what changed in: slots")
    assert box.fresh.waiting == ("the configuration on disk is another",)
    assert await box.rest() == 1


@pytest.mark.parametrize("name", ["one.safetensors", "two.safetensors"])
async def test_a_model_that_was_imported_or_replaced_is_read(box: Box, name: str) -> None:
    (box.models / name).write_bytes(b"another")
    assert await box.rest() == 1


async def test_what_lies_beside_models_is_none(box: Box) -> None:
    (box.models / "README").write_text("Ours.")
    assert await box.rest() == 0


@pytest.mark.parametrize("away", ["unmounted", "empty", "no folder"])
async def test_models_that_were_away_for_a_moment_were_taken_for_other_models(box: Box, away: str) -> None:
    hidden = box.models.rename(box.models.with_name("hidden"))
    if away == "no folder":
        box.models.write_text("A file.")
    elif away == "empty":
        box.models.mkdir()
    assert await box.rest() == 0
    if away == "no folder":
        box.models.unlink()
    elif away == "empty":
        box.models.rmdir()
    hidden.rename(box.models)
    assert await box.rest() == 0
    (box.models / "one.safetensors").write_bytes(b"another")
    assert await box.rest() == 1


async def test_a_share_that_hangs_was_taken_for_other_models(box: Box, monkeypatch: pytest.MonkeyPatch) -> None:
    def hangs(path: Path, call: object) -> Any:
        raise TimeoutError(str(path))

    for module in ("folders", "conductor.care.fresh_start"):
        monkeypatch.setattr(f"reverie.{module}.patiently", hangs)
    assert await box.rest() == 0
    monkeypatch.undo()
    assert await box.rest() == 0


async def test_a_site_that_wants_none_has_none(box: Box) -> None:
    box.install("2")
    box.wanted = False
    assert await box.rest() == 0


async def test_what_still_waits_after_a_new_start_does_not_begin_it_again_and_again(tmp_path: Path) -> None:
    box = Box(tmp_path)
    box.install("2")
    box.clock.go(YOUNGEST - 1)
    assert await box.rest() == 0
    box.clock.go(1)
    assert await box.rest() == 1


async def test_a_version_that_was_installed_during_safe_mode_was_never_begun(box: Box) -> None:
    box.install("2")
    box.fresh = box.conducted()  # safe mode is left: another conductor, in the same process
    assert await box.rest() == 1


async def test_why_it_is_put_off_is_told_once(box: Box, caplog: pytest.LogCaptureFixture) -> None:
    box.install("2")
    box.hindered = "the rest is too short for it"
    with caplog.at_level("INFO"):
        assert [await box.rest() for _ in range(3)] == [0, 0, 0]
    told = "Reverie does not begin anew yet, though another version is installed: the rest is too short for it."
    assert caplog.messages == [told]
    box.hindered = ""
    assert await box.rest() == 1


def registers(theatre: Theatre, environment: Mapping[str, str], *, asked: bool = False) -> bool:
    begin_anew_in_rests(theatre.conductor, StartedWith.now([]), asked=asked, environment=environment)
    return NAME in [one["name"] for one in theatre.conductor.day.work.status()]


@pytest.mark.parametrize(
    ("environment", "does"),
    [
        (SERVICE, True),
        ({"INVOCATION_ID": "0123"}, False),
        ({**SERVICE, "NOTIFY_SOCKET": ""}, False),
        ({**SERVICE, "SYSTEMD_EXEC_PID": str(os.getppid())}, False),
        ({}, False),
    ],
    ids=["the service", "a terminal below a unit", "no word awaited", "a child of a service", "a shell"],
)
def test_below_any_unit_reverie_ended_for_good(tmp_path: Path, environment: Mapping[str, str], *, does: bool) -> None:
    assert registers(Theatre(tmp_path, {"study": TEXT}), environment) is does


def test_a_scene_that_was_asked_for_at_the_start_was_begun_anew_at_night(tmp_path: Path) -> None:
    assert not registers(Theatre(tmp_path, {"study": TEXT}), SERVICE, asked=True)


@pytest.mark.parametrize(
    ("scene", "length", "does"),
    [(None, Length(), True), ("study", Length(), False), (None, Length(seconds=60.0), False)],
    ids=["neither", "a scene", "a length"],
)
async def test_a_service_that_is_told_what_to_play_is_left_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, scene: str | None, length: Length, *, does: bool
) -> None:
    theatre = Theatre(tmp_path, {"study": TEXT})
    for key, value in SERVICE.items():
        monkeypatch.setenv(key, value)
    monkeypatch.setattr(orphans, "adopt", lambda: None)

    async def run(*_: object) -> None:
        """It ends at once."""

    monkeypatch.setattr(theatre.conductor, "run", run)
    await _conduct(theatre.conductor, scene, length, StartedWith.now([]))
    assert (NAME in [one["name"] for one in theatre.conductor.day.work.status()]) is does


class House(Theatre):
    """A service that is closed at night, for which another configuration waits."""

    def __init__(self, folder: Path, clock: str, **options: Any) -> None:
        super().__init__(folder, {"study": TEXT}, clock=HandClock(clock), **options)
        self.begin()
        self.answer()
        self.conductor.look()
        self.left = list[bool]()
        self.conductor.stop = lambda: self.left.append(True)
        started = StartedWith((program := folder / "reverie"), program, (), {}, float("-inf"))
        found = begin_anew_in_rests(self.conductor, started, asked=False, environment=SERVICE)
        assert found is not None
        self.fresh = found
        self.conductor.faults.tell(CONFIGURATION_CHANGED, "reverie.yaml", "Something has changed")

    def to(self, clock: str) -> None:
        self.clock.go(datetime.fromisoformat(clock).replace(tzinfo=UTC).timestamp() - self.clock.wall())
        self.conductor.look()


@pytest.mark.parametrize(
    ("clock", "leaves"),
    [
        ("2026-11-28 03:00", True),
        ("2026-11-28 09:35", True),
        ("2026-11-28 09:36", False),
        ("2026-11-28 09:52", False),
        ("2026-11-28 09:59:30", False),
        ("2026-11-28 10:00", False),
        ("2026-11-28 12:00", False),
    ],
)
async def test_a_new_start_fell_into_the_warm_up_or_seconds_before_opening(
    tmp_path: Path, clock: str, *, leaves: bool
) -> None:
    house = House(tmp_path, "2026-11-28 02:00", hours=DAILY)
    house.to(clock)
    assert await house.fresh.begin_anew() is leaves
    assert bool(house.left) is leaves


@pytest.mark.parametrize(
    ("clock", "leaves"),
    [("2026-11-28 22:30", True), ("2026-11-29 07:45", True), ("2026-11-29 07:46", False), ("2026-11-29 08:00", False)],
)
async def test_a_new_start_fell_to_the_end_of_a_rest_of_the_programme(
    tmp_path: Path, clock: str, *, leaves: bool
) -> None:
    programme = Programme((ProgrammeEntry(time(8), "study"), ProgrammeEntry(time(22), None)))
    house = House(tmp_path, "2026-11-28 22:10", programme=programme)
    house.to(clock)
    assert await house.fresh.begin_anew() is leaves


async def test_a_new_start_fell_into_a_rest_that_a_visitor_may_end_at_once(tmp_path: Path) -> None:
    house = House(tmp_path, "2026-11-28 12:00", hours=DAILY)
    house.conductor.day.restraints.watch(PresenceRules(away=600, lost=36_000, rests=True))
    house.conductor._course.deserted = True
    assert house.conductor._course.resting
    assert await house.fresh.begin_anew() is False


@pytest.mark.parametrize(
    "wanted",
    [
        Action("pause", value=True),
        Action("volume", value=0.5),
        Action("tempo", value=100.0),
        Action("mute", True, "lead"),
    ],
    ids=lambda action: action.kind,
)
async def test_what_people_had_set_was_lost_at_a_new_start(tmp_path: Path, wanted: Action) -> None:
    house = House(tmp_path, "2026-11-28 03:00", hours=DAILY)
    assert not house.conductor.touched
    house.conductor._console._acts.do(wanted)
    assert house.conductor.touched
    assert await house.fresh.begin_anew() is False
    undone = {"pause": Action("pause", value=False), "volume": Action("volume", value=1.0)}
    house.conductor._console._acts.do(undone.get(wanted.kind, Action("undo")))
    assert await house.fresh.begin_anew() is True


async def test_nothing_is_said_to_wait_for_a_rest_before_it_does(tmp_path: Path) -> None:
    house = House(tmp_path, "2026-11-28 12:00", hours=DAILY)
    [told] = [one for one in house.conductor.day.work.status() if one["name"] == NAME]
    assert told["waits"]
    house.conductor.faults.clear(CONFIGURATION_CHANGED, "reverie.yaml")
    [told] = [one for one in house.conductor.day.work.status() if one["name"] == NAME]
    assert (told["waits"], told["seconds_ago"]) == (False, None)
