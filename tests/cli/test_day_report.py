"""What a day was like, told on the command line."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from reverie.cli.main import main
from reverie.history.day_book import FILE, DayRecord, FaultOfDay


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Etc/GMT+12"])
def test_a_report_by_hand_went_by_the_machines_zone_and_not_by_that_of_the_place(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], zone: str
) -> None:
    """Between these zones lie 26 hours: it is never the same day in both."""
    config, state = tmp_path / "reverie.yaml", tmp_path / "state"
    config.write_text(f"state: {state}\nhours: {{zone: {zone}, week: {{monday: ['10:00-18:00']}}}}\n")
    state.mkdir()
    since = datetime(2026, 11, 28, 12, 34, tzinfo=UTC)
    today = datetime.now(ZoneInfo(zone)).date()
    fault = FaultOfDay("slot-missing", "main", "impaired", "Gone", 1, since.timestamp(), None)
    record = DayRecord(today, running=3600.0, loops=4321, faults=(fault,))
    (state / FILE).write_text(json.dumps({"version": 1, "days": [record.as_json()]}))
    assert main(["report", "--config", str(config), "--day", "today"]) == 0
    told = capsys.readouterr().out
    assert "4321" in told
    assert f"{since.astimezone(ZoneInfo(zone)):%H:%M}" in told
