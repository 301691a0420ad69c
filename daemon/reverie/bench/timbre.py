"""How fast notes of timbre models are made, beside Magenta: ``reverie bench timbre``."""

from __future__ import annotations

import importlib.util
import os
import platform
from collections.abc import Iterator, Mapping
from importlib.metadata import version
from typing import Any

from reverie.bench import timbre_gansynth, timbre_nsynth
from reverie.bench.asking import cores
from reverie.bench.processes import BenchError, processor
from reverie.bench.targets import held_against

MODELS = {"nsynth": timbre_nsynth, "gansynth": timbre_gansynth}


def measure(models: tuple[str, ...] = tuple(MODELS), *, quick: bool = False) -> dict[str, Any]:
    """All figures of the models.

    Raises:
        BenchError: if Magenta is not installed, or nothing can be measured.
    """
    versions = _installed()
    load = [os.getloadavg()[0]]
    figures: dict[str, Any] = {}
    for name in models:
        figures |= MODELS[name].measure(quick=quick)
    load.append(os.getloadavg()[0])
    targets = tuple(target for name in models for target in MODELS[name].TARGETS)
    return {
        "machine": {
            "processor": processor(),
            "cores": cores(),
            "load": load,
            "python": platform.python_version(),
            **versions,
        },
        "quick": quick,
        "models": list(models),
        **figures,
        "targets": held_against(targets, figures),
    }


def _installed() -> dict[str, str]:
    """The versions of what is measured.

    Raises:
        BenchError: if Magenta is not installed.
    """
    if importlib.util.find_spec("magenta") is None or importlib.util.find_spec("tensorflow") is None:
        raise BenchError(
            "Magenta, which is measured against, is not installed: run `make magenta`, or "
            "`uv sync --extra magenta`, and use the reverie of that environment."
        )
    return {name: version(name) for name in ("numpy", "tensorflow", "magenta")}


def lines(report: Mapping[str, Any]) -> Iterator[str]:
    """The report for people."""
    machine = report["machine"]
    yield f"{machine['processor']}, {machine['cores']} cores. Medians by the clock, in turn with Magenta."
    if max(machine["load"]) > 2 * machine["cores"]:
        load = " to ".join(f"{load:.1f}" for load in machine["load"])
        yield f"Other programs ran too (load {load}), which falls upon both."
    for name in report["models"]:
        yield from MODELS[name].lines(report)
