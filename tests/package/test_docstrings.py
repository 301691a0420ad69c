"""Docstrings name errors that exist."""

from __future__ import annotations

import ast
import builtins
import re
from collections.abc import Iterator
from pathlib import Path

PACKAGE = Path(__file__).parents[2] / "daemon" / "reverie"
TREES = {file: ast.parse(file.read_text(encoding="utf-8")) for file in sorted(PACKAGE.rglob("*.py"))}
OF_LIBRARIES = {"ArgumentTypeError", "HTTPException", "SoundFileError", "TimeoutExpired", "ValidationError", "Error"}


def raised(docstring: str) -> Iterator[str]:
    """The errors that a docstring's part `Raises` names."""
    part = re.search(r"^Raises:\n((?: .*\n?)*)", docstring, re.MULTILINE)
    for names in re.findall(r"^    ([A-Z][\w., ]*):", part[1] if part else "", re.MULTILINE):
        yield from (name.rsplit(".", maxsplit=1)[-1] for name in re.split(r"[, ]+", names))


def test_every_error_that_a_docstring_names_exists() -> None:
    parts = [(file, part) for file, tree in TREES.items() for part in ast.walk(tree)]
    known = {part.name for _, part in parts if isinstance(part, ast.ClassDef)} | OF_LIBRARIES | set(dir(builtins))
    named = {
        (name, str(file.relative_to(PACKAGE)))
        for file, part in parts
        if isinstance(part, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        for name in raised(ast.get_docstring(part) or "")
    }
    assert len(named) > 100, "the pattern finds too little"
    assert sorted((name, file) for name, file in named if name not in known) == []
