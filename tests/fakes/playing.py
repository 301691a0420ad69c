"""A player on fake devices, and a real player process as its conductor sees it."""

from __future__ import annotations

import os
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from fakes.outputs import FakeClock, RecordingOutput
from fakes.patience import PATIENCE
from reverie.music.notes import Loop, Note
from reverie.music.time import Metre, Tempo
from reverie.play.messages import (
    BankTaken,
    BarBegun,
    BarPlayed,
    FromPlayer,
    Part,
    Place,
    SetScene,
    Setup,
    SlotState,
    SyncState,
    ToPlayer,
)
from reverie.play.player import Player
from reverie.play.recording.ledger import Ledger
from reverie.play.recording.tape import Tape
from reverie.play.slot_settings import SlotSettings
from reverie.play.slots import Slot
from reverie.play.sync.leader import Leader
from reverie.processes.codec import from_message, to_message
from reverie.processes.wire import Ping, Pong, decode, encode

T = TypeVar("T")
LEAD = Part("lead", "main", 1)


def loop(*notes: Note, bars: int = 1, metre: Metre | None = None) -> Loop:
    return Loop(bars, metre or Metre(), notes)


def steps(*pitches: int, length: int = 120) -> Loop:
    """A bar with one note a quarter."""
    return loop(*(Note(480 * index, length, pitch) for index, pitch in enumerate(pitches)))


def scene(*parts: Part, epoch: int = 1, at_bar: int = 0, tempo: Tempo | None = None, name: str = "one") -> SetScene:
    return SetScene(epoch, at_bar, name, Metre(), tempo or Tempo(120), parts or (LEAD,))


def place(music: Loop, start_bar: int = 0, times: int = 1, part: str = "lead", epoch: int = 1) -> Place:
    return Place(epoch, part, "recipe", start_bar, times, music)


class Studio:
    """A player with a recording output for each slot, whose clock jumps to whatever is due next."""

    def __init__(
        self,
        folder: Path,
        *slots: str,
        leaders: Mapping[str, Leader] | None = None,
        outputs: type[RecordingOutput] = RecordingOutput,
        **settings: SlotSettings,
    ) -> None:
        self.clock = FakeClock()
        self.outputs = {name: outputs(self.clock) for name in (*slots, *settings) or ("main",)}
        self.states: list[SlotState] = []
        self.bars: list[BarPlayed] = []
        self.begun: list[BarBegun] = []
        self.folder = folder
        self.ledgers = {name: Ledger(folder / "ledger", name) for name in self.outputs}
        self.slots = {
            name: Slot(name, output, self.ledgers[name], self.states.append, settings.get(name))
            for name, output in self.outputs.items()
        }
        self.synced: list[SyncState] = []
        self.taken: list[BankTaken] = []
        self.player = Player(self.slots, Tape(folder / "tape"), self.clock, self._hear, leaders)
        self.player.tend()

    def _hear(self, news: BarBegun | BarPlayed | SyncState | BankTaken) -> None:
        match news:
            case BarBegun():
                self.begun.append(news)
            case BarPlayed():
                self.bars.append(news)
            case SyncState():
                self.synced.append(news)
            case BankTaken():
                self.taken.append(news)

    @property
    def output(self) -> RecordingOutput:
        return self.outputs["main"]

    def tell(self, *messages: Any) -> None:
        for message in messages:
            self.player.handle(message)

    def play(self, bars: int) -> None:
        """Play until that many more bars have gone out."""
        wanted = len(self.bars) + bars
        while len(self.bars) < wanted:
            assert self.player.deadline() is not None, "there is nothing to play"
            self.clock.time = max(self.clock.time, self.player.due)
            self.player.advance()
            self.player.tend()

    def events(self) -> list[tuple[float, int, int]]:
        """Seconds since the start, status and first data byte of every note and program that was sent."""
        return [(round(at - 1000.0, 6), data[0], data[1]) for at, data in self.output.sent]


class RealPlayer:
    """The real process, spoken to over its socket."""

    def __init__(
        self,
        folder: Path,
        slots: Mapping[str, Mapping[str, Any]],
        sync: Mapping[str, Any] | None = None,
        **environment: str,
    ) -> None:
        ours, theirs = socket.socketpair()
        self.socket = ours
        self.heard: list[FromPlayer] = []
        self._pending = b""
        self.process = subprocess.Popen(
            [sys.executable, "-m", "reverie.play.worker", "--fd", str(theirs.fileno())],
            pass_fds=[theirs.fileno()],
            stderr=subprocess.PIPE,
            start_new_session=True,  # as the supervisor does
            env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)} | environment,
        )
        theirs.close()
        self.tell(Setup(slots, str(folder / "ledger"), str(folder / "tape"), sync or {}))

    def tell(self, *messages: ToPlayer | Ping) -> None:
        for message in messages:
            self.socket.sendall(encode(to_message(message)))

    def hear(self, kind: type[T], wanted: Callable[[T], bool] = lambda _: True, seconds: float = PATIENCE) -> T:
        """Read until a message of a kind has come that is as wanted."""
        limit = time.monotonic() + seconds
        seen = 0
        while True:
            for value in self.heard[seen:]:
                if isinstance(value, kind) and wanted(value):
                    return value
            seen = len(self.heard)
            assert select.select([self.socket], [], [], max(limit - time.monotonic(), 0))[0], (
                f"no {kind.__name__} as wanted among {self.heard[-5:]}"
            )
            data = self.socket.recv(1 << 16)
            assert data, f"the player left: {self.errors()}"
            *lines, self._pending = (self._pending + data).split(b"\n")
            self.heard += [from_message(FromPlayer | Pong, decode(line)) for line in lines]  # type: ignore[misc]

    def errors(self) -> str:
        assert self.process.stderr is not None
        return self.process.stderr.read().decode()

    def kill(self) -> None:
        """Kill the process and its children, as the supervisor does."""
        os.killpg(self.process.pid, signal.SIGKILL)

    def end(self) -> None:
        self.socket.close()
        if self.process.poll() is None:
            self.kill()
        self.process.wait()
        if self.process.stderr is not None:
            self.process.stderr.close()
