"""A JACK server that hangs closes nothing and reports nothing: that no period comes any more is what is seen."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from fakes.fault_matrix import page_row
from fakes.jack import Jack, Receiver, need
from fakes.playing import RealPlayer, place, scene, steps
from reverie.conductor.care.slot_news import advised
from reverie.music.time import Tempo
from reverie.play.messages import BarPlayed, SlotState

pytestmark = pytest.mark.real

Hang = Callable[[Jack], contextlib.AbstractContextManager[None]]
HANGS = "JACK does not answer: its server hangs; start JACK again"

_FREEZER = """
import ctypes, sys
ptrace = ctypes.CDLL(None, use_errno=True).ptrace
ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
for thread in map(int, sys.argv[1:]):
    for request in (0x4206, 0x4207):  # PTRACE_SEIZE, PTRACE_INTERRUPT
        if ptrace(request, thread, None, None) < 0:
            sys.exit(f"ptrace: errno {ctypes.get_errno()}")
print("frozen", flush=True)
sys.stdin.read()
"""


@contextlib.contextmanager
def stopped(jack: Jack) -> Generator[None]:
    """The whole server is stopped."""
    assert jack.pid is not None
    jack.freeze()
    try:
        yield
    finally:
        os.kill(jack.pid, signal.SIGCONT)


@contextlib.contextmanager
def driver_frozen(jack: Jack) -> Generator[None]:
    """The server answers whoever connects, while the thread of its driver waits for a sound card for ever."""
    assert jack.pid is not None
    driver = max(psutil.Process(jack.pid).threads(), key=_wakeups(jack.pid)).id
    command = [sys.executable, "-c", _FREEZER, str(driver)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as freezer:
        assert freezer.stdout is not None
        assert freezer.stderr is not None
        if freezer.stdout.readline() != b"frozen\n":
            pytest.skip(f"no thread can be stopped here: {freezer.stderr.read().decode()}")
        try:
            yield
        finally:
            freezer.kill()


def _wakeups(pid: int) -> Any:
    def count(thread: Any) -> int:
        status = Path(f"/proc/{pid}/task/{thread.id}/status").read_text()
        return int(status.partition("voluntary_ctxt_switches:")[2].split()[0])

    return count


@pytest.fixture
def synth(jack: Jack, tmp_path: Path) -> Iterator[RealPlayer]:
    need("fluidsynth")
    player = RealPlayer(tmp_path, {"main": {"kind": "fluidsynth"}})
    yield player
    player.end()


@pytest.fixture
def port(jack: Jack, tmp_path: Path) -> Iterator[RealPlayer]:
    receiver = Receiver("keys")
    player = RealPlayer(tmp_path, {"main": {"kind": "port", "match": "keys", "api": "jack"}})
    yield player
    player.end()
    receiver.close()


def next_state(player: RealPlayer, *, up: bool, after: SlotState | None = None) -> SlotState:
    """The first state after another that is up, or is not."""

    def is_next(state: SlotState) -> bool:
        states = [heard for heard in player.heard if isinstance(heard, SlotState)]
        begin = next((number for number, heard in enumerate(states, 1) if heard is after), 0)
        return state.up == up and any(heard is state for heard in states[begin:])

    return player.hear(SlotState, is_next)


def check(player: RealPlayer, hang: contextlib.AbstractContextManager[None]) -> str:
    """Let JACK hang while a slot plays, and run again; what the slot says meanwhile."""
    there = next_state(player, up=True)
    player.tell(scene(tempo=Tempo(240)), place(steps(60, 62, 64, 65)))
    player.hear(BarPlayed, lambda bar: bar.sent == 4)
    with hang:
        gone = next_state(player, up=False, after=there)
        last = [bar.bar for bar in player.heard if isinstance(bar, BarPlayed)][-1]
        player.hear(BarPlayed, lambda bar: bar.bar > last + 4 and bar.sent == 0)  # nothing waits for JACK
    next_state(player, up=True, after=gone)
    last = [bar.bar for bar in player.heard if isinstance(bar, BarPlayed)][-1]
    player.hear(BarPlayed, lambda bar: bar.bar > last and bar.sent == 4)
    return gone.detail


@pytest.mark.parametrize("hang", [stopped, pytest.param(driver_frozen, marks=pytest.mark.slow)])
def test_a_synth_on_a_hung_jack_is_down_until_jack_runs_again(jack: Jack, synth: RealPlayer, hang: Hang) -> None:
    assert check(synth, hang(jack)).startswith(HANGS)


@pytest.mark.parametrize("hang", [pytest.param(stopped, marks=pytest.mark.slow), driver_frozen])
def test_a_port_of_a_hung_jack_is_down_until_jack_runs_again(jack: Jack, port: RealPlayer, hang: Hang) -> None:
    detail = check(port, hang(jack))
    assert detail.startswith(HANGS)
    assert page_row("JACK hung").advises(advised(detail)[1])


def test_a_port_of_our_own_in_a_hung_jack_is_down_too(jack: Jack, tmp_path: Path) -> None:
    player = RealPlayer(tmp_path, {"main": {"kind": "virtual", "api": "jack"}})
    try:
        assert check(player, driver_frozen(jack)).startswith(HANGS)
    finally:
        player.end()
