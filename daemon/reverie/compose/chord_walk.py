"""A progression that is generated: a walk from the tonic, by what real tunes do, to the chord that leads home again.

How far it may stray is a tension that may rise until its end: how far a chord's root is from the tonic on the circle
of fifths, and how many of its notes the key does not have.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import accumulate
from random import Random

from reverie.compose.chord_foretelling import chord_foreteller
from reverie.compose.chord_statistics import BEGINNING, shipped_statistics
from reverie.compose.key_tour import dominant_symbol
from reverie.compose.seeds import derive_seed
from reverie.music.chord_symbols import chord_tones, parse_chord
from reverie.music.degrees import harmony_key
from reverie.music.harmony import OCTAVE, Key, pitch_class_name
from reverie.music.progressions import Progression, WrittenChord
from reverie.scenes.harmony import ChordKinds, ChordSource

HALVES = 2
"""Shares of a bar in which a generated chord may begin."""
FURTHEST_FIFTHS = 6
MOST_OUTSIDE = 3
"""Notes outside the key that make a chord as tense as can be."""
_MODAL = 0.25
"""How much seldomer a mode that is neither major nor minor takes a chord, for each note that it does not have: tunes
tell nothing of it."""
_LIKE_TUNES = {"major", "minor", "harmonic-minor", "major-pentatonic", "minor-pentatonic"}
_MINOR_THIRD = 3
_TRIADS: Mapping[str, str] = {
    "7": "", "maj7": "", "6": "", "m7": "m", "m6": "m", "mmaj7": "m", "dim7": "dim", "m7b5": "dim", "+7": "+",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class ChordWalk:
    """A walk of ``bars`` bars, anew for each section.

    ``rhythm`` is how many bars a chord lasts, least and most; ``tension`` how far it may stray, at the beginning and
    before the end, from 0 to 1. ``kinds`` are triads, sevenths, or as the tunes have it. With ``different`` there are
    only so many walks in a key, which come back. ``by`` is what foretells the next chord.
    """

    bars: int
    rhythm: tuple[float, float] = (1.0, 2.0)
    tension: tuple[float, float] = (0.2, 0.5)
    kinds: ChordKinds = "learned"
    different: int | None = None
    by: ChordSource = "counts"

    def progression(self, key: Key, seed: int, number: int) -> Progression:
        """The walk of section ``number`` in a key, by symbols."""
        chance = Random(derive_seed("harmony", "walk", seed, number))
        if self.different is not None:
            chance = Random(derive_seed("harmony", "walk", seed, "again", chance.randrange(self.different)))
        seven = harmony_key(key)
        lengths = self._lengths(seven, chance)
        chords = self._chords(seven, lengths, chance)
        bars: list[list[WrittenChord]] = [[] for _ in range(self.bars)]
        start = 0
        for chord, halves in zip(chords, lengths, strict=True):
            bars[start // HALVES].append(WrittenChord(self._symbol(chord, seven), start % HALVES, HALVES))
            start += halves
        return Progression(tuple(map(tuple, bars)))

    def _lengths(self, key: Key, chance: Random) -> list[int]:
        """How many half bars each chord lasts: a chord of several bars begins where as many before it have ended."""
        least, most = self.rhythm
        learned = shipped_statistics().bars[_mode(key)]
        possible = {int(HALVES * bars): learned.get(bars, 0) + 1 for bars in (0.5, 1.0, 2.0, 4.0, 8.0, 16.0)}
        allowed = {halves: count for halves, count in possible.items() if least <= halves / HALVES <= most}
        allowed = allowed or {max(int(HALVES * least), 1): 1}
        lengths: list[int] = []
        done, end = 0, HALVES * self.bars
        while done < end:
            fit = {halves: count for halves, count in allowed.items() if done % halves == 0 and done + halves <= end}
            halves = chance.choices([*fit], [*fit.values()])[0] if fit else min(*allowed, end - done)
            lengths.append(halves)
            done += halves
        return lengths

    def _chords(self, key: Key, lengths: list[int], chance: Random) -> list[str]:
        """From the tonic to the dominant; a single chord is the tonic."""
        home = next((one for one in ("0:", "0:m", "0:dim") if not outside(one, key)), "0:")
        places = [*zip(accumulate(lengths, initial=0), lengths, strict=False)]
        foreteller = chord_foreteller(self.by, _mode(key))
        foreteller.after(BEGINNING, places[0])
        chords = [home]
        for number, place in enumerate(places[1:-1], start=1):
            low, high = self.tension
            limit = low + (high - low) * number / max(len(lengths) - 2, 1)
            shares = foreteller.after(chords[-1], place)
            chords.append(self._next(key, shares, chords[-1], limit, chance, leads_home=number == len(lengths) - 2))
        return [*chords, _token(dominant_symbol(key), key)][: len(lengths)]

    def _next(
        self, key: Key, shares: Mapping[str, float], before: str, limit: float, chance: Random, *, leads_home: bool
    ) -> str:
        """A chord after the one before; one that ``leads_home`` is none on the dominant's root, which comes after."""
        dominant = parse_chord(dominant_symbol(key)).root
        shut = self._symbol(before, key)

        def may_follow(chord: str) -> bool:
            root = (key.tonic + _parts(chord)[0]) % OCTAVE
            return self._symbol(chord, key) != shut and not (leads_home and root == dominant)

        fit = {
            chord: share * (1.0 if key.scale in _LIKE_TUNES else _MODAL ** outside(chord, key))
            for chord, share in shares.items()
            if tension(chord, key) <= limit and may_follow(chord)
        }
        if not fit:  # nothing that tunes do is so near: stay about the tonic
            fit = dict.fromkeys(filter(may_follow, _near(key)), 1.0)
        return chance.choices([*fit], [*fit.values()])[0]

    def _symbol(self, chord: str, key: Key) -> str:
        root, kind = _parts(chord)
        if self.kinds == "triads":
            kind = _TRIADS.get(kind, kind)
        name = pitch_class_name((key.tonic + root) % OCTAVE, key)
        if self.kinds == "sevenths" and kind in {"", "m"}:
            seventh = next((one for one in ("maj7", "7") if kind == "" and _is_of(key, name + one)), None)
            kind = seventh or ("m7" if kind == "m" and _is_of(key, f"{name}m7") else kind)
        return name + kind


def tension(chord: str, key: Key) -> float:
    """How far a chord is from home, 0 to 1: half by its root, half by its notes that the key does not have."""
    root, _ = _parts(chord)
    fifths = min(7 * root % OCTAVE, -7 * root % OCTAVE)
    return fifths / FURTHEST_FIFTHS / 2 + min(outside(chord, key) / MOST_OUTSIDE, 1.0) / 2


def outside(chord: str, key: Key) -> int:
    """How many notes of a chord the key does not have."""
    root, kind = _parts(chord)
    tones = chord_tones(pitch_class_name((key.tonic + root) % OCTAVE, key) + kind)
    return sum(tone not in harmony_key(key) for tone in tones)


def _parts(chord: str) -> tuple[int, str]:
    root, _, kind = chord.partition(":")
    return int(root), kind


def _token(symbol: str, key: Key) -> str:
    kind = symbol.lstrip("ABCDEFG").lstrip("#b")
    return f"{(parse_chord(symbol).root - key.tonic) % OCTAVE}:{kind}"


def _is_of(key: Key, symbol: str) -> bool:
    return all(tone in key for tone in chord_tones(symbol))


def _near(key: Key) -> list[str]:
    """Triads of the key's own notes, and the tonic's suspension where there are too few."""
    mine = [f"{root}:{kind}" for root in range(OCTAVE) for kind in ("", "m")]
    return [one for one in mine if not outside(one, key)] or ["0:sus4", "0:sus2"]


def _mode(key: Key) -> str:
    """Whether the key is nearer to major or to minor, of which tunes tell."""
    return "minor" if (key.tonic + _MINOR_THIRD) in key and (key.tonic + _MINOR_THIRD + 1) not in key else "major"
