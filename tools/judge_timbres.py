#!/usr/bin/env python3
"""Judge how timbre models morph: against NSynth's own mixtures, against a crossfade, and against their sources.

python tools/judge_timbres.py mixtures ../shared/data/nsynth-sound-maker [--model timbre] [--pairs 14]
python tools/judge_timbres.py ends [--model signals]

*mixtures*: of pairs of Sound Maker's instruments, each recorded at C4, the half-way mixture is rendered at C3, C4 and
C5, and compared with what NSynth made half-way between the two at that pitch; so is a crossfade of the recordings,
played faster or slower. *ends*: each sound that is shipped, rendered at its own pitch, is compared with all of them.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from reverie.bench.timbre_morphs import MEASURES, judge_ends, judge_mixtures


def main(arguments: Sequence[str] | None = None) -> int:
    """Print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["mixtures", "ends"])
    parser.add_argument("folder", type=Path, nargs="?", help="of mixtures: Sound Maker's sounds")
    parser.add_argument("--model", default="signals", help="the timbre model (default: signals)")
    parser.add_argument("--pairs", type=int, default=14, help="of mixtures: how many pairs (default: 14)")
    parser.add_argument("--all", action="store_true", help="of mixtures: also pairs whose sounds do not have one pitch")
    options = parser.parse_args(arguments)
    if options.what == "ends":
        names, table = judge_ends(options.model)
        for number, name in enumerate(names):
            others = np.delete(table[number], number)
            print(f"{name:10} own {table[number, number]:5.2f} dB, nearest other {others.min():5.2f} dB")
        return 0
    table = judge_mixtures(options.model, options.folder, options.pairs, all_of_them=options.all)
    print(f"{len(table)} mixtures of {options.pairs} pairs; crossfade, {options.model}, cases that it wins")
    for number, name in enumerate(MEASURES):
        fade, own = table[:, number].T
        print(f"{name:12} {fade.mean():6.2f} {own.mean():6.2f}  {int((own < fade).sum())} of {len(table)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
