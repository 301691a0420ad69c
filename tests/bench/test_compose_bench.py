"""Measuring works, and what it says hangs together; how fast anything is depends on the machine."""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import signal
import subprocess
import sys
import time
from typing import Any

import pytest

from fakes.patience import PATIENCE
from reverie.bench import processes
from reverie.bench.targets import START_TARGETS, Target, held_against, lines, targets_of
from reverie.bench.timing import TimedTask, Timing, in_turn
from reverie.cli import bench as commands
from reverie.models.configs import CONFIGS

CONFIG = "basic_rnn"
needs_magenta = pytest.mark.skipif(
    importlib.util.find_spec("magenta") is None, reason="Magenta is not installed (make magenta)"
)
RUN = (
    "import argparse, sys; from reverie.cli.bench import add_parsers; parser = argparse.ArgumentParser();"
    "add_parsers(parser.add_subparsers()); options = parser.parse_args(); sys.exit(options.command(options))"
)


def bench(*arguments: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    commands.add_parsers(parser.add_subparsers())
    return parser.parse_args(["bench", "compose", *arguments])


@needs_magenta
@pytest.mark.magenta
@pytest.mark.timeout(600)
def test_a_quick_run_measures_all_that_it_promises(capfd: pytest.CaptureFixture[str]) -> None:
    options = bench("--quick", "--json", "--config", CONFIG)
    assert options.command(options) == 0
    printed = capfd.readouterr()
    report = json.loads(printed.out)
    assert "first loops" in printed.err
    assert list(report["configs"]) == [CONFIG]
    figures = report["configs"][CONFIG]
    assert figures["ratio_batch1"] == ratio(figures, "magenta_us_per_event", "engine_us_per_event")
    assert figures["ratio_batch32"] == ratio(figures, "magenta_us_per_event", "engine_batch32_us_per_event")
    assert figures["ratio_batch1_at_floor"] == ratio(figures, "magenta_us_per_event", "weights_floor_us")
    assert figures["ratio_batch32_of_both"] == ratio(
        figures, "magenta_batch32_us_per_event", "engine_batch32_us_per_event"
    )
    assert figures["ratio_history2048"] == ratio(figures, "magenta_history2048_us", "engine_history2048_us")
    assert figures["engine_history2048_over_16"] == ratio(figures, "engine_history2048_us", "engine_history16_us")
    for name, (least, most) in figures["range"].items():
        assert 0 < least <= figures[name] <= most, name
    # Two layers of 128, which hear 38 places; 4 gates, and 38 classes; the first layer's rows are not read whole.
    assert figures["weights_bytes"] == 4 * (128 * 512 + 256 * 512 + 128 * 38)
    for field, seconds_or_mb in (("start_ratio", "start_seconds"), ("rss_ratio", "peak_rss_mb")):
        theirs, ours = report[f"magenta_{seconds_or_mb}"], report[f"engine_{seconds_or_mb}"]
        assert report[field] == pytest.approx(theirs / ours, rel=0.01)
        assert report["targets"][field]["met"] == (report[field] >= report["targets"][field]["at_least"])
    together, apart = report["many_voices"]["together"], report["many_voices"]["apart"]
    assert together["targets"]["cores"] == {
        "figure": together["cores"],
        "at_most": 0.5,
        "met": together["cores"] <= 0.5,
    }
    assert not apart["targets"]
    told = "\n".join(lines(report))
    assert f"{together['cores']:.3f} cores (at most 0.5" in told
    assert f"{figures['ratio_batch1']:.2f}" in told
    assert f"{report['rss_ratio']:.2f}" in told


def ratio(figures: dict[str, Any], over: str, under: str) -> Any:
    """What a ratio of two figures is, which are rounded themselves."""
    return pytest.approx(figures[over] / figures[under], rel=0.01)


@needs_magenta
@pytest.mark.magenta
def test_what_cannot_be_measured_is_refused_by_name(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(processes.BenchError, match="the reason stands above"):
        processes.measure(("attention_improv",), quick=True)
    said = capfd.readouterr().err
    assert "'attention_improv'" in said
    assert "Traceback" not in said


@needs_magenta
@pytest.mark.magenta
def test_ctrl_c_ends_all_of_it_quietly() -> None:
    command = (sys.executable, "-c", RUN, "bench", "compose", "--quick", "--config", CONFIG)
    process = subprocess.Popen(command, stderr=subprocess.PIPE, start_new_session=True, text=True)
    assert process.stderr is not None
    first = process.stderr.readline()
    assert CONFIG in first
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does it
    said = process.communicate(timeout=PATIENCE)[1]
    assert process.returncode
    assert "reverie/bench/speed.py" not in said  # the one that measures leaves without a word
    deadline = time.monotonic() + PATIENCE
    while group_is_there(process.pid):
        assert time.monotonic() < deadline, "a process that measures was left behind"
        time.sleep(0.05)


def group_is_there(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


def test_without_magenta_it_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(processes.BenchError, match="uv sync --extra magenta"):
        processes.measure((CONFIG,))


def test_tasks_are_timed_in_turn_after_a_first_time_that_does_not_count() -> None:
    order: list[str] = []
    short = TimedTask("short", lambda: order.append("short"))
    long = TimedTask("long", lambda: order.append("long"), times=1000)
    timings = in_turn([short, long, short], rounds=2)
    assert order == ["short", "long", *["short", "long", "short"] * 2]
    assert {name: len(timing.wall) for name, timing in timings.items()} == {"short": 4, "long": 2}
    assert all(0 < wall < 1000 for wall in timings["long"].wall)


def test_a_timing_is_its_median() -> None:
    timing = Timing(wall=(1.0, 9.0, 2.0), cpu=(1.0, 4.0, 3.0))
    assert (timing.median, timing.cpu_median) == (2.0, 3.0)


def test_targets_are_met_from_their_bound_on() -> None:
    floor, ceiling = Target("speed", 10.0), Target("growth", 1.05, at_most=True)
    assert [floor.met(figure) for figure in (9.99, 10.0)] == [False, True]
    assert [ceiling.met(figure) for figure in (1.05, 1.06)] == [True, False]
    assert held_against((floor, ceiling), {"speed": 12.0, "growth": 1.5}) == {
        "speed": {"figure": 12.0, "at_least": 10.0, "met": True},
        "growth": {"figure": 1.5, "at_most": 1.05, "met": False},
    }
    assert floor.verdict(9.0) == "at least 10: missed"


def test_every_default_has_targets() -> None:
    for config in commands.DEFAULTS:
        assert config in CONFIGS
        assert [target.field for target in targets_of(config)] == [
            "ratio_batch1",
            "ratio_batch32",
            "engine_history2048_over_16",
        ]
    assert [target.field for target in targets_of("one_drum")] == ["engine_history2048_over_16"]
    assert all(not target.at_most for target in START_TARGETS)
