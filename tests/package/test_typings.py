"""What is not installed everywhere is told to the type checker module by module."""

from __future__ import annotations

import ast
from pathlib import Path

ROOT = Path(__file__).parents[2]
TYPINGS = ROOT / "tools" / "typings"
UNTYPED = {folder.name for folder in TYPINGS.iterdir() if folder.is_dir()}


def imported(source: str) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            found.add(node.module)
    return {module for module in found if module.partition(".")[0] in UNTYPED}


def is_told(module: str) -> bool:
    place = TYPINGS.joinpath(*module.split("."))
    return (place / "__init__.pyi").is_file() or place.with_suffix(".pyi").is_file()


def test_lint_without_magenta_finds_each_imported_module() -> None:
    used = {
        module
        for top in ("daemon", "tests", "tools")
        for file in (ROOT / top).rglob("*.py")
        for module in imported(file.read_text())
    }
    assert "magenta.models.drums_rnn" in used
    assert sorted(module for module in used if not is_told(module)) == []
