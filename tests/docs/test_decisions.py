"""Decisions are found by their numbers."""

from __future__ import annotations

from pathlib import Path

DECISIONS = sorted((Path(__file__).parents[2] / "docs" / "adr").glob("*.md"))


def test_decisions_are_numbered_from_one_on_and_each_once() -> None:
    assert [int(path.name[:4]) for path in DECISIONS] == list(range(1, len(DECISIONS) + 1))


def test_a_decision_has_the_number_of_its_file() -> None:
    titles = {path.name: path.read_text(encoding="utf-8").splitlines()[0] for path in DECISIONS}
    assert {name for name, title in titles.items() if not title.startswith(f"# {int(name[:4])}. ")} == set()
