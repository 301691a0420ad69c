"""A machine that is a folder: its files stand for /proc, /sys, /dev and /etc, and its programs say what tests want."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from reverie.doctor.machine_view import MachineView


class Box:
    """A folder in place of the root, and answers by the first word of a command."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.answers: dict[str, str] = {}
        self.asked: list[Sequence[str]] = []

    @property
    def view(self) -> MachineView:
        return MachineView(self.root, self._ask)

    def put(self, path: str, text: str = "") -> Path:
        """A file of the machine."""
        file = self.root / path.lstrip("/")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"{text}\n")
        return file

    def link(self, path: str, to: str) -> None:
        """A link of the machine."""
        link = self.root / path.lstrip("/")
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(to)

    def says(self, program: str, properties: Mapping[str, str] | str) -> None:
        """What a program prints."""
        lines = properties if isinstance(properties, str) else "\n".join(f"{k}={v}" for k, v in properties.items())
        self.answers[program] = lines

    def _ask(self, command: Sequence[str]) -> str | None:
        self.asked.append(command)
        return self.answers.get(command[0])
