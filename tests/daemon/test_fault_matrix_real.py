"""The rows of the fault matrix that need real processes: stopped and continued, hung, and killed at any moment."""

from __future__ import annotations

import os
import random
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from fakes.daemon import Daemon
from fakes.jack import wait_until
from fakes.left_behind import Left
from fakes.lights import Lights
from fakes.patience import PATIENCE
from fakes.processes import running
from fakes.stalls import Stalls
from fakes.tapes import EVERY_BAR, read_tape
from reverie.history.standing import MOST_TRIES

pytestmark = pytest.mark.real

MakeDaemon = Callable[..., Daemon]
BAR = 1.0
"""Seconds of a bar."""
STOPPED = 2.5
"""Seconds for which a process is stopped: less than anybody's patience."""
LIVES_ON = {"scene_crashes": None, "safe_after": None}
"""Whoever is killed on purpose is neither to leave its scene nor to play its tape."""


def victim(daemon: Daemon, role: str) -> psutil.Process:
    if role == "conductor":
        return daemon.family()[0]
    module = {"player": "reverie.play.worker", "composer": "reverie.compose.worker"}.get(role)
    [process] = running(module or "reverie.play.output_process.process", daemon.family())
    return process


@pytest.mark.parametrize("role", ["conductor", "player", "composer", "output process"])
def test_who_is_stopped_for_a_moment_goes_on_and_nothing_is_started_anew(
    lights: Lights, make_daemon: MakeDaemon, stalls: Stalls, role: str
) -> None:
    daemon = make_daemon(lights.slots, EVERY_BAR).start()
    daemon.wait_for_bars(4)
    process = victim(daemon, role)
    process.suspend()
    time.sleep(STOPPED)
    resumed = time.monotonic()
    process.resume()
    bars_out = 4 if role == "output process" else 2  # a slot is given up meanwhile, and found again
    assert lights.next_note() - resumed < bars_out * BAR + stalls.longest, (
        "silent for longer than the stop and a few bars"
    )
    bars = daemon.metric("reverie_bars_played_total")
    wait_until(lambda: daemon.metric("reverie_bars_played_total") >= bars + 4)
    status = daemon.status()
    assert status["alive"]["ok"]
    assert sum(one["restarts"] for one in status["processes"]) == 0
    assert [fault["id"] for fault in status["faults"]] == []
    assert daemon.stop()[0] == 0
    if role != "player":
        assert read_tape(daemon.state).gaps() == []
    if role in {"conductor", "composer"}:
        assert lights.silent() == []


def test_a_player_that_hangs_is_ended_with_a_dump_and_the_music_resumes(
    lights: Lights, make_daemon: MakeDaemon
) -> None:
    daemon = make_daemon(lights.slots, EVERY_BAR).start()
    daemon.wait_for_bars(4)
    victim(daemon, "player").suspend()
    wait_until(lambda: daemon.metric("reverie_worker_restarts_total", role="player", reason="hang") == 1)
    lights.next_note()
    assert "The player did not answer for 5 s; it was killed." in daemon.log.read_text()
    bars = daemon.metric("reverie_bars_played_total")
    wait_until(lambda: daemon.metric("reverie_bars_played_total") >= bars + 2)
    assert daemon.status()["alive"]["ok"]
    dumps = {path.name for path in (daemon.state / "dumps").iterdir()}
    assert {"reverie.conductor.txt", "reverie.play.worker.txt", "reverie.compose.worker.txt"} <= dumps
    assert daemon.stop()[0] == 0


def test_a_conductor_that_hangs_says_where_it_stood_when_systemd_ends_it(
    lights: Lights, make_daemon: MakeDaemon
) -> None:
    daemon = make_daemon(lights.slots, EVERY_BAR).start()
    daemon.wait_for_bars(2)
    family = daemon.family()
    assert daemon.process is not None
    os.kill(daemon.process.pid, signal.SIGABRT)  # so does systemd, when its watchdog is not fed
    assert daemon.process.wait(PATIENCE) == -signal.SIGABRT
    assert psutil.wait_procs(family, timeout=PATIENCE)[1] == []
    said = (daemon.state / "dumps" / "reverie.conductor.txt").read_text()
    assert "Fatal Python error: Aborted" in said
    assert "run_forever" in said


def seconds_to_a_note(daemon: Daemon, lights: Lights, after: str) -> float:
    """How long a start takes to its first note; it is an error where none comes in a minute."""
    daemon.start()
    begun = time.monotonic()
    try:
        return lights.next_note() - begun
    except TimeoutError:
        pytest.fail(f"no note for {PATIENCE:.0f} s after {after}:\n{daemon.log.read_text()[-5000:]}")


def kept_of(daemon: Daemon) -> list[str]:
    """The loops that people kept of the voice."""
    return [one["recipes"]["lead"] for one in daemon.status()["overrides"]["kept"]["voices"]["lead"]]


def first_life(daemon: Daemon, lights: Lights) -> list[str]:
    """Until all that is to last has been written once; the loop that somebody kept."""
    seconds_to_a_note(daemon, lights, "the first start")
    daemon.wait_for_models()
    assert daemon.run("do", "keep", "lead").returncode == 0
    wait_until(lambda: Left.is_complete(daemon))
    return kept_of(daemon)


def killed(daemon: Daemon, lights: Lights, copies: Path, times: int, seed: int) -> list[float]:
    """Seconds from the start after each kill to the first note; what was kept is whole and goes on each time."""
    rng, seconds, went_on, journals = random.Random(seed), list[float](), 0, 0
    kept, before = first_life(daemon, lights), Left()
    for number in range(1, times + 1):
        time.sleep(rng.uniform(0, 6))
        family = daemon.family()
        for process in family[:1] if rng.random() < 0.5 else family:
            process.kill()
        assert daemon.process is not None
        daemon.process.wait()
        assert psutil.wait_procs(family, timeout=PATIENCE)[1] == [], "a process outlived its daemon"
        left = Left.read(daemon, copies / str(number))
        assert left.follows(before), (before, left)
        assert left.kept == kept
        said = daemon.log.stat().st_size
        seconds.append(seconds_to_a_note(daemon, lights, f"kill {number}"))
        log = daemon.log.read_bytes()[said:].decode()
        goes_on = left.tries < MOST_TRIES
        assert (f"study goes on with bar {left.bar + 2}," in log) == goes_on, log
        assert ("it begins anew" in log) == (not goes_on), log
        before, went_on, journals = left, went_on + goes_on, journals + left.unfinished
    daemon.wait_for_bars(2)
    assert went_on >= MOST_TRIES
    assert journals >= times // 2, "no life met what a kill leaves of a database"
    assert daemon.status()["lives"]["crashes"] == times
    assert kept_of(daemon) == kept
    assert daemon.stop()[0] == 0
    assert [path.name for path in daemon.state.rglob("*.broken*")] == []
    assert "Traceback" not in daemon.log.read_text()
    longest = max(range(times), key=seconds.__getitem__)
    figures = f"median {sorted(seconds)[times // 2]:.2f}, longest {seconds[longest]:.2f} (kill {longest + 1})"
    sys.stdout.write(f"seed {seed}: seconds from a start after kill -9 to a note, {times} times: {figures}\n")
    sys.stdout.write(f"{went_on} times the music went on, {journals} times a journal was left to a database\n")
    return seconds


def mortal(make_daemon: MakeDaemon, lights: Lights) -> Daemon:
    """A daemon that writes what must last as often as it can, and which kills keep neither from its scene nor up."""
    return make_daemon(lights.slots, EVERY_BAR, supervision=LIVES_ON, storage={"flush": 1})


@pytest.mark.timeout(600)
def test_a_daemon_that_is_killed_at_ten_moments_loads_its_state_and_plays_on(
    lights: Lights, make_daemon: MakeDaemon, tmp_path: Path
) -> None:
    killed(mortal(make_daemon, lights), lights, tmp_path / "copies", 10, seed=3)


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_a_daemon_that_is_killed_at_a_hundred_moments_plays_within_three_seconds(
    lights: Lights, make_daemon: MakeDaemon, tmp_path: Path, stalls: Stalls
) -> None:
    seed = int(os.environ.get("CHAOS_SEED") or random.SystemRandom().randrange(10_000))
    seconds = killed(mortal(make_daemon, lights), lights, tmp_path / "copies", 100, seed)
    assert len(seconds) == 100, "each kill ended in a note"
    assert sorted(seconds)[len(seconds) // 2] < 3.0
    assert max(seconds) < 6.0 + stalls.longest


@pytest.mark.timeout(600)
def test_a_crash_loop_ends_in_safe_mode_which_plays_the_tape_and_is_left_by_reload(
    lights: Lights, make_daemon: MakeDaemon
) -> None:
    daemon = make_daemon(lights.slots, EVERY_BAR, supervision={"safe_after": 2, "scene_crashes": None}).start()
    daemon.wait_for_bars(20)
    assert daemon.stop()[0] == 0  # which seals the tape
    for _ in range(2):
        daemon.start()
        daemon.wait_for_bars(1)
        assert daemon.process is not None
        family = daemon.family()
        family[0].kill()
        daemon.process.wait()
        psutil.wait_procs(family, timeout=PATIENCE)
    daemon.start()
    lights.next_note()
    daemon.wait_for_bars(2)
    status = daemon.status()
    assert status["scene"]["name"] == "safe-mode"
    [fault] = [one for one in status["faults"] if one["id"] == "safe-mode"]
    assert "`reverie reload` leaves safe mode" in fault["advice"]
    assert not running("reverie.compose.worker", daemon.family())
    assert daemon.run("reload").stdout == "Safe mode is left: Reverie plays as it is configured.\n"
    wait_until(lambda: daemon.answers() and (daemon.status()["scene"] or {}).get("name") == "study", 120)
    lights.next_note()
    assert daemon.stop()[0] == 0
