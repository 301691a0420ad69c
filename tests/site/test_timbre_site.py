"""What a site says of its timbres."""

from __future__ import annotations

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
