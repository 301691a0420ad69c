"""The limits that the threat model names are those of the code."""

from __future__ import annotations

import importlib
import re
from pathlib import Path

import pytest

PAGE = Path(__file__).parents[2] / "docs" / "explanation" / "threat-model.md"
ROW = re.compile(
    r"^\| (?P<input>[^|]+) \| (?P<figure>[0-9,]+)[^|]* \| `(?P<module>[a-z_.]+):(?P<name>[A-Z_]+)` \|$", re.MULTILINE
)
ROWS = [*ROW.finditer(PAGE.read_text(encoding="utf-8"))]


@pytest.mark.parametrize("row", ROWS, ids=[row["input"] for row in ROWS])
def test_a_limit_is_as_it_is_written(row: re.Match[str]) -> None:
    module = importlib.import_module(f"reverie.{row['module']}")
    assert getattr(module, row["name"]) == int(row["figure"].replace(",", ""))


def test_every_row_of_limits_is_compared() -> None:
    text = PAGE.read_text(encoding="utf-8").partition("## No input without an end")[2]
    rows = [line for line in text.splitlines() if line.startswith("|")][2:]
    assert len(ROWS) == len(rows) > 30
