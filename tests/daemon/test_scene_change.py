"""The scene's file is changed while the daemon plays it, as an artist does it: by an editor, and nothing else."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from fakes.daemon import STUDY, Daemon
from fakes.jack import wait_until


@pytest.mark.real
def test_a_scene_is_changed_while_it_plays_without_a_signal_and_goes_on_at_its_bar(
    make_daemon: Callable[..., Daemon],
) -> None:
    daemon = make_daemon({"main": {"kind": "port", "match": "no such port", "api": "jack"}}).start()
    wait_until(daemon.answers)
    daemon.wait_for_bars(5)
    path = daemon.folder / "scenes" / "study.yaml"

    path.write_text(STUDY.replace("bars: 1", "brs: 1", 1))
    wait_until(lambda: daemon.metric("reverie_fault", id="scene-broken") == 1)
    status = json.loads(daemon.get("/status"))
    assert any("did you mean 'bars'" in concern for concern in status["concerns"])
    assert daemon.metric("reverie_configuration_ok") == 0

    bar = status["bar"]
    path.write_text(STUDY.replace("A study in haste", "A study in no haste").replace("tempo: 240", "tempo: 200"))
    wait_until(lambda: json.loads(daemon.get("/status"))["scene"]["title"] == "A study in no haste")
    assert daemon.metric("reverie_fault", id="scene-broken") == 0
    daemon.wait_for_bars(3)
    assert json.loads(daemon.get("/status"))["bar"] > bar
    assert "The file of study has changed" in daemon.log.read_text()
    assert "Traceback" not in daemon.log.read_text()
    assert daemon.stop()[0] == 0
