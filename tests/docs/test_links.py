"""Every link within the project's pages leads somewhere, headings included."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
LINK = re.compile(r"\[[^\]]*\]\(<?([^)\s>]+)>?\)")
NAMED = re.compile(r"(?<![/\w])docs/[\w/-]+\.(?:md|svg)")
"""A page that a message, a comment or a unit names by its path from the root of the project."""


def prose(page: Path) -> str:
    """The page without its blocks of code."""
    return re.sub(r"^ *```.*?^ *```", "", page.read_text(), flags=re.MULTILINE | re.DOTALL)


def anchors(page: Path) -> Iterator[str]:
    """The names that GitHub gives to the headings of a page."""
    for heading in re.findall(r"^#+ (.+)$", prose(page), re.MULTILINE):
        words = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).replace("`", "").strip().lower()
        yield re.sub(r"[^\w\- ]", "", words).replace(" ", "-")


def broken(page: Path) -> Iterator[str]:
    for target in LINK.findall(prose(page)):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = target.partition("#")
        there = page.parent / path if path else page
        if not there.exists() or (anchor and anchor not in anchors(there)):
            yield target


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_of_a_page_leads_somewhere(page: Path) -> None:
    assert list(broken(page)) == []


def test_a_link_that_leads_nowhere_is_found(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(
        "# One `word`\n[a](#one-word) [b](#two) [c](gone.md) [d](page.md#one-word) [e](https://example.org)\n"
    )
    assert list(broken(page)) == ["#two", "gone.md"]


def test_every_page_that_a_message_or_a_comment_names_is_there() -> None:
    folders = ("daemon", "config", "scenes", "systemd", "tools")
    files = [
        file for folder in folders for file in (ROOT / folder).rglob("*") if file.suffix not in {".pyc", ".safetensors"}
    ]
    named = {
        (match, str(file.relative_to(ROOT)))
        for file in files
        if file.is_file()
        for match in NAMED.findall(file.read_bytes().decode(errors="replace"))
    }
    assert named, "the pattern finds nothing"
    assert [(page, file) for page, file in sorted(named) if not (ROOT / page).exists()] == []


def linked(page: Path) -> Iterator[Path]:
    """The pages that a page leads to; a link to a folder leads to all pages in it."""
    for target in LINK.findall(prose(page)):
        there = (page.parent / target.partition("#")[0]).resolve()
        yield from there.glob("*.md") if there.is_dir() else [there]


def test_every_page_is_reached_from_the_readme() -> None:
    reached: set[Path] = set()
    waiting = [ROOT / "README.md"]
    while waiting:
        page = waiting.pop()
        if page not in reached and page.suffix == ".md" and page.exists():
            reached.add(page)
            waiting += linked(page)
    assert [str(page.relative_to(ROOT)) for page in PAGES if page not in reached] == []
