from __future__ import annotations

import os
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

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
    assert "the programme goes by UTC" in (zone.fault() or "")
    set_zone(file, "America/Lima")
    assert zone.changed()
    assert zone.fault() is None
    assert_room_is_in("America/Lima")


@pytest.mark.parametrize("written", [RULE, f":{RULE}", "<+0330>-3:30", "UTC", ":Asia/Tokyo", "", "JST-9"])
def test_a_zone_that_the_c_library_understands_is_no_fault(written: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", written)
    assert LocalZone().fault() is None


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
