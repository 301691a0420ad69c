from __future__ import annotations

import os
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from fakes.conductors import Theatre
from fakes.scenes import TEXT
from reverie.clock import SystemClock
from reverie.conductor.hours.local_zone import LocalZone

ZONES = Path("/usr/share/zoneinfo")
RULE = "CET-1CEST,M3.5.0,M10.5.0/3"

pytestmark = pytest.mark.skipif(not (ZONES / "Asia/Tokyo").exists(), reason="there are no zones: apt install tzdata")


@pytest.fixture(autouse=True)
def put_back() -> Iterator[None]:
    before = os.environ.get("TZ")
    yield
    os.environ.pop("TZ", None)
    if before is not None:
        os.environ["TZ"] = before
    time.tzset()


def set_zone(path: Path, zone: str) -> None:
    """As `ln -sf` and timedatectl do it."""
    new = path.with_name(f"{path.name}.new")
    new.symlink_to(ZONES / zone)
    new.replace(path)


def assert_room_is_in(zone: str) -> None:
    there = datetime.now(ZoneInfo(zone)).replace(tzinfo=None)
    assert abs((SystemClock().local() - there).total_seconds()) < 60


def test_a_zone_set_while_it_plays_is_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "localtime"
    set_zone(file, "Asia/Tokyo")
    monkeypatch.setenv("TZ", f":{file}")
    time.tzset()
    zone = LocalZone()
    assert not zone.changed()
    assert_room_is_in("Asia/Tokyo")
    set_zone(file, "America/Lima")
    assert_room_is_in("Asia/Tokyo")  # the C library keeps what it has read
    assert zone.changed()
    assert_room_is_in("America/Lima")
    assert not zone.changed()


def test_a_zone_file_that_is_written_in_its_place_is_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "localtime"
    file.write_bytes((ZONES / "Asia/Tokyo").read_bytes())
    monkeypatch.setenv("TZ", str(file))
    time.tzset()
    zone = LocalZone()
    file.write_bytes((ZONES / "America/Lima").read_bytes())
    os.utime(file, ns=(0, 0))
    assert zone.changed()
    assert_room_is_in("America/Lima")


def test_a_zone_that_goes_is_told_and_one_that_returns_is_right_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "localtime"
    set_zone(file, "Asia/Tokyo")
    monkeypatch.setenv("TZ", f":{file}")
    zone = LocalZone()
    file.unlink()
    assert zone.changed()
    assert "what goes by the hour goes by UTC" in (zone.fault() or "")
    set_zone(file, "America/Lima")
    assert zone.changed()
    assert zone.fault() is None
    assert_room_is_in("America/Lima")


@pytest.mark.parametrize("written", [RULE, f":{RULE}", "<+0330>-3:30", "UTC", ":Asia/Tokyo", "", "JST-9"])
def test_a_zone_that_the_c_library_understands_is_no_fault(written: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", written)
    assert LocalZone().fault() is None


WEEK = "week: {monday: ['10:00-18:00']}"


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ("", False),
        ("programme: [{at: '10:00', scene: study}]", True),
        (f"hours: {{{WEEK}}}", True),
        ("quiet_hours: [{from: '22:00', to: '08:00', volume: 0.5}]", True),
        (f"hours: {{zone: Europe/Berlin, {WEEK}}}\nprogramme: [{{at: '10:00', scene: study}}]", False),
    ],
    ids=["nothing", "programme", "hours", "quiet hours", "a zone of the place"],
)
async def test_a_zone_that_was_not_known_was_told_of_programmes_only_and_where_nothing_goes_by_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, more: str, *, told: bool
) -> None:
    monkeypatch.setenv("TZ", "Europe/Atlantis")
    theatre = Theatre(tmp_path, {"study": TEXT})
    theatre.begin()
    (tmp_path / "reverie.yaml").write_text(f"scene: study\n{more}\n")
    theatre.conductor.reload()
    assert ("time-zone" in theatre.faults) is told
    (tmp_path / "reverie.yaml").write_text("scene: study\n")
    theatre.conductor.reload()
    assert "time-zone" not in theatre.faults


@pytest.mark.parametrize("written", ["Europe/Atlantis", "nonsense", ":/etc/passwd", "/nowhere", "Europe"])
def test_a_zone_that_nobody_understands_is_told(written: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", written)
    assert "goes by UTC" in (LocalZone().fault() or "")


def test_localtime_that_leads_nowhere_is_told_and_none_at_all_means_utc(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("TZ", raising=False)
    file = tmp_path / "localtime"
    assert LocalZone(file).fault() is None
    set_zone(file, "Europe/Atlantis")
    assert "cannot be read" in (LocalZone(file).fault() or "")
