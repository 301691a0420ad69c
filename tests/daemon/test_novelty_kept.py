"""What the daemon has played is known to the composers of its next lives, whatever ended it."""

from __future__ import annotations

import os
import signal
import sqlite3
from collections.abc import Callable
from contextlib import closing

import pytest

from fakes.daemon import STUDY, Daemon
from fakes.jack import wait_until

pytestmark = pytest.mark.real

NOWHERE = {"main": {"kind": "port", "match": "no such port", "api": "jack"}}
BANDED = STUDY.replace("then: [continue, mutate]", "then: [continue, mutate], novelty: {hour: [0.05, 1]}")


def kept(daemon: Daemon) -> list[tuple[str, float, bytes]]:
    """The voices, moments and loops of what is kept, in order of the moments at which each sounded last."""
    file = daemon.state / "novelty.sqlite"
    if not file.exists():
        return []
    with closing(sqlite3.connect(f"{file.as_uri()}?mode=ro", uri=True)) as read:
        return read.execute("SELECT voice, max(moment), exact FROM sounded GROUP BY voice, exact ORDER BY 2").fetchall()


@pytest.mark.slow
def test_loops_that_sounded_are_kept_over_kills_of_composer_and_daemon(make_daemon: Callable[..., Daemon]) -> None:
    daemon = make_daemon(NOWHERE, BANDED).start()
    daemon.wait_for_models()
    wait_until(lambda: {voice for voice, *_ in kept(daemon)} == {"beat", "bass", "lead"}, 60)
    composer = daemon.pid("composer")
    assert composer
    os.kill(composer, signal.SIGKILL)
    composed = daemon.metric("reverie_loops_composed_total")
    wait_until(lambda: daemon.metric("reverie_loops_composed_total") >= composed + 3, 90)
    wait_until(lambda: bool(daemon.status()["loops"]["beat"]["novelty"]), 30)
    assert daemon.metric("reverie_loop_novelty", voice="beat", beside="hour") > 0
    before = kept(daemon)
    assert daemon.process is not None
    daemon.process.kill()
    daemon.process.wait()
    daemon.start()
    daemon.wait_for_models()
    wait_until(lambda: len(kept(daemon)) > len(before), 60)
    after = kept(daemon)
    assert {(voice, loop) for voice, _, loop in before} <= {(voice, loop) for voice, _, loop in after}
    assert max(moment for _, moment, _ in after) > max(moment for _, moment, _ in before)
    assert not {"novelty-unkept", "state-unreadable"} & {fault["id"] for fault in daemon.status()["faults"]}
    code, _ = daemon.stop()
    assert code == 0
    assert "Traceback" not in daemon.log.read_text()
