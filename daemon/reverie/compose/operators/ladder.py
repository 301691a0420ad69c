"""The ladder of a voice's pitches: by it operators move notes by degrees of the scale, and keep them in register."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace

from reverie.compose.chord_places import ChordPlaces
from reverie.compose.conditioning import scene_major
from reverie.compose.local_key import local_major
from reverie.compose.recipe import Recipe
from reverie.music.harmony import OCTAVE, SCALES, fold
from reverie.music.notes import MAX_MIDI, Note

_FARTHEST = 3
"""Octaves by which a line is moved back into its register at most."""


class Ladder:
    """The pitches of the key in which a recipe's loop is: the voice's own, or the one to which the harmony has moved.

    Where there is harmony, what was moved is put on the scale of the chord at its place.
    """

    def __init__(self, recipe: Recipe) -> None:
        limits = recipe.limits
        home = scene_major(limits)
        away = 0 if home is None else local_major(recipe.harmony, home) - home
        self.tonic = (limits.tonic + away) % OCTAVE
        classes = {(self.tonic + step) % OCTAVE for step in SCALES[limits.scale]}
        self._rungs = [pitch for pitch in range(MAX_MIDI + 1) if pitch % OCTAVE in classes]
        self._classes = classes
        self._places = ChordPlaces(recipe.harmony, recipe.metre) if recipe.harmony else None

    def rung(self, pitch: int) -> int:
        """The number of the rung nearest to a MIDI pitch; of two equally near the lower."""
        above = bisect_left(self._rungs, pitch)
        near = [number for number in (above - 1, above) if 0 <= number < len(self._rungs)]
        return min(near, key=lambda number: (abs(self._rungs[number] - pitch), number))

    def pitch(self, rung: int, tick: int) -> int:
        """The MIDI pitch of a rung, where it sounds at a tick of the loop; beyond MIDI's pitches its last rung."""
        own = self._rungs[min(max(rung, 0), len(self._rungs) - 1)]
        return own if self._places is None else _nearest(own, self._places.at(tick).scale)

    def stable(self, tick: int) -> int:
        """The pitch class on which a phrase comes to rest at a tick: the tonic, if the chord has it, else its root."""
        if self._places is None:
            return self.tonic
        chord = self._places.at(tick)
        return self.tonic if self.tonic in chord.tones else chord.root


def in_register(recipe: Recipe, notes: Iterable[Note]) -> list[Note]:
    """A line moved as a whole to the octave in which most of it is in the voice's register, and the rest by octaves."""
    line, low, high = [*notes], recipe.limits.low, recipe.limits.high

    def outside(octaves: int) -> tuple[int, int, int]:
        return sum(not low <= note.pitch + OCTAVE * octaves <= high for note in line), abs(octaves), octaves

    by = OCTAVE * min(range(-_FARTHEST, _FARTHEST + 1), key=outside)
    folded = ((note, fold(note.pitch + by, low, high)) for note in line)
    return [replace(note, pitch=pitch) for note, pitch in folded if pitch is not None and 0 <= pitch <= MAX_MIDI]


def plain(notes: Iterable[Note]) -> list[Note]:
    """Notes in order, as they are to be played anew: none is late or early, and none is tied."""
    return sorted(replace(note, shift=0, tied=False) for note in notes)


def one_at_a_time(notes: Sequence[Note]) -> list[Note]:
    """A tune whose notes end where the next begins."""
    if not notes:
        return []
    line = sorted({note.start: note for note in sorted(notes, reverse=True)}.values())
    ends = [*(note.start for note in line[1:]), None]
    return [
        note if end is None else replace(note, length=min(note.length, end - note.start))
        for note, end in zip(line, ends, strict=True)
    ]


def _nearest(pitch: int, classes: Collection[int]) -> int:
    ways = (pitch + way * distance for distance in range(OCTAVE) for way in (-1, 1))
    return next((one for one in ways if 0 <= one <= MAX_MIDI and one % OCTAVE in classes), pitch)
