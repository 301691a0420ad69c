"""Folders of broken files, with ``expected.txt``: what shall be said of each, as ``reverie check`` prints it."""

from __future__ import annotations

from pathlib import Path


class BrokenFiles:
    """The files of a folder that are at fault on purpose, and their faults as ``line:column: message``."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._expected: dict[str, list[str]] = {}
        for line in (folder / "expected.txt").read_text(encoding="utf-8").splitlines():
            name, _, fault = line.partition(":")
            self._expected.setdefault(name, []).append(fault)

    def names(self) -> list[str]:
        """Every file, and every one of which something is expected."""
        return sorted({path.name for path in self._folder.glob("*.yaml")} | self._expected.keys())

    def path(self, name: str) -> Path:
        """The file ``name``."""
        return self._folder / name

    def expected(self, name: str) -> list[str]:
        """What its error shall say."""
        return [f"{self.path(name)}:{fault}" for fault in self._expected.get(name, [])]
