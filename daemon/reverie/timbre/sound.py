"""Sounds as every part of a timbre passes them on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # whoever only plans banks stays small
    import numpy as np
    from numpy.typing import NDArray


AS_IT_IS = 60.0
"""The pitch at which a sound without one is played as it is, as samplers have it."""


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
    """A note to be rendered, and how many ``seconds`` of it are wanted.

    ``pitch`` is where it sounds, as a MIDI number; None means as its sounds are, transposed by nothing. ``velocity`` is
    MIDI's. Notes that differ by ``variation`` alone are one note struck again and again, as by a player.
    ``own_key`` is the key that plays it where its pitch does not say so, as of a drum.
    """

    pitch: float | None
    velocity: int
    seconds: float
    variation: int = 0
    own_key: int | None = None

    @property
    def key(self) -> int:
        """The key that plays it.

        Raises:
            ValueError: if it has neither a key nor a pitch.
        """
        if self.own_key is not None:
            return self.own_key
        if self.pitch is None:
            raise ValueError("a note without a pitch needs a key")
        return round(self.pitch)
