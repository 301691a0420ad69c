"""A sampler that loads banks in its own way, as it is told of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class SamplerSettings:
    """How a sampler behind a slot is told of banks.

    ``folder`` is the one that it watches, with a folder in it for each timbre, in which ``keep`` old banks stay;
    ``osc`` host and port of who is told by OSC; ``programs`` two that are chosen in turn, one that is chosen each time,
    or none; ``loading`` the seconds that it takes to load a bank, before which its program is not chosen.
    """

    folder: Path | None = None
    keep: int = 3
    osc: tuple[str, int] | None = None
    programs: Sequence[int] = ()
    loading: float = 5.0
