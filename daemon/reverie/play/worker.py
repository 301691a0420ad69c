"""The player process: ``python -m reverie.play.worker --fd N``, with a socket to the conductor as descriptor N.

It imports no numerics and no framework, runs one thread, at real-time priority where the system grants it, and ends
every note that it started on every way out: told to stop, by signal, left by its conductor, or by an error of its own.
"""

from __future__ import annotations

import ctypes
import gc
import os
import resource
import signal
import socket
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import cast

from reverie.clock import SystemClock
from reverie.errors import ReverieError
from reverie.midi.errors import DeviceError, log_line
from reverie.play.bars import PUNCTUAL
from reverie.play.messages import (
    MOST_NOTES,
    FromPlayer,
    PlayerReady,
    Setup,
    Stop,
    ToPlayer,
)
from reverie.play.player import Player
from reverie.play.recording.tape import Tape
from reverie.play.slot_factory import make_slots
from reverie.play.sync.leaders import make_leaders
from reverie.processes.children import wait_all
from reverie.processes.descriptors import readable
from reverie.processes.priority import be_punctual
from reverie.processes.signals import be_steady
from reverie.processes.wire import Message, WireError
from reverie.processes.worker_main import ConductorEnd, end_of_socket

HOLD = 2.0  # seconds, in which whoever is on its way up has arrived, also on a slow board
TIDY_EVERY = 60.0  # seconds between garbage collections, each in a pause of the music
TIDY_TAKES = 0.004  # what is set up once is frozen, and little is left to look at
LOCK_WHAT_IS_USED = 1 | 2 | 4  # mlockall's MCL_CURRENT, MCL_FUTURE and MCL_ONFAULT, without which all is brought in


class PlayerWorker:
    """Waits for messages, deadlines and signals, in this one place."""

    def __init__(self, end: socket.socket, signals: int) -> None:
        self._conductor = ConductorEnd(end, ToPlayer, self._leave_out, waits=False)
        self._signals = signals
        self._clock = SystemClock()
        self._player: Player | None = None
        self._stopped = False
        self._tidy_at = 0.0
        self._leave_at = float("inf")

    def run(self) -> None:
        """Play until told to stop.

        Raises:
            ReverieError: if the conductor says what no player understands, or sets up what cannot be.
        """
        try:
            while not self._stopped and not self._conductor.closed:
                self._wait()
                self._advance()
                for said in self._conductor.receive(_check_length):
                    self._handle(said)
                    self._advance()
                if self._player is not None:
                    self._player.tend()
                    self._tidy(self._player)
        finally:
            if self._player is not None:
                self._player.close()
                wait_all()

    def _advance(self) -> None:
        if self._player is not None:
            self._player.advance()

    def _wait(self) -> None:
        player = self._player
        news = {} if player is None else player.waits_for()
        timeout = None if player is None else min(max(player.due - self._clock.now(), 0.0), 1.0)
        heard = readable([self._conductor, self._signals, *news], timeout)
        for descriptor in news.keys() & set(heard):
            news[descriptor]()
        if self._signals in heard or self._clock.now() >= self._leave_at:
            self._stopped = True

    def _handle(self, value: ToPlayer) -> None:
        match value:
            case Setup() if self._player is None:
                self._player = self._set_up(value)
            case Stop():
                self._leave_at = self._player.fade_out() if self._player is not None else self._clock.now()
            case Setup():
                raise DeviceError("the player is set up once")
            case _ if self._player is None:
                raise DeviceError(f"the player cannot be told {value.type!r} before it is set up")
            case _:
                self._player.handle(value)

    def _set_up(self, setup: Setup) -> Player:
        slots = make_slots(setup, self._report)
        player = Player(slots, Tape(Path(setup.tape)), self._clock, self._report, make_leaders(setup.sync), PUNCTUAL)
        _stay_in_memory()
        self._report(PlayerReady(be_punctual()))
        self._open(player)
        gc.collect()
        gc.freeze()
        gc.disable()
        return player

    def _open(self, player: Player) -> None:
        """Let the first note wait for ports, which take a moment to carry; a soundfont loads while the tape runs."""
        begun = self._clock.now()
        player.tend()
        while player.opening and self._clock.now() - begun < HOLD:
            news = player.waits_for()
            for descriptor in readable(news, max(player.due - self._clock.now(), 0.0)):
                news[descriptor]()
            player.advance()
            player.tend()

    def _report(self, value: FromPlayer) -> None:
        """Tell the conductor, unless it has stopped reading: music waits for nobody."""
        self._conductor.say(value)

    def _leave_out(self, error: WireError) -> None:
        """Play on: what sounds now is better than what a new player would begin with."""
        log_line(f"a message was not understood and is left out: {error}")
        if self._player is not None:
            self._player.leave_out()

    def _tidy(self, player: Player) -> None:
        now, deadline = self._clock.now(), player.deadline()
        if now >= self._tidy_at and (deadline is None or deadline - now > TIDY_TAKES):
            gc.collect()
            self._tidy_at = now + TIDY_EVERY


def _check_length(message: Message) -> None:
    """Refuse a loop that would take too long to read while notes are due.

    Raises:
        WireError: if it has too many notes.
    """
    loop = cast("object", message.get("loop"))
    notes = cast("Mapping[str, object]", loop).get("notes") if isinstance(loop, dict) else None
    if isinstance(notes, list) and (count := len(cast("list[object]", notes))) > MOST_NOTES:
        raise WireError(f"a loop of {count} notes; {MOST_NOTES} is most")


def _stay_in_memory() -> None:
    """Keep what is in use from being swapped out, so that no note waits for it to come back.

    Only without a limit: under one, memory that is asked for later would be refused as soon as the limit is reached.
    What is mapped and never used stays out, the stacks of threads and most of each library.
    """
    unlimited = resource.getrlimit(resource.RLIMIT_MEMLOCK)[0] == resource.RLIM_INFINITY
    if sys.platform == "linux" and unlimited:
        ctypes.CDLL(None).mlockall(LOCK_WHAT_IS_USED)


def _catch_signals() -> int:
    """Let SIGTERM and SIGINT end the wait, from which the way out is the ordinary one; the descriptor to wait on."""
    reading, writing = os.pipe()
    os.set_blocking(reading, False)
    os.set_blocking(writing, False)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: None)
    signal.set_wakeup_fd(writing)
    be_steady(signal.SIGHUP)
    return reading


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the process; its exit status is 0 unless something was wrong."""
    end = end_of_socket("reverie.play.worker", "Plays what the conductor says.", arguments)
    os.environ["JACK_NO_START_SERVER"] = "1"  # a server that libjack starts belongs to nobody
    signals = _catch_signals()
    try:
        PlayerWorker(end, signals).run()
    except ReverieError as error:
        log_line(f"{error}")
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
