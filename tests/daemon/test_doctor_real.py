"""`reverie doctor` on real programs: it asks a daemon that runs, and plays on the slots itself where none does."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from fakes.daemon import Daemon
from fakes.html_pages import ReadPage
from fakes.jack import Jack, need, wait_until

pytestmark = pytest.mark.real

SLOTS = {
    "main": {"kind": "fluidsynth", "audio": "jack"},
    "other": {"kind": "port", "match": "nobody-has-such-a-port", "api": "jack"},
}


def examined(daemon: Daemon, *arguments: str) -> dict[str, list[dict[str, str]]]:
    """The findings by their points."""
    done = daemon.run("doctor", "--json", *arguments)
    told: dict[str, Any] = json.loads(done.stdout)
    assert (done.returncode == 0) == told["ok"], done.stderr
    found: dict[str, list[dict[str, str]]] = {}
    for one in told["findings"]:
        found.setdefault(one["point"], []).append(one)
    return found


def synths(jack: Jack) -> set[str]:
    """The synthesizers at JACK."""
    said = subprocess.run(["jack_lsp", "-s", jack.name], capture_output=True, text=True, check=True).stdout
    return {line.partition(":")[0] for line in said.splitlines() if line.endswith(":left")}


def test_a_daemon_that_runs_is_asked_and_its_slots_are_tried_by_itself(
    jack: Jack, make_daemon: Callable[..., Daemon], tmp_path: Path
) -> None:
    need("fluidsynth")
    daemon = make_daemon(SLOTS).start()
    daemon.wait_for_bars(2)
    wait_until(lambda: daemon.metric("reverie_sound_heard", listener="main") == 1)
    assert daemon.run("do", "pause", "--to", "on").returncode == 0
    wait_until(lambda: daemon.metric("reverie_sound_level_dbfs", listener="main") < -100)
    sheet = tmp_path / "sheet.html"
    found = examined(daemon, "--play", "--report", str(sheet), "--language", "de")
    assert found["daemon"][0]["outcome"] == found["page"][0]["outcome"] == "well"
    assert [slot["outcome"] for slot in found["slots"]] == ["well", "bad"]
    assert [one["outcome"] for one in found["trial"]] == ["well", "bad"]
    assert found["trial"][0]["sentence"] == "Eine leise Figur wurde gespielt: Slot main war zu hören."
    assert any("other" in fault["sentence"] for fault in found["faults"])
    assert found["heard"][0]["outcome"] == "well"
    assert synths(jack) == {"reverie"}
    page = ReadPage(sheet.read_text(encoding="utf-8"))
    assert "Abnahme der Installation" in page.text
    assert page.fetched == []


def test_without_a_daemon_the_slots_are_tried_by_the_command_and_left_silent(
    jack: Jack, make_daemon: Callable[..., Daemon]
) -> None:
    need("fluidsynth")
    daemon = make_daemon(SLOTS)
    found = examined(daemon, "--play")
    assert found["daemon"][0]["outcome"] == "unknown"
    main, other = found["trial"]
    assert (main["outcome"], other["outcome"]) == ("well", "bad")
    assert "slot main was heard by its own meter" in main["sentence"]
    assert "nobody-has-such-a-port" in other["sentence"]
    assert synths(jack) == set(), "nothing is left behind"


def test_a_synthesizer_that_is_turned_down_is_not_heard(jack: Jack, make_daemon: Callable[..., Daemon]) -> None:
    need("fluidsynth")
    daemon = make_daemon({"main": {"kind": "fluidsynth", "audio": "jack", "gain": 0.00001}})
    [main] = examined(daemon, "--play")["trial"]
    assert main["outcome"] == "bad"
    assert "not heard by its own meter" in main["sentence"]
