"""The fault matrix of the page, docs/explanation/never-silent.md, as rows."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from reverie.errors import ended

ROOT = Path(__file__).parents[2]
_PAGE = (ROOT / "docs" / "explanation" / "never-silent.md").read_text(encoding="utf-8")
_VARIES = re.compile(r"\b(?:FOLDER|MOUNT|NAME|SIZE)\b")
"""Words of an advice that stand for what depends on the machine."""


@dataclass(frozen=True, slots=True)
class PageRow:
    """What goes wrong, the id of the fault, the advice, and the test, its file and its name."""

    name: str
    fault: str
    advice: str
    file: str
    test: str

    def advises(self, told: str | None) -> bool:
        """Whether this very advice is told."""
        pattern = ".+".join(re.escape(part) for part in _VARIES.split(self.advice))
        return re.fullmatch(pattern, ended(told or ""), re.DOTALL) is not None


def _row(line: str) -> PageRow:
    name, _, fault, advice, test = (cell.strip() for cell in line.strip("|").split(" | "))
    return PageRow(name, fault.strip("`"), advice, *test.strip(" |`").split("::"))


PAGE_ROWS = [
    _row(line)
    for line in _PAGE.partition("## The fault matrix")[2].splitlines()
    if line.startswith("| ") and "::" in line
]


def page_row(name: str) -> PageRow:
    """The row whose name begins so."""
    [row] = [row for row in PAGE_ROWS if row.name.startswith(name)]
    return row
