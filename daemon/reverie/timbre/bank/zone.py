"""A zone: one finished sample of a bank, and for which keys and velocities it is played."""

from __future__ import annotations

from dataclasses import dataclass

from reverie.timbre.sound import Sound


@dataclass(frozen=True, slots=True)
class SampleLoop:
    """What a sampler repeats while a key is held: the samples from ``start`` up to, but not with, ``end``."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Sample:
    """A note made ready for samplers.

    ``pitch`` and ``velocity`` are those that were asked for. ``cents`` is by how much the sound was
    higher than that pitch when it was rendered, as measured, before it was tuned; 0 where no pitch can be measured.
    """

    sound: Sound
    pitch: int
    velocity: int
    cents: float = 0.0
    loop: SampleLoop | None = None


@dataclass(frozen=True, slots=True)
class Zone:
    """A sample, its file within the bank's folder, and the keys and velocities that play it, first and last of each."""

    sample: Sample
    file: str
    keys: tuple[int, int]
    velocities: tuple[int, int]
