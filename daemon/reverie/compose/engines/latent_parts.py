"""Which of a MusicVAE's heads are a voice: all that it has, or those of one of the three that play a trio."""

from __future__ import annotations

from dataclasses import dataclass

from reverie.models.vae.wirings import Wiring


@dataclass(frozen=True, slots=True)
class LatentPart:
    """What one voice has of a model.

    ``core`` is the one that speaks for it, None where there is but one. That one has ``heads``, one after another among
    the classes that it finds likely, of which head number ``own`` is the voice's; the others are heard with it. Among
    the classes of the whole model those of the core begin at ``first``, and there are ``classes`` of them altogether.
    """

    heads: tuple[slice, ...]
    classes: int
    own: int = 0
    core: int | None = None
    first: int = 0

    @property
    def head(self) -> slice:
        """The voice's own classes, among those of its core."""
        return self.heads[self.own]

    @property
    def speaking(self) -> slice:
        """The classes of its core, among those of the model."""
        return slice(self.first, self.first + self.heads[-1].stop)


def part_of(wiring: Wiring, number: int = 0) -> LatentPart:
    """The part of a voice, by its number among those that play together.

    Raises:
        IndexError: if so many do not.
    """
    classes = sum(map(sum, wiring.cores))
    if len(wiring.cores) == 1:
        return LatentPart(_heads(wiring.cores[0]), classes, range(len(wiring.cores[0]))[number])
    first = sum(map(sum, wiring.cores[:number]))
    return LatentPart(_heads(wiring.cores[number]), classes, 0, number, first)


def _heads(sizes: tuple[int, ...]) -> tuple[slice, ...]:
    ends = [sum(sizes[: number + 1]) for number in range(len(sizes))]
    return tuple(slice(end - size, end) for end, size in zip(ends, sizes, strict=True))
