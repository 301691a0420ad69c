"""A FluidSynth that is silent is told to people: on page, status, readiness and metrics, and once in the log."""

from __future__ import annotations

import urllib.error
from collections.abc import Callable
from http import HTTPStatus
from pathlib import Path

import pytest

from fakes.daemon import Daemon
from fakes.jack import need, wait_until
from fakes.soundfonts import cut, font

pytestmark = pytest.mark.real


def slot(path: Path) -> dict[str, object]:
    return {"kind": "fluidsynth", "soundfont": str(path), "audio": "file", "options": {"audio.file.name": "/dev/null"}}


def readiness(daemon: Daemon) -> str:
    """The sentence of a daemon that is not ready; empty while it is, or does not answer yet."""
    try:
        daemon.get("/readyz")
    except urllib.error.HTTPError as error:
        with error:
            return error.read().decode() if error.code == HTTPStatus.SERVICE_UNAVAILABLE else ""
    except OSError:
        return ""
    return ""


def test_a_font_without_a_sound_for_a_played_channel_makes_the_slot_not_ready(
    make_daemon: Callable[..., Daemon], tmp_path: Path
) -> None:
    need("fluidsynth")
    daemon = make_daemon({"main": slot(font(tmp_path / "tune.sf2"))}).start()
    wait_until(lambda: "channel 10 is silent" in readiness(daemon))
    assert "tune.sf2 has no sound for it; choose another program for it" in readiness(daemon)
    status = daemon.status()
    faults = [fault for fault in status["faults"] if fault["id"] == "slot-at-fault"]
    assert [fault["subject"] for fault in faults] == ["main"]
    assert any("channel 10 is silent" in concern for concern in status["concerns"])
    assert daemon.metric("reverie_fault", id="slot-at-fault", subject="main") == 1
    assert daemon.metric("reverie_slot_up", slot="main") == 0
    daemon.wait_for_bars(int(daemon.metric("reverie_bars_played_total")) + 3)
    assert daemon.log.read_text().count("channel 10 is silent") == 1


def test_a_font_that_is_cut_off_makes_the_slot_not_ready_until_a_whole_one_is_there(
    make_daemon: Callable[..., Daemon], tmp_path: Path
) -> None:
    need("fluidsynth")
    whole = font(tmp_path / "whole.sf2")
    path = cut(tmp_path / "tune.sf2", whole)
    daemon = make_daemon({"main": slot(path)}).start()
    wait_until(lambda: "it is cut off" in readiness(daemon))
    assert daemon.metric("reverie_slot_up", slot="main") == 0
    whole.replace(path)
    wait_until(lambda: "it is cut off" not in readiness(daemon))
    told = [line for line in daemon.log.read_text().splitlines() if "it is cut off" in line]
    assert len([line for line in told if "No longer so" not in line]) == 1
