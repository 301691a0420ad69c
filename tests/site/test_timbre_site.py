"""What a site says of its timbres."""

from __future__ import annotations

import datetime as dt
import os
from pathlib import Path

import pytest

from reverie.documents import DocumentError
from reverie.site.load import load_site
from reverie.site.schema import Site


def test_a_site_that_says_nothing_keeps_banks_with_its_state() -> None:
    site = Site.model_validate({"state": "/var/lib/reverie"})
    assert site.timbre_folder == Path("/var/lib/reverie/timbre")
    assert 0 < site.timbre.share < 1
    assert site.timbre.workers == (os.cpu_count() or 1)


def test_what_it_says_is_what_is_meant(tmp_path: Path) -> None:
    path = tmp_path / "reverie.yaml"
    path.write_text("timbre: {folder: banks, quota: 0.5, share: 1, threads: 3, patience: 0.5}\n", encoding="utf-8")
    site = load_site(path)
    assert site.timbre_folder == tmp_path / "banks"
    assert site.timbre.quota_bytes == 500_000_000
    assert site.timbre.share == 1
    assert site.timbre.workers == 3
    assert site.timbre.patience_seconds == 1800


@pytest.mark.parametrize("written", ["share: 0", "share: 1.5", "quota: 0", "threads: 0", "patience: 0", "qota: 1"])
def test_what_cannot_be_is_refused_at_its_place(tmp_path: Path, written: str) -> None:
    path = tmp_path / "reverie.yaml"
    path.write_text(f"timbre: {{{written}}}\n", encoding="utf-8")
    with pytest.raises(DocumentError) as caught:
        load_site(path)
    assert len(caught.value.faults) == 1
    assert caught.value.faults[0].line == 1


def test_rendering_is_confined_to_hours_where_that_is_written(tmp_path: Path) -> None:
    path = tmp_path / "reverie.yaml"
    path.write_text('timbre: {render_hours: {from: "22:30", to: "6:00"}, render_in_rests: true}\n', encoding="utf-8")
    said = load_site(path).timbre
    assert said.render_hours is not None
    assert (said.render_hours.begin, said.render_hours.end) == (dt.time(22, 30), dt.time(6))
    assert said.render_in_rests
    assert Site.model_validate({}).timbre.render_hours is None


@pytest.mark.parametrize(
    ("written", "wrong"),
    [
        ('{from: "22:00", to: "22:00"}', "end when they begin"),
        ('{from: "25:00", to: "6:00"}', "from 00:00 to 23:59"),
        ('{from: "22:00"}', "to"),
    ],
)
def test_hours_that_are_none_are_refused(tmp_path: Path, written: str, wrong: str) -> None:
    path = tmp_path / "reverie.yaml"
    path.write_text(f"timbre: {{render_hours: {written}}}\n", encoding="utf-8")
    with pytest.raises(DocumentError, match=wrong):
        load_site(path)
