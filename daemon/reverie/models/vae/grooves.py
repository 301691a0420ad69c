"""From drums as they are played to what a GrooVAE hears and says, and back.

Equal to ``GrooveConverter`` in Magenta's ``music_vae/data.py`` as its two-bar configurations use it when they do not
train. A frame has nine hits (0 or 1), nine velocities (0 to 1) and nine offsets (-1 to 1: half a step late to half a
step early).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from reverie.models.encodings.passage import STEPS_PER_BAR
from reverie.models.lstm import Array
from reverie.models.vae.converters import Example
from reverie.models.vae.heads import Frames
from reverie.music.drums import DRUM_KIT
from reverie.music.notes import MAX_MIDI, Note

_TAPPED = 3
"""The drum that taps are heard on: Magenta took the open hi-hat."""

CLOSED_HI_HAT = 2
_STRUCK = 0.5
"""What is more than that is a hit, as Magenta has it."""


@dataclass(frozen=True, slots=True, order=True)
class Hit:
    """A drum struck ``start`` steps from the beginning, which may be between two steps, or a little before the first.

    ``velocity`` is 0 to 127; a model may say 0.
    """

    start: float
    pitch: int
    velocity: int = 100


def hits_of(notes: Iterable[Note], ticks_per_step: int) -> tuple[Hit, ...]:
    """The hits of notes in ticks."""
    return tuple(Hit(note.start / ticks_per_step, note.pitch, note.velocity) for note in notes)


def notes_of(hits: Iterable[Hit], ticks_per_step: int) -> tuple[Note, ...]:
    """Notes in ticks, each a step long; what is before the beginning is moved there, and what is mute made audible."""
    return tuple(
        Note(max(0, round(hit.start * ticks_per_step)), ticks_per_step, hit.pitch, max(1, hit.velocity)) for hit in hits
    )


class Grooves:
    """What a configuration leaves of a performance for the encoder to hear; the decoder says all of it.

    Args:
        bars: the model's length.
        humanize: the encoder hears neither velocities nor offsets.
        tap: it hears which drum was struck hardest at each step as a tap, whichever it was.
        fixed_velocity: it hears no velocities.
        add: the kinds of drum that it does not hear at all.
        kinds: the pitches of each kind; others are not heard (Magenta stops at them). Hits play the first.
    """

    def __init__(
        self,
        bars: int,
        *,
        humanize: bool = False,
        tap: bool = False,
        fixed_velocity: bool = False,
        add: Sequence[int] = (),
        kinds: Sequence[Sequence[int]] = DRUM_KIT,
    ) -> None:
        self.steps = bars * STEPS_PER_BAR
        self._humanize, self._tap, self._fixed_velocity, self._add = humanize, tap, fixed_velocity, list(add)
        self._kinds = kinds
        self._kind = {pitch: number for number, pitches in enumerate(kinds) for pitch in pitches}

    def with_kinds(self, kinds: Sequence[Sequence[int]]) -> Grooves:
        """The same for drums of other pitches."""
        heard = {"humanize": self._humanize, "tap": self._tap, "fixed_velocity": self._fixed_velocity}
        return Grooves(self.steps // STEPS_PER_BAR, **heard, add=self._add, kinds=kinds)

    def examples(self, hits: Iterable[Hit]) -> list[Example]:
        """The performance in stretches of the model's length, one after the other; what remains is left out.

        Raises:
            ValueError: if a hit is more than a step before the beginning.
        """
        outputs = self._performed([hit for hit in hits if hit.pitch in self._kind])
        inputs = self.heard(outputs)
        return [
            Example(inputs[begin : begin + self.steps], outputs[begin : begin + self.steps])
            for begin in range(0, len(outputs) - self.steps + 1, self.steps)
        ]

    def example(self, hits: Iterable[Hit]) -> Example:
        """The first stretch, with silence after the last hit if it is shorter.

        Raises:
            ValueError: if a hit is more than a step before the beginning.
        """
        outputs = self._performed([hit for hit in hits if hit.pitch in self._kind])[: self.steps]
        outputs = np.pad(outputs, ((0, self.steps - len(outputs)), (0, 0)))
        return Example(self.heard(outputs), outputs)

    def heard(self, outputs: Array) -> Array:
        """What the encoder hears of a performance (steps, 27)."""
        hits, velocities, offsets = (part.copy() for part in np.split(outputs, 3, axis=1))
        if self._tap:
            every, hardest = np.arange(len(outputs)), velocities.argmax(axis=1)
            for part in (hits, velocities, offsets):
                tapped = part[every, hardest]
                part[:] = 0
                part[:, _TAPPED] = tapped
        if self._humanize:
            offsets[:] = 0
        if self._humanize or self._fixed_velocity:
            velocities[:] = 0
        for part in (hits, velocities, offsets):
            part[:, self._add] = 0
        return np.hstack([hits, velocities, offsets])

    def hits(self, frames: Frames) -> tuple[Hit, ...]:
        """The hits of frames (steps, 27), step after step."""
        drums = len(self._kinds)
        velocities = (frames[:, drums : 2 * drums] * MAX_MIDI).round().clip(0, MAX_MIDI)
        offsets = (frames[:, 2 * drums :] / 2).clip(-0.5, 0.5)
        struck: list[list[int]] = np.argwhere(frames[:, :drums] > _STRUCK).tolist()
        return tuple(
            Hit(float(step - offsets[step, drum]), self._kinds[drum][0], int(velocities[step, drum]))
            for step, drum in struck
        )

    def struck(self, frames: Frames) -> tuple[frozenset[int], ...]:
        """The drums of each step of frames (steps, 27), as the pitches that hits play."""
        hit: list[list[bool]] = (frames[:, : len(self._kinds)] > _STRUCK).tolist()
        return tuple(frozenset(kind[0] for kind, one in zip(self._kinds, step, strict=True) if one) for step in hit)

    def _performed(self, hits: Sequence[Hit]) -> Array:
        """Whole bars; of several hits of one kind at one step the hardest, and of those the first."""
        drums = len(self._kinds)
        steps = [int(hit.start + 0.5) for hit in hits]
        if min(steps, default=0) < 0:
            raise ValueError(f"a hit is more than a step before the beginning: {min(hits)}")
        bars = -(-(max(steps, default=-1) + 1) // STEPS_PER_BAR)
        frames = np.zeros((bars * STEPS_PER_BAR, 3 * drums), np.float32)
        loudest: dict[tuple[int, int], int] = {}
        for step, hit in zip(steps, hits, strict=True):
            drum = self._kind[hit.pitch]
            if hit.velocity > loudest.get((step, drum), -1):
                loudest[step, drum] = hit.velocity
                frames[step, drum::drums] = 1, hit.velocity / MAX_MIDI, 2 * (step - hit.start)
        return frames
