"""A key that moves by related keys and comes home, and the chords by which it goes from one to the next.

A tour is a few keys, the first of which is the scene's own; after the last comes home. Which they are is drawn from the
tour's number, so that the key of any moment is found without those before it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from random import Random

from reverie.compose.seeds import derive_seed
from reverie.music.chord_symbols import parse_chord
from reverie.music.degrees import degree_symbol, harmony_key
from reverie.music.harmony import OCTAVE, SCALES, Key, pitch_class_name
from reverie.scenes.harmony import KeyMove

KEYS_IN_A_TOUR = 4
"""Any of the moves can be undone, so an even number of them can lead home."""

_RELATIVE = {
    "major": (9, "minor"),
    "minor": (3, "major"),
    "dorian": (3, "lydian"),
    "lydian": (9, "dorian"),
    "phrygian": (3, "mixolydian"),
    "mixolydian": (9, "phrygian"),
    "major-pentatonic": (9, "minor-pentatonic"),
    "minor-pentatonic": (3, "major-pentatonic"),
}
"""For a scale: where the tonic of the other mode on the same notes is, in semitones above its own, and which it is."""
_DOMINANTS: Mapping[str, str] = {
    "major": "V7",
    "minor": "V7",
    "harmonic-minor": "V7",
    "dorian": "VII",
    "phrygian": "II",
    "lydian": "II",
    "mixolydian": "VII",
    "locrian": "II",
}
"""The chord that leads to the tonic: in a mode without a leading note, its own neighbour of it."""
_AS_PIVOT = (1, 3, 5, 2, 6, 0, 4)
"""The degrees of the new key on which a chord of both keys is wanted, from 0: those that prepare a dominant first."""


def has_relative(scale: str) -> bool:
    """Whether a scale has another mode on the same notes that is called its relative."""
    return scale in _RELATIVE


def related(key: Key, move: KeyMove) -> tuple[Key, ...]:
    """The keys to which a move leads; none where the scale has no relative that it would need."""
    match move:
        case "fifth":
            return (_moved(key, 7), _moved(key, -7))
        case "step":
            return (_moved(key, 2), _moved(key, -2))
        case "relative":
            return _relative(key)
        case "third":
            # A third away on the other side of the relative: C major to E minor, A minor to F major.
            towards = 7 if _RELATIVE.get(key.scale, (0, ""))[0] == 9 else -7  # noqa: PLR2004 - a sixth
            return _relative(_moved(key, towards))


def _moved(key: Key, semitones: int) -> Key:
    return Key((key.tonic + semitones) % OCTAVE, key.scale)


def _relative(key: Key) -> tuple[Key, ...]:
    if key.scale not in _RELATIVE:
        return ()
    semitones, scale = _RELATIVE[key.scale]
    return (Key((key.tonic + semitones) % OCTAVE, scale),)


@dataclass(frozen=True, slots=True)
class KeyTour:
    """Tours of keys by some ``moves``; each key lasts ``rounds`` rounds of the harmony's sections."""

    moves: tuple[KeyMove, ...]
    rounds: int
    seed: int

    def at(self, number: int, home: Key) -> Key:
        """The key of round ``number``, from 0."""
        tour, place = divmod(number // self.rounds, KEYS_IN_A_TOUR)
        return self._tour(tour, home)[place]

    def _tour(self, number: int, home: Key) -> tuple[Key, ...]:
        chance = Random(derive_seed("harmony", "keys", self.seed, number))
        return self._way(home, (home,), chance) or (home,) * KEYS_IN_A_TOUR

    def _way(self, home: Key, way: tuple[Key, ...], chance: Random) -> tuple[Key, ...]:
        """A closed way that begins with ``way``; empty if there is none."""
        near = sorted({key for move in self.moves for key in related(way[-1], move)}, key=str)
        if len(way) == KEYS_IN_A_TOUR:
            return way if home in near else ()
        chance.shuffle(near)
        # A key that has not been there yet, rather than one that has.
        near.sort(key=lambda key: key in way)
        for key in near:
            if whole := self._way(home, (*way, key), chance):
                return whole
        return ()


def pivot_symbol(key: Key, after: Key) -> str | None:
    """A triad that both keys have, as far as possible one that prepares the dominant of the key ``after``.

    It is on that dominant's root only where the keys share nothing else.
    """
    here, there = _triads(key), _triads(after)
    both = {degree: root_and_kind for degree, root_and_kind in enumerate(there) if root_and_kind in here}
    dominant = parse_chord(dominant_symbol(after)).root
    found = [both[degree] for degree in _AS_PIVOT if degree in both and both[degree][1] is not None]
    root, kind = min(found, key=lambda one: one[0] == dominant, default=(0, None))
    return None if kind is None else pitch_class_name(root, after) + kind


def dominant_symbol(key: Key) -> str:
    """The chord that leads to the tonic of a key."""
    seven = harmony_key(key)
    return degree_symbol(_DOMINANTS[seven.scale], seven)


def _triads(key: Key) -> list[tuple[int, str | None]]:
    """Root and kind of the triad on each degree; the kind is None for one that rests on no perfect fifth."""
    seven = harmony_key(key)
    # The chords of a minor key are those of the natural scale, but for the dominant.
    steps = SCALES["minor" if seven.scale == "harmonic-minor" else seven.scale]
    count = len(steps)
    triads: list[tuple[int, str | None]] = []
    for degree in range(count):
        root, third, fifth = (steps[(degree + up) % count] for up in (0, 2, 4))
        shape = ((third - root) % OCTAVE, (fifth - root) % OCTAVE)
        triads.append(((seven.tonic + root) % OCTAVE, {(4, 7): "", (3, 7): "m"}.get(shape)))
    return triads
