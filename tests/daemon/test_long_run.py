"""Ten minutes of the whole daemon, of which every byte is read."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import pairwise

import pytest

from fakes.cables import Cable
from fakes.daemon import Daemon
from fakes.jack import wait_until
from fakes.tapes import EVERY_BAR, read_tape

pytestmark = [pytest.mark.real, pytest.mark.slow]

MINUTES = 10
FIRST_BAR = 16
CLOCK, STOP = 0xF8, 0xFC


@pytest.fixture
def cable() -> Iterator[Cable]:
    cable = Cable()
    yield cable
    cable.close()


@pytest.mark.timeout(900)
def test_every_byte_of_ten_minutes_is_legal(cable: Cable, make_daemon: Callable[..., Daemon]) -> None:
    daemon = make_daemon({"main": {"kind": "din", "device": cable.device, "clock": True, "volume": 96}}, EVERY_BAR)
    daemon.start()
    daemon.wait_for_models()
    wait_until(lambda: daemon.status()["uptime_seconds"] >= 60 * MINUTES, 60 * MINUTES + 120)
    skipped = daemon.metric("reverie_late_total", severity="skipped")
    dropped = daemon.metric("reverie_late_total", severity="dropped")
    assert daemon.stop()[0] == 0
    wait_until(lambda: cable.messages[-1] == bytes((STOP,)))
    stream = cable.stream.end()
    assert stream.faults == []
    assert stream.sounding == set()
    tape = read_tape(daemon.state)
    heard = Counter((message[0] & 0xF, message[1]) for _, message in cable.ons)
    assert heard - tape.notes == Counter()
    assert (tape.notes - heard).total() <= FIRST_BAR, "only while the device was being opened"
    pulses = [at for at, message in stream.messages if message[0] == CLOCK and at is not None]
    gaps = [after - before for before, after in pairwise(pulses)]
    figures = f"{len(stream.messages)} messages, {sum(tape.notes.values())} notes, {len(pulses)} clock ticks"
    sys.stdout.write(f"{figures}, longest gap between ticks {max(gaps) * 1e3:.1f} ms; skipped {skipped:.0f}\n")
    assert (skipped, dropped) == (0, 0)
