"""What a loop is like, in so few bytes that a week of loops can be compared with one.

A loop is taken apart into features: small groups of neighbouring notes, each at its place in the bar. How alike two
loops are is how many features they share, of all that either has (Jaccard's measure, over multisets). None of the
features knows key, velocity, length or lateness, so a loop that is transposed, played by another hand or begun in
another of its bars is the same; and of a tune only some know the very intervals, so one that was fitted to other chords
stays much the same.

A fingerprint keeps :data:`SIZE` bytes of the features: each is thrown into one of as many bins by a hash, and of the
least in each bin eight bits are kept (one permutation hashing: Li, Owen and Zhang, NIPS 2012, with the eight bits of Li
and König, "b-Bit Minwise Hashing", WWW 2010). As long as bins are empty all features are thrown once more, by another
hash, so that whatever their number is, the share of bytes that two fingerprints have in common is on average how alike
the loops are. One number beside them is equal only where all features are.

There is no NumPy in it, for the conductor is to do without.
"""

from __future__ import annotations

import hashlib
import math
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from reverie.music.harmony import OCTAVE
from reverie.music.notes import Loop, Note
from reverie.music.time import TICKS_PER_STEP
from reverie.music.voice_kinds import VOICE_KINDS, VoiceTraits

SIZE = 64
"""Bytes of a sketch."""
LEAST_APART = 1 / SIZE
"""The distance of two loops that differ, but not in their sketches."""
_BY_CHANCE = 1 / 256
"""The share of bytes that are equal although the features are not."""
_GRID = TICKS_PER_STEP // 2
"""Ticks to which the places of notes are rounded: what differs by less is touch."""
_STEP, _SKIP = 2, 5
"""Semitones of the widest step and the widest skip; what is wider is a leap. A tune that is fitted to other chords
keeps its steps and leaps more often than its intervals."""

Feature = tuple[int, ...]

_ALL = (1 << 64) - 1
_BIN, _BYTE = 58, 20
"""The bits of a hash from which on they are the number of the bin, and those that are kept of the least."""
_MOST_THROWS = 1024


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """What is kept of a loop: ``exact`` is equal, of 64 bits, for loops with the same features."""

    exact: int
    sketch: bytes

    def __post_init__(self) -> None:
        """Refuse what another version, or a broken file, may hold.

        Raises:
            ValueError: if it has another size.
        """
        if len(self.sketch) != SIZE or not 0 <= self.exact < 1 << 64:
            raise ValueError(f"a fingerprint has {SIZE} bytes and a number of 64 bits")


def features(loop: Loop, kind: str) -> Counter[Feature]:
    """What a loop is taken apart into, and how often it has each.

    Args:
        loop: the loop.
        kind: of which kind of voice it is (:data:`~reverie.music.voice_kinds.VOICE_KINDS`).
    """
    traits = VOICE_KINDS[kind]
    onsets = list(_onsets(loop))
    if not onsets:
        return Counter()
    bar, length = loop.metre.bar_ticks // _GRID, loop.ticks // _GRID
    gaps = _around([start for start, _ in onsets], length)
    places = [start % bar for start, _ in onsets]
    if traits.drums:
        return Counter(_struck(onsets, places, length))
    if traits.harmonic:
        return Counter(_voiced(onsets, places, gaps))
    return Counter(_sung(onsets, places, gaps, traits))


def fingerprint(loop: Loop, kind: str) -> Fingerprint:
    """The fingerprint of a loop of a voice of this kind; the same in every process, and on every machine."""
    return fingerprint_of(features(loop, kind))


def fingerprint_of(counted: Counter[Feature]) -> Fingerprint:
    """The fingerprint of what a loop was taken apart into."""
    hashes = [_hash(one, number) for one, count in counted.items() for number in range(count)]
    if not hashes:
        return Fingerprint(0, bytes(SIZE))
    exact, sketch = 0, dict[int, int]()
    for one in hashes:
        exact ^= one
    for salt, factor in _THROWS:
        least = dict[int, int]()
        for one in hashes:
            thrown = ((one ^ salt) * factor) & _ALL
            place = thrown >> _BIN
            if place not in sketch and thrown < least.get(place, _ALL + 1):
                least[place] = thrown
        sketch.update(least)
        if len(sketch) == SIZE:
            break
    return Fingerprint(exact, bytes((sketch.get(place, 0) >> _BYTE) & 0xFF for place in range(SIZE)))


def distance_of(one: Counter[Feature], other: Counter[Feature]) -> float:
    """How different two loops are: the share of their features that only one of them has, 0 to 1."""
    either = (one | other).total()
    return 1.0 - (one & other).total() / either if either else 0.0


def estimated(equal_bytes: int) -> float:
    """How different two loops are likely to be of whose sketches so many bytes are equal, if they are not the same.

    The estimate is off by :func:`standard_error` on average, and never below :data:`LEAST_APART`.
    """
    alike = (equal_bytes / SIZE - _BY_CHANCE) / (1.0 - _BY_CHANCE)
    return min(max(1.0 - alike, LEAST_APART), 1.0)


def standard_error(distance: float) -> float:
    """By how much the estimate of a distance is off, as a standard deviation: 0.063 at most."""
    chance = (1.0 - distance) * (1.0 - _BY_CHANCE) + _BY_CHANCE
    return math.sqrt(chance * (1.0 - chance) / SIZE) / (1.0 - _BY_CHANCE)


def _onsets(loop: Loop) -> Iterator[tuple[int, tuple[Note, ...]]]:
    """The places at which notes start, in units of the grid, and those notes; a tied note is not struck."""
    length = loop.ticks // _GRID
    struck = ((round(note.start / _GRID) % length, note) for note in loop.notes if not note.tied)
    for start, group in groupby(sorted(struck, key=lambda one: one[0]), key=lambda one: one[0]):
        yield start, tuple(note for _, note in group)


def _around(starts: Sequence[int], length: int) -> list[int]:
    """From each start to the next, as the loop goes round."""
    return [(after - start - 1) % length + 1 for start, after in zip(starts, _next(starts), strict=True)]


def _next(row: Sequence[int]) -> list[int]:
    return [*row[1:], *row[:1]]


def _sung(
    onsets: Sequence[tuple[int, Sequence[Note]]], places: Sequence[int], gaps: Sequence[int], traits: VoiceTraits
) -> Iterator[Feature]:
    """Of a tune: its rhythm, its contour and its intervals."""
    outermost = min if traits.outermost == "lowest" else max
    pitches = [outermost(note.pitch for note in notes) for _, notes in onsets]
    ways = [after - pitch for pitch, after in zip(pitches, _next(pitches), strict=True)]
    for place, gap, way, then in zip(places, gaps, ways, _next(ways), strict=True):
        yield 1, place, gap
        yield 2, place, gap, _contour(way)
        yield 3, place, gap, way, then


def _contour(way: int) -> int:
    """Whether a tune stays (0), or goes by a step, a skip or a leap (1 to 3), up or down (below 0)."""
    size = abs(way)
    wide = 0 if not size else 1 if size <= _STEP else 2 if size <= _SKIP else 3
    return wide if way > 0 else -wide


def _struck(onsets: Sequence[tuple[int, Sequence[Note]]], places: Sequence[int], length: int) -> Iterator[Feature]:
    """Of drums: each stroke, the way to the next stroke of that drum, and what is struck together."""
    starts: dict[int, list[tuple[int, int]]] = {}
    for (start, notes), place in zip(onsets, places, strict=True):
        together = tuple(sorted({note.pitch for note in notes}))
        yield 4, place, *together
        for drum in together:
            starts.setdefault(drum, []).append((start, place))
    for drum, strokes in starts.items():
        for (_, place), gap in zip(strokes, _around([start for start, _ in strokes], length), strict=True):
            yield 5, drum, place
            yield 6, drum, place, gap


def _voiced(
    onsets: Sequence[tuple[int, Sequence[Note]]], places: Sequence[int], gaps: Sequence[int]
) -> Iterator[Feature]:
    """Of chords: their rhythm, what each is over its bass, and the way to the next."""
    lowest = [min(note.pitch for note in notes) for _, notes in onsets]
    figures = [
        sum(1 << interval for interval in {(note.pitch - low) % OCTAVE for note in notes})
        for (_, notes), low in zip(onsets, lowest, strict=True)
    ]
    ways = [(after - low) % OCTAVE for low, after in zip(lowest, _next(lowest), strict=True)]
    for place, gap, figure, way, then in zip(places, gaps, figures, ways, _next(figures), strict=True):
        yield 7, place, gap
        yield 8, place, figure
        yield 9, place, figure, way, then


def _hash(feature: Feature, number: int) -> int:
    """64 bits for a feature that a loop has for so many times before; the same in every process and version."""
    text = ",".join(map(str, (*feature, number)))
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "big")


def _throws() -> Iterator[tuple[int, int]]:
    """A number to change hashes by, and an odd one to scatter them with."""
    for number in range(_MOST_THROWS):
        digest = hashlib.blake2b(b"throw %d" % number, digest_size=16).digest()
        yield int.from_bytes(digest[:8], "big"), int.from_bytes(digest[8:], "big") | 1


_THROWS = tuple(_throws())
