"""Measuring players works, and what it says hangs together; how late anything is depends on the machine."""

from __future__ import annotations

import argparse
import importlib.util
import json
import math
import os
import subprocess
import sys
from collections.abc import Mapping
from itertools import cycle, islice
from pathlib import Path
from typing import Any

import psutil
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakes.processes import stray
from reverie.bench import play_peers
from reverie.bench.play_drift import drift_us
from reverie.bench.play_loads import BURN, COMPOSE, IDLE, _compose, running
from reverie.bench.play_ours import far_end, play
from reverie.bench.play_peers import PEERS
from reverie.bench.play_score import (
    BAR,
    METRE,
    PARTS,
    SETTLING,
    ArrivedNote,
    Lateness,
    figures,
    lateness,
    onsets,
    percentiles,
    trend,
)
from reverie.bench.play_targets import MAGENTA, ORDINARY, OURS, lines, summary
from reverie.cli import bench as commands
from reverie.models.library.index import find_models
from reverie.places import models_folder
from reverie.play.bar_report import TOO_LATE
from reverie.play.outputs.probe import Probe, stamps

LATE, WAYS = (0.0001, 0.002, 0.0, 0.05, 0.0003), (0.00003, 0.00005, 0.0009)
NOTES = sum(len(loop.notes) for loop in PARTS.values())
needs_magenta = pytest.mark.skipif(
    importlib.util.find_spec("magenta") is None, reason="Magenta is not installed (make magenta)"
)


def test_no_pitch_of_the_score_is_struck_while_it_sounds() -> None:
    ends: dict[int, int] = {}
    for note in sorted(note for loop in PARTS.values() for note in loop.notes):
        assert note.start >= ends.get(note.pitch, 0)
        ends[note.pitch] = note.end
    assert max(ends.values()) <= METRE.bar_ticks
    score = list(onsets(3))
    assert len(score) == 3 * NOTES
    assert score == sorted(score)
    assert score[NOTES] == (BAR, score[0][1])


def test_notes_are_held_against_the_score_by_their_pitch() -> None:
    late = [0.001 * (number % 7) for number in range(4 * NOTES)]
    struck = [ArrivedNote(100 + at + slow, pitch) for (at, pitch), slow in zip(onsets(4), late, strict=True)]
    measured = lateness(sorted(struck, key=lambda note: note.time), 100.0, 4)
    assert measured.late == pytest.approx(late[SETTLING * NOTES :])
    assert measured.due[0] == SETTLING * BAR


@pytest.mark.parametrize("spoil", [lambda notes: notes[1:], lambda notes: [*notes, notes[0]]], ids=["lost", "twice"])
def test_other_notes_than_the_scores_are_refused(spoil: Any) -> None:
    struck = [ArrivedNote(at, pitch) for at, pitch in onsets(2)]
    with pytest.raises(ValueError, match=f"of {2 * NOTES} notes"):
        lateness(spoil(struck), 0.0, 2)


def test_percentiles_are_the_nearest_ranks() -> None:
    assert percentiles([number / 1e6 for number in range(1000, 0, -1)]) == {
        "p50_us": 500,
        "p99_us": 990,
        "p999_us": 999,
        "max_us": 1000,
    }
    assert percentiles([2e-6]) == dict.fromkeys(("p50_us", "p99_us", "p999_us", "max_us"), 2)


@given(st.floats(-1e-3, 1e-3), st.floats(-1, 1))
def test_a_drift_is_the_slope_of_the_lateness(slope: float, start: float) -> None:
    due = tuple(number / 10 for number in range(50))
    found, error = trend(Lateness(due, tuple(start + slope * at for at in due)))
    assert found == pytest.approx(slope, abs=1e-12)
    assert error < 1e-12
    assert figures(Lateness(due, tuple(slope * at for at in due)))["drift_us_per_hour"] == pytest.approx(
        slope * 3600e6, abs=0.1
    )


def test_a_crowd_of_late_notes_is_no_drift() -> None:
    due = tuple(at for at, _ in onsets(8))
    late = tuple(0.001 * number * (number % 9 > 0) for number in range(len(due)))
    row = figures(Lateness(due, late))
    assert row["max_us"] > 100_000
    assert row["drift_us_per_hour"] == 0


def test_an_hour_of_beats_does_not_drift() -> None:
    """A clock of so many seconds has steps of half a nanosecond; nothing adds up."""
    assert drift_us(hours=1.0) < 0.01


def rows(**p99: float) -> dict[str, dict[str, Any]]:
    return {
        load: {
            "p50_us": 1,
            "p99_us": figure,
            "p999_us": figure,
            "max_us": figure,
            "drift_us_per_hour": 3,
            "drift_error_us_per_hour": 40,
            "clock": None,
        }
        for load, figure in p99.items()
    }


def test_the_figures_that_count_are_those_of_the_worst_load_and_of_composing() -> None:
    players = {OURS: rows(idle=100, compose=110, burn=150), ORDINARY: rows(idle=9, compose=9, burn=9)}
    players[MAGENTA] = rows(idle=200, compose=3300, burn=900)
    figures = summary(players)
    assert figures["p99_us"] == {"idle": 100, "compose": 110, "burn": 150}
    assert figures["peer_p99_us"] == {MAGENTA: {"idle": 200, "compose": 3300, "burn": 900}}
    assert (figures["ratio_p99_loaded"], figures["loaded_over_idle_p99"], figures["drift_us_per_hour"]) == (30, 1.5, 3)
    assert "ratio_p99_loaded" not in summary({OURS: players[OURS]})
    assert "loaded_over_idle_p99" not in summary({OURS: rows(idle=1)})


def play_arguments(*arguments: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    commands.add_parsers(parser.add_subparsers())
    return parser.parse_args(["bench", "play", *arguments])


@pytest.mark.parametrize("seconds", ["0", "nan", "soon", "1e9"])
def test_seconds_that_cannot_be_are_refused(seconds: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        play_arguments("--seconds", seconds)
    assert "seconds of music are 1 to 3600" in capsys.readouterr().err


def test_a_probe_notes_what_it_is_sent(tmp_path: Path) -> None:
    probe = Probe(str(tmp_path / "stamps"), 2)
    probe.open()
    assert probe.poll()
    for message in (b"\x90\x3c\x64", b"\xf8", b"\x80\x3c\x00"):
        probe.send(message)
    probe.close()
    (first, note), (second, clock) = stamps(tmp_path / "stamps")
    assert first <= second
    assert (note, clock[:1]) == (b"\x90\x3c\x64", b"\xf8")


def test_the_beginning_is_taken_from_the_notes_with_the_shortest_way() -> None:
    sent = [
        (50.0 + at + late + way, late) for (at, _), late, way in zip(onsets(3), cycle(LATE), cycle(WAYS), strict=False)
    ]
    measured = far_end(sent)
    wanted = [
        late + way - min(WAYS)
        for (at, _), late, way in zip(onsets(3), cycle(LATE), cycle(WAYS), strict=False)
        if at >= BAR
    ]
    assert measured.late == pytest.approx(wanted, abs=1e-9)
    assert measured.due == tuple(at for at, _ in onsets(3) if at >= BAR)


def test_notes_that_were_not_begun_count_as_late_as_that() -> None:
    sent = [(50.0 + at, 0.0) for at, _ in onsets(3)]
    row = figures(far_end(sent[:-2], skipped=2))
    assert row["notes"] == 2 * NOTES
    assert (row["p50_us"], row["max_us"]) == (0, TOO_LATE * 1e6)


@pytest.mark.real
@pytest.mark.parametrize("realtime", [True, False])
def test_the_real_player_is_measured_at_the_far_end(realtime: bool) -> None:
    played = play(3, realtime=realtime)
    assert realtime or not played.realtime
    row = played.figures
    assert row["notes"] == (3 - SETTLING) * NOTES
    assert 0 <= row["p50_us"] <= row["p99_us"] <= row["p999_us"] <= row["max_us"]
    assert row["max_us"] < BAR * 1e6
    assert row["clock"]["intervals"] >= 24 * 4 * (3 - SETTLING) - 1
    assert min(played.lateness.late) >= 0
    assert set(played.lateness.due) == {at for at, _ in onsets(3) if at >= SETTLING * BAR}


def answer_of(peer: str, *arguments: str) -> Mapping[str, Any]:
    done = subprocess.run(
        (sys.executable, "-m", "reverie.bench.play_peers", peer, "--bars", "2", *arguments),
        stdout=subprocess.PIPE,
        check=True,
    )
    return json.loads(done.stdout.splitlines()[-1])


@pytest.mark.real
@pytest.mark.parametrize("peer", ["mido", "isobar"])
def test_a_peer_plays_every_note_of_the_score(peer: str) -> None:
    answer = answer_of(peer)
    measured = lateness([ArrivedNote(*row) for row in answer["arrivals"]], answer["start"], 2)
    assert len(measured.late) == NOTES
    assert -0.002 < min(measured.late) < BAR


@needs_magenta
@pytest.mark.real
@pytest.mark.magenta
@pytest.mark.parametrize("peer", ["magenta", pytest.param("magenta_sleeper", marks=pytest.mark.slow)])
def test_magenta_plays_every_note_while_it_composes(peer: str) -> None:
    answer = answer_of(peer, "--compose")
    assert answer["composed"] > 1
    measured = lateness([ArrivedNote(*row) for row in answer["arrivals"]], answer["start"], 2)
    assert min(measured.late) > -0.002


@pytest.mark.real
@pytest.mark.parametrize(("load", "processes"), [(IDLE, 0), (COMPOSE, 1), (BURN, os.cpu_count())])
def test_a_load_is_there_until_it_is_not_needed(load: str, processes: int) -> None:
    with running(load):
        family = psutil.Process().children()
        assert len(family) == processes
        before = [process.cpu_times().user for process in family]
        while any(process.cpu_times().user <= used for process, used in zip(family, before, strict=True)):
            assert not [process for process in family if not process.is_running()]
    assert not stray(family)


@pytest.mark.real
def test_the_report_holds_together_without_the_peers_that_are_not_installed(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(
        "reverie.bench.play.missing", lambda peer: play_peers.NEEDS[peer][0] if peer in play_peers.NEEDS else None
    )
    options = play_arguments("--json", "--seconds", "1", "--load", IDLE)
    assert options.command(options) == 0
    printed = capfd.readouterr()
    report = json.loads(printed.out)
    assert list(report["players"]) == [OURS, ORDINARY, "mido"]
    assert set(report["left_out"]) == set(PEERS) - {"mido"}
    assert report["p99_us"][IDLE] == report["players"][OURS][IDLE]["p99_us"]
    assert report["peer_p99_us"] == {"mido": {IDLE: report["players"]["mido"][IDLE]["p99_us"]}}
    assert report["targets"] == {}
    assert math.isfinite(report["drift_us_per_hour"])
    assert "idle: mido" in printed.err
    told = "\n".join(lines(report))
    assert "isobar's Timeline is left out: isobar is not installed" in told
    assert f"p99 {report['p99_us'][IDLE]:>8,.0f}" in told


def test_the_load_that_composes_goes_on_with_every_shipped_model(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "nice", lambda _: 0)  # this process goes on with other tests
    kinds = [model for model in find_models([models_folder()])[0].values() if model.kinds]
    assert len(list(islice(_compose(), len(kinds) + 2))) == len(kinds) + 2
