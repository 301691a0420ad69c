from __future__ import annotations

import sys
from pathlib import Path

import reverie
from reverie.processes.children import own_module

PACKAGE = Path(reverie.__file__).parent


def test_a_child_of_reveries_own_never_imports_from_the_working_folder() -> None:
    command = own_module("reverie.play.worker", "--fd", "3")
    assert command[:2] == [sys.executable, "-P"]
    assert command[-4:] == ["-m", "reverie.play.worker", "--fd", "3"]


def test_nobody_starts_a_python_of_reveries_own_in_another_way() -> None:
    others = {
        str(path.relative_to(PACKAGE))
        for path in PACKAGE.rglob("*.py")
        if "sys.executable" in path.read_text() and path.name != "children.py"
    }
    assert not others, f"these are to use reverie.processes.children.own_module: {others}"
