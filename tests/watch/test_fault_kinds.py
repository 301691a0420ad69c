"""Every fault is declared in one table, with all that people need to know of it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from reverie.watch import fault_kinds
from reverie.watch.fault_kinds import KINDS, FaultKind, Severity

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "daemon" / "reverie"
DECLARED = {name for name, value in vars(fault_kinds).items() if isinstance(value, FaultKind)}
REGISTERS = ("faults", "register", "told")
"""What a register of faults is called where it is told something."""


def tells() -> Iterator[tuple[str, ast.expr]]:
    """Where a register of faults is told something, and of what kind."""
    for file in SOURCE.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "tell"):
                continue
            if ast.unparse(node.func.value).removeprefix("self.").removeprefix("_") in REGISTERS:
                yield f"{file.relative_to(SOURCE)}:{node.lineno}", node.args[0]


def test_no_fault_is_told_that_is_not_declared() -> None:
    found = dict(tells())
    assert len(found) >= len(KINDS) - 2, "the places where faults are told are called otherwise now"
    allowed = DECLARED | {"self._kind", "loss.kind"}  # a flood and the loss of a file are given theirs
    assert {place: ast.unparse(kind) for place, kind in found.items() if ast.unparse(kind) not in allowed} == {}


def test_kinds_are_declared_in_one_place_alone() -> None:
    made = {
        file.relative_to(SOURCE).as_posix()
        for file in SOURCE.rglob("*.py")
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2] == "FaultKind"
    }
    assert made == {"watch/fault_kinds.py"}


def test_every_kind_is_told_somewhere() -> None:
    text = "".join(file.read_text() for file in SOURCE.rglob("*.py") if file.name != "fault_kinds.py")
    assert [name for name in sorted(DECLARED) if not re.search(rf"\b{name}\b", text)] == []


def test_ids_are_unique_and_in_lower_case_with_hyphens() -> None:
    assert len({kind.id for kind in KINDS}) == len(KINDS) == len(DECLARED)
    assert [kind.id for kind in KINDS if not re.fullmatch(r"[a-z]+(-[a-z]+)*", kind.id)] == []


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.id)
def test_each_kind_says_what_is_wrong_and_what_to_do(kind: FaultKind) -> None:
    assert kind.meaning.endswith(".")
    assert kind.advice
    assert not kind.advice.endswith(".")
    assert kind.severity in Severity
