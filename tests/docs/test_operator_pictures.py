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


OF_MODELS = runpy.run_path(str(ROOT / "tools" / "draw_model_operators.py"))


def test_the_page_of_operators_of_models_names_every_picture_that_is_there() -> None:
    kept = (ROOT / "docs" / OF_MODELS["PAGE"]).read_text(encoding="utf-8")
    assert kept == OF_MODELS["page"](OF_MODELS["EXAMPLES"]), "run: .venv/bin/python tools/draw_model_operators.py"
    assert {path.stem for path in (ROOT / "docs" / OF_MODELS["FOLDER"]).iterdir()} == {
        one.name for one in OF_MODELS["EXAMPLES"]
    }


def test_a_picture_shows_what_is_performed() -> None:
    examples = {one.name: one for one in OF_MODELS["EXAMPLES"]}
    notes = OF_MODELS["performed"](examples["groove"])
    loops = [sorted((note.start % 3840, note.pitch) for note in notes if note.start // 3840 == n) for n in range(5)]
    assert all(loop == loops[0] for loop in loops), "a groove leaves every stroke where it is"
    assert len({(note.velocity, note.late) for note in notes}) > 20
