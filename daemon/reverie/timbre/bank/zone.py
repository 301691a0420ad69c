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

    ``pitch`` is the key at which it plays as it is, and ``velocity`` the one that was asked for; samples that differ by
    ``variation`` alone are variations of one note. ``cents`` is by how much the sound was
    higher than that pitch when it was rendered, as measured, before it was tuned; 0 where no pitch can be measured.
    """

    sound: Sound
    pitch: int
    velocity: int
    cents: float = 0.0
    loop: SampleLoop | None = None
    variation: int = 0


def variation_at(velocity: int, variations: int) -> int:
    """Which of so many variations a velocity plays where they cannot come in turn: its neighbours play the others."""
    return velocity % variations


@dataclass(frozen=True, slots=True)
class Zone:
    """A sample, its file within the bank's folder, and the keys and velocities that play it, first and last of each.

    Where a note has several ``variations``, each has a zone for the same keys and velocities, and they come in turn.
    A drum rings out whether its key is held or not; of drums of one ``choke`` group (0 is none) one sounds at a time.
    """

    sample: Sample
    file: str
    keys: tuple[int, int]
    velocities: tuple[int, int]
    variations: int = 1
    drum: bool = False
    choke: int = 0
