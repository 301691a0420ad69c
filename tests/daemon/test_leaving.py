"""However the daemon is told to leave, or to read its scene again, no note is forgotten and no process stays."""

from __future__ import annotations

import signal
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator

import pytest

from fakes.daemon import Daemon
from fakes.fault_matrix import page_row
from fakes.jack import Jack, Receiver, wait_until
from fakes.patience import PATIENCE
from fakes.processes import stray
from fakes.stalls import Stalls
from fakes.tapes import BAR, EVERY_BAR, read_tape

pytestmark = pytest.mark.real

MakeDaemon = Callable[..., Daemon]
PORT = {"main": {"kind": "port", "match": "^synth:", "api": "jack"}}
HUSHED = [bytes((0xB0 | channel, control, 0)) for channel in (0, 1, 9) for control in (64, 123, 120)]


@pytest.fixture
def synth(jack: Jack) -> Iterator[Receiver]:
    receiver = Receiver("synth")
    yield receiver
    receiver.close()


def assert_all_is_quiet(synth: Receiver) -> None:
    wait_until(lambda: synth.messages[-len(HUSHED) :] == HUSHED)
    assert synth.sounding() == set()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_every_note_and_every_process(
    synth: Receiver, make_daemon: MakeDaemon, stalls: Stalls, number: signal.Signals
) -> None:
    begun = time.monotonic()
    daemon = make_daemon(PORT).start()
    daemon.wait_for_bars(2)
    started = time.monotonic() - begun
    family = daemon.family()
    wait_until(synth.sounding)
    code, seconds = daemon.stop(number)
    assert code == 0
    assert seconds < max(5, started) + stalls.longest, "no longer than to begin, on a slow machine"
    assert stray(family) == []
    assert_all_is_quiet(synth)


def test_it_leaves_by_itself_when_its_time_is_over(synth: Receiver, make_daemon: MakeDaemon) -> None:
    begun = time.monotonic()
    daemon = make_daemon(PORT).start("--for", "3s")
    wait_until(synth.sounding)
    family = daemon.family()
    assert daemon.process is not None
    assert daemon.process.wait(PATIENCE) == 0
    assert time.monotonic() - begun >= 3
    assert stray(family) == []
    assert_all_is_quiet(synth)


def test_no_worker_and_no_note_outlives_a_killed_conductor(synth: Receiver, make_daemon: MakeDaemon) -> None:
    daemon = make_daemon(PORT).start()
    daemon.wait_for_bars(2)
    family = daemon.family()
    assert len(family) >= 3
    wait_until(synth.sounding)
    assert daemon.stop(signal.SIGKILL)[0] == -signal.SIGKILL
    wait_until(lambda: not stray(family))
    assert_all_is_quiet(synth)


def rewrite(daemon: Daemon, scene: str) -> None:
    """Change the scene's file, and say so."""
    (daemon.folder / "scenes" / f"{daemon.scene}.yaml").write_text(scene)
    assert daemon.process is not None
    daemon.process.send_signal(signal.SIGHUP)


def test_an_edited_scene_goes_on_at_its_bar_without_a_gap(synth: Receiver, make_daemon: MakeDaemon) -> None:
    daemon = make_daemon(PORT, EVERY_BAR).start()
    daemon.wait_for_bars(4)
    bar = daemon.status()["bar"]
    rewrite(daemon, EVERY_BAR.replace("tempo: 240", "tempo: 300"))
    wait_until(lambda: "The file of study has changed" in daemon.log.read_text())
    assert daemon.status()["bar"] >= bar
    wait_until(lambda: daemon.status()["bar"] >= bar + 4)
    assert daemon.metric("reverie_configuration_ok") == 1
    assert daemon.stop()[0] == 0

    tape = read_tape(daemon.state)
    (at, before), (changed, after) = tape.tempos
    assert (at, before, after) == (0, 240, 300)
    assert changed >= 4 * BAR
    assert changed % BAR == 0
    assert tape.gaps() == []
    wait_until(lambda: Counter((on[0] & 0xF, on[1]) for on in synth.ons) == tape.notes)


def test_a_broken_edit_is_told_and_the_music_goes_on(synth: Receiver, make_daemon: MakeDaemon) -> None:
    daemon = make_daemon(PORT, EVERY_BAR).start()
    daemon.wait_for_bars(3)
    bar = daemon.status()["bar"]
    rewrite(daemon, EVERY_BAR.replace("tempo: 240", "tempo: presto"))
    wait_until(lambda: daemon.metric("reverie_configuration_ok") == 0)
    assert any("study.yaml:4:8" in concern and "presto" in concern for concern in daemon.status()["concerns"])
    [fault] = [one for one in daemon.status()["faults"] if one["id"] == "scene-broken"]
    assert page_row("scene's YAML truncated").advises(fault["advice"])
    wait_until(lambda: daemon.status()["bar"] >= bar + 3)

    rewrite(daemon, EVERY_BAR)
    wait_until(lambda: daemon.metric("reverie_configuration_ok") == 1)
    assert not any("study.yaml" in concern for concern in daemon.status()["concerns"])
    wait_until(lambda: daemon.status()["bar"] >= bar + 5)  # the scene is what it was, and goes on
    assert daemon.stop()[0] == 0
    tape = read_tape(daemon.state)
    assert tape.tempos == [(0, 240)]
    assert tape.gaps() == []


@pytest.mark.magenta
def test_the_first_note_waits_for_no_model(synth: Receiver, make_daemon: MakeDaemon) -> None:
    daemon = make_daemon(PORT, composer={"engine": "magenta"})  # whose models take seconds
    begun = time.monotonic()
    daemon.start()
    wait_until(lambda: synth.ons)
    seconds = time.monotonic() - begun
    assert "is ready" not in daemon.log.read_text()
    sys.stdout.write(f"seconds from the start of the process to its first note: {seconds:.2f}\n")
    daemon.wait_for_models()
    assert "is ready" in daemon.log.read_text()
