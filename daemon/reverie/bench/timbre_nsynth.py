"""How many samples a second NSynth's decoder makes, beside Magenta's fastgen, with random weights of published shape.

Each is in a process of its own, both warm, and they decode 1, 8 and 64 notes in turn. Magenta runs its own graph in its
own loop.
"""

from __future__ import annotations

import argparse
import statistics
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reverie.bench.asking import answer, asking, cores, multiply, peak_gflops
from reverie.bench.targets import Target
from reverie.models.nsynth.decoder import Decoding, drawn
from reverie.models.nsynth.layout import laid_out
from reverie.models.nsynth.weights import CLASSES, NSynthSizes, sizes_of

TARGETS = (
    Target("nsynth_ratio_b1", 3.0),
    Target("nsynth_ratio_b8", 3.0),
    Target("nsynth_ratio_b64", 3.5),
)
BATCHES = (1, 8, 64)
MFLOP = 118.5
"""Millions of multiplications and additions in a sample, as its layers are written."""

_MODULE = "reverie.bench.timbre_nsynth"
_SEED = 1
_LAYERS, _WIDTH, _SKIP, _CHANNELS, _TAPS = 30, 512, 256, 16, 3
_SETTINGS = {"hop": 512, "stages": 10, "encoder_stages": 10, "rate": 16_000}
_MAGENTAS = {1: 16, 8: 16, 64: 8}
"""Samples of a note that Magenta makes at a time: about a second's work."""
_OURS = {1: 64, 8: 64, 64: 16}
"""The decoder's: multiples of what it computes ahead."""


@dataclass(frozen=True, slots=True)
class NSynthEffort:
    """How often each is measured."""

    rounds: int = 7


QUICK = NSynthEffort(rounds=1)


def measure(*, quick: bool = False) -> dict[str, Any]:
    """All figures: samples a second, the ratios, and what share of the processor's best is used.

    Raises:
        BenchError: if a process fails.
    """
    rounds = (QUICK if quick else NSynthEffort()).rounds
    rates: dict[str, list[float]] = {}
    peaks: list[float] = []
    with asking(_MODULE, "magenta") as theirs, asking(_MODULE, "engine") as ours:
        for turn in range(rounds + 1):
            for notes in BATCHES:
                asked = (("magenta", theirs, _MAGENTAS), ("engine", ours, _OURS))
                taken = {f"{name}_b{notes}": notes * many[notes] / ask(str(notes)).wall for name, ask, many in asked}
                if turn:  # the first only warms
                    for name, rate in taken.items():
                        rates.setdefault(name, []).append(rate)
            peaks.append(peak_gflops(ours("peak").wall))
    return _report(rates, statistics.median(peaks))


def _report(rates: Mapping[str, list[float]], peak: float) -> dict[str, Any]:
    median = {name: statistics.median(row) for name, row in rates.items()}
    ratios = {f"nsynth_ratio_b{notes}": median[f"engine_b{notes}"] / median[f"magenta_b{notes}"] for notes in BATCHES}
    shares = {f"b{notes}": median[f"engine_b{notes}"] * MFLOP / 1e3 / peak for notes in BATCHES}
    return {
        **{name: round(ratio, 2) for name, ratio in ratios.items()},
        "nsynth_peak_gflops": round(peak, 1),
        "nsynth_share_of_peak": {name: round(share, 2) for name, share in shares.items()},
        "nsynth_samples_a_second": {name: round(rate, 1) for name, rate in median.items()},
        "nsynth_range": {name: [round(min(row), 1), round(max(row), 1)] for name, row in rates.items()},
    }


def lines(report: Mapping[str, Any]) -> Iterator[str]:
    """The figures for a person."""
    yield f"NSynth, samples a second of {', '.join(map(str, BATCHES))} notes together"
    rates = report["nsynth_samples_a_second"]
    for notes, target in zip(BATCHES, TARGETS, strict=True):
        engine, magenta = rates[f"engine_b{notes}"], rates[f"magenta_b{notes}"]
        share = report["nsynth_share_of_peak"][f"b{notes}"]
        ratio = report[target.field]
        yield (
            f"  {notes:<2} {engine:,.0f}, Magenta {magenta:,.0f}: {ratio:.2f} times ({target.verdict(ratio)});"
            f" {share:.0%} of the peak of {report['nsynth_peak_gflops']:,.0f} GFLOP/s"
        )


def _magentas() -> Mapping[str, Callable[[], object]]:
    from reverie.bench.timbre_nsynth_magenta import Fastgen

    def task(notes: int) -> Callable[[], object]:
        fastgen = Fastgen(_encodings(notes))
        return lambda: fastgen.run(_MAGENTAS[notes])

    return {str(notes): task(notes) for notes in BATCHES}


def _engines() -> Mapping[str, Callable[[], object]]:
    weights = _weights()
    sizes: NSynthSizes = sizes_of(weights, _SETTINGS)
    network = laid_out(weights, sizes)

    def task(notes: int) -> Callable[[], object]:
        decoding = Decoding(network, _encodings(notes), cores())
        choose = drawn(np.random.default_rng(_SEED).random((notes, decoding.samples), np.float32))
        return lambda: decoding.run(_OURS[notes], choose)

    return {**{str(notes): task(notes) for notes in BATCHES}, "peak": multiply}


def _encodings(notes: int) -> NDArray[np.float32]:
    return np.random.default_rng(_SEED).standard_normal((notes, 4, _CHANNELS)).astype(np.float32)


def _weights() -> dict[str, NDArray[np.float32]]:
    """Random weights of the published shape; the encoder, which is not measured, is as small as can be."""
    random = np.random.default_rng(_SEED)
    weights: dict[str, NDArray[np.float32]] = {}

    def add(name: str, *shape: int) -> None:
        kernel = random.standard_normal(shape, np.float32)
        weights[f"{name}.kernel"] = kernel / np.float32(np.sqrt(np.prod(shape[:-1])))
        weights[f"{name}.bias"] = np.zeros(shape[-1], np.float32)

    add("encoder.start", _TAPS, 1, 1)
    add("encoder.layers.0.conv", _TAPS, 1, 1)
    add("encoder.layers.0.residual", 1, 1)
    add("encoder.bottleneck", 1, _CHANNELS)
    add("decoder.start", _TAPS, 1, _WIDTH)
    add("decoder.start.skip", _WIDTH, _SKIP)
    for number in range(_LAYERS):
        layer = f"decoder.layers.{number}"
        add(f"{layer}.conv", _TAPS, _WIDTH, 2 * _WIDTH)
        add(f"{layer}.condition", _CHANNELS, 2 * _WIDTH)
        add(f"{layer}.residual", _WIDTH, _WIDTH)
        add(f"{layer}.skip", _WIDTH, _SKIP)
    add("decoder.out", _SKIP, _SKIP)
    add("decoder.out.condition", _CHANNELS, _SKIP)
    add("decoder.logits", _SKIP, CLASSES)
    return weights


def main() -> int:
    """Do what is asked, a line each, until nothing more is."""
    parser = argparse.ArgumentParser()
    parser.add_argument("role", choices=("magenta", "engine"))
    options = parser.parse_args()
    answer(_magentas() if options.role == "magenta" else _engines())
    return 0


if __name__ == "__main__":
    sys.exit(main())
