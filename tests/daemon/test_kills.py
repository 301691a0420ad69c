"""The whole daemon is killed, with its player or without, in the midst of its notes."""

from __future__ import annotations

import os
import random
import sys
import time
from collections.abc import Callable, Iterable, Iterator

import psutil
import pytest

from fakes.daemon import PADS, Daemon
from fakes.jack import Jack, Receiver, wait_until
from fakes.patience import PATIENCE
from fakes.processes import running
from fakes.stalls import Stalls
from fakes.tapes import EVERY_BAR
from reverie.midi.bytes import ALL_NOTES_OFF, CONTROL, NOTE_OFF, NOTE_ON

pytestmark = pytest.mark.real

MakeDaemon = Callable[..., Daemon]
LIVES_ON = {"scene_crashes": None, "safe_after": None}
"""Whoever is killed on purpose is neither to leave its scene nor to play its tape."""
PORT = {"main": {"kind": "port", "match": "^synth:", "api": "jack"}}


@pytest.fixture
def synth(jack: Jack) -> Iterator[Receiver]:
    receiver = Receiver("synth")
    yield receiver
    receiver.close()


def upper_median(seconds: list[float]) -> float:
    """Half of all are as long or longer: if one of the two kinds of death were slow, it would be too."""
    return sorted(seconds)[len(seconds) // 2]


def kills(daemon: Daemon, synth: Receiver, times: int, seed: int) -> list[float]:
    """Seconds from each death to the end of the last note; every other time the player is killed with its daemon."""
    rng = random.Random(seed)
    silent: list[float] = []
    for number in range(times):
        daemon.start()
        assert daemon.process is not None
        heard = len(synth.ons)
        wait_until(lambda heard=heard: len(synth.ons) > heard)
        time.sleep(rng.uniform(0, 0.8))
        family = daemon.family()
        killed = running("reverie.play.worker", family[1:]) if number % 2 else []
        for process in (*killed, family[0]):
            process.kill()
        death = time.monotonic()
        wait_until(lambda: not synth.sounding())
        silent.append(time.monotonic() - death)
        daemon.process.wait()
        assert psutil.wait_procs(family, timeout=PATIENCE)[1] == [], "a process outlived its daemon"
    figures = f"median {upper_median(silent):.3f}, longest {max(silent):.3f}"
    sys.stdout.write(f"seed {seed}: seconds from kill -9 to silence, {len(silent)} times: {figures}\n")
    return silent


@pytest.mark.parametrize("scene", [EVERY_BAR, PADS], ids=["loops", "pads"])
def test_a_daemon_that_is_killed_leaves_no_note_for_a_second(
    synth: Receiver, make_daemon: MakeDaemon, scene: str, stalls: Stalls
) -> None:
    silent = kills(make_daemon(PORT, scene, supervision=LIVES_ON), synth, 4, seed=1)
    assert upper_median(silent) < 1.0 + stalls.longest


def still_sounding(messages: Iterable[bytes]) -> set[tuple[int, int]]:
    """The open notes of a synthesizer that heeds "all notes off", as nobody knows which notes a lost ledger had."""
    sounding: set[tuple[int, int]] = set()
    for status, first, *_ in messages:
        kind, channel = status & 0xF0, status & 0xF
        if kind == NOTE_ON:
            sounding.add((channel, first))
        elif kind == NOTE_OFF:
            sounding.discard((channel, first))
        elif kind == CONTROL and first == ALL_NOTES_OFF:
            sounding = {note for note in sounding if note[0] != channel}
    return sounding


def test_a_ledger_that_is_emptied_while_notes_sound_leaves_none(synth: Receiver, make_daemon: MakeDaemon) -> None:
    daemon = make_daemon(PORT, EVERY_BAR).start()
    for _ in range(3):
        heard = len(synth.ons)
        wait_until(lambda heard=heard: len(synth.ons) > heard)
        os.truncate(daemon.state / "ledger" / "main.ledger", 0)
        wait_until(lambda heard=heard: len(synth.ons) > heard + 4)
    assert daemon.stop()[0] == 0
    wait_until(lambda: not still_sounding(synth.messages))
    assert "Traceback" not in daemon.log.read_text()


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("scene", [EVERY_BAR, PADS], ids=["loops", "pads"])
def test_a_daemon_that_is_killed_at_300_moments_leaves_no_note(
    synth: Receiver, make_daemon: MakeDaemon, scene: str
) -> None:
    seed = int(os.environ.get("CHAOS_SEED") or random.SystemRandom().randrange(10000))
    assert max(kills(make_daemon(PORT, scene, supervision=LIVES_ON), synth, 300, seed)) < 1.0
