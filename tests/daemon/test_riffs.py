"""Written music on a real port, while a model composes beside it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from fakes.daemon import Daemon
from fakes.jack import Jack, Receiver, wait_until

pytestmark = [pytest.mark.real, pytest.mark.slow]

MakeDaemon = Callable[..., Daemon]
PORT = {"main": {"kind": "port", "match": "^synth:", "api": "jack"}}
BARS = 200
RIFF = """
name: riffs
title: Riffs
tempo: 300
metre: 2+1/4
key: D
scale: minor
voices:
  riff:
    kind: bass
    pattern: "D2> C#3 (F2 . Ab2):4 -:2 [D2 A2]:4"
    output: {channel: 3, velocity: [40, 100]}
  tune:
    kind: melody
    model: attention_rnn
    register: [C4, C6]
    bars: 4
    evolve: {hold: 2, then: [continue, mutate]}
    output: {channel: 1}
"""
ONCE = [(0x92, 38), (0x92, 49), (0x92, 41), (0x92, 44), (0x92, 38), (0x92, 45)]


@pytest.fixture
def synth(jack: Jack) -> Iterator[Receiver]:
    receiver = Receiver("synth")
    yield receiver
    receiver.close()


def test_an_ostinato_arrives_note_for_note_for_200_bars_while_a_melody_evolves(
    synth: Receiver, make_daemon: MakeDaemon
) -> None:
    daemon = make_daemon(PORT, RIFF).start()
    wanted = BARS * len(ONCE)

    def struck(channel: int) -> list[bytes]:
        return [message for message in synth.messages if message[0] == 0x90 | channel and message[2]]

    wait_until(lambda: len(struck(2)) >= wanted, seconds=240)
    riff = struck(2)[:wanted]
    turns = [riff[start : start + len(ONCE)] for start in range(0, wanted, len(ONCE))]
    assert [(one[0], one[1]) for one in turns[0]] == ONCE
    assert all(turn == turns[0] for turn in turns), "note for note, and as loud"
    assert turns[0][0][2] == 100
    assert len({message[1] for message in struck(0)}) > 4, "the melody goes on meanwhile"
    assert daemon.stop()[0] == 0
    wait_until(lambda: not synth.sounding())
