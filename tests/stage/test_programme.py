from __future__ import annotations

from datetime import datetime, time

import pytest

from reverie.stage.programme import Entry, Programme

DAY = Programme([Entry(time(20), "night"), Entry(time(8, 30), "day")])


@pytest.mark.parametrize(
    ("clock", "scene"),
    [
        ("00:00", "night"),
        ("08:29", "night"),
        ("08:30", "day"),
        ("19:59", "day"),
        ("20:00", "night"),
        ("23:59", "night"),
    ],
)
def test_the_latest_that_has_begun_is_due(clock: str, scene: str) -> None:
    due = DAY.due(datetime.fromisoformat(f"2026-03-29T{clock}"))
    assert due is not None
    assert due.scene == scene


def test_without_entries_nothing_is_due() -> None:
    assert Programme([]).due(datetime.fromisoformat("2026-01-01T00:00")) is None
