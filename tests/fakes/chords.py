"""Chords and progressions written by hand, for tests of what reads them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from reverie.music.harmony import BarHarmony, ChordSpan

C_MAJOR = (0, 2, 4, 5, 7, 9, 11)
D_MINOR, G_SEVENTH, C_CHORD, A_MINOR = (2, 5, 9), (7, 11, 2, 5), (0, 4, 7), (9, 0, 4)


def chord(
    tones: Sequence[int],
    start: int = 0,
    *,
    bass: int | None = None,
    scale: Sequence[int] = C_MAJOR,
    change: bool = True,
) -> ChordSpan:
    """A chord by its tones, of which the first is its root."""
    below = tones[0] if bass is None else bass
    return ChordSpan(start, "-".join(map(str, tones)), tones[0], below, tuple(tones), tuple(scale), change)


def bars(*chords: Sequence[int]) -> tuple[BarHarmony, ...]:
    """A chord for each bar."""
    return tuple(BarHarmony((chord(tones),)) for tones in chords)


def higher(harmony: tuple[BarHarmony, ...], semitones: int) -> tuple[BarHarmony, ...]:
    """The same harmony in another key."""

    def up(classes: tuple[int, ...]) -> list[int]:
        return [(one + semitones) % 12 for one in classes]

    return tuple(
        BarHarmony(
            tuple(
                chord([(span.root + semitones) % 12, *up(span.tones)], span.start, scale=up(span.scale))
                for span in bar.spans
            )
        )
        for bar in harmony
    )


@dataclass(frozen=True, slots=True)
class Progression:
    """Bars over and over."""

    bars: tuple[BarHarmony, ...]

    def at(self, bar: int) -> BarHarmony:
        """The harmony of a scene's bar."""
        return self.bars[bar % len(self.bars)]

    def strictness_at(self, bar: int) -> float | None:
        """It does not say."""
        del bar
        return None
