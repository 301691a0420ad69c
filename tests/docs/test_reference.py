"""The generated pages say what the code says."""

from __future__ import annotations

import runpy
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES: dict[str, str] = runpy.run_path(str(ROOT / "tools" / "make_reference.py"))["pages"]()


@pytest.mark.parametrize("name", PAGES)
def test_the_page_that_is_kept_is_the_one_that_would_be_written(name: str) -> None:
    kept = (ROOT / "docs" / "reference" / name).read_text(encoding="utf-8")
    assert kept == PAGES[name], "run: .venv/bin/python tools/make_reference.py"


def test_sections_and_commands_stand_once_each() -> None:
    for page in PAGES.values():
        headings = [line for line in page.splitlines() if line.startswith("#")]
        assert len(headings) == len(set(headings)) > 3


def test_keys_say_what_may_stand_there() -> None:
    assert "| `bars` | a whole number, 1 to 16 | `2` | Length of a loop in bars. |" in PAGES["scene-keys.md"]
    assert "## `reverie timbre dump`" in PAGES["commands.md"]
