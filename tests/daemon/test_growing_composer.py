"""A composer that takes more and more memory is let go in time, and nobody hears it."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from fakes.daemon import Daemon
from fakes.jack import wait_until
from fakes.lights import Lights
from fakes.tapes import EVERY_BAR, read_tape
from reverie.conductor.care.recycling import LOOK, SETTLES
from reverie.site.supervision_section import MEGABYTE

pytestmark = pytest.mark.real

LIMIT = 200
"""Megabytes, the least that a site may allow."""
_GROWING = """
import pathlib, sys, threading, time

def grow():
    file, kept = pathlib.Path({file!r}), []
    while True:
        time.sleep(0.1)
        if file.exists():
            kept.append(b"x" * {megabyte})
            if len(kept) >= {limit}:
                return time.sleep(1e6)

if "reverie.compose.worker" in sys.orig_argv:
    threading.Thread(target=grow, daemon=True).start()
"""
"""What Python runs in every process before its main: a composer takes ten megabytes a second once the file is there."""


@pytest.fixture
def leak(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """While this file is there, composers grow until they are as large as they may be, and their own size."""
    file, folder = tmp_path / "leak", tmp_path / "growing"
    folder.mkdir()
    code = _GROWING.format(file=str(file), megabyte=MEGABYTE, limit=LIMIT)
    (folder / "sitecustomize.py").write_text(code)
    paths = [str(folder), os.environ.get("PYTHONPATH", "")]
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(filter(None, paths)))
    return file


@pytest.mark.timeout(400)
@pytest.mark.slow
def test_a_composer_that_grows_beyond_its_limit_begins_another_life_and_no_bar_is_silent(
    leak: Path, lights: Lights, make_daemon: Callable[..., Daemon]
) -> None:
    daemon = make_daemon(lights.slots, EVERY_BAR, supervision={"memory": {"composer": LIMIT}}).start()
    daemon.wait_for_models()
    first = daemon.pid("composer")
    assert first is not None
    grown = psutil.Process(first)
    assert grown.memory_info().rss < LIMIT * MEGABYTE, "it is as large already, and nothing would be shown"
    leak.touch()
    wait_until(lambda: grown.memory_info().rss > LIMIT * MEGABYTE)
    leak.unlink()
    wait_until(lambda: restarts(daemon, "recycled") == 1, 60 + SETTLES + LOOK)
    wait_until(lambda: daemon.pid("composer") not in {None, first})
    composed = daemon.metric("reverie_loops_composed_total")
    wait_until(lambda: daemon.metric("reverie_loops_composed_total") > composed)
    assert restarts(daemon) == 1, "it was let go, and neither killed nor hung"
    assert daemon.status()["faults"] == []
    assert daemon.stop()[0] == 0
    lights.assert_every_bar_sounded(int(SETTLES))
    assert read_tape(daemon.state).gaps() == []


def restarts(daemon: Daemon, *reason: str) -> float:
    """How often workers have begun another life, for that reason or for any."""
    return daemon.metric("reverie_worker_restarts_total", **({"reason": reason[0]} if reason else {}))
