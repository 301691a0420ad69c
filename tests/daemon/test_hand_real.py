"""A timbre under the hand: from a knob, OSC or HTTP to the new bank at the voice, with real banks and a real port."""

from __future__ import annotations

import contextlib
import http.client
import json
import statistics
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from pythonosc.udp_client import SimpleUDPClient

from fakes.daemon import Daemon, free_udp_port
from fakes.jack import Jack, Receiver, wait_until
from fakes.surface import Surface

pytestmark = pytest.mark.real

SCENE = """
name: sleeper
title: A sleeper
tempo: 60
metre: 4/4
key: D
scale: dorian
timbres:
  purr:
    sources: {flute: "shipped:flute", cat: "shipped:cat", bell: "shipped:bell", voice: "shipped:voice"}
    path: {kind: grid, side: 5, walk: round}
    pace: 1 h
    pitches: [A3, A4]
    length: 0.5
voices:
  bell: {kind: melody, pattern: "D5:4 A5:4 A5:8", timbre: purr, output: {channel: 1}}
"""
PROGRAM, NOTE, FIRST = 0xC0, 0x90, 74
TURNS = (40, 41)
BARS = 2
"""Within which the hand is heard; a machine that has much else to do may take four times as many now and then."""
CONTROLS = {
    "across": {"action": "timbre_x", "voice": "bell", "cc": 20},
    "down": {"action": "timbre_y", "voice": "bell", "cc": 21},
}


@pytest.fixture
def synth(jack: Jack) -> Iterator[Receiver]:
    receiver = Receiver("synth")
    yield receiver
    receiver.close()


@pytest.fixture
def port() -> int:
    return free_udp_port()


@pytest.fixture
def osc(port: int) -> Iterator[SimpleUDPClient]:
    with contextlib.closing(SimpleUDPClient("127.0.0.1", port)) as client:
        yield client


@pytest.fixture
def surface(jack: Jack) -> Iterator[Surface]:
    there = Surface("desk")
    yield there
    there.close()


def post(daemon: Daemon, wanted: dict[str, Any]) -> tuple[int, str]:
    connection = http.client.HTTPConnection("127.0.0.1", daemon.port, timeout=10)
    with contextlib.closing(connection):
        headers = {"X-Reverie": "control", "Content-Type": "application/json"}
        connection.request("POST", "/control", json.dumps(wanted), headers)
        answer = connection.getresponse()
        return answer.status, answer.read().decode()


def test_a_hand_is_heard_within_two_bars_by_knob_osc_and_http(
    synth: Receiver,
    surface: Surface,
    port: int,
    osc: SimpleUDPClient,
    make_daemon: Callable[..., Daemon],
    tmp_path: Path,
) -> None:
    banks = tmp_path / "banks"
    banks.mkdir()
    sampler = {"folder": str(banks), "programs": list(TURNS), "loading": 0.05}
    slots = {"main": {"kind": "port", "match": "^synth:", "api": "jack", "sampler": sampler}}
    control = {"midi": {"match": "desk", "api": "jack"}, "osc": {"port": port}, "pickup": False}
    daemon = make_daemon(slots, SCENE, control=control, controls=CONTROLS).start()

    def purr() -> dict[str, Any]:
        return daemon.status()["timbres"][0]

    def lines(begin: int, end: int) -> int:
        """Bar lines among these messages."""
        return sum(one[0] == NOTE and one[1] == FIRST and one[2] > 0 for one in synth.messages[begin:end])

    def changes(begin: int) -> list[int]:
        return [number for number, one in enumerate(synth.messages) if number >= begin and one[0] == PROGRAM]

    def heard(move: Callable[[], object], point: list[float]) -> int:
        """The bar line, counted from the hand's movement, on which the bank where the hand is was chosen."""
        begin = len(synth.messages)
        move()
        wait_until(lambda: purr()["plays_at"] == point)
        told = len(synth.messages)
        wait_until(lambda: changes(told))
        return lines(begin, changes(told)[0]) + 1

    wait_until(lambda: daemon.answers() and purr()["plays_step"] == 0)
    wait_until(lambda: all(one["up"] for one in daemon.status()["overrides"]["inputs"]))
    wait_until(lambda: len(changes(0)) == 1)

    def knobs() -> None:
        for position in range(0, 65, 4):
            surface.send(0xB0, 20, position)
            surface.send(0xB0, 21, position)

    bars = [heard(knobs, [0.5, 0.5])]
    bars.append(heard(lambda: osc.send_message("/reverie/timbre/bell", [1.0, 0.75]), [1.0, 0.75]))
    wanted = {"action": "timbre", "voice": "bell", "value": [0.25, 1.0]}
    bars.append(heard(lambda: post(daemon, wanted), [0.25, 1.0]))
    assert [one["role"] for one in daemon.status()["processes"]].count("timbre") == 1, "it stays for the next movement"
    bars.append(heard(lambda: osc.send_message("/reverie/release/bell", []), [0.0, 0.0]))
    assert statistics.median_low(bars) <= BARS, bars
    assert max(bars) <= 4 * BARS, bars
    assert purr()["held_at"] is None

    status, said = post(daemon, {"action": "timbre", "voice": "bell", "value": 0.5})
    assert status == 409
    assert "two numbers" in said
    record = [(one["source"], one["action"], one["value"]) for one in daemon.records() if not one["refused"]]
    assert ("http", "timbre", [0.25, 1.0]) in record
    assert record[-1][:2] == ("osc", "release")
    assert daemon.stop()[0] == 0
