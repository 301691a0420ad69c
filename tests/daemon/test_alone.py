"""The daemon on a machine where nothing is plugged in."""

from __future__ import annotations

import signal
import socket
import time
from collections.abc import Callable

import mido
import psutil
import pytest

from fakes.daemon import Daemon
from fakes.jack import wait_until
from fakes.patience import PATIENCE
from fakes.stalls import Stalls

NOWHERE = {"main": {"kind": "port", "match": "no such port", "api": "jack"}}


def test_without_any_midi_system_it_plays_onto_its_tape_and_says_so_in_a_line(
    make_daemon: Callable[..., Daemon], stalls: Stalls
) -> None:
    begun = time.monotonic()
    daemon = make_daemon(NOWHERE).start()
    daemon.wait_for_bars(3)
    started = time.monotonic() - begun
    assert daemon.metric("reverie_slot_up", slot="main") == 0
    family = daemon.family()
    code, seconds = daemon.stop()
    assert code == 0
    assert seconds < max(5, started) + stalls.longest, "no longer than to begin, on a slow machine"
    assert not any(process.is_running() and process.status() != psutil.STATUS_ZOMBIE for process in family)
    tape = [message for hour in (daemon.state / "tape").glob("*.mid") for message in mido.MidiFile(hour)]
    notes = [message for message in tape if message.type == "note_on" and message.velocity]
    assert len(notes) >= 3
    lines = [
        line for line in daemon.log.read_text().splitlines() if "Slot main" in line or "Nothing can be heard" in line
    ]
    assert len(lines) == 2
    assert "start JACK" in lines[0]


def test_where_only_browsers_are_to_hear_it_all_is_well(make_daemon: Callable[..., Daemon]) -> None:
    daemon = make_daemon({"main": {"kind": "browser"}}).start()
    daemon.wait_for_bars(2)
    assert daemon.metric("reverie_slot_up", slot="main") == 1
    assert daemon.metric("reverie_audible") == 1
    status = daemon.status()
    assert "Playing" in status["alive"]["sentence"]
    assert status["summary"]["level"] != "bad"
    assert status["ready"]["ok"]
    [slot] = status["slots"]
    assert slot["detail"] == f"browsers play it: open http://127.0.0.1:{daemon.port} and press Listen"
    daemon.stop()


def test_a_second_daemon_on_the_same_state_is_refused(make_daemon: Callable[..., Daemon]) -> None:
    daemon = make_daemon(NOWHERE).start()
    daemon.wait_for_bars(1)
    second = daemon.run("run", "--for", "5s")
    assert second.returncode == 1
    assert "already plays from" in second.stderr
    assert "Traceback" not in second.stderr


def test_status_and_panic_reach_the_running_daemon(make_daemon: Callable[..., Daemon]) -> None:
    daemon = make_daemon(NOWHERE).start()
    daemon.wait_for_bars(1)
    status = daemon.run("status", "--json")
    assert status.returncode == 0, status.stderr
    assert '"scene"' in status.stdout
    assert {process["role"] for process in daemon.status()["processes"]} == {"conductor", "player", "composer"}
    assert all(process["pid"] and process["rss_bytes"] for process in daemon.status()["processes"])
    assert "Every note is being ended" in daemon.run("panic").stdout
    daemon.stop()
    assert daemon.run("status").returncode == 1
    panic = daemon.run("panic")
    assert (panic.returncode, panic.stdout.startswith("main: could not be silenced: ")) == (1, True)


def test_behind_a_proxy_and_with_its_port_taken_the_daemon_is_reached_and_one_that_hangs_is_not_played_for_dead(
    make_daemon: Callable[..., Daemon], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    daemon = make_daemon(NOWHERE)
    with socket.create_server(("127.0.0.1", daemon.port)):
        daemon.start()
        wait_until((daemon.state / "daemon.socket").exists, PATIENCE)
        wait_until(lambda: daemon.run("status").returncode == 0, PATIENCE)
        panic = daemon.run("panic")
        assert (panic.returncode, panic.stdout) == (0, "Every note is being ended.\n")
        assert daemon.process is not None
        daemon.process.send_signal(signal.SIGSTOP)
        panic = daemon.run("panic")
        assert (panic.returncode, panic.stdout) == (1, "")
        assert "No port was touched" in panic.stderr
        assert f"(process {daemon.process.pid}), and has not answered" in panic.stderr
        daemon.process.send_signal(signal.SIGCONT)
    assert daemon.stop()[0] == 0
    assert not (daemon.state / "daemon.socket").exists()
    assert "main: could not be silenced: " in daemon.run("panic").stdout, "now nobody else can do it"


def test_a_broken_configuration_is_told_and_the_last_good_one_plays(make_daemon: Callable[..., Daemon]) -> None:
    daemon = make_daemon(NOWHERE)
    good = daemon.config.read_text()
    daemon.start("--for", "1s")
    assert daemon.process is not None
    daemon.process.wait(PATIENCE)
    daemon.config.write_text(good + "colour: red\n")
    daemon.start()
    daemon.wait_for_bars(1)
    assert "colour" in daemon.log.read_text()
    assert daemon.metric("reverie_configuration_ok") == 0
    assert any("colour" in concern for concern in daemon.status()["concerns"])
