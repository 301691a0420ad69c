"""The music outlives whatever happens to the processes that make it."""

from __future__ import annotations

import os
import random
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import psutil
import pytest

from fakes.daemon import Daemon
from fakes.jack import Jack, Receiver, need, wait_until
from fakes.processes import stray
from fakes.stalls import Stalls
from fakes.tapes import EVERY_BAR, read_tape

pytestmark = pytest.mark.real

MakeDaemon = Callable[..., Daemon]
PORT = {"main": {"kind": "port", "match": "^synth:", "api": "jack"}}
SYNTH = {"main": {"kind": "fluidsynth", "audio": "jack"}}


@pytest.fixture
def synth(jack: Jack) -> Iterator[Receiver]:
    receiver = Receiver("synth")
    yield receiver
    receiver.close()


def worker(daemon: Daemon, role: str) -> dict[str, Any]:
    return next(process for process in daemon.status()["processes"] if process["role"] == role)


def deaths(daemon: Daemon, reason: str, role: str = "composer") -> float:
    return daemon.metric("reverie_worker_restarts_total", role=role, reason=reason)


def strike(daemon: Daemon, number: signal.Signals, role: str = "composer") -> bool:
    """Send a signal to a worker; whether there was one."""
    pid = worker(daemon, role)["pid"]
    if pid is None:
        return False
    os.kill(pid, number)
    return True


def leave(daemon: Daemon) -> None:
    """Stop the daemon: nothing of it may stay."""
    family = daemon.family()
    assert daemon.stop()[0] == 0
    assert stray(family) == []


def assert_every_bar_sounded(daemon: Daemon, synth: Receiver, bars: int) -> None:
    """Each voice started a note in each bar, and what the tape says is what arrived."""
    tape = read_tape(daemon.state)
    assert len(tape.bars) >= bars
    assert tape.gaps() == []
    assert Counter((on[0] & 0xF, on[1]) for on in synth.ons) == tape.notes
    assert synth.sounding() == set()


@pytest.mark.timeout(300)
def test_no_bar_is_lost_while_the_composer_dies_and_hangs(synth: Receiver, make_daemon: MakeDaemon) -> None:
    daemon = make_daemon(PORT, EVERY_BAR).start()
    daemon.wait_for_models()

    assert strike(daemon, signal.SIGKILL)
    wait_until(lambda: deaths(daemon, "signal") == 1)
    wait_until(lambda: worker(daemon, "composer")["state"] == "up")

    assert strike(daemon, signal.SIGSTOP)
    wait_until(lambda: deaths(daemon, "hang") == 1)
    assert deaths(daemon, "signal") == 1
    wait_until(lambda: worker(daemon, "composer")["state"] == "up")

    composed = daemon.metric("reverie_loops_composed_total")
    wait_until(lambda: daemon.metric("reverie_loops_composed_total") > composed, 90)
    daemon.wait_for_bars(25)
    leave(daemon)
    assert_every_bar_sounded(daemon, synth, 25)


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_a_hundred_bars_sound_whatever_happens_to_the_composer(synth: Receiver, make_daemon: MakeDaemon) -> None:
    seed = int(os.environ.get("CHAOS_SEED") or random.SystemRandom().randrange(10000))
    rng = random.Random(seed)
    blows = rng.sample([signal.SIGKILL] * 5 + [signal.SIGSTOP] * 5, 10)
    moments = sorted(rng.sample(range(1, 95), 10))
    plan = ", ".join(f"{blow.name} in bar {bar}" for bar, blow in zip(moments, blows, strict=True))
    sys.stdout.write(f"seed {seed}: {plan}\n")

    daemon = make_daemon(PORT, EVERY_BAR).start()
    hit: Counter[signal.Signals] = Counter()
    for bar, blow in zip(moments, blows, strict=True):
        daemon.wait_for_bars(bar, 120)
        time.sleep(rng.random())  # anywhere within the bar
        hit[blow] += strike(daemon, blow)
    daemon.wait_for_bars(100, 120)
    killed, hung = deaths(daemon, "signal"), deaths(daemon, "hang")
    sys.stdout.write(f"{hit.total()} blows met a composer; {killed:.0f} died by signal, {hung:.0f} as hung\n")
    assert 1 <= killed <= hit[signal.SIGKILL]
    assert hung <= hit[signal.SIGSTOP]
    assert deaths(daemon, "exit") == deaths(daemon, "protocol") == 0
    assert worker(daemon, "player")["restarts"] == 0
    leave(daemon)
    assert_every_bar_sounded(daemon, synth, 100)


def ended(messages: list[bytes], notes: set[tuple[int, int]]) -> bool:
    """Whether every one of these notes was ended, by itself or with all of its channel."""
    offs = {(status & 0xF, data[0]) for status, *data in messages if status & 0xF0 == 0x80}
    silenced = {status & 0xF for status, *data in messages if status & 0xF0 == 0xB0 and data[0] in {120, 123}}
    return all(note in offs or note[0] in silenced for note in notes)


def test_notes_of_a_killed_player_are_ended_and_the_music_resumes(
    synth: Receiver, make_daemon: MakeDaemon, stalls: Stalls
) -> None:
    daemon = make_daemon(PORT, EVERY_BAR).start()
    daemon.wait_for_bars(5)
    seconds: list[float] = []
    for time_of_death in range(1, 4):
        wait_until(synth.sounding)
        played, bar = daemon.metric("reverie_bars_played_total"), daemon.status()["bar"]
        victim = psutil.Process(worker(daemon, "player")["pid"])
        victim.kill()
        killed = time.monotonic()
        heard, left = len(synth.messages), synth.sounding()
        wait_until(lambda heard=heard, left=left: ended(synth.messages[heard:], left))
        seconds.append(time.monotonic() - killed)
        silence = len(synth.ons)
        wait_until(lambda silence=silence: len(synth.ons) > silence)
        wait_until(lambda played=played: daemon.metric("reverie_bars_played_total") >= played + 2)
        assert daemon.status()["bar"] >= bar + 2  # and not 3, as from the scene's first bar
        assert deaths(daemon, "signal", "player") == time_of_death
    figures = ", ".join(f"{second:.2f}" for second in seconds)
    sys.stdout.write(f"seconds from kill -9 of the player to the end of its notes: {figures}\n")
    assert sorted(seconds)[1] < 1.0 + stalls.longest
    leave(daemon)
    assert synth.sounding() == set()


def test_a_player_that_dies_over_and_over_is_never_away_for_long(synth: Receiver, make_daemon: MakeDaemon) -> None:
    daemon = make_daemon(PORT, EVERY_BAR).start()
    wait_until(daemon.answers)
    for time_of_death in range(1, 8):
        wait_until(synth.sounding)
        psutil.Process(worker(daemon, "player")["pid"]).kill()
        heard, left = len(synth.messages), synth.sounding()
        wait_until(lambda heard=heard, left=left: ended(synth.messages[heard:], left), 25)
        silence = len(synth.ons)
        wait_until(lambda silence=silence: len(synth.ons) > silence, 25)
        assert deaths(daemon, "signal", "player") == time_of_death
    leave(daemon)
    assert synth.sounding() == set()


def test_the_synth_of_a_killed_player_falls_silent_and_another_plays_on(
    jack: Jack, make_daemon: MakeDaemon, stalls: Stalls
) -> None:
    need("fluidsynth")
    daemon = make_daemon(SYNTH, EVERY_BAR).start()
    wait_until(daemon.answers)
    wait_until(lambda: daemon.metric("reverie_slot_up", slot="main") == 1)
    daemon.wait_for_bars(5)
    bar = daemon.status()["bar"]
    played = daemon.metric("reverie_bars_played_total")
    player = psutil.Process(worker(daemon, "player")["pid"])
    [program] = player.children()
    assert program.name() == "fluidsynth"
    player.kill()
    killed = time.monotonic()
    wait_until(lambda: not stray([program]))
    seconds = time.monotonic() - killed
    sys.stdout.write(f"seconds from kill -9 of the player to the end of FluidSynth: {seconds:.2f}\n")
    assert seconds < 1.0 + stalls.longest
    wait_until(lambda: deaths(daemon, "signal", "player") == 1)
    wait_until(lambda: daemon.metric("reverie_slot_up", slot="main") == 1)
    wait_until(lambda: daemon.metric("reverie_bars_played_total") >= played + 2)
    assert daemon.status()["bar"] >= bar + 2
    leave(daemon)
