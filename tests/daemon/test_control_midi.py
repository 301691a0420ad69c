"""A real daemon, steered by a MIDI control surface over real JACK, which goes and comes back."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from fakes.daemon import Daemon
from fakes.jack import Jack, Receiver, wait_until
from fakes.surface import Surface

CONTROLS = {
    "loudness": {"action": "volume", "cc": 7, "channel": 1},
    "warmth": {"action": "temperature", "voice": "lead", "cc": 8},
    "beat": {"action": "mute", "voice": "beat", "note": 36},
    "calm": {"action": "tempo", "to": 70, "note": 37},
    "stop": {"action": "panic", "program": 9},
}


@pytest.fixture
def synth(jack: Jack) -> Iterator[Receiver]:
    receiver = Receiver("synth")
    yield receiver
    receiver.close()


@pytest.fixture
def surface(jack: Jack) -> Iterator[Surface]:
    there = Surface("desk")
    yield there
    there.close()


def overrides(daemon: Daemon) -> dict[str, Any]:
    return daemon.status()["overrides"]


def listens(daemon: Daemon) -> bool:
    return [one["up"] for one in overrides(daemon)["inputs"]] == [True]


@pytest.mark.real
def test_a_surface_steers_a_running_daemon_and_is_found_again(
    synth: Receiver, surface: Surface, make_daemon: Callable[..., Daemon]
) -> None:
    control = {"midi": {"match": "desk", "api": "jack"}, "pause_for": 600}
    slots = {"main": {"kind": "port", "match": "synth", "api": "jack", "volume": 100}}
    daemon = make_daemon(slots, control=control, controls=CONTROLS).start()
    daemon.wait_for_models()
    daemon.wait_for_bars(2)
    wait_until(lambda: listens(daemon))

    surface.send(0x90, 36, 100)
    surface.send(0x80, 36, 0)
    wait_until(lambda: overrides(daemon)["now"] == ["beat is muted."])
    surface.send(0x90, 37, 100)
    wait_until(lambda: "The tempo is 70 quarters a minute." in overrides(daemon)["now"])

    surface.send(0xB0, 7, 0)  # far from the level: it does not leap
    surface.send(0xB0, 7, 127)  # here it takes hold
    wait_until(lambda: overrides(daemon)["last"][-1]["action"] == "volume")
    assert overrides(daemon)["last"][-1]["value"] == 1.0
    assert {message[2] for message in synth.messages if message[:1] == b"\xb0" and message[1] == 7} == {100}
    before = daemon.metric("reverie_control_actions_total", action="volume")
    for value in range(126, -1, -1):
        surface.send(0xB0, 7, value)
        time.sleep(0.002)
    wait_until(lambda: "The volume is 20%." in overrides(daemon)["now"])
    wait_until(lambda: bytes((0xB0, 7, 20)) in synth.messages)
    volumes = [message[2] for message in synth.messages if message[0] == 0xB0 and message[1] == 7]
    assert len(volumes) < 40  # of 127 positions
    assert daemon.metric("reverie_control_actions_total", action="volume") - before <= 4

    ons = len(synth.ons)
    wait_until(lambda: len(synth.ons) > ons + 4, 20)  # it still sounds
    surface.send(0xC0, 9)
    wait_until(lambda: any(use["action"] == "panic" for use in overrides(daemon)["last"]))

    surface.close()
    wait_until(lambda: not listens(daemon))
    again = Surface("desk")
    try:
        wait_until(lambda: listens(daemon))
        again.send(0x90, 36, 100)
        wait_until(lambda: "beat is muted." not in overrides(daemon)["now"])
    finally:
        again.close()
    assert "Traceback" not in daemon.log.read_text()
    assert daemon.stop()[0] == 0
