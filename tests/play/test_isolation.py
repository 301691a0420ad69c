"""What one slot suffers, no other hears; and whoever is killed, nothing goes on sounding."""

from __future__ import annotations

import os
import random
import signal
import sys
import time
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import psutil
import pytest

from fakes.cables import Cable
from fakes.jack import Jack, Receiver, wait_until
from fakes.patience import PATIENCE
from fakes.playing import RealPlayer, loop, place, scene
from fakes.stalls import Stalls
from reverie.music.notes import Note
from reverie.music.time import Tempo
from reverie.play.bar_report import TOO_LATE
from reverie.play.messages import BarPlayed, Part, SlotState, Stop

pytestmark = pytest.mark.real

PARTS = Part("lead", "main", 1), Part("other", "healthy", 2)
STEPS = loop(*(Note(120 * step, 90, 40 + step) for step in range(16)))


@pytest.fixture
def synth(jack: Jack) -> Iterator[Receiver]:
    receiver = Receiver("synth")
    yield receiver
    receiver.close()


@pytest.fixture
def cable() -> Iterator[Cable]:
    cable = Cable()
    yield cable
    cable.close()


def start(folder: Path, cable: Cable) -> RealPlayer:
    player = RealPlayer(
        folder,
        {
            "main": {"kind": "port", "match": "^synth:", "api": "jack", "clock": True},
            "healthy": {"kind": "din", "device": cable.device},
        },
    )
    for name in ("main", "healthy"):
        player.hear(SlotState, lambda state, name=name: state.up and state.name == name)
    player.tell(scene(*PARTS, tempo=Tempo(150)), place(STEPS), place(STEPS, part="other"))
    return player


def bars_of(player: RealPlayer) -> list[BarPlayed]:
    return [value for value in player.heard if isinstance(value, BarPlayed)]


def assert_missed_nothing(cable: Cable, player: RealPlayer, stalls: Stalls) -> None:
    """Every sixteenth of every bar came, in order, and no later than a sixteenth after the one before.

    Where the machine stood still for longer than a late note may wait, notes were rightly skipped.
    """
    pitches = [message[1] for _, message in cable.ons]
    if stalls.longest < TOO_LATE:
        assert len(pitches) >= 16 * len(bars_of(player))
        assert pitches == [40 + number % 16 for number in range(len(pitches))]
        assert not any(bar.skipped or bar.dropped for bar in bars_of(player))
    assert max(after - before for (before, _), (after, _) in pairwise(cable.ons)) < 2 * 0.1 + stalls.longest
    assert cable.stream.end().faults == []


@pytest.mark.timeout(180)
def test_a_jack_server_that_dies_three_times_costs_the_other_slot_nothing(
    jack: Jack, synth: Receiver, cable: Cable, tmp_path: Path, stalls: Stalls
) -> None:
    player = start(tmp_path, cable)
    try:
        for death in range(1, 4):
            number = len(bars_of(player))
            player.hear(BarPlayed, lambda bar, number=number: bar.bar >= number + 2)
            jack.kill()
            synth.close()
            player.hear(SlotState, lambda _, death=death: downs(player) == death)
            jack.start()
            synth.open()
            player.hear(SlotState, lambda _, death=death: ups(player) == death + 1)
        heard = len(synth.ons)
        wait_until(lambda: len(synth.ons) > heard + 16)
        player.tell(Stop())
        player.process.wait(PATIENCE)
        wait_until(lambda: len(cable.messages) > 0 and cable.messages[-1][0] & 0xF0 == 0xB0)
    finally:
        player.end()
    assert_missed_nothing(cable, player, stalls)


def downs(player: RealPlayer) -> int:
    return sum(isinstance(value, SlotState) and value.name == "main" and not value.up for value in player.heard)


def ups(player: RealPlayer) -> int:
    return sum(isinstance(value, SlotState) and value.name == "main" and value.up for value in player.heard)


def test_a_jack_server_that_is_stopped_costs_the_other_slot_nothing(
    jack: Jack, synth: Receiver, cable: Cable, tmp_path: Path, stalls: Stalls
) -> None:
    player = start(tmp_path, cable)
    assert jack.pid is not None
    try:
        player.hear(BarPlayed)
        jack.freeze()
        player.hear(BarPlayed, lambda bar: bar.bar >= 6)
        os.kill(jack.pid, signal.SIGCONT)
        player.hear(BarPlayed, lambda bar: bar.bar >= 12 and bar.sent == 32)
        player.tell(Stop())
        player.process.wait(PATIENCE)
        wait_until(lambda: len(cable.messages) > 0 and cable.messages[-1][0] & 0xF0 == 0xB0)
    finally:
        os.kill(jack.pid, signal.SIGCONT)
        player.end()
    assert_missed_nothing(cable, player, stalls)


LONG = loop(*(Note(480 * number, 700, 50 + number % 5 + 12 * (number % 3)) for number in range(15)), bars=4)


def kills(folder: Path, synth: Receiver, times: int, seed: int) -> list[float]:
    """Kill the player at random moments; seconds from each death to the end of the last note that it had begun."""
    rng = random.Random(seed)
    silent: list[float] = []
    for _ in range(times):
        player = RealPlayer(folder, {"main": {"kind": "port", "match": "^synth:"}})
        try:
            player.hear(SlotState, lambda state: state.up)
            player.tell(scene(tempo=Tempo(280)), place(LONG))
            wait_until(synth.sounding)
            time.sleep(rng.uniform(0, 0.6))
            output_processes = psutil.Process(player.process.pid).children()
            player.process.kill()
            death = time.monotonic()
            player.process.wait()
            wait_until(lambda: not synth.sounding())
            silent.append(time.monotonic() - death)
            assert psutil.wait_procs(output_processes, timeout=PATIENCE)[1] == []
        finally:
            player.end()
    return silent


def told(silent: list[float], seed: int) -> None:
    figures = f"median {sorted(silent)[len(silent) // 2]:.3f}, longest {max(silent):.3f}"
    sys.stdout.write(f"seed {seed}: seconds from kill -9 to silence, {len(silent)} times: {figures}\n")


def test_a_player_that_is_killed_leaves_no_note_for_a_second(synth: Receiver, tmp_path: Path, stalls: Stalls) -> None:
    silent = kills(tmp_path, synth, 8, seed=1)
    told(silent, 1)
    assert sorted(silent)[len(silent) // 2] < 1.0 + stalls.longest


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_a_player_that_is_killed_at_300_moments_leaves_no_note_for_a_second(synth: Receiver, tmp_path: Path) -> None:
    seed = int(os.environ.get("CHAOS_SEED") or random.SystemRandom().randrange(10000))
    silent = kills(tmp_path, synth, 300, seed)
    told(silent, seed)
    assert max(silent) < 1.0
