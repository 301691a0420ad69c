"""The programme of the day, in the real daemon."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from fakes.daemon import Daemon
from fakes.jack import wait_until

NOWHERE = {"main": {"kind": "port", "match": "no such port", "api": "jack"}}


def test_where_the_hour_asks_for_rest_the_silence_is_healthy(make_daemon: Callable[..., Daemon]) -> None:
    daemon = make_daemon(NOWHERE, programme=[{"at": "00:00", "scene": None}]).start()
    daemon.wait_for_bars(3)
    assert daemon.metric("reverie_resting") == 1
    assert daemon.get("/healthz").startswith("Resting")
    assert daemon.metric("reverie_notes_sent_total") == 0
    player = daemon.pid("player")
    assert player is not None
    daemon.family()[[process.pid for process in daemon.family()].index(player)].kill()
    wait_until(lambda: daemon.pid("player") not in {player, None})
    before = daemon.metric("reverie_bars_played_total")
    wait_until(lambda: daemon.metric("reverie_bars_played_total") > before + 1)
    assert daemon.metric("reverie_notes_sent_total") == 0


def test_a_scene_is_changed_by_the_clock_of_the_room(make_daemon: Callable[..., Daemon]) -> None:
    now = datetime.now().astimezone()
    soon = now + timedelta(seconds=75 if now.second > 45 else 60)
    programme = [
        {"at": f"{now - timedelta(minutes=1):%H:%M}", "scene": "study"},
        {"at": f"{soon:%H:%M}", "scene": "cat-dreams"},
    ]
    daemon = make_daemon(NOWHERE, programme=programme).start()
    daemon.wait_for_bars(1)
    assert daemon.status()["scene"]["name"] == "study"
    wait_until(lambda: daemon.status()["scene"]["name"] == "cat-dreams", 90)
    wait_until(lambda: daemon.metric("reverie_bars_played_total", scene="cat-dreams") > 0)


def test_a_programmed_scene_that_is_at_fault_is_told_and_tried_again(make_daemon: Callable[..., Daemon]) -> None:
    daemon = make_daemon(NOWHERE, programme=[{"at": "00:00", "scene": "dusk"}])
    daemon.start()
    daemon.wait_for_bars(1)
    assert daemon.status()["scene"]["name"] == "study"
    assert daemon.metric("reverie_configuration_ok") == 0
    assert any("dusk" in concern for concern in daemon.status()["concerns"])


RULE = "CET-1CEST,M3.5.0,M10.5.0/3"


@pytest.mark.parametrize(
    ("zone", "told"), [(RULE, "reminder"), ("Europe/Atlantis", "time-zone"), (":/etc/passwd", "time-zone")]
)
def test_a_zone_that_apscheduler_cannot_bear_does_not_end_the_daemon(
    make_daemon: Callable[..., Daemon], zone: str, told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TZ", zone)
    daemon = make_daemon(NOWHERE, programme=[{"at": "00:00", "scene": "study"}]).start()
    daemon.wait_for_bars(2)
    assert told in {fault["id"] for fault in daemon.status()["faults"]}
    assert "Traceback" not in daemon.log.read_text()
    assert daemon.stop()[0] == 0


def test_an_apscheduler_that_is_missing_does_not_end_the_daemon(
    make_daemon: Callable[..., Daemon], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "apscheduler.py").write_text("raise ImportError('there is no APScheduler')")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "elsewhere"))
    daemon = make_daemon(NOWHERE, programme=[{"at": "00:00", "scene": "study"}]).start()
    daemon.wait_for_bars(2)
    assert "reminder" in {fault["id"] for fault in daemon.status()["faults"]}
    assert "Traceback" not in daemon.log.read_text()


def test_a_time_zone_that_is_set_while_it_plays_changes_the_scene_at_once(
    make_daemon: Callable[..., Daemon], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = datetime.now(UTC)
    here, there = (ZoneInfo(f"Etc/GMT{hours:+}") for hours in (0, -6))
    file = tmp_path / "localtime"
    file.symlink_to("/usr/share/zoneinfo/Etc/GMT+0")
    monkeypatch.setenv("TZ", f":{file}")
    programme = [
        {"at": f"{now.astimezone(here) - timedelta(hours=3):%H:%M}", "scene": "study"},
        {"at": f"{now.astimezone(there) - timedelta(hours=3):%H:%M}", "scene": "night-watch"},
    ]
    daemon = make_daemon(NOWHERE, programme=programme).start()
    daemon.wait_for_bars(1)
    assert daemon.status()["scene"]["name"] == "study"
    (tmp_path / "new").symlink_to("/usr/share/zoneinfo/Etc/GMT-6")
    (tmp_path / "new").replace(file)
    wait_until(lambda: daemon.status()["scene"]["name"] == "night-watch")
    assert "The time zone has changed" in daemon.log.read_text()
