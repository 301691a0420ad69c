"""The pictures of operators show what these do now."""

from __future__ import annotations

import runpy
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FILES: dict[Path, str] = runpy.run_path(str(ROOT / "tools" / "draw_operators.py"))["files"]()


@pytest.mark.parametrize("path", FILES, ids=str)
def test_what_is_kept_is_what_would_be_drawn(path: Path) -> None:
    kept = (ROOT / "docs" / path).read_text(encoding="utf-8")
    assert kept == FILES[path], "run: .venv/bin/python tools/draw_operators.py"


def test_no_picture_is_left_of_an_operator_that_is_gone() -> None:
    assert {path.name for path in (ROOT / "docs" / "operators").iterdir()} == {
        path.name for path in FILES if path.parent.name == "operators"
    }
