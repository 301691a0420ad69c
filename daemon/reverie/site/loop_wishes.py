"""What a person can ask of a voice's next loops: to go on from strokes on a grid, or to lie between tunes.

Read from JSON by :mod:`reverie.control.plain_wish`, done by :mod:`reverie.compose.asked_loop`.
"""

from __future__ import annotations

from dataclasses import dataclass

from reverie.music.notes import Note


@dataclass(frozen=True, slots=True)
class SeedWish:
    """Strokes that a person has set on the grid of a drum voice.

    Each has the tick of a sixteenth from the loop's start on, and a mark (:mod:`reverie.music.notation`) for a
    velocity. All sixteenths before ``marker`` are the person's, struck or not, and those after it whose numbers are
    among ``own``. The voice's model composes the others. ``density`` is how many times as dense it composes as by
    itself.
    """

    strokes: tuple[Note, ...]
    marker: int
    own: frozenset[int] = frozenset()
    density: float = 1.0

    def __str__(self) -> str:
        """For the record."""
        return f"of {len(self.strokes)} strokes up to sixteenth {self.marker}"


@dataclass(frozen=True, slots=True)
class BlendWish:
    """Tunes in the notation of scenes, and the share of each: where a person has put a point between them."""

    tunes: tuple[str, ...]
    shares: tuple[float, ...]

    @property
    def alone(self) -> str | None:
        """The tune at which the point is, if it is at one."""
        return next((tune for tune, share in zip(self.tunes, self.shares, strict=True) if share == 1.0), None)

    def __str__(self) -> str:
        """For the record."""
        return "of tunes by " + " ".join(f"{share:.2g}" for share in self.shares)


LoopWish = SeedWish | BlendWish
