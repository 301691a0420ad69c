#!/usr/bin/env python3
"""Learn from the Groove MIDI Dataset how drummers strike: the table that Reverie's drums are played by.

    python tools/learn_touch.py GROOVE [--out daemon/reverie/shipped/touch.json]

GROOVE is the dataset's folder with its ``info.csv``. What is learned, from the training split: for each drum how
velocities are distributed, and how velocity and lateness depend on place, density and the strokes around
(:mod:`reverie.compose.drum_context`); and of what is left, how much of it is the player's habit, how much drifts and
how much is chance. The same data give the same bytes. The figures in the table are of the validation split.

With ``--files`` it prints the figures of MIDI files of Reverie's instead, beside those in the table.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray
from played_strokes import KIND_NUMBERS, Performance, figures, groove, played

from reverie.compose.drum_context import FEATURES, PLACES, features
from reverie.files import write_atomically
from reverie.music.drums import DRUM_KIT
from reverie.music.time import STEPS_PER_QUARTER
from reverie.places import touch_file

Numbers = NDArray[np.float64]

RIDGE = 20.0
"""As many strokes without any tendency are added to each feature: rare ones are held near the mean."""
QUANTILES = 21
LAGS = 2 * PLACES
DRUM_CHANNEL = 9
_FEW = 40
"""Strokes of one drum in one performance from which on its mean says something of the player."""


def learned(performances: list[Performance]) -> dict[str, object]:
    """The table without its figures."""
    whole = [_matrix(one) for one in performances]
    drums: dict[str, object] = {}
    left = {name: [np.zeros(len(one.steps)) for one in performances] for name in ("velocity", "timing")}
    levels: dict[str, list[tuple[float, float]]] = {"velocity": [], "timing": []}
    spread = float(np.concatenate([one.late for one in performances]).std())
    for kind in KIND_NUMBERS:
        own = [one.kinds == kind for one in performances]
        matrix = np.concatenate([rows[mask] for rows, mask in zip(whole, own, strict=True)])
        velocities = np.concatenate([one.velocities[mask] for one, mask in zip(performances, own, strict=True)])
        late = np.concatenate([one.late[mask] for one, mask in zip(performances, own, strict=True)])
        player = np.concatenate([np.full(int(mask.sum()), number) for number, mask in enumerate(own)])
        said: dict[str, object] = {
            "velocities": [int(one) for one in np.quantile(velocities, np.linspace(0, 1, QUANTILES)).round()]
        }
        for name, values in (("velocity", _normal(velocities)), ("timing", late / spread)):
            weights = np.linalg.solve(matrix.T @ matrix + RIDGE * np.eye(FEATURES), matrix.T @ values)
            rest = values - matrix @ weights
            counts = np.bincount(player, minlength=len(performances))
            means = np.bincount(player, rest, minlength=len(performances)) / np.maximum(counts, 1)
            known = counts >= _FEW
            levels[name].append((float(np.var(means[known])) if known.sum() > 1 else 0.0, float(counts.sum())))
            rest -= means[player]
            said[name] = [round(float(one), 3) for one in weights]
            begin = 0
            for number, mask in enumerate(own):
                end = begin + int(mask.sum())
                left[name][number][mask] = rest[begin:end]
                begin = end
        drums[str(DRUM_KIT[kind][0])] = said
    parts = {name: _parts(performances, left[name], levels[name]) for name in left}
    return {"drums": drums, "spread_ticks": round(spread, 3), "velocity": parts["velocity"], "timing": parts["timing"]}


def _matrix(one: Performance) -> Numbers:
    found = features(list(zip(one.steps.tolist(), one.kinds.tolist(), strict=True)))
    matrix = np.zeros((len(found), FEATURES))
    for number, row in enumerate(found):
        matrix[number, list(row)] = 1.0
    return matrix


def _normal(values: NDArray[np.int64]) -> Numbers:
    """Each value's place among all, as a deviate of the normal distribution; equal values have equal ones."""
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    middle = (np.cumsum(counts) - counts / 2) / len(values)
    return np.array([NormalDist().inv_cdf(float(one)) for one in middle])[inverse]


def _parts(performances: list[Performance], left: list[Numbers], levels: list[tuple[float, float]]) -> dict[str, float]:
    """What makes up the rest, as standard deviations, each the player's own for a drum or ``shared`` by all drums.

    ``level`` is a drum's own, ``beat`` that of a place in the beat, ``place`` that of a place in the bar: habits, which
    last. ``drift`` is what carries over from step to step, to the share ``memory``; ``chance`` is new in every stroke.
    All follow from how strokes so many steps apart go together: habits come back with the beat and the bar.
    """
    same, other = np.zeros((2, LAGS + 1)), np.zeros((2, LAGS + 1))
    for one, rest in zip(performances, left, strict=True):
        for away in range(1, 6 * LAGS):
            gap = one.steps[away:] - one.steps[:-away]
            if not (gap <= LAGS).any():
                break
            alike = one.kinds[away:] == one.kinds[:-away]
            for sums, mask in ((same, alike), (other, ~alike)):
                near = mask & (gap <= LAGS)
                sums[0] += np.bincount(gap[near], (rest[away:] * rest[:-away])[near], minlength=LAGS + 1)
                sums[1] += np.bincount(gap[near], minlength=LAGS + 1)
    variance = float(np.concatenate(left).var())
    together, shared = same[0] / np.maximum(same[1], 1), other[0] / np.maximum(other[1], 1)
    best = min((_fit(together, shared, memory / 100) for memory in range(30, 96, 5)), key=lambda one: one[0])
    _, memory, own, all_drums = best
    drift, beat, place = (max(float(one), 0.0) for one in own)
    drift_all, beat_all, place_all = (
        min(max(float(one), 0.0), most) for one, most in zip(all_drums, (drift, beat, place), strict=True)
    )
    at_once = max(float(shared[0]) - drift_all - beat_all - place_all, 0.0)
    chance = max(variance - drift - beat - place, 0.0)
    level = sum(one * count for one, count in levels) / sum(count for _, count in levels)
    squares = {
        "level": level,
        "beat": beat - beat_all,
        "beat_shared": beat_all,
        "place": place - place_all,
        "place_shared": place_all,
        "drift": drift - drift_all,
        "drift_shared": drift_all,
        "chance": max(chance - at_once, 0.0),
        "chance_shared": min(at_once, chance),
    }
    return {name: round(float(np.sqrt(value)), 4) for name, value in squares.items()} | {"memory": memory}


def _fit(together: Numbers, shared: Numbers, memory: float) -> tuple[float, float, Numbers, Numbers]:
    lags = np.arange(1, LAGS + 1)
    shapes = np.stack([memory**lags, lags % STEPS_PER_QUARTER == 0, lags % PLACES == 0, np.ones(LAGS)], axis=1)
    error, found = 0.0, list[Numbers]()
    for known in (together[1:], shared[1:]):
        weights, *_ = np.linalg.lstsq(shapes.astype(float), known, rcond=None)
        error += float(((shapes @ weights - known) ** 2).sum())
        found.append(np.asarray(weights[:3], np.float64))
    return error, memory, found[0], found[1]


def main(arguments: list[str] | None = None) -> int:
    """Do what the command line says."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("groove", type=Path, nargs="?", metavar="GROOVE", help="folder of the Groove MIDI Dataset")
    parser.add_argument("--out", type=Path, default=touch_file(), metavar="FILE", help="where the table goes")
    parser.add_argument("--files", type=Path, nargs="+", default=[], metavar="MID", help="MIDI files to measure")
    options = parser.parse_args(arguments)
    if options.files:
        known = json.loads(touch_file().read_bytes())["figures"]
        print(
            json.dumps({"Groove": known, **{path.name: figures([played(path, 9)]) for path in options.files}}, indent=1)
        )
        return 0
    if options.groove is None:
        parser.error("name the folder of the Groove MIDI Dataset")
    try:
        table = {
            "about": "how drummers strike, learned by tools/learn_touch.py",
            "source": "Groove MIDI Dataset, Google LLC (Magenta); Gillick et al. 2019, "
            "https://magenta.tensorflow.org/datasets/groove",
            "licence": "CC BY 4.0; the performances were reduced to the statistics in this file",
            **learned(list(groove(options.groove, "train"))),
            "figures": figures(list(groove(options.groove, "validation"))),
        }
    except FileNotFoundError as error:
        print(f"{error.filename}: is missing; is this the folder of the dataset?", file=sys.stderr)
        return 1
    write_atomically(options.out, json.dumps(table, separators=(",", ":")).encode() + b"\n")
    print(f"{options.out}: {options.out.stat().st_size} bytes; {table['figures']}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
