#!/usr/bin/env python3
"""Compare progressions that are generated with those of tunes: moves, fifths, and what comes again.

    python tools/measure_chord_walks.py FOLDER [--tension 1 1] [--bars 32]

The folder is a copy of https://github.com/00sapo/OpenEWLD. Beside the generated progressions, 40 for each of the seeds
1 to 5, stand the tunes in major of which the network of ``tools/learn_chord_sequences.py`` has learned nothing but when
to stop (the counts have all tunes), and, for what chance makes of it, the other tunes. Of a tune its first bars count.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from statistics import fmean, stdev
from typing import Any, get_args

from learn_chord_sequences import parted, placed
from learn_chords import Tune, read_tunes

from reverie.compose.chord_walk import HALVES, ChordWalk
from reverie.music.chord_symbols import parse_chord
from reverie.music.harmony import OCTAVE, Key
from reverie.scenes.harmony import ChordSource

SEEDS = range(1, 6)
SECTIONS = 40
HOME = Key(0, "major")
FIFTH = 5
"""Semitones up from a dominant to its tonic."""
Chord = tuple[int, str]


@dataclass(frozen=True, slots=True)
class Passage:
    """Chords, and for each half bar which chord sounds in it."""

    chords: tuple[Chord, ...]
    halves: tuple[Chord, ...]

    def again_after(self, bars: int) -> float | None:
        """The share of half bars whose chord sounds so many bars later again; None if it is not so long."""
        pairs = [*zip(self.halves, self.halves[HALVES * bars :], strict=False)]
        return sum(one == other for one, other in pairs) / len(pairs) if pairs else None


def main() -> int:
    """Print a row for each seed and kind of progression."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--bars", type=int, default=32)
    parser.add_argument("--tension", type=float, nargs=2, default=(1.0, 1.0))
    given = parser.parse_args()
    tunes = [tune for path in sorted(given.folder.rglob("*.mxl")) for tune in read_tunes(path)]
    learned, unseen = (
        [_of_tune(tune, given.bars) for tune in some if tune.mode == HOME.scale] for some in parted(tunes)
    )
    print(
        f"{len(unseen)} tunes beside {len(learned)}; distance of moves: half the sum of differences of shares, 0 to 1"
    )
    print("| | distance of moves | of roots | down a fifth | moves again | chord again after 4 bars | after 8 bars |")
    print("|---|---|---|---|---|---|---|")
    _row("unseen tunes", [_figures(unseen, unseen)])
    _row("tunes learned from", [_figures(learned, unseen)])
    low, high = given.tension
    for source in get_args(ChordSource):
        walk = ChordWalk(given.bars, (0.5, 4.0), (low, high), by=source)
        walks = [[_of_walk(walk, seed, number) for number in range(SECTIONS)] for seed in SEEDS]
        _row(f"by {source}", [_figures(one, unseen) for one in walks])
    return 0


def _row(name: str, seeds: Sequence[Sequence[float]]) -> None:
    columns = zip(*seeds, strict=True)
    words = [f"{fmean(one):.2f}" + (f" ± {stdev(one):.2f}" if len(one) > 1 else "") for one in columns]
    print(f"| {name} | {' | '.join(words)} |", flush=True)


def _figures(ours: Sequence[Passage], theirs: Sequence[Passage]) -> tuple[float, ...]:
    moves = [[*pairwise(one.chords)] for one in ours]
    roots = [(after[0] - before[0]) % OCTAVE for one in moves for before, after in one]
    return (
        _distance(_moves(ours), _moves(theirs)),
        _distance(_roots(ours), _roots(theirs)),
        sum(root == FIFTH for root in roots) / len(roots),
        fmean(1 - len(set(one)) / len(one) for one in moves if one),
        *(fmean(share for one in ours if (share := one.again_after(bars)) is not None) for bars in (4, 8)),
    )


def _moves(passages: Iterable[Passage]) -> Counter[tuple[Chord, Chord]]:
    return Counter(move for one in passages for move in pairwise(one.chords))


def _roots(passages: Iterable[Passage]) -> Counter[tuple[int, int]]:
    return Counter((before[0], after[0]) for one in passages for before, after in pairwise(one.chords))


def _distance(ours: Counter[Any], theirs: Counter[Any]) -> float:
    return sum(abs(ours[one] / ours.total() - theirs[one] / theirs.total()) for one in ours | theirs) / 2


def _of_tune(tune: Tune, bars: int) -> Passage:
    chords: list[Chord] = []
    halves: list[Chord] = []
    for word, (start, _) in zip(tune.chords, placed(tune)[2], strict=True):
        if start >= HALVES * bars:
            break
        root, _, kind = word.partition(":")
        halves += halves[-1:] * (start - len(halves))
        chords.append((int(root), kind))
        halves.append(chords[-1])
    end = min(int(HALVES * sum(tune.lengths)), HALVES * bars)
    return Passage(tuple(chords), tuple(halves + halves[-1:] * (end - len(halves))))


def _of_walk(walk: ChordWalk, seed: int, number: int) -> Passage:
    chords: list[Chord] = []
    halves: list[Chord] = []
    for bar, written in enumerate(walk.progression(HOME, seed, number).bars):
        for one in written:
            halves += halves[-1:] * (HALVES * bar + one.share - len(halves))
            kind = one.word.lstrip("ABCDEFG").lstrip("#b")
            chords.append((parse_chord(one.word).root, kind))
            halves.append(chords[-1])
    return Passage(tuple(chords), tuple(halves + halves[-1:] * (HALVES * walk.bars - len(halves))))


if __name__ == "__main__":
    sys.exit(main())
