"""Measuring timbres works, and what it says hangs together; how fast anything is depends on the machine."""

from __future__ import annotations

import argparse
import importlib.util
import json
from pathlib import Path
from typing import Any

import pytest

from reverie.bench import asking, timbre, timbre_nsynth
from reverie.bench.processes import BenchError
from reverie.cli import bench as commands

needs_magenta = pytest.mark.skipif(
    importlib.util.find_spec("magenta") is None, reason="Magenta is not installed (make magenta)"
)
RATES = {
    f"{name}_b{notes}": [rate * 0.5, rate, rate * 1.5]
    for name, rates in (("magenta", (26.0, 150.0, 484.0)), ("engine", (104.0, 300.0, 1936.0)))
    for notes, rate in zip((1, 8, 64), rates, strict=True)
}


def bench(*arguments: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    commands.add_parsers(parser.add_subparsers())
    return parser.parse_args(["bench", "timbre", *arguments])


def test_the_figures_hang_together() -> None:
    report = timbre_nsynth._report(RATES, 250.0)
    assert [report[f"nsynth_ratio_b{notes}"] for notes in (1, 8, 64)] == [4.0, 2.0, 4.0]
    assert report["nsynth_share_of_peak"]["b64"] == round(1936 * 118.5e6 / 250e9, 2)
    assert report["nsynth_range"]["engine_b8"] == [150.0, 450.0]
    assert [target.met(report[target.field]) for target in timbre_nsynth.TARGETS] == [True, False, True]
    said = "\n".join(timbre_nsynth.lines(report))
    assert "1  104, Magenta 26: 4.00 times (at least 3: met)" in said
    assert "8  300, Magenta 150: 2.00 times (at least 3: missed)" in said


def test_a_command_measures_the_models_that_are_asked_for(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    asked: list[bool] = []

    def measure(*, quick: bool) -> dict[str, Any]:
        asked.append(quick)
        return timbre_nsynth._report(RATES, 250.0)

    monkeypatch.setattr(timbre_nsynth, "measure", measure)
    monkeypatch.setattr(timbre, "_installed", lambda: {"numpy": "2", "tensorflow": "2", "magenta": "2"})
    options = bench("--json", "--quick", "--model", "nsynth")
    assert options.command(options) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["models"] == ["nsynth"]
    assert report["targets"]["nsynth_ratio_b8"] == {"figure": 2.0, "at_least": 3.0, "met": False}
    options = bench("--model", "nsynth")
    assert options.command(options) == 0
    assert "64 1,936, Magenta 484" in capsys.readouterr().out
    assert asked == [True, False]


def test_without_magenta_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _name: None)
    with pytest.raises(BenchError, match="make magenta"):
        timbre.measure()


def test_a_process_is_asked_and_one_that_dies_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "asked_for_test.py").write_text(
        "import sys, time\nfrom reverie.bench.asking import answer\n"
        "answer({'long': lambda: time.sleep(0.2), 'short': lambda: None, 'die': lambda: sys.exit(1)})\n"
    )
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    with asking.asking("asked_for_test") as ask:
        assert ask("short").wall < 0.2 <= ask("long").wall
        assert ask("long").cpu < 0.2
        with pytest.raises(BenchError):
            ask("die")


def test_the_peak_is_what_was_multiplied() -> None:
    assert asking.peak_gflops(1.0) == pytest.approx(2 * 1024**3 * 20 * asking.cores() / 1e9)


@needs_magenta
@pytest.mark.magenta
@pytest.mark.slow
@pytest.mark.timeout(900)
def test_a_quick_run_measures_nsynth_beside_magenta() -> None:
    report = timbre.measure(("nsynth",), quick=True)
    rates = report["nsynth_samples_a_second"]
    for notes in timbre_nsynth.BATCHES:
        assert report[f"nsynth_ratio_b{notes}"] == pytest.approx(
            rates[f"engine_b{notes}"] / rates[f"magenta_b{notes}"], rel=0.02
        )
        assert report["nsynth_share_of_peak"][f"b{notes}"] > 0
