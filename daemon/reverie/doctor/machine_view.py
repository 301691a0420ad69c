"""The machine as an examination sees it: its files below a root, which tests may give, and what its programs say."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

PATIENCE = 10.0
"""Seconds within which a program of the system answers."""

Ask = Callable[[Sequence[str]], str | None]
"""What a program prints; None where it is not there, fails or does not answer."""


def ask_system(command: Sequence[str]) -> str | None:
    """Run a program of the system, in words that do not depend on its language."""
    if shutil.which(command[0]) is None:
        return None
    try:
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=PATIENCE,
            check=False,
            env={**os.environ, "LC_ALL": "C"},
            stdin=subprocess.DEVNULL,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout if done.returncode == 0 else None


@dataclass(frozen=True, slots=True)
class MachineView:
    """Where files are looked for, and who answers for programs."""

    root: Path = Path("/")
    ask: Ask = field(default=ask_system)

    def path(self, absolute: str) -> Path:
        """A file of the machine, by its absolute path."""
        return self.root / absolute.lstrip("/")

    def read(self, absolute: str) -> str | None:
        """A file's text without blanks around it; None where there is none to be read."""
        try:
            return self.path(absolute).read_text(encoding="utf-8", errors="replace").strip().strip("\0")
        except (OSError, ValueError):
            return None

    def number(self, absolute: str) -> int | None:
        """A file's text as a number."""
        return whole(self.read(absolute))

    def found(self, folder: str, pattern: str) -> list[Path]:
        """The files of a folder that fit a pattern, in order; none of one that cannot be entered."""
        try:
            return sorted(self.path(folder).glob(pattern))
        except OSError:
            return []

    def properties(self, *command: str) -> Mapping[str, str]:
        """What `systemctl show` and `timedatectl show` print, by name; nothing where they do not."""
        lines = (self.ask(command) or "").splitlines()
        return {name: value for name, mark, value in (line.partition("=") for line in lines) if mark}


def whole(text: str | None, base: int = 10) -> int | None:
    """A whole number; None of what is none."""
    try:
        return None if text is None else int(text, base)
    except ValueError:
        return None
