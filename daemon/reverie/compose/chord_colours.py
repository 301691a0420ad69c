"""Colours of a chord that is held for long: what changes while the chord does not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from random import Random

from reverie.compose.chord_events import ChordEvent
from reverie.compose.seeds import derive_seed
from reverie.music.chord_symbols import chord_tones, parse_chord
from reverie.music.degrees import harmony_key
from reverie.music.harmony import OCTAVE, Key, name_above, pitch_class_name
from reverie.scenes.harmony import ChordColour

_KINDS: Mapping[tuple[int, ...], str] = {
    (0, 4, 7): "",
    (0, 3, 7): "m",
    (0, 4, 7, 10): "7",
    (0, 3, 7, 10): "m7",
    (0, 4, 7, 11): "maj7",
}
_COLOURED: Mapping[ChordColour, Mapping[str, tuple[tuple[str, int], ...]]] = {
    "add9": {"": (("add9", 2),), "m": (("madd9", 2),), "7": (("9", 2),), "m7": (("m9", 2),), "maj7": (("maj9", 2),)},
    "sus2": {"": (("sus2", 2),), "m": (("sus2", 2),)},
    "sus4": {"": (("sus4", 5),), "m": (("sus4", 5),), "7": (("7sus4", 5),), "m7": (("7sus4", 5),)},
    "sixth": {"": (("6", 9),), "m": (("m6", 9),)},
    "seventh": {"": (("7", 10), ("maj7", 11)), "m": (("m7", 10),)},
    "inversion": {},
}
"""For each colour and kind of chord: the kind that it becomes, if the key has the note so many semitones above the root
by which it differs."""


@dataclass(frozen=True, slots=True)
class Colours:
    """A chord's colour is another every ``bars`` bars, one of ``kinds`` or the chord as it is."""

    bars: int
    kinds: tuple[ChordColour, ...]


def coloured(symbol: str, colour: ChordColour, key: Key) -> str | None:
    """The chord in another colour, of notes of its key alone; None where it has no such colour."""
    chord = parse_chord(symbol)
    shape = tuple(sorted((tone - chord.root) % OCTAVE for tone in chord_tones(symbol)))
    if chord.bass != chord.root or shape not in _KINDS:
        return None
    if colour == "inversion":
        return f"{symbol}/{name_above(symbol, 2, (chord.root + shape[1]) % OCTAVE)}"
    kinds = _COLOURED[colour].get(_KINDS[shape], ())
    kind = next((kind for kind, step in kinds if chord.root + step in harmony_key(key)), None)
    return None if kind is None else pitch_class_name(chord.root, key) + kind


def with_colours(
    events: Sequence[ChordEvent], length: int, bar_ticks: int, colours: Colours, seed: int
) -> Iterator[ChordEvent]:
    """The chords of a section of ``length`` ticks, each with its colours in turn, beginning as it is.

    No colour is that of the moment before.
    """
    every = colours.bars * bar_ticks
    for number, event in enumerate(events):
        yield event
        end = events[number + 1].start if number + 1 < len(events) else length
        chance = Random(derive_seed("harmony", "colour", seed, number))
        possible = [event.symbol, *(one for kind in colours.kinds if (one := coloured(event.symbol, kind, event.key)))]
        before = event.symbol
        for start in range(event.start + every, end, every):
            others = [symbol for symbol in dict.fromkeys(possible) if symbol != before]
            if others:
                before = chance.choice(others)
                yield replace(event, start=start, symbol=before)
