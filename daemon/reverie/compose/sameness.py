"""For how long a voice has played the very same, bar for bar: one loop over and over, whoever made its turns."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from reverie.music.notes import Note

LONGEST_PERIOD = 32
"""Bars of the longest loop whose turns in a row are noticed."""

LONGEST_PAUSE = 3
"""Bars of silence that may belong to a loop. After a longer one the voice comes back: what it plays is a return."""

BarNotes = frozenset[tuple[int, int]]
"""What a bar has: ticks from its start and pitches. Dynamics and touch do not count."""


def bar_notes(notes: Iterable[Note], drum_map: Mapping[int, int] | None = None) -> BarNotes:
    """What counts of the notes of a bar; of drums that are played as others by ``drum_map``, those others."""
    played = drum_map or {}
    return frozenset((note.start, played.get(note.pitch, note.pitch)) for note in notes)


@dataclass(frozen=True, slots=True)
class Sameness:
    """The ``last`` bars of a voice, and by period for how many bars in a row each was the one so long before."""

    last: tuple[BarNotes, ...] = ()
    runs: tuple[int, ...] = (0,) * LONGEST_PERIOD

    @property
    def bars(self) -> int:
        """The length of the stretch that one loop fills up to here, its first turn included; 0 if none comes twice.

        It begins with notes. Where all that its last turn still lacks is silence, nothing more has to come.
        """
        if not self.last or not self.last[-1]:
            return 0
        return max((self._filled(period, run) for period, run in enumerate(self.runs, 1) if run), default=0)

    def after(self, bars: Iterable[BarNotes]) -> tuple[Sameness, int]:
        """The same after some more bars, and the longest stretch that there was meanwhile."""
        here, longest = self, 0
        for bar in bars:
            here = here._and_then(bar)
            longest = max(longest, here.bars)
        return here, longest

    def _and_then(self, bar: BarNotes) -> Sameness:
        last = (*self.last, bar)[-LONGEST_PERIOD:]
        if not any(last[-LONGEST_PAUSE - 1 :]) and (len(last) > LONGEST_PAUSE or not self.last):
            return Sameness()
        runs = tuple(
            run + 1 if period <= len(self.last) and self.last[-period] == bar else 0
            for period, run in enumerate(self.runs, 1)
        )
        return Sameness(last, runs)

    def _filled(self, period: int, run: int) -> int:
        """What a loop of a ``period`` fills, of which ``run`` bars are turns after the first."""
        if run < period and any(self.last[-period : len(self.last) - run]):
            return 0
        first = (run - 1) % period + 1  # so many bars ago was one that equals the first of all
        silent = next((bar for bar in range(first) if self.last[bar - first]), 0)
        return run + period - silent
