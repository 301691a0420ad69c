"""What the bench of GANSynth says of what it has measured."""

from __future__ import annotations

from pathlib import Path

import pytest

from reverie.bench import timbre_gansynth
from reverie.bench.asking import Spent, asking
from reverie.bench.processes import BenchError
from reverie.bench.timbre_gansynth import lines, measure


class Processes:
    """Stands in for the processes; each task takes a second more than the one before."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str]] = []

    def __call__(self, module: str, role: str, folder: str) -> Processes:
        assert module == "reverie.bench.timbre_gansynth"
        assert Path(folder).is_dir()
        self.role = role
        return self

    def __enter__(self):  # noqa: ANN204 - a closure
        role = self.role

        def ask(task: str) -> Spent:
            self.asked.append((role, task))
            seconds = {"full": 8.0, "short": 1.0, "load": 2.0, "peak": 1.0, "written": 0.0}[task]
            return Spent(seconds / (1 if role == "magenta" else 2), seconds / (1 if role == "magenta" else 4))

        return ask

    def __exit__(self, *error: object) -> None:
        """Nothing to end."""


@pytest.fixture
def processes(monkeypatch: pytest.MonkeyPatch) -> Processes:
    processes = Processes()
    monkeypatch.setattr(timbre_gansynth, "asking", processes)
    monkeypatch.setattr("importlib.util.find_spec", lambda name: object())
    return processes


def test_ratios_are_magentas_seconds_over_the_engines(processes: Processes) -> None:
    report = measure(quick=True)
    assert (report["gansynth_ratio_full"], report["gansynth_ratio_short"], report["gansynth_ratio_load"]) == (2, 16, 2)
    assert (report["gansynth_cpu"]["ratio_full"], report["gansynth_cpu"]["ratio_short"]) == (4, 32)
    assert report["gansynth_range"]["magenta_full"] == [8.0, 8.0]
    peak = report["gansynth_peak_gflops"]
    assert report["gansynth_share_of_peak"] == pytest.approx(28.7 * 8 / 4 / peak, abs=0.01)
    text = "\n".join(lines(report))
    assert "gansynth_ratio_short 16 (at least 4: met)" in text
    assert "8 notes of 4 s: 4.00 s (of 0.5 s: 0.50), Magenta 8.00" in text


def test_both_work_in_turn_and_the_first_round_only_warms(processes: Processes) -> None:
    measure(quick=True)
    assert processes.asked[0] == ("write", "written")
    rounds = [ask for ask in processes.asked if ask[1] not in {"load", "written"}]
    one = [("engine", "peak"), ("magenta", "full"), ("engine", "full"), ("engine", "short")]
    assert rounds == one * 2


def test_what_is_not_installed_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None if "gan" in name else object())
    with pytest.raises(BenchError, match="tensorflow_gan, which GANSynth is measured against, cannot be found"):
        measure(quick=True)


def test_a_process_that_fails_says_why(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    failing = asking("reverie.bench.timbre_gansynth", "engine", str(tmp_path))
    with failing as ask, pytest.raises(BenchError, match="stands above"):
        ask("load")
    assert "random" in capfd.readouterr().err
