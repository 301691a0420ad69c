"""The tool that makes the default models again knows them by name."""

from __future__ import annotations

import runpy
from pathlib import Path

import pytest

TOOL = Path(__file__).parents[2] / "tools" / "make_default_models.py"


def test_an_unknown_name_is_told_with_the_known_ones(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = [word for name in ("data", "work", "out") for word in (f"--{name}", str(tmp_path / name))]
    with pytest.raises(SystemExit) as left:
        runpy.run_path(str(TOOL))["main"]([*words, "drum_kitt"])
    assert left.value.code == 2
    said = capsys.readouterr().err
    assert "there is no model drum_kitt; there is " in said
    assert "drum_kit," in said
