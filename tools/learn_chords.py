#!/usr/bin/env python3
"""Learn how chords follow each other from the lead sheets of OpenEWLD: what a generated harmony draws from.

    python tools/learn_chords.py FOLDER    # writes daemon/reverie/compose/chord_statistics.json

The folder is a copy of https://github.com/00sapo/OpenEWLD. Chords are counted by their distance from the tonic and
their kind, after up to three chords before; what is printed says how well tunes are foretold
by the others, a tenth of all at a time.
"""

from __future__ import annotations

import json
import math
import sys
import zipfile
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

from reverie.compose.chord_statistics import BEGINNING, ORDER, PATH, ChordStatistics

SOURCE = "OpenEWLD, https://github.com/00sapo/OpenEWLD, doi:10.5281/zenodo.4332855: lead sheets in the public domain"
LICENCE = "MIT, Copyright (c) 2018 00sapo"
MODES = ("major", "minor")
HELD_OUT = 10
LEAST = 1e-4
"""The share of a chord that no tune had."""
SELDOM = 3
"""How often a context of two or three chords must have been met to be written down."""
FEWEST = 4
"""Chords of a tune that says anything."""
BEGINS, ENDS = 2.0, 4.0
"""Bars at the tonic that its being a tune's first or last chord counts for."""
MINOR = {"m", "m7", "m6", "mmaj7"}
LENGTHS = (0.5, 1.0, 2.0, 4.0)
STEPS = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
KINDS = {
    "major": "",
    "minor": "m",
    "dominant": "7",
    "dominant-ninth": "7",
    "dominant-11th": "7",
    "dominant-13th": "7",
    "major-seventh": "maj7",
    "major-ninth": "maj7",
    "minor-seventh": "m7",
    "minor-ninth": "m7",
    "minor-11th": "m7",
    "diminished": "dim",
    "diminished-seventh": "dim7",
    "half-diminished": "m7b5",
    "augmented": "+",
    "augmented-seventh": "+7",
    "major-sixth": "6",
    "minor-sixth": "m6",
    "suspended-fourth": "sus4",
    "suspended-second": "sus2",
    "major-minor": "mmaj7",
}


@dataclass(frozen=True, slots=True)
class Tune:
    """Chords as distances from the tonic with their kinds, how many bars each lasts, and the mode."""

    mode: str
    chords: tuple[str, ...]
    lengths: tuple[float, ...]


def main() -> None:
    """Read, judge and write."""
    (folder,) = map(Path, sys.argv[1:])
    tunes = [tune for path in sorted(folder.rglob("*.mxl")) for tune in read_tunes(path)]
    for order in range(ORDER + 1):
        told: dict[str, list[float]] = {mode: [] for mode in MODES}
        for fold in range(HELD_OUT):
            table = ChordStatistics.read(count_chords([t for n, t in enumerate(tunes) if n % HELD_OUT != fold], order))
            for tune in tunes[fold::HELD_OUT]:
                told[tune.mode] += _bits(table, tune)
        means = ", ".join(f"{sum(bits) / len(bits):.2f} in {mode}" for mode, bits in told.items())
        print(f"{order} chords before: a chord of an unseen tune takes {means} bits")
    data = count_chords(tunes, ORDER)
    PATH.write_text(json.dumps(data, indent=0, sort_keys=True) + "\n", encoding="utf-8")
    print(f"{PATH}: {data['tunes']} tunes, {data['chords']} chords, {PATH.stat().st_size // 1024} KiB")


def count_chords(tunes: Sequence[Tune], order: int) -> dict[str, Any]:
    """The table of tunes: what follows up to ``order`` chords, and how long chords last."""
    modes: dict[str, Any] = {}
    for mode in MODES:
        after: dict[str, Counter[str]] = defaultdict(Counter)
        lengths: Counter[str] = Counter()
        for tune in (one for one in tunes if one.mode == mode):
            told = [BEGINNING, *tune.chords]
            passages = [
                (" ".join(told[place - back : place]), told[place])
                for place in range(1, len(told))
                for back in range(min(order, place) + 1)
            ]
            # What a tune repeats of several chords is the tune's own: it counts once.
            alone = [one for one in passages if " " not in one[0]]
            for context, chord in (*alone, *dict.fromkeys(one for one in passages if " " in one[0])):
                after[context][chord] += 1
            lengths.update(str(length) for length in tune.lengths if length in LENGTHS)
        kept = {
            context: dict(counts) for context, counts in after.items() if " " not in context or counts.total() >= SELDOM
        }
        modes[mode] = {"after": kept, "bars": dict(lengths)}
    return {
        "source": SOURCE,
        "licence": LICENCE,
        "made_by": "tools/learn_chords.py",
        "tunes": len(tunes),
        "chords": sum(len(tune.chords) for tune in tunes),
        "modes": modes,
    }


def _bits(table: ChordStatistics, tune: Tune) -> list[float]:
    """How many bits each chord of a tune takes."""
    told = [BEGINNING, *tune.chords]
    following = [table.following(tune.mode, told[max(0, place - ORDER) : place]) for place in range(1, len(told))]
    return [
        -math.log2(max(shares.get(chord, 0.0), LEAST)) for shares, chord in zip(following, tune.chords, strict=True)
    ]


def read_tunes(path: Path) -> Iterator[Tune]:
    """The tune of a file; none where it has no chords, or more than one key."""
    with zipfile.ZipFile(path) as archive:
        (name,) = (name for name in archive.namelist() if not name.startswith("META-INF/"))
        root = ET.fromstring(archive.read(name))  # noqa: S314 - a data set that its user has chosen
    part = root.find("part")
    if part is None:
        return
    chords, keys, end = _chords(part)
    if len(set(keys)) != 1 or len(chords) < FEWEST:
        return
    moments = [*(bar for bar, _, _ in chords), end]
    lengths = tuple(float(after - before) for before, after in pairwise(moments))
    # Signatures seldom say the mode: it is that of the tonic at which the tune is longest, begins and ends.
    major = 7 * keys[0] % 12
    homes = {"major": (major, set(KINDS.values()) - MINOR), "minor": ((major + 9) % 12, MINOR)}
    at_home = {
        mode: [root == tonic and kind in kinds for _, root, kind in chords] for mode, (tonic, kinds) in homes.items()
    }
    weight = {
        mode: sum(length for length, home in zip(lengths, there, strict=True) if home)
        + BEGINS * there[0]
        + ENDS * there[-1]
        for mode, there in at_home.items()
    }
    mode = max(weight, key=weight.__getitem__)
    if not at_home[mode][-1] and not at_home[mode][0]:
        return
    tonic = homes[mode][0]
    yield Tune(mode, tuple(f"{(root - tonic) % 12}:{kind}" for _, root, kind in chords), lengths)


def _chords(part: ET.Element) -> tuple[list[tuple[Fraction, int, str]], list[int], Fraction]:
    """Each chord that is another than the one before: its moment in bars, root and kind; the signatures; the end."""
    chords: list[tuple[Fraction, int, str]] = []
    keys: list[int] = []
    divisions, bar_length = 1, Fraction(4)
    number = 0
    for number, measure in enumerate(part.findall("measure")):
        now = Fraction(0)
        for element in measure:
            if element.tag == "attributes":
                divisions = int(element.findtext("divisions") or divisions)
                if fifths := element.findtext("key/fifths"):
                    keys.append(int(fifths))
                if beats := element.findtext("time/beats"):
                    bar_length = Fraction(4 * int(beats), int(element.findtext("time/beat-type") or 4))
            elif element.tag == "harmony":
                kind = KINDS.get(element.findtext("kind") or "")
                step = element.findtext("root/root-step")
                if kind is not None and step:
                    chord = (STEPS[step] + int(element.findtext("root/root-alter") or 0)) % 12
                    if not chords or chords[-1][1:] != (chord, kind):
                        chords.append((number + now / bar_length, chord, kind))
            elif element.tag in {"note", "forward", "backup"} and element.find("chord") is None:
                length = Fraction(int(element.findtext("duration") or 0), divisions)
                now += -length if element.tag == "backup" else length
    return chords, keys, Fraction(number + 1)


if __name__ == "__main__":
    main()
