"""Sounds as every part of a timbre passes them on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # whoever only plans banks stays small
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, eq=False)
class Sound:
    """One channel of audio: ``samples`` float32 of shape [n], full scale at 1.0, ``rate`` of them a second."""

    samples: NDArray[np.float32]
    rate: int

    @property
    def seconds(self) -> float:
        """How long it lasts."""
        return len(self.samples) / self.rate


@dataclass(frozen=True, slots=True)
class NoteRequest:
    """A note to be rendered: MIDI ``pitch`` and ``velocity``, and how many ``seconds`` of it are wanted."""

    pitch: int
    velocity: int
    seconds: float
