"""A real daemon, steered by Open Sound Control."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from pythonosc.udp_client import SimpleUDPClient

from fakes.daemon import STUDY, Daemon, free_udp_port
from fakes.jack import wait_until

ALONE = {"main": {"kind": "port", "match": "no such port", "api": "jack"}}


@pytest.fixture
def osc(make_daemon: Callable[..., Daemon]) -> Iterator[tuple[Daemon, SimpleUDPClient]]:
    """A daemon that plays and composes, and who speaks to it."""
    port = free_udp_port()
    control = {"osc": {"port": port}, "pause_for": 600, "limits": {"tempo": [30, 300]}}
    daemon = make_daemon(ALONE, control=control, storage={"flush": 1})
    (daemon.folder / "scenes" / "study-two.yaml").write_text(STUDY.replace("name: study", "name: study-two"))
    daemon.start()
    daemon.wait_for_models()
    daemon.wait_for_bars(2)
    client = SimpleUDPClient("127.0.0.1", port)
    with contextlib.closing(client):
        yield daemon, client


def overrides(daemon: Daemon) -> dict[str, Any]:
    return daemon.status()["overrides"]


def notes_in_bars(daemon: Daemon, bars: int) -> dict[str, float]:
    """By voice, the notes of so many bars."""
    voices = ("beat", "bass", "lead")
    before = {voice: daemon.metric("reverie_notes_sent_total", voice=voice) for voice in voices}
    begun = daemon.metric("reverie_bars_played_total")
    wait_until(lambda: daemon.metric("reverie_bars_played_total") >= begun + bars)
    return {voice: daemon.metric("reverie_notes_sent_total", voice=voice) - before[voice] for voice in voices}


@pytest.mark.real
def test_osc_steers_a_running_daemon(osc: tuple[Daemon, SimpleUDPClient]) -> None:
    daemon, client = osc
    told = daemon.status()
    assert told["overrides"] == told["hands"], "the old name of the key stays"
    assert overrides(daemon)["now"] == []
    assert overrides(daemon)["inputs"][0]["up"]

    client.send_message("/reverie/mute/beat", 1)
    wait_until(lambda: overrides(daemon)["now"] == ["beat is muted."])
    notes_in_bars(daemon, 1)
    counted = notes_in_bars(daemon, 4)
    assert counted["beat"] == 0
    assert counted["bass"] + counted["lead"] > 0

    client.send_message("/reverie/mute/bass", 1)
    client.send_message("/reverie/mute/lead", 1)
    wait_until(lambda: any(use["refused"] for use in overrides(daemon)["last"]))
    assert overrides(daemon)["now"] == ["bass is muted.", "beat is muted."]

    client.send_message("/reverie/pause", 1)
    wait_until(lambda: daemon.metric("reverie_resting") == 1)
    assert daemon.get("/healthz")
    client.send_message("/reverie/play", [])
    wait_until(lambda: daemon.metric("reverie_resting") == 0)

    client.send_message("/reverie/next", [])
    wait_until(lambda: daemon.metric("reverie_scene_info", scene="study-two") == 1)
    assert overrides(daemon)["now"] == []

    client.send_message("/reverie/panic", [])
    wait_until(lambda: any(use["action"] == "panic" for use in overrides(daemon)["last"]))
    assert notes_in_bars(daemon, 2)["beat"] > 0

    assert daemon.metric("reverie_control_actions_total", source="osc", action="mute") == 3
    assert daemon.metric("reverie_control_actions_total", source="osc") == 7
    wait_until(lambda: len(daemon.records()) == 7)
    assert [use["action"] for use in daemon.records()] == ["mute", "mute", "mute", "pause", "pause", "next", "panic"]
    assert [bool(use["refused"]) for use in daemon.records()] == [False, False, True, False, False, False, False]
    assert daemon.stop()[0] == 0


def seconds_a_bar(daemon: Daemon, bars: int) -> float:
    notes_in_bars(daemon, 1)
    begun = time.monotonic()
    notes_in_bars(daemon, bars)
    return (time.monotonic() - begun) / bars


@pytest.mark.real
def test_tempo_is_felt_and_what_is_no_packet_is_not(osc: tuple[Daemon, SimpleUDPClient]) -> None:
    daemon, client = osc
    client.send_message("/reverie/tempo", 1e9)
    wait_until(lambda: overrides(daemon)["now"] == ["The tempo is 300 quarters a minute."])
    quick = seconds_a_bar(daemon, 5)
    with socket.socket(type=socket.SOCK_DGRAM) as sock:
        for packet in (b"", b"\0", b"#bundle\0", b"/reverie/tempo\0\0,f\0\0", b"/" * 9000, bytes(range(256))):
            sock.sendto(packet, ("127.0.0.1", client._port))
    client.send_message("/reverie/nonsense", 1)
    client.send_message("/reverie/tempo", "fast")
    client.send_message("/reverie/tempo", 60)
    wait_until(lambda: overrides(daemon)["now"] == ["The tempo is 60 quarters a minute."])
    assert seconds_a_bar(daemon, 2) > 2.5 * quick
    assert "nothing is controlled by '/reverie/nonsense'" in daemon.log.read_text()
    assert "Traceback" not in daemon.log.read_text()


@pytest.mark.real
def test_loops_are_held_freed_mutated_and_composed_at_another_temperature(
    osc: tuple[Daemon, SimpleUDPClient],
) -> None:
    daemon, client = osc

    def composed(**labels: str) -> float:
        return daemon.metric("reverie_loops_composed_total", **labels)

    client.send_message("/reverie/loop", 1)
    wait_until(lambda: overrides(daemon)["now"] == ["The present loops are held."])
    notes_in_bars(daemon, 2)
    before, late = composed(), daemon.metric("reverie_loops_repeated_total")
    notes_in_bars(daemon, 8)
    assert composed() == before
    assert daemon.metric("reverie_loops_repeated_total") == late, "what is held is not late"

    mutated = composed(operator="mutate", voice="bass")
    client.send_message("/reverie/mutate/bass", [])
    wait_until(lambda: composed(operator="mutate", voice="bass") == mutated + 1)
    assert composed() == before + 1

    client.send_message("/reverie/free", [])
    client.send_message("/reverie/temperature/lead", 1.25)
    wait_until(lambda: composed(voice="lead") >= 2 and composed() >= before + 6)
    kept = daemon.state / "loops" / "study.json"

    def lead_temperatures() -> set[float]:
        good = json.loads(kept.read_text())["voices"]["lead"] if kept.exists() else []
        return {loop["recipe"]["temperature"] for loop in good}

    wait_until(lambda: 1.25 in lead_temperatures())


@pytest.mark.real
def test_what_hands_have_set_outlasts_the_player_and_a_pause_ends_by_itself(
    make_daemon: Callable[..., Daemon],
) -> None:
    port = free_udp_port()
    daemon = make_daemon(ALONE, control={"osc": {"port": port}, "pause_for": 12}).start()
    daemon.wait_for_bars(2)
    with contextlib.closing(SimpleUDPClient("127.0.0.1", port)) as client:
        client.send_message("/reverie/mute/beat", 1)
        client.send_message("/reverie/pause", 1)
    wait_until(lambda: daemon.metric("reverie_resting") == 1)
    first = daemon.pid("player")
    assert first is not None
    os.kill(first, signal.SIGKILL)
    wait_until(lambda: daemon.pid("player") not in {None, first})
    bars = daemon.metric("reverie_bars_played_total")
    wait_until(lambda: daemon.metric("reverie_bars_played_total") > bars)
    assert daemon.metric("reverie_resting") == 1

    wait_until(lambda: overrides(daemon)["now"] == ["beat is muted."])
    assert overrides(daemon)["last"][-1]["source"] == "time"
    wait_until(lambda: daemon.metric("reverie_resting") == 0)
    counted = notes_in_bars(daemon, 3)
    assert counted["beat"] == 0
    assert counted["bass"] > 0


@pytest.mark.real
def test_a_port_that_is_taken_is_told_and_tried_again(make_daemon: Callable[..., Daemon]) -> None:
    with socket.socket(type=socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        port = sock.getsockname()[1]
        daemon = make_daemon(ALONE, control={"osc": {"port": port}}).start()
        wait_until(daemon.answers)
        wait_until(lambda: [one["up"] for one in overrides(daemon)["inputs"]] == [False])
    wait_until(lambda: [one["up"] for one in overrides(daemon)["inputs"]] == [True])
    assert daemon.stop()[0] == 0
