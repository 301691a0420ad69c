#!/usr/bin/env python3
"""Make the instruments that ship for browsers, where no soundfont is at hand: all are computed, and none recorded.

What is held is a beginning and a loop without a seam: every partial has a whole number of periods in the loop. What is
struck or plucked falls evenly while it loops; only the partials that fade sooner are in the sample.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from reverie.browser_sounds.bank_samples import pairs
from reverie.browser_sounds.instrument import AUDIO, PAGE, SoundZone
from reverie.browser_sounds.packed import Packed, pack
from reverie.browser_sounds.shipped_set import LISTING
from reverie.browser_sounds.sound_files import hash_of
from reverie.files import write_atomically
from reverie.music.notes import MAX_MIDI

Samples = NDArray[np.float64]
LOUD = 0.11
"""Root mean square of the first half second of each sample, by which instruments are equally loud."""
HEARD = 0.5
NYQUIST = 0.45
"""Of the rate, above which there is no partial."""
SEED = 20261130


@dataclass(frozen=True, slots=True)
class Partial:
    """A partial: its frequency as a multiple of the tone's, its level, and in how many seconds it fades to 1/e.

    What fades besides the fall of the whole tone stands still from the loop on (0: it does not fade).
    """

    ratio: float
    level: float
    fades: float = 0.0


@dataclass(frozen=True, slots=True)
class Voice:
    """How an instrument sounds at a pitch (a MIDI number): partials, and what is added to them.

    ``head`` is how long its beginning is, and ``loop`` the loop, in seconds; ``attack`` in which time it rises, and
    ``decay`` in which it falls to 1/e (0: not at all). Several players are ``detuned`` by so many cents each.
    ``breath`` is the level of a noise around the tone, ``vibrato`` its depth in cents, ``tremolo`` in parts of its
    level, and ``knock`` the level of the noise with which it begins.
    """

    partials: Callable[[float], Sequence[Partial]]
    keys: Sequence[int]
    head: float
    loop: float
    attack: float
    decay: Callable[[float], float] = lambda _: 0.0
    release: float = 0.3
    rate: int = 24_000
    detuned: Sequence[float] = (0.0,)
    breath: float = 0.0
    vibrato: float = 0.0
    tremolo: float = 0.0
    knock: float = 0.0
    gain: float = 1.0


def harmonics(
    count: int, slope: float, *, even: float = 1.0, pluck: float = 0.0, fades: float = 0.0, formants: bool = False
) -> Callable[[float], Sequence[Partial]]:
    """Harmonics, softer by ``slope`` (an exponent), of a string plucked at ``pluck`` of its length.

    The higher ones fade sooner, the second in ``fades`` seconds. With ``formants`` they ring in a throat or a body.
    """

    def made(pitch: float) -> Sequence[Partial]:
        hertz = frequency(pitch)
        found: list[Partial] = []
        for number in range(1, count + 1):
            level = number**-slope * (even if number % 2 == 0 else 1.0)
            if pluck:
                level *= abs(np.sin(np.pi * number * pluck)) + 0.02
            if formants:
                level *= throat(hertz * number)
            found.append(Partial(number, level, fades * 1.6 / (number - 1) ** 0.8 if fades and number > 1 else 0.0))
        return found

    return made


def throat(hertz: float) -> float:
    """How much of a frequency a singing throat lets through: formants of an open vowel."""
    peaks = ((650.0, 220.0, 1.0), (1080.0, 260.0, 0.6), (2650.0, 500.0, 0.25), (3300.0, 700.0, 0.12))
    return 0.06 + sum(level * np.exp(-(((hertz - at) / wide) ** 2)) for at, wide, level in peaks)


def listed(*partials: tuple[float, float, float]) -> Callable[[float], Sequence[Partial]]:
    """These partials at every pitch; those of high tones fade sooner."""
    return lambda pitch: [Partial(ratio, level, fades * 2 ** ((60 - pitch) / 24)) for ratio, level, fades in partials]


def tine(pitch: float) -> Sequence[Partial]:
    """An electric piano: a fundamental with some warmth, an octave that fades, and the tine's ring at the beginning."""
    soft = float(np.interp(pitch, [33, 93], [1.0, 0.35]))
    falls = 2 ** ((60 - pitch) / 30)
    return [
        Partial(1, 1.0),
        Partial(2, 0.5 * soft, 0.45 * falls),
        Partial(2, 0.09 * soft),
        Partial(3, 0.34 * soft, 0.22 * falls),
        Partial(4, 0.16 * soft, 0.14 * falls),
        Partial(5, 0.1 * soft, 0.09 * falls),
        Partial(7.02, 0.12 * soft, 0.06 * falls),
        Partial(13.9, 0.05 * soft, 0.04 * falls),
    ]


def falling(seconds: float) -> Callable[[float], float]:
    """A fall in so many seconds at middle C, and in half of them two octaves above."""
    return lambda pitch: seconds * 2 ** ((60 - pitch) / 24)


LOW, MIDDLE = (28, 40, 52, 64), (36, 48, 60, 72, 84)
VOICES: Mapping[str, Voice] = {
    "electric-piano": Voice(tine, (33, 45, 57, 69, 81, 93), 0.6, 0.25, 0.003, falling(1.5), 0.35, knock=0.05),
    "vibraphone": Voice(
        listed((1, 1, 0), (4, 0.22, 0.3), (10.1, 0.07, 0.08)),
        (41, 53, 65, 77, 89),
        0.45,
        0.4,
        0.002,
        falling(1.9),
        0.9,
        tremolo=0.16,
        knock=0.04,
    ),
    "marimba": Voice(
        listed((1, 1, 0), (3.93, 0.3, 0.07), (9.2, 0.1, 0.03)),
        (36, 48, 60, 72, 84, 96),
        0.25,
        0.15,
        0.002,
        lambda pitch: 0.42 * 2 ** ((60 - pitch) / 18),
        0.4,
        knock=0.1,
    ),
    "bells": Voice(
        listed((1, 1, 0), (2, 0.12, 0.8), (2.76, 0.4, 0.5), (5.4, 0.22, 0.2), (8.93, 0.1, 0.07)),
        (48, 60, 72, 84, 96),
        0.6,
        0.3,
        0.002,
        falling(1.5),
        1.2,
        knock=0.02,
    ),
    "organ": Voice(
        listed((0.5, 0.25, 0), (1, 1, 0), (2, 0.55, 0), (3, 0.3, 0), (4, 0.22, 0), (6, 0.1, 0), (8, 0.06, 0)),
        MIDDLE,
        0.15,
        1.0,
        0.02,
        release=0.25,
        detuned=(0, 2.5),
    ),
    "pluck": Voice(
        harmonics(28, 1.15, pluck=0.21, fades=0.5),
        (40, 52, 64, 76, 88),
        0.7,
        0.2,
        0.003,
        falling(1.1),
        0.3,
        knock=0.06,
    ),
    "bass": Voice(
        harmonics(18, 1.5, pluck=0.3, fades=0.35),
        LOW,
        0.6,
        0.25,
        0.006,
        falling(1.1),
        0.25,
        16_000,
        knock=0.05,
        gain=1.1,
    ),
    "strings": Voice(
        harmonics(36, 1.25),
        (36, 48, 60, 72, 84),
        0.35,
        1.4,
        0.14,
        release=0.7,
        detuned=(-9, -4, 0, 5, 8),
    ),
    "pad": Voice(
        harmonics(16, 1.9),
        (36, 50, 64, 78),
        0.6,
        1.8,
        0.5,
        release=1.6,
        rate=16_000,
        detuned=(-11, -5, 0, 6, 10),
    ),
    "choir": Voice(
        harmonics(40, 0.7, formants=True),
        (43, 55, 67, 79),
        0.35,
        1.4,
        0.18,
        release=0.9,
        detuned=(-10, -3, 4, 9),
        breath=0.01,
    ),
    "brass": Voice(harmonics(24, 1.1), (38, 50, 62, 74), 0.3, 0.6, 0.06, release=0.25, detuned=(0, 3), vibrato=3.0),
    "reed": Voice(
        harmonics(22, 1.1, even=0.16),
        (43, 55, 67, 79),
        0.35,
        0.6,
        0.05,
        release=0.2,
        breath=0.006,
        vibrato=4.0,
    ),
    "flute": Voice(
        listed((1, 1, 0), (2, 0.3, 0), (3, 0.1, 0), (4, 0.035, 0)),
        (55, 67, 79, 91),
        0.4,
        0.8,
        0.07,
        release=0.25,
        breath=0.025,
        vibrato=9.0,
    ),
    "lead": Voice(harmonics(24, 1.35), (43, 55, 67, 79, 91), 0.2, 0.6, 0.012, release=0.25, detuned=(-4, 4)),
}
FAMILIES: Sequence[tuple[int, str]] = (
    (0, "electric-piano"),
    (8, "bells"),
    (11, "vibraphone"),
    (12, "marimba"),
    (14, "bells"),
    (15, "pluck"),
    (16, "organ"),
    (24, "pluck"),
    (32, "bass"),
    (40, "strings"),
    (45, "pluck"),
    (47, "marimba"),
    (48, "strings"),
    (52, "choir"),
    (55, "strings"),
    (56, "brass"),
    (64, "reed"),
    (72, "flute"),
    (80, "lead"),
    (88, "pad"),
    (91, "choir"),
    (92, "pad"),
    (98, "bells"),
    (99, "pad"),
    (104, "pluck"),
    (108, "marimba"),
    (109, "reed"),
    (110, "strings"),
    (111, "reed"),
    (112, "bells"),
    (115, "marimba"),
    (119, "pad"),
    (124, "bells"),
    (125, "pad"),
)
"""Programs of General MIDI, from 0, from which on the instrument of that name plays."""


def frequency(pitch: float) -> float:
    """Hertz of a MIDI number."""
    return float(440 * 2 ** ((pitch - 69) / 12))


def tone(voice: Voice, pitch: int, chance: np.random.Generator) -> tuple[Samples, tuple[float, float]]:
    """The sample of a pitch, and its loop in seconds."""
    rate, hertz = voice.rate, frequency(pitch)
    periods = round(voice.loop * hertz)
    loop = round(periods / hertz * rate)
    head = round(voice.head * rate)
    time = np.arange(head + loop) / rate
    until = np.minimum(time, head / rate)
    turn = 2 * np.pi * np.arange(head + loop) / loop
    shakes = max(round(5.2 * loop / rate), 1)
    depth = voice.vibrato / 1200 * np.log(2) * periods / shakes * np.clip((time - 0.1) / 0.25, 0, 1)
    shaken = turn + depth * np.sin(shakes * turn) / periods
    samples = np.zeros(head + loop)
    for cents in voice.detuned:
        for partial in voice.partials(pitch):
            cycles = round(partial.ratio * periods * 2 ** (cents / 1200))
            if cycles / loop > NYQUIST:
                continue
            level = partial.level * (np.exp(-until / partial.fades) if partial.fades else 1.0)
            phase = chance.uniform(0, 2 * np.pi) if len(voice.detuned) > 1 else 0.0
            samples += level * np.sin(cycles * shaken + phase)
    if voice.breath:
        samples += voice.breath * _breath(turn, periods, loop, chance)
    if voice.tremolo:
        samples *= 1 + voice.tremolo * np.sin(shakes * turn)
    samples *= np.sin(np.pi / 2 * np.clip(time / voice.attack, 0, 1)) ** 2
    if voice.knock:
        noise = chance.normal(0, 1, len(time)) * np.exp(-time / 0.008)
        samples += voice.knock * np.abs(samples).max() * _softened(noise, rate, 4 * hertz) * (time < voice.head / 2)
    return _levelled(samples, rate, voice.gain), (head / rate, (head + loop) / rate)


def _breath(turn: Samples, periods: int, loop: int, chance: np.random.Generator) -> Samples:
    """Noise around a tone that comes again with each loop."""
    noise = np.zeros(len(turn))
    for cycles in range(periods // 2, min(6 * periods, round(NYQUIST * loop)), max(periods // 40, 1)):
        noise += (periods / cycles) ** 0.7 * np.sin(cycles * turn + chance.uniform(0, 2 * np.pi))
    return noise


def _softened(noise: Samples, rate: int, hertz: float) -> Samples:
    """Noise without what lies far above a frequency."""
    spectrum = np.fft.rfft(noise)
    bins = np.fft.rfftfreq(len(noise), 1 / rate)
    return np.fft.irfft(spectrum / (1 + (bins / max(hertz, 300.0)) ** 4), len(noise))


def _levelled(samples: Samples, rate: int, gain: float = 1.0) -> Samples:
    first = samples[: round(HEARD * rate)]
    return samples * gain * LOUD / float(np.sqrt(np.mean(np.square(first))))


def instrument(name: str, voice: Voice) -> Packed:
    """An instrument of all its keys."""
    chance = np.random.default_rng([SEED, *name.encode()])
    ranges = pairs(voice.keys)
    samples: list[tuple[SoundZone, Samples]] = []
    for pitch, keys in zip(voice.keys, ranges, strict=True):
        made, loop = tone(voice, pitch, chance)
        samples.append((SoundZone(0, 0, pitch, keys, loop=loop, decay=round(voice.decay(pitch), 3)), made))
    return pack(name.replace("-", " "), voice.rate, samples, voice.release)


RATE = 32_000


def _time(seconds: float) -> Samples:
    return np.arange(round(seconds * RATE)) / RATE


def _end(samples: Samples) -> Samples:
    """Without a click at its end."""
    count = len(samples) // 5
    samples[-count:] *= 0.5 + 0.5 * np.cos(np.pi * np.arange(count) / count)
    return samples


def _noise(seconds: float, low: float, high: float, chance: np.random.Generator) -> Samples:
    """Noise between two frequencies, in Hertz."""
    count = round(seconds * RATE)
    bins = np.fft.rfftfreq(count, 1 / RATE)
    shape = 1 / (1 + (low / np.maximum(bins, 1)) ** 6) / (1 + (bins / high) ** 6)
    noise = np.fft.irfft(np.fft.rfft(chance.normal(0, 1, count)) * shape, count)
    return noise / np.sqrt(np.mean(np.square(noise)))


def drum(low: float, high: float, slide: float, seconds: float, falls: float, click: float = 0.0) -> Samples:
    """A skin: a tone that slides down from ``high`` to ``low`` Hertz."""
    time = _time(seconds)
    hertz = low + (high - low) * np.exp(-time / slide)
    body = np.sin(2 * np.pi * np.cumsum(hertz) / RATE) * np.exp(-time / falls)
    return _end(body + click * np.exp(-time / 0.003) * np.sin(2 * np.pi * 1800 * time))


def metal(ratios: Sequence[float], hertz: float, seconds: float, falls: float) -> Samples:
    """Struck metal: partials that belong to no tone."""
    time = _time(seconds)
    waves = [np.sin(2 * np.pi * hertz * ratio * time + ratio) / (1 + 0.15 * ratio) for ratio in ratios]
    return _end(np.sum(waves, axis=0) * np.exp(-time / falls) / len(ratios) ** 0.5)


def kit(chance: np.random.Generator) -> Mapping[int, tuple[Samples, float, int]]:
    """The drums by key: a sample, how loud it is beside the others, and its choke group."""

    def hiss(seconds: float, falls: float, low: float, high: float, rise: float = 0.0005) -> Samples:
        time = _time(seconds)
        return _end(_noise(seconds, low, high, chance) * np.exp(-time / falls) * np.clip(time / rise, 0, 1))

    def both(one: Samples, other: Samples) -> Samples:
        count = max(len(one), len(other))
        return np.pad(one, (0, count - len(one))) + np.pad(other, (0, count - len(other)))

    snare = both(drum(185, 330, 0.012, 0.18, 0.07), 0.32 * hiss(0.22, 0.06, 1200, 9000))
    brushed = both(0.5 * drum(190, 260, 0.015, 0.12, 0.05), 0.3 * hiss(0.2, 0.07, 1500, 8000, 0.012))
    claps = [np.pad(hiss(0.16, 0.035, 900, 5000), (round(at * RATE), 0)) for at in (0, 0.011, 0.023)]
    clap = claps[0]
    for one in claps[1:]:
        clap = both(clap, one)
    cymbal = (1, 1.34, 1.79, 2.21, 2.83, 3.37, 4.12, 5.23)
    return {
        36: (drum(52, 170, 0.028, 0.34, 0.13, 0.16), 1.0, 0),
        37: (both(drum(430, 900, 0.004, 0.06, 0.016, 0.3), 0.12 * hiss(0.05, 0.01, 2000, 9000)), 0.5, 0),
        38: (snare, 0.7, 0),
        39: (clap, 0.45, 0),
        40: (brushed, 0.55, 0),
        42: (hiss(0.07, 0.018, 6500, 14_000), 0.26, 1),
        44: (hiss(0.06, 0.014, 5500, 13_000), 0.22, 1),
        46: (hiss(0.34, 0.13, 6000, 14_000), 0.26, 1),
        45: (drum(98, 150, 0.05, 0.36, 0.14, 0.08), 0.75, 0),
        48: (drum(140, 210, 0.045, 0.3, 0.12, 0.08), 0.7, 0),
        50: (drum(190, 280, 0.04, 0.26, 0.1, 0.08), 0.65, 0),
        49: (both(hiss(0.9, 0.3, 4200, 13_000), 0.5 * metal(cymbal, 1130, 0.8, 0.3)), 0.3, 0),
        51: (both(0.35 * hiss(0.5, 0.14, 6500, 13_500), metal(cymbal, 1380, 0.6, 0.22)), 0.3, 0),
        53: (metal((1, 1.48, 2.53, 3.9), 1650, 0.5, 0.2), 0.32, 0),
        54: (hiss(0.14, 0.04, 7000, 14_000, 0.006), 0.28, 0),
        56: (metal((1, 1.51), 562, 0.25, 0.07), 0.4, 0),
        62: (drum(330, 390, 0.02, 0.1, 0.03, 0.15), 0.6, 0),
        63: (drum(262, 310, 0.02, 0.22, 0.08, 0.1), 0.6, 0),
        64: (drum(182, 225, 0.02, 0.26, 0.1, 0.1), 0.65, 0),
        70: (hiss(0.08, 0.025, 5000, 13_000, 0.012), 0.3, 0),
        75: (drum(2450, 2600, 0.004, 0.07, 0.02), 0.35, 0),
        76: (drum(890, 960, 0.006, 0.09, 0.026), 0.45, 0),
        77: (drum(640, 690, 0.006, 0.1, 0.03), 0.45, 0),
        81: (metal((1, 2.41, 3.8), 2320, 0.7, 0.3), 0.25, 0),
    }


OTHER_DRUMS: Mapping[int, int] = {
    27: 75,
    28: 37,
    29: 70,
    30: 70,
    31: 37,
    32: 37,
    33: 76,
    34: 53,
    35: 36,
    41: 45,
    43: 45,
    47: 48,
    52: 49,
    55: 49,
    57: 49,
    58: 54,
    59: 51,
    60: 62,
    61: 64,
    65: 48,
    66: 45,
    67: 76,
    68: 77,
    69: 70,
    71: 75,
    72: 75,
    73: 70,
    74: 70,
    78: 63,
    79: 64,
    80: 53,
    82: 70,
    83: 54,
    84: 53,
    85: 75,
    86: 45,
    87: 45,
}
"""Keys of General MIDI's drums that have the sample of another."""
LOWER = {35, 41, 43, 47, 61, 66, 68, 79}
"""Those of them that sound lower by as much as their keys are apart."""


def drums() -> Packed:
    """The kit: each key of General MIDI's plays its own sample, or that of a drum that is like it."""
    made = kit(np.random.default_rng(SEED))
    samples = [
        (SoundZone(0, 0, key, (key, key), drum=True, choke=choke), one * level * 0.7 / float(np.abs(one).max()))
        for key, (one, level, choke) in sorted(made.items())
    ]
    packed = pack("drum kit", RATE, samples, 0.05)
    by_key = {zone.keys[0]: zone for zone in packed.instrument.zones}
    others = [
        replace(by_key[like], keys=(key, key), root=like if key in LOWER else key) for key, like in OTHER_DRUMS.items()
    ]
    zones = tuple(sorted((*packed.instrument.zones, *others), key=lambda zone: zone.keys))
    return Packed(replace(packed.instrument, zones=zones), packed.audio)


def main() -> int:
    """Write all of them into a folder, with the list by which they are found."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="where to put them, as into daemon/reverie/shipped/browser")
    folder: Path = parser.parse_args().folder
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.iterdir():
        old.unlink()
    total, pages = 0, dict[str, str]()
    for name, packed in {**{name: instrument(name, voice) for name, voice in VOICES.items()}, "drums": drums()}.items():
        page = packed.instrument.page
        pages[name] = hash_of(page)
        write_atomically(folder / f"{packed.instrument.audio}.{AUDIO}", packed.audio)
        write_atomically(folder / f"{pages[name]}.{PAGE}", page)
        total += len(page) + len(packed.audio)
        print(
            f"{name:15} {packed.instrument.seconds:6.2f} s {len(packed.audio):8} bytes, gain {packed.instrument.gain}"
        )
    programs = [next(name for first, name in reversed(FAMILIES) if first <= number) for number in range(MAX_MIDI + 1)]
    listing = {"instruments": pages, "programs": programs}
    write_atomically(folder / LISTING, json.dumps(listing, indent=1).encode() + b"\n")
    print(f"{len(pages)} instruments, {total} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
