"""How fast notes of GANSynth are made, beside Magenta, with random weights of the published shape.

Each is in a process of its own, both loaded and warm, and they work in turn. Magenta makes 8 notes of 4 seconds at a
time, whatever is wanted of them; the engine makes as much of 8 notes as is heard.
"""

from __future__ import annotations

import argparse
import importlib.util
import statistics
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from reverie.bench.asking import Spent, answer, asking, cores, multiply, peak_gflops
from reverie.bench.processes import BenchError
from reverie.bench.targets import Target
from reverie.errors import ReverieError

TARGETS = (
    Target("gansynth_ratio_short", 4.0),
    Target("gansynth_ratio_full", 1.2),
    Target("gansynth_ratio_load", 4.0),
)
NOTES = 8
SHORT, FULL = 0.5, 4.0
GFLOP = 28.7
"""Thousand millions of multiplications and additions in a note of 4 seconds, as its convolutions are written."""

_SEED = 1
_MODULE = "reverie.bench.timbre_gansynth"
_MODEL = "random"
_PITCHES = tuple(range(36, 36 + 6 * NOTES, 6))


@dataclass(frozen=True, slots=True)
class GANSynthEffort:
    """How often is measured: all notes, of each kind, and loading."""

    rounds: int = 7
    loads: int = 2


QUICK = GANSynthEffort(rounds=1, loads=1)


def measure(*, quick: bool = False) -> dict[str, Any]:
    """All figures: seconds for 8 notes and for loading, the ratios, and what share of the processor is used.

    Raises:
        BenchError: if Magenta or TensorFlow-GAN is not installed, or a process fails.
    """
    missing = [name for name in ("magenta", "tensorflow", "tensorflow_gan") if importlib.util.find_spec(name) is None]
    if missing:
        raise BenchError(
            f"{', '.join(missing)}, which GANSynth is measured against, cannot be found: run `make magenta`, or "
            "`uv sync --extra magenta`, and use the reverie of that environment."
        )
    effort = QUICK if quick else GANSynthEffort()
    with tempfile.TemporaryDirectory(prefix="reverie-bench-") as folder:
        with asking(_MODULE, "write", folder) as ask:
            ask("written")
        with asking(_MODULE, "magenta", folder) as theirs, asking(_MODULE, "engine", folder) as ours:
            asked = [(ours, "peak"), (theirs, "full"), (ours, "full"), (ours, "short")]
            times: dict[str, list[Spent]] = {
                "magenta_load": [theirs("load") for _ in range(effort.loads)],
                "engine_load": [ours("load") for _ in range(3 * effort.loads)],
                "peak": [],
                "magenta_full": [],
                "engine_full": [],
                "engine_short": [],
            }
            for turn in range(effort.rounds + 1):
                answers = [ask(task) for ask, task in asked]
                if turn:  # the first only warms
                    for name, answer in zip(list(times)[2:], answers, strict=True):
                        times[name].append(answer)
    return _report(times)


def _report(times: Mapping[str, list[Spent]]) -> dict[str, Any]:
    median = {name: statistics.median(spent.wall for spent in row) for name, row in times.items()}
    cpu = {name: statistics.median(spent.cpu for spent in row) for name, row in times.items()}
    peak = peak_gflops(median["peak"])
    return {
        "gansynth_ratio_short": round(median["magenta_full"] / median["engine_short"], 2),
        "gansynth_ratio_full": round(median["magenta_full"] / median["engine_full"], 2),
        "gansynth_ratio_load": round(median["magenta_load"] / median["engine_load"], 1),
        "gansynth_peak_gflops": round(peak, 1),
        "gansynth_share_of_peak": round(GFLOP * NOTES / median["engine_full"] / peak, 2),
        "gansynth_seconds": {name: round(value, 4) for name, value in median.items()},
        "gansynth_range": {
            name: [round(bound(spent.wall for spent in row), 4) for bound in (min, max)] for name, row in times.items()
        },
        "gansynth_cpu": {
            "ratio_short": round(cpu["magenta_full"] / cpu["engine_short"], 2),
            "ratio_full": round(cpu["magenta_full"] / cpu["engine_full"], 2),
            "seconds": {name: round(value, 4) for name, value in cpu.items()},
        },
    }


def _tasks(role: str, folder: Path) -> Mapping[str, Callable[[], object]]:
    """What a process can be asked to do."""
    if role == "write":
        from reverie.bench.timbre_gansynth_magenta import write_random

        write_random(folder / _MODEL, _SEED)
        return {"written": lambda: None}
    return _magentas(folder / _MODEL) if role == "magenta" else _engines(folder / _MODEL)


def _magentas(trained: Path) -> Mapping[str, Callable[[], object]]:
    from reverie.bench.timbre_gansynth_magenta import Magenta, prepare

    prepare()
    loaded: list[Magenta] = []
    latents = np.random.default_rng(_SEED).standard_normal((NOTES, 256)).astype(np.float32)

    def load() -> None:
        while loaded:
            loaded.pop().close()
        loaded.append(Magenta(trained))

    return {"load": load, "full": lambda: loaded[0].notes(latents, _PITCHES)}


def _engines(trained: Path) -> Mapping[str, Callable[[], object]]:
    from reverie.models.library.bundle import read_bundle
    from reverie.models.library.importing import import_model
    from reverie.timbre.render.gansynth import GanSynth
    from reverie.timbre.sound import NoteRequest

    path = import_model(trained, trained.parent / "models").path
    loaded: list[GanSynth] = []

    def load() -> None:
        loaded[:] = [GanSynth(read_bundle(path), workers=cores())]

    def render(seconds: float) -> None:
        model = loaded[0]
        notes = [NoteRequest(pitch, 127, seconds) for pitch in _PITCHES]
        rendering = model.begin([model.latent(seed) for seed in range(NOTES)], notes, _SEED)
        while not rendering.advance():
            pass
        rendering.sounds()

    return {"load": load, "full": lambda: render(FULL), "short": lambda: render(SHORT), "peak": multiply}


def lines(report: Mapping[str, Any]) -> Iterator[str]:
    """The figures for a person."""
    seconds = report["gansynth_seconds"]
    engine, magenta, short = (seconds[name] for name in ("engine_full", "magenta_full", "engine_short"))
    yield f"GANSynth, {NOTES} notes of {FULL:g} s: {engine:.2f} s (of {SHORT:g} s: {short:.2f}), Magenta {magenta:.2f}"
    yield f"  loaded in {seconds['engine_load']:.2f} s, Magenta in {seconds['magenta_load']:.1f} s"
    for target in TARGETS:
        yield f"  {target.field} {report[target.field]:g} ({target.verdict(report[target.field])})"


def main() -> int:
    """Do what is asked, a line each, until nothing more is."""
    parser = argparse.ArgumentParser()
    parser.add_argument("role", choices=("write", "magenta", "engine"))
    parser.add_argument("folder", type=Path)
    options = parser.parse_args()
    try:
        tasks = _tasks(options.role, options.folder)
    except (ReverieError, ImportError) as error:
        print(error, file=sys.stderr)  # noqa: T201 - the reason
        return 1
    answer(tasks)
    return 0


if __name__ == "__main__":
    sys.exit(main())
