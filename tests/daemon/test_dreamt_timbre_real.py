"""A dream takes a timbre to its point: real banks of the shipped model, a real daemon, a real port."""

from __future__ import annotations

import contextlib
import http.client
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from fakes.daemon import Daemon
from fakes.jack import Jack, Receiver, wait_until

pytestmark = pytest.mark.real

SCENE = """
name: sleeper
title: A sleeper
tempo: 150
metre: 2/4
key: D
scale: dorian
timbres:
  purr:
    sources: {flute: "shipped:flute", cat: "shipped:cat"}
    path: {kind: line, steps: 11}
    pace: 1 h
    pitches: [A4]
    length: 0.2
voices:
  bell: {kind: melody, pattern: "D5:4 A5:4", timbre: purr, output: {channel: 1}}
moods:
  fear: {words: [dark], timbre: {purr: 0.9}}
dreams: {length: 24, blend: 1}
"""
PROGRAM, NOTE, FIRST = 0xC0, 0x90, 74
TURNS = (40, 41)
"""The programs of the sampler, by which it has one bank after the other."""
BANKS, WISHED = 3, 9
"""The step that is due, the next one, and that of the mood."""
TOGETHER = 0.02


@pytest.fixture
def synth(jack: Jack) -> Iterator[Receiver]:
    receiver = Receiver("synth")
    yield receiver
    receiver.close()


def dream(daemon: Daemon, mood: str) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", daemon.port, timeout=10)
    with contextlib.closing(connection):
        connection.request("POST", "/dream", json.dumps({"mood": mood}), {"X-Reverie": "dream"})
        return connection.getresponse().status


def test_a_dream_has_its_bank_chosen_on_a_bar_line_and_the_one_that_is_due_comes_back(
    synth: Receiver, make_daemon: Callable[..., Daemon], tmp_path: Path
) -> None:
    banks = tmp_path / "banks"
    banks.mkdir()
    sampler = {"folder": str(banks), "programs": list(TURNS), "loading": 0.5}
    port = {"main": {"kind": "port", "match": "^synth:", "api": "jack", "sampler": sampler}}
    daemon = make_daemon(port, SCENE).start()

    def purr() -> dict[str, Any]:
        return daemon.status()["timbres"][0]

    def programs() -> list[int]:
        return [data[1] for data in synth.messages if data[0] == PROGRAM]

    wait_until(lambda: daemon.answers() and purr()["plays_step"] == 0)
    wait_until(lambda: len([*daemon.state.rglob("*.sf2")]) == BANKS)
    wait_until(lambda: programs() == [TURNS[0]])
    assert dream(daemon, "fear") == 200
    wait_until(lambda: purr()["plays_step"] == WISHED)
    moody = purr()
    assert (moody["step"], moody["wished_step"], moody["waits"]) == (0, WISHED, "")
    wait_until(lambda: len(programs()) > 1)
    wait_until(lambda: purr()["wished_point"] is None and purr()["plays_step"] == 0)
    wait_until(lambda: len(programs()) > 2)
    assert daemon.stop()[0] == 0

    assert programs() == [TURNS[0], TURNS[1], TURNS[0]]
    heard = [*zip(synth.moments, synth.messages, strict=True)]
    lines = [at for at, data in heard if data[0] == NOTE and data[1] == FIRST and data[2]]
    for at, data in heard:
        if data[0] == PROGRAM:
            assert min(abs(line - at) for line in lines) < TOGETHER, "with the first note of a bar"
