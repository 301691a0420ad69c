"""The 128 programs of General MIDI by name: what a person calls a sound for which MIDI has a number.

Source of the names: the General MIDI System Level 1 Sound Set, families of eight.
"""

from __future__ import annotations

import difflib
from collections.abc import Sequence

from reverie.music.spelling import plain_words, same_name

FAMILIES: dict[str, tuple[str, ...]] = {
    "piano": (
        "acoustic grand piano",
        "bright acoustic piano",
        "electric grand piano",
        "honky-tonk piano",
        "electric piano 1",
        "electric piano 2",
        "harpsichord",
        "clavi",
    ),
    "chromatic percussion": (
        "celesta",
        "glockenspiel",
        "music box",
        "vibraphone",
        "marimba",
        "xylophone",
        "tubular bells",
        "dulcimer",
    ),
    "organ": (
        "drawbar organ",
        "percussive organ",
        "rock organ",
        "church organ",
        "reed organ",
        "accordion",
        "harmonica",
        "tango accordion",
    ),
    "guitar": (
        "acoustic guitar (nylon)",
        "acoustic guitar (steel)",
        "electric guitar (jazz)",
        "electric guitar (clean)",
        "electric guitar (muted)",
        "overdriven guitar",
        "distortion guitar",
        "guitar harmonics",
    ),
    "bass": (
        "acoustic bass",
        "electric bass (finger)",
        "electric bass (pick)",
        "fretless bass",
        "slap bass 1",
        "slap bass 2",
        "synth bass 1",
        "synth bass 2",
    ),
    "strings": (
        "violin",
        "viola",
        "cello",
        "contrabass",
        "tremolo strings",
        "pizzicato strings",
        "orchestral harp",
        "timpani",
    ),
    "ensemble": (
        "string ensemble 1",
        "string ensemble 2",
        "synth strings 1",
        "synth strings 2",
        "choir aahs",
        "voice oohs",
        "synth voice",
        "orchestra hit",
    ),
    "brass": (
        "trumpet",
        "trombone",
        "tuba",
        "muted trumpet",
        "french horn",
        "brass section",
        "synth brass 1",
        "synth brass 2",
    ),
    "reed": (
        "soprano sax",
        "alto sax",
        "tenor sax",
        "baritone sax",
        "oboe",
        "english horn",
        "bassoon",
        "clarinet",
    ),
    "pipe": (
        "piccolo",
        "flute",
        "recorder",
        "pan flute",
        "blown bottle",
        "shakuhachi",
        "whistle",
        "ocarina",
    ),
    "synth lead": (
        "lead 1 (square)",
        "lead 2 (sawtooth)",
        "lead 3 (calliope)",
        "lead 4 (chiff)",
        "lead 5 (charang)",
        "lead 6 (voice)",
        "lead 7 (fifths)",
        "lead 8 (bass + lead)",
    ),
    "synth pad": (
        "pad 1 (new age)",
        "pad 2 (warm)",
        "pad 3 (polysynth)",
        "pad 4 (choir)",
        "pad 5 (bowed)",
        "pad 6 (metallic)",
        "pad 7 (halo)",
        "pad 8 (sweep)",
    ),
    "synth effects": (
        "fx 1 (rain)",
        "fx 2 (soundtrack)",
        "fx 3 (crystal)",
        "fx 4 (atmosphere)",
        "fx 5 (brightness)",
        "fx 6 (goblins)",
        "fx 7 (echoes)",
        "fx 8 (sci-fi)",
    ),
    "ethnic": (
        "sitar",
        "banjo",
        "shamisen",
        "koto",
        "kalimba",
        "bag pipe",
        "fiddle",
        "shanai",
    ),
    "percussive": (
        "tinkle bell",
        "agogo",
        "steel drums",
        "woodblock",
        "taiko drum",
        "melodic tom",
        "synth drum",
        "reverse cymbal",
    ),
    "sound effects": (
        "guitar fret noise",
        "breath noise",
        "seashore",
        "bird tweet",
        "telephone ring",
        "helicopter",
        "applause",
        "gunshot",
    ),
}
PROGRAMS: tuple[str, ...] = tuple(name for names in FAMILIES.values() for name in names)
"""The names by program, from 0."""
DRUM_CHANNEL = 10
"""The channel of drums, from 1."""
KITS = {
    0: "standard",
    8: "room",
    16: "power",
    24: "electronic",
    25: "analog",
    32: "jazz",
    40: "brush",
    48: "orchestra",
    56: "effects",
}
"""The drum kits by their programs on that channel (General MIDI 2, appendix A.2)."""
_NUMBERS = {same_name(name): number for number, name in enumerate(PROGRAMS)}
_FEW = 3
_CLOSE = 0.8


def family_of(program: int) -> str:
    """The family of a program, 0 to 127."""
    return [*FAMILIES][program // (len(PROGRAMS) // len(FAMILIES))]


def parse_program(name: str) -> int:
    """The program of that name; capitals, spaces, hyphens and brackets do not matter.

    Raises:
        ValueError: if General MIDI has none, with those that are near.
    """
    number = _NUMBERS.get(same_name(name))
    if number is None:
        raise ValueError(f"General MIDI has no instrument {name!r}; {_meant(name)}")
    return number


def _meant(name: str) -> str:
    near = near_programs(name)
    if not near:
        return "`reverie instruments` lists them all, and a number from 0 to 127 does as well"
    return f"did you mean {' or '.join(repr(PROGRAMS[program]) for program in near)}?"


def near_programs(name: str) -> tuple[int, ...]:
    """The programs that a person may have meant by a name that is none, the nearest first, a few at most."""
    words = plain_words(name)
    # 'warm pad' and 'jazz guitars' have the words of one instrument, in an order and a number of their own.
    found = [number for number, own in enumerate(PROGRAMS) if words and _has_all(plain_words(own), words)]
    close = difflib.get_close_matches(same_name(name), _NUMBERS, n=_FEW)
    return tuple(dict.fromkeys((*found, *(_NUMBERS[one] for one in close))))[:_FEW]


def _has_all(own: Sequence[str], words: Sequence[str]) -> bool:
    return all(difflib.get_close_matches(word, own, n=1, cutoff=_CLOSE) for word in words)
