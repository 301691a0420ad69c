"""Pads on a real port: held over bar lines, and ended whatever dies."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator

import pytest

from fakes.daemon import PADS, Daemon
from fakes.jack import Jack, Receiver, wait_until
from fakes.processes import running
from fakes.stalls import Stalls

pytestmark = pytest.mark.real

MakeDaemon = Callable[..., Daemon]
PORT = {"main": {"kind": "port", "match": "^synth:", "api": "jack"}}
PAD, PULSE = 2, 3


@pytest.fixture
def synth(jack: Jack) -> Iterator[Receiver]:
    receiver = Receiver("synth")
    yield receiver
    receiver.close()


def of(synth: Receiver, channel: int) -> list[bytes]:
    """What began and ended there."""
    return [message for message in synth.messages if message[0] & 0xE0 == 0x80 and message[0] & 0xF == channel]


def test_a_chord_of_eight_bars_is_struck_once_and_only_what_changes_after_it(
    synth: Receiver, make_daemon: MakeDaemon
) -> None:
    daemon = make_daemon(PORT, PADS).start()
    wait_until(lambda: len(of(synth, PULSE)) > 8 * 16)
    wait_until(lambda: any(message[0] & 0xF0 == 0x80 for message in of(synth, PAD)))
    messages = [message for message in synth.messages if message[0] & 0xE0 == 0x80]
    change = next(at for at, one in enumerate(messages) if one[0] == 0x80 | PAD)
    before = [message for message in messages[:change] if message[0] & 0xF == PAD]
    assert [message[0] & 0xF0 for message in before] == [0x90] * 4
    assert sum(message[0] == 0x90 | PULSE for message in messages[:change]) >= 7 * 4, "the pad was held for bars"
    assert len(synth.sounding()) >= 3
    assert daemon.stop()[0] == 0
    wait_until(lambda: not synth.sounding())
    kept = json.loads((daemon.state / "loops" / "pads.json").read_text())["voices"]
    assert {loop["recipe"]["operator"] for loops in kept.values() for loop in loops} == {"voice-chords"}
    assert kept.keys() == {"pad", "pulse"}, "what was played can be made again"


def test_a_pad_that_is_held_ends_with_a_daemon_that_is_killed_and_comes_back_with_a_player_that_is(
    synth: Receiver, make_daemon: MakeDaemon, stalls: Stalls
) -> None:
    daemon = make_daemon(PORT, PADS).start()
    wait_until(lambda: len({key for key in synth.sounding() if key[0] == PAD}) == 4)
    time.sleep(1.5)  # into the midst of a note that is tied
    assert daemon.process is not None
    struck = len(of(synth, PAD))
    for player in running("reverie.play.worker", daemon.family()[1:]):
        player.kill()
    wait_until(lambda: sum(message[0] & 0xF0 == 0x80 for message in of(synth, PAD)[struck:]) >= 4)
    wait_until(lambda: len({key for key in synth.sounding() if key[0] == PAD}) == 4)
    family = daemon.family()
    for process in (*running("reverie.play.worker", family[1:]), family[0]):
        process.kill()
    death = time.monotonic()
    wait_until(lambda: not synth.sounding())
    assert time.monotonic() - death < 1.0 + stalls.longest
    daemon.process.wait()
