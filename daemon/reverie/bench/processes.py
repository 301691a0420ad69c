"""How fast the engine is, and how fast Magenta is with the same weights, measured in processes of one thread each.

This one stays small and only waits for them: a process's peak memory may count that of the one that started it.
"""

from __future__ import annotations

import importlib.util
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

from reverie.bench.mixed_voices import CASES, QUICK_CASES
from reverie.bench.targets import START_TARGETS, VOICES_TARGETS, held_against, targets_of
from reverie.errors import ReverieError
from reverie.processes.children import own_module
from reverie.processes.threads import LIBRARIES

_STARTS = 3
_FIRST_LOOP = {"magenta": "drum_kit.mag", "engine": "drum_kit.safetensors"}
_ONE_THREAD = dict.fromkeys((*LIBRARIES, "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS"), "1")


class BenchError(ReverieError):
    """Nothing could be measured."""


def measure(configs: tuple[str, ...], *, quick: bool = False) -> dict[str, Any]:
    """All figures of all configurations, those of the first loop, and those of many voices.

    Raises:
        BenchError: if Magenta is not installed, or a configuration cannot be measured.
    """
    if importlib.util.find_spec("magenta") is None or importlib.util.find_spec("tensorflow") is None:
        raise BenchError(
            "Magenta, which is measured against, is not installed: run `make magenta`, or "
            "`uv sync --extra magenta`, and use the reverie of that environment."
        )
    load = [os.getloadavg()[0]]
    with tempfile.TemporaryDirectory(prefix="reverie-bench-") as folder:
        asked = ("reverie.bench.speed", folder, *configs, *(("--quick",) if quick else ()))
        figures: dict[str, dict[str, Any]] = _answer(*asked)
        starts = _first_loops(Path(folder), 1 if quick else _STARTS)
    voices = many_voices(quick=quick)
    load.append(os.getloadavg()[0])
    for name, row in figures.items():
        row["targets"] = held_against(targets_of(name), row)
    machine = {
        "processor": processor(),
        "cores": os.cpu_count(),
        "load": load,
        "python": platform.python_version(),
        **{name: version(name) for name in ("numpy", "tensorflow", "magenta")},
    }
    return {
        "machine": machine,
        "quick": quick,
        "configs": figures,
        **starts,
        "many_voices": voices,
        "targets": held_against(START_TARGETS, starts),
    }


def many_voices(*, quick: bool = False) -> dict[str, dict[str, Any]]:
    """What it costs to compose voices that hear each other, as many that do not, and as many of every kind.

    Raises:
        BenchError: if it cannot be measured.
    """
    cases: dict[str, dict[str, Any]] = {}
    for case in QUICK_CASES if quick else CASES:
        _tell(f"many voices: {case}")
        cases[case] = _answer("reverie.bench.many_voices", case, *(("--quick",) if quick else ()))
        cases[case]["targets"] = held_against(() if case == "apart" else VOICES_TARGETS, cases[case])
    return cases


def _first_loops(folder: Path, times: int) -> dict[str, Any]:
    """Start processes in turn, after one of each that only warms the disk's cache, and wait for their first loops."""
    seconds: dict[str, list[float]] = {name: [] for name in _FIRST_LOOP}
    peaks: dict[str, list[float]] = {name: [] for name in _FIRST_LOOP}
    for turn in range(times + 1):
        _tell(f"first loops: {turn} of {times}" if turn else "first loops: once unmeasured")
        for name, file in _FIRST_LOOP.items():
            begun = time.monotonic()
            answer = _answer("reverie.bench.first_loop", name, str(folder / file))
            if turn:
                seconds[name].append(answer["at"] - begun)
                peaks[name].append(answer["peak"] / 1e6)
    figures: dict[str, Any] = {}
    for field, rows in (("start_seconds", seconds), ("peak_rss_mb", peaks)):
        for name, row in rows.items():
            figures[f"{name}_{field}"] = round(statistics.median(row), 3)
            figures[f"{name}_{field}_range"] = [round(min(row), 3), round(max(row), 3)]
    for ratio, field in (("start_ratio", "start_seconds"), ("rss_ratio", "peak_rss_mb")):
        figures[ratio] = round(figures[f"magenta_{field}"] / figures[f"engine_{field}"], 2)
    return figures


def _answer(module: str, *arguments: str) -> Any:
    """What a process of one thread answers; its progress goes to our stderr.

    Raises:
        BenchError: if it fails; it has then said why.
    """
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    command = own_module(module, *arguments)
    done = subprocess.run(
        command, env=environment | _ONE_THREAD, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, check=False
    )
    if done.returncode:
        raise BenchError("Nothing was measured; the reason stands above.")
    return json.loads(done.stdout)


def processor() -> str:
    """What the machine calls its processor."""
    names: Mapping[str, str] = {}
    information = Path("/proc/cpuinfo")
    if information.exists():
        rows = (line.partition(":") for line in information.read_text(encoding="utf-8").splitlines())
        names = {key.strip(): value.strip() for key, _, value in rows}
    return names.get("model name") or platform.processor() or platform.machine()


def _tell(sentence: str) -> None:
    print(sentence, file=sys.stderr, flush=True)  # noqa: T201 - progress
