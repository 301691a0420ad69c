#!/usr/bin/env python3
"""Train the network that foretells chords on the lead sheets of OpenEWLD, and compare it with the shipped statistics.

    python tools/learn_chord_sequences.py FOLDER    # writes daemon/reverie/compose/chord_sequences.safetensors

The folder is a copy of https://github.com/00sapo/OpenEWLD. Of ten folds, each is foretold by the statistics of the
other nine, by a network that was trained on them, by what a tune itself repeats, and by mixtures of these. A twelfth of
the nine folds chooses when the network's training ends and what each counts for. The chords and the splits are those of
``tools/learn_chords.py``. A chord that a foreteller does not know counts as if its share were 0.0001. Then a network is
trained on all tunes and written; what it counts for beside the others is fitted to what all validation tunes said.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from learn_chords import HELD_OUT, LEAST, LICENCE, SOURCE, Tune, count_chords, read_tunes
from numpy.typing import NDArray

from reverie.compose.chord_foretelling import PATH
from reverie.compose.chord_repetition import repeated
from reverie.compose.chord_sequence_file import write_chord_sequences
from reverie.compose.chord_sequence_network import ChordSequenceNetwork, MixtureWeights
from reverie.compose.chord_statistics import BEGINNING, ORDER, ChordStatistics
from reverie.compose.chord_walk import HALVES
from reverie.training.fit.chord_mixture import Shares, mixed, mixture_weights
from reverie.training.fit.chord_sequence_training import ChordSequenceDesign, ChordTune, train_chords

CHOOSING = 12
"""One tune in so many of the training tunes chooses when training ends."""
COUNTS, NETWORK, REPETITION = range(3)
MIXTURES = {
    "counts": (COUNTS,),
    "network": (NETWORK,),
    "counts and network": (COUNTS, NETWORK),
    "counts and repetition": (COUNTS, REPETITION),
    "all three": (COUNTS, NETWORK, REPETITION),
}
_ALMOST = 1e-6


@dataclass(frozen=True, slots=True)
class ToldTunes:
    """What was said of the chords of tunes: shares (chords, 3), lengths of repetitions, and the tune of each chord."""

    shares: Shares
    lengths: NDArray[np.intp]
    tunes: NDArray[np.intp]


def main(arguments: list[str] | None = None) -> int:
    """Compare, and train what is to be kept."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--folds", type=int, default=HELD_OUT, help="of ten folds compare so many (default: all)")
    parser.add_argument("--epochs", type=int, default=ChordSequenceDesign().epochs)
    parser.add_argument("--out", type=Path, default=PATH, help="where the network of all tunes is written")
    given = parser.parse_args(arguments)
    begun = time.process_time()
    tunes = [tune for path in sorted(given.folder.rglob("*.mxl")) for tune in read_tunes(path)]
    if not tunes:
        print(f"{given.folder}: there are no lead sheets with chords (*.mxl) in it", file=sys.stderr)
        return 1
    design = ChordSequenceDesign(epochs=given.epochs)
    chosen: list[ToldTunes] = []
    found: dict[str, list[NDArray[np.float64]]] = {name: [] for name in MIXTURES}
    for fold in range(min(given.folds, HELD_OUT)):
        validation, unseen = _fold(design, tunes, fold)
        chosen.append(validation)
        for name, voices in MIXTURES.items():
            found[name].append(_by_tune(unseen, validation, voices))
        print(f"{fold + 1} of {given.folds} folds: {_told(found)}", flush=True)
    learned, choosing = parted(tunes)
    network = train_chords(design, [*map(placed, learned)], [*map(placed, choosing)])
    chosen.append(_shares(ChordStatistics.read(count_chords(learned, ORDER)), network, choosing))
    weights = mixture_weights(
        np.concatenate([one.shares for one in chosen]), np.concatenate([one.lengths for one in chosen])
    )
    training = {
        "command": "tools/learn_chord_sequences.py",
        "tunes": len(tunes),
        "chords": sum(len(tune.chords) for tune in tunes),
        "seed": design.seed,
        "cpu_seconds": round(time.process_time() - begun),
        "held_out": _told(found),
    }
    source = {"data": SOURCE, "licence": LICENCE}
    write_chord_sequences(given.out, network, weights, source, training)
    print(f"{given.out}: {given.out.stat().st_size // 1024} KiB; weights {_words(weights)}")
    return 0


def parted(tunes: Sequence[Tune]) -> tuple[list[Tune], list[Tune]]:
    """What is learned from, and what chooses when training ends."""
    return [tune for number, tune in enumerate(tunes) if number % CHOOSING], [*tunes[::CHOOSING]]


def placed(tune: Tune) -> ChordTune:
    """A tune with the places of its chords, in half bars from the bar line before the first."""
    now = -sum(tune.lengths) % 1.0
    now = 0.0 if now > 1 - _ALMOST else now
    places: list[tuple[int, int]] = []
    for length in tune.lengths:
        places.append((int(HALVES * now + _ALMOST), int(HALVES * length + _ALMOST)))
        now += length
    return tune.mode, tune.chords, places


def _fold(design: ChordSequenceDesign, tunes: Sequence[Tune], fold: int) -> tuple[ToldTunes, ToldTunes]:
    """What is said of the validation tunes of a fold, and of those that are held out."""
    rest = [tune for number, tune in enumerate(tunes) if number % HELD_OUT != fold]
    learned, choosing = parted(rest)
    network = train_chords(design, [*map(placed, learned)], [*map(placed, choosing)])
    # Counts need no validation tunes: those that foretell the unseen know all others.
    validation = _shares(ChordStatistics.read(count_chords(learned, ORDER)), network, choosing)
    return validation, _shares(ChordStatistics.read(count_chords(rest, ORDER)), network, tunes[fold::HELD_OUT])


def _shares(table: ChordStatistics, network: ChordSequenceNetwork, tunes: Sequence[Tune]) -> ToldTunes:
    """What share each foreteller gave to each chord of tunes."""
    rows: list[tuple[float, float, float]] = []
    lengths: list[int] = []
    for tune in tunes:
        told = [BEGINNING, *tune.chords]
        by_network = network.shares(tune.mode, told[:-1], placed(tune)[2])
        numbers = {chord: number for number, chord in enumerate(network.vocabulary.chords)}
        for place, chord in enumerate(tune.chords, start=1):
            following = table.following(tune.mode, told[max(0, place - ORDER) : place])
            share = float(by_network[place - 1, numbers[chord]]) if chord in numbers else 0.0
            length, again = repeated(told[:place])
            rows.append((max(following.get(chord, 0.0), LEAST), max(share, LEAST), again.get(chord, 0.0)))
            lengths.append(length)
    owners = np.repeat(np.arange(len(tunes)), [len(tune.chords) for tune in tunes])
    return ToldTunes(np.array(rows), np.array(lengths, np.intp), owners)


def _by_tune(unseen: ToldTunes, validation: ToldTunes, voices: Sequence[int]) -> NDArray[np.float64]:
    """Bits and chords of each unseen tune, where some foretellers speak together as the validation tunes want it."""
    mute = np.isin(np.arange(3), voices)
    weights = mixture_weights(validation.shares * mute, validation.lengths)
    bits = -np.log2(np.maximum(mixed(unseen.shares * mute, unseen.lengths, weights), LEAST))
    count = int(unseen.tunes.max()) + 1
    return np.array([[bits[unseen.tunes == tune].sum(), (unseen.tunes == tune).sum()] for tune in range(count)])


def _told(found: dict[str, list[NDArray[np.float64]]]) -> str:
    """Mean bits and perplexity of each mixture, and in how many folds and tunes it takes fewer than the counts."""
    parts: list[str] = []
    for name, folds in found.items():
        if not folds:
            continue
        bits, chords = np.concatenate(folds).sum(axis=0)
        words = f"{name} {bits / chords:.3f} bits a chord, perplexity {2 ** (bits / chords):.2f}"
        if name != "counts":
            pairs = [*zip(folds, found["counts"], strict=True)]
            won = sum(ours[:, 0].sum() < theirs[:, 0].sum() for ours, theirs in pairs)
            better = sum(int((ours[:, 0] < theirs[:, 0]).sum()) for ours, theirs in pairs)
            words += f", better in {won} of {len(folds)} folds and {better} of {sum(map(len, folds))} tunes"
        parts.append(words)
    return "; ".join(parts)


def _words(weights: MixtureWeights) -> str:
    return ", ".join("/".join(f"{one:.2f}" for one in row) for row in weights)


if __name__ == "__main__":
    sys.exit(main())
