"""Imports never run up, and no name of a module or class stands for two things."""

from __future__ import annotations

import ast
import subprocess
import sys
import tomllib
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "daemon" / "reverie"
SHARED: dict[str, str] = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["reverie"]["shared_names"]


def modules() -> Iterator[Path]:
    return (file for file in PACKAGE.rglob("*.py") if file.name != "__init__.py")


def named_twice(things: Iterator[tuple[str, Path]]) -> dict[str, list[str]]:
    found: dict[str, set[str]] = defaultdict(set)
    for name, file in things:
        found[name].add(str(file.relative_to(PACKAGE)))
    return {name: sorted(files) for name, files in found.items() if len(files) > 1}


def test_an_import_never_runs_up() -> None:
    program = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([program, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_no_name_of_a_module_stands_for_two_things() -> None:
    twice = named_twice((file.stem, file) for file in modules())
    assert {name: files for name, files in twice.items() if name not in SHARED} == {}
    assert sorted(set(SHARED) - set(twice)) == [], "these names are shared no more"


def test_no_name_of_a_class_stands_for_two_things() -> None:
    classes = (
        (part.name, file)
        for file in modules()
        for part in ast.parse(file.read_text()).body
        if isinstance(part, ast.ClassDef)
    )
    assert named_twice(classes) == {}
