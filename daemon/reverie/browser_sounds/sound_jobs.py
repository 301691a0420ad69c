"""What can be asked of the maker of instruments, and what it answers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

FORMAT = 4
"""Another number whenever the same job would make another instrument: what was made before is made anew."""


@dataclass(frozen=True, slots=True)
class BankSound:
    """An instrument of the bank in ``folder``, whose id is ``bank``."""

    type: ClassVar[str] = "bank"
    bank: str
    folder: str
    title: str

    @property
    def origin(self) -> str:
        """All on which the instrument depends."""
        return f"{FORMAT} bank {self.bank}"


@dataclass(frozen=True, slots=True)
class ProgramSound:
    """An instrument of a program of a soundfont, for the pitches from ``low`` to ``high``, or of some of its ``drums``.

    ``stamp`` changes with the file.
    """

    type: ClassVar[str] = "program"
    font: str
    stamp: str
    program: int
    drums: tuple[int, ...]
    low: int
    high: int
    title: str

    @property
    def origin(self) -> str:
        """All on which the instrument depends."""
        what = f"drums {[*self.drums]}" if self.drums else f"from {self.low} to {self.high}"
        return f"{FORMAT} program {self.program} of {self.font} {self.stamp} {what}"


@dataclass(frozen=True, slots=True)
class SoundMade:
    """The page of the instrument, or in a sentence why there is none."""

    type: ClassVar[str] = "made"
    page: str = ""
    fault: str = ""


SoundJob = BankSound | ProgramSound
