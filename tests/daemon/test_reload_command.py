"""``reverie reload`` to a real daemon, and where there is none."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from fakes.daemon import STUDY, Daemon
from fakes.jack import wait_until

pytestmark = pytest.mark.real
ALREADY = "The scene study was read again from {}; it plays already as this file says.\n"
CHANGED = "The scene study was read again from {} and has changed; it is heard from the next bar line on.\n"


def test_a_scene_is_read_again_and_what_came_of_it_is_said(make_daemon: Callable[..., Daemon]) -> None:
    daemon = make_daemon({"main": {"kind": "port", "match": "no such port", "api": "jack"}})
    nobody = daemon.run("reload")
    assert (nobody.returncode, nobody.stdout) == (1, "")
    assert "No daemon answers" in nobody.stderr
    daemon.start()
    wait_until(daemon.answers)
    done = daemon.run("reload")
    scene = daemon.folder / "scenes" / "study.yaml"
    assert (done.returncode, done.stdout, done.stderr) == (0, ALREADY.format(scene), "")
    scene.write_text(STUDY.replace("tempo: 240", "tempo: 200"))
    done = daemon.run("reload")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout in {CHANGED.format(scene), ALREADY.format(scene)}, "files are looked at every second, too"
    assert "The file of study has changed" in daemon.log.read_text()
    scene.write_text(STUDY.replace("key: D", "key: H"))
    done = daemon.run("reload")
    assert (done.returncode, done.stderr) == (1, "")
    assert done.stdout.startswith("The scene study is at fault, see `reverie status`;")
    assert "study.yaml:6:6: " in daemon.run("status").stdout
    assert daemon.stop()[0] == 0
