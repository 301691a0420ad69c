"""Opening hours as a site writes them, and as they are kept."""

from __future__ import annotations

from pathlib import Path

from reverie.conductor.hours.hours_rules import HoursRules
from reverie.documents import write_text
from reverie.site.days_written import DayMark, DaySpan
from reverie.site.load import load_site

TEXT = """
hours:
  zone: Europe/Berlin
  week:
    tuesday: ["10:00-18:00"]
    friday: ["9:30-13:00", "18:00-02:00"]
    sunday: ["00:00-24:00"]
  exceptions:
    - {on: 2026-12-24, spans: ["10:00-14:00"], reason: Christmas Eve}
    - {from: 12-27, to: 01-06}
  holidays: {country: DE, subdivision: BE, as: sunday}
  opening: 1
  closing: 5
"""


def test_hours_are_read_and_kept_as_they_were_written(tmp_path: Path) -> None:
    path = tmp_path / "reverie.yaml"
    path.write_text(TEXT)
    site = load_site(path)
    assert site.hours is not None
    assert site.hours.week.friday == (DaySpan(570, 780), DaySpan(1080, 1560))
    assert site.hours.week.sunday == (DaySpan(0, 1440),)
    assert site.hours.exceptions[0].days == (DayMark(12, 24, 2026), DayMark(12, 24, 2026))
    assert site.hours.exceptions[1].days == (DayMark(12, 27), DayMark(1, 6))
    path.write_text(write_text(site.model_dump(mode="json", by_alias=True)))
    assert load_site(path) == site


def test_hours_become_rules_with_seconds_and_a_zone(tmp_path: Path) -> None:
    (tmp_path / "reverie.yaml").write_text(TEXT)
    rules = HoursRules.of(load_site(tmp_path / "reverie.yaml").hours)
    assert rules is not None
    assert (rules.opening, rules.closing, rules.warm_up) == (60, 300, 600)
    assert str(rules.zone) == "Europe/Berlin"
    assert rules.hours.holiday_as == 6
    assert HoursRules.of(None) is None
