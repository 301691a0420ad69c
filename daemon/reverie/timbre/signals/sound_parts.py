"""What a sound is made of, and its form as a code: one row of numbers that can be kept, sent and mixed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from reverie.timbre.errors import TimbreError
from reverie.timbre.signals.frames import BANDS, HOP, RATE, Array, straight

NEVER = -1
"""The release of a sound that is not held, but dies away from its beginning."""

_HEADER = 6
_VERSION = 1


@dataclass(frozen=True, slots=True, eq=False)
class SoundParts:
    """A sound at a pitch, frame by frame of :data:`~reverie.timbre.signals.frames.HOP` samples.

    ``contour`` [frames] is by how many semitones it is above that pitch, ``harmonics`` [frames, harmonics] are levels
    in dB. ``partials`` [frames, partials] are levels of what is no harmonic, and ``intervals`` how many semitones each
    is above the pitch. ``noise`` [frames, bands] is the RMS in each band in dB. ``attack`` is the frame at which it has
    begun, ``release`` that from which it ends, or :data:`NEVER`.
    """

    contour: Array
    harmonics: Array
    partials: Array
    intervals: Array
    noise: Array
    attack: int
    release: int

    @property
    def frames(self) -> int:
        """How many frames there are."""
        return len(self.contour)

    @property
    def samples(self) -> int:
        """How many samples it lasts."""
        return (self.frames - 1) * HOP

    @property
    def seconds(self) -> float:
        """How long it lasts."""
        return self.samples / RATE

    def code(self) -> NDArray[np.float32]:
        """All of it in one row."""
        header = (_VERSION, self.frames, self.harmonics.shape[1], self.partials.shape[1], self.attack, self.release)
        rows = (self.contour, self.harmonics, self.partials, self.intervals, self.noise)
        return np.concatenate([np.array(header), *(row.ravel() for row in rows)]).astype(np.float32)

    @classmethod
    def of_code(cls, code: NDArray[np.float32]) -> SoundParts:
        """Read :meth:`code`'s row.

        Raises:
            TimbreError: if it is none.
        """
        if code.ndim != 1 or len(code) < _HEADER or code[0] != _VERSION:
            raise TimbreError("a code is not one of signals; encode the sound anew")
        frames, harmonics, partials, attack, release = (int(number) for number in code[1:_HEADER])
        widths = (1, harmonics, partials, partials, BANDS)
        if min(frames, harmonics, partials, 0) < 0 or len(code) != _HEADER + frames * sum(widths):
            raise TimbreError("a code of signals is not whole; encode the sound anew")
        contour, levels, own, intervals, noise = _cut(code[_HEADER:].astype(np.float64), frames, widths)
        return cls(contour[:, 0], levels, own, intervals, noise, attack, release)


def stretched(one: SoundParts, here: Sequence[int], there: Sequence[int]) -> SoundParts:
    """The sound whose frames ``there`` are at ``here``; the last of these is its last frame, and both rise."""
    frames = here[-1] + 1
    apart = np.concatenate([[True], np.diff(here) > 0])
    place = straight(np.arange(frames), np.asarray(here)[apart], np.asarray(there)[apart])
    below = np.minimum(place.astype(int), max(0, one.frames - 2))
    after = np.minimum(below + 1, one.frames - 1)
    along = (place - below)[:, None]

    def read(rows: Array) -> Array:
        return rows[below] * (1 - along) + rows[after] * along

    return replace(
        one,
        contour=read(one.contour[:, None])[:, 0],
        harmonics=read(one.harmonics),
        partials=read(one.partials),
        intervals=read(one.intervals),
        noise=read(one.noise),
    )


def shortened(one: SoundParts, ratio: float) -> SoundParts:
    """The sound, but for its attack as much shorter."""
    last = max(one.attack + 1, round((one.frames - 1) * ratio))
    return one if last >= one.frames - 1 else stretched(one, (0, one.attack, last), (0, one.attack, one.frames - 1))


def _cut(row: Array, frames: int, widths: tuple[int, ...]) -> Iterator[Array]:
    first = 0
    for width in widths:
        yield row[first : first + frames * width].reshape(frames, width)
        first += frames * width
