"""Chords as degrees of a key, such as ``ii7``, ``bVII``, ``V7/vi`` or ``vii°``, read as chord symbols.

Capitals are major, small letters minor, and what follows is a chord symbol's kind. A numeral alone is that degree of
the scale. With a flat or sharp it is the degree of the major scale lowered or raised, as most people write it: ``bVII``
is the same chord in every scale. Only where the scale itself has the degree altered the other way it is altered from
there, so that ``#vii°`` in a minor key stands on its leading note.
"""

from __future__ import annotations

import re
from functools import lru_cache

from reverie.music.chord_symbols import parse_chord
from reverie.music.harmony import OCTAVE, SCALES, Key, name_above, pitch_class_name

_NUMERALS = ("i", "ii", "iii", "iv", "v", "vi", "vii")
_DEGREE = re.compile(
    r"(?P<accidental>[#b♯♭]?)(?P<numeral>VII|VI|V|IV|III|II|I|vii|vi|v|iv|iii|ii|i)(?![IViv])(?P<rest>.*)"
)
_SLASH = re.compile(r"(?P<kind>.*?)(?:/(?P<of>[#b♯♭]?[IViv]+[^0-9]*|[1357]|[A-G][#b]*))?")
_OWN_THIRD = re.compile(r"[°øØohΔ+]|dim|aug|sus|[0-9]+sus|5|alt|7alt")
"""Kinds that say which third they have, so that a small numeral adds none."""
_SEVEN = {
    "major-pentatonic": "major",
    "minor-pentatonic": "minor",
    "blues": "minor",
    "whole-tone": "lydian",
    "chromatic": "major",
}
"""The scale on whose degrees chords stand, for scales that have not seven."""


def harmony_key(key: Key) -> Key:
    """The key of seven notes on whose degrees the chords of ``key`` stand."""
    return Key(key.tonic, _SEVEN.get(key.scale, key.scale))


def is_degree(word: str) -> bool:
    """Whether a word is meant as a degree, and not as a chord symbol."""
    return _DEGREE.fullmatch(word) is not None


@lru_cache(maxsize=4096)
def degree_symbol(word: str, key: Key) -> str:
    """The chord symbol of a degree in a key.

    ``V7/vi`` is the dominant of the sixth degree, and ``vii°/ii`` stands on the leading note of the second; ``I/3`` has
    its third in the bass, and ``I/E`` an E.

    Raises:
        ValueError: if it is no degree.
    """
    match = _DEGREE.fullmatch(word)
    if match is None:
        raise ValueError(f"{word!r} is no degree, such as ii7, bVII or V7/vi")
    parts = _SLASH.fullmatch(match["rest"])
    kind, of = (parts["kind"], parts["of"]) if parts else (match["rest"], None)
    if match["rest"].startswith("6/9"):
        kind, of = match["rest"], None
    if of and _DEGREE.fullmatch(of):
        goal = parse_chord(degree_symbol(of, key))
        return degree_symbol(word.rsplit("/", 1)[0], Key(goal.root))
    root = (key.tonic + _place(match["numeral"], match["accidental"], key)) % OCTAVE
    minor = match["numeral"].islower() and not _OWN_THIRD.match(kind)
    if minor and kind.startswith(("m", "-")) and not kind.startswith(("maj", "mM", "m(")):
        minor = False
    symbol = pitch_class_name(root, key) + ("m" if minor else "") + kind
    try:
        parse_chord(symbol)
    except ValueError:
        raise ValueError(f"{word!r} is no degree with a chord's kind, such as ii7, bVII or V7/vi") from None
    return symbol + _bass(symbol, of)


def _bass(symbol: str, of: str | None) -> str:
    if not of:
        return ""
    if not of.isdecimal():
        return f"/{of}"
    root, tones = parse_chord(symbol)[:2]
    nearest = {1: (0,), 3: (4, 3, 5, 2), 5: (7, 6, 8), 7: (11, 10, 9)}[int(of)]
    bass = next((step for step in nearest if (root + step) % OCTAVE in tones), None)
    if bass is None:
        raise ValueError(f"{symbol} has no {of} to put into the bass")
    return f"/{name_above(symbol, int(of) - 1, (root + bass) % OCTAVE)}" if bass else ""


def _place(numeral: str, accidental: str, key: Key) -> int:
    """Semitones above the tonic."""
    number = _NUMERALS.index(numeral.lower())
    own, major = SCALES[harmony_key(key).scale][number], SCALES["major"][number]
    if accidental in {"b", "♭"}:
        return max(own, major) - 1
    return min(own, major) + 1 if accidental else own
