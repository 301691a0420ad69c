"""The pictures of the architecture are those of the code."""

from __future__ import annotations

import runpy
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "explanation" / "architecture.md"
TOOL: dict[str, Any] = runpy.run_path(str(ROOT / "tools" / "draw_architecture.py"))


def test_the_pictures_are_up_to_date() -> None:
    kept = PAGE.read_text(encoding="utf-8")
    assert TOOL["drawn"](kept) == kept, "run: .venv/bin/python tools/draw_architecture.py"


def test_every_package_and_every_process_is_drawn() -> None:
    page = PAGE.read_text(encoding="utf-8")
    folders = {path.parent.name for path in (ROOT / "daemon" / "reverie").glob("*/__init__.py")}
    assert [name for name in sorted(folders) if f'["{name}"]' not in page] == []
    assert [module for module in TOOL["PURPOSES"] if f"<br/>{module}" not in page] == []


def test_an_arrow_that_a_longer_way_makes_superfluous_is_left_out() -> None:
    assert TOOL["nearest"]({("a", "b"), ("b", "c"), ("a", "c"), ("a", "d")}) == {("a", "b"), ("b", "c"), ("a", "d")}
