"""A bank as those know it who are to play it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ReadyBank:
    """A bank that voices can play: its id, its folder, its soundfont, and the step that it is of."""

    step: int
    bank: str
    folder: str
    soundfont: str
