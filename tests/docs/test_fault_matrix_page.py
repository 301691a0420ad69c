"""Each row of the fault matrix names a test that exists, and a fault with the advice that is told of it."""

from __future__ import annotations

import re

import pytest

from fakes.fault_matrix import PAGE_ROWS, ROOT, PageRow
from reverie.watch.fault_kinds import KINDS

WANTED = (
    *("composer dead", "composer hung", "composer slow", "composer eating memory", "player dead", "player hung"),
    *("slot gone", "JACK dead", "bundle bit-flipped", "bundle truncated", "bundle missing", "YAML truncated"),
    *("wall clock steps", "stopped and continued", "HTTP flooded", "synthesizer silent", "amplifier off"),
    *("disk full", "disk read-only", "N-th write failing"),
)


@pytest.mark.parametrize("row", PAGE_ROWS, ids=lambda row: row.name)
def test_a_row_has_a_test_and_a_fault_with_advice(row: PageRow) -> None:
    text = (ROOT / row.file).read_text(encoding="utf-8")
    assert re.search(rf"^(async )?def {row.test}\(", text, re.MULTILINE)
    assert row.fault in {"", *(kind.id for kind in KINDS)}
    assert bool(row.fault) == bool(row.advice)


@pytest.mark.parametrize("row", PAGE_ROWS, ids=lambda row: row.name)
def test_an_advice_is_that_of_the_kind_or_its_test_compares_it_with_what_is_told(row: PageRow) -> None:
    of_kind = {kind.id: f"{kind.advice}." for kind in KINDS} | {"": ""}
    if row.advice != of_kind[row.fault]:
        words = row.name.split(",")[0]
        text = (ROOT / row.file).read_text(encoding="utf-8")
        assert re.search(rf'"{re.escape(words)}[^"]*"', text), "its test does not know the row"
        assert "page_row(" in text


def test_no_row_that_was_promised_is_missing() -> None:
    named = [row.name for row in PAGE_ROWS]
    assert [wanted for wanted in WANTED if not any(wanted in name for name in named)] == []
