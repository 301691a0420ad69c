"""A daemon that is killed goes on where it was: with the bar after, and with its loops."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from fakes.daemon import Daemon
from fakes.jack import wait_until


@pytest.mark.real
def test_a_daemon_that_is_killed_goes_on_with_the_loops_that_sounded(make_daemon: Callable[..., Daemon]) -> None:
    daemon = make_daemon({"main": {"kind": "port", "match": "no such port", "api": "jack"}}).start()
    daemon.wait_for_models()
    daemon.wait_for_bars(12)
    standing = next((daemon.folder / "run").rglob("standing-*.json"))
    wait_until(lambda: json.loads(standing.read_text())["bar"] > 8)
    daemon.kill()
    left = json.loads(standing.read_text())
    daemon.start()
    daemon.wait_for_bars(1)
    said = daemon.log.read_text()
    assert f"study goes on with bar {left['bar'] + 2}" in said
    tape = "".join(path.read_text() for path in (daemon.state / "tape").glob("*.journal"))
    last_life = tape.rpartition("\nL ")[2]
    for voice, loop in left["loops"].items():
        assert f"{loop['recipe']} {voice}" in last_life
    assert daemon.stop()[0] == 0
    assert not standing.exists()
