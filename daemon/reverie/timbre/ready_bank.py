"""Banks as those know them who are to play them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ReadyBank:
    """A bank that voices can play: its id, its folder, its soundfont, and the step that it is of."""

    step: int
    bank: str
    folder: str
    soundfont: str


@dataclass(frozen=True, slots=True)
class BlendedBanks:
    """The bank that is nearest to a hand, and the one beside it with its share of the power, 0 to 0.5."""

    near: ReadyBank
    beside: ReadyBank | None = None
    share: float = 0.0

    @property
    def banks(self) -> tuple[ReadyBank, ...]:
        """Both, or the one that there is."""
        return (self.near,) if self.beside is None else (self.near, self.beside)
