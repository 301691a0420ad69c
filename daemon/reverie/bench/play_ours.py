"""Reverie's own player plays the score: the real process, spoken to as its conductor speaks to it."""

from __future__ import annotations

import contextlib
import socket
import subprocess
import tempfile
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from reverie.bench.play_score import (
    BAR,
    METRE,
    PARTS,
    QPM,
    SETTLING,
    Lateness,
    figures,
    percentiles,
)
from reverie.errors import ReverieError
from reverie.music.time import Tempo
from reverie.play.bar_report import TOO_LATE
from reverie.play.messages import (
    BarPlayed,
    FromPlayer,
    Part,
    Place,
    PlayerReady,
    SetScene,
    Setup,
    SlotState,
    Stop,
    ToPlayer,
)
from reverie.play.outputs.probe import stamps
from reverie.play.sync.clock_out import PULSE
from reverie.processes.children import own_module
from reverie.processes.codec import from_message, to_message
from reverie.processes.wire import decode, encode

_ON, _OFF = 0x90, 0x80
_PULSES = 24
_PATIENCE = 20.0
_SLOT = "probe"
_STEP = BAR / METRE.bar_steps


@dataclass(frozen=True, slots=True)
class PlayResult:
    """What came of it: the far end's figures, the player's own, its clock's, and whether it had real-time priority."""

    realtime: bool
    lateness: Lateness
    figures: dict[str, Any]


def play(bars: int, *, realtime: bool = True) -> PlayResult:
    """Let the player play so many bars to a probe.

    Raises:
        ReverieError: if it does not.
    """
    with tempfile.TemporaryDirectory(prefix="reverie-bench-") as name:
        folder = Path(name)
        with _player(realtime=realtime) as heard_from:
            ready, played = _conduct(*heard_from, folder, bars)
        return _figures(ready, played, tuple(stamps(folder / "stamps")))


@contextlib.contextmanager
def _player(*, realtime: bool) -> Generator[tuple[socket.socket, Iterator[FromPlayer]]]:
    """The process, from its start to its end: our end of its socket, and what it says."""
    ours, theirs = socket.socketpair()
    ours.settimeout(_PATIENCE)
    before = () if realtime else own_module("reverie.bench.ordinary")
    with ours, theirs:
        command = (*before, *own_module("reverie.play.worker", "--fd", str(theirs.fileno())))
        with subprocess.Popen(command, pass_fds=[theirs.fileno()], stdin=subprocess.DEVNULL) as process:
            theirs.close()
            try:
                yield ours, _said(ours)
                _tell(ours, Stop())
                process.wait(_PATIENCE)
            finally:
                process.kill()


def _tell(wire: socket.socket, *messages: ToPlayer) -> None:
    for message in messages:
        wire.sendall(encode(to_message(message)))


def _said(wire: socket.socket) -> Iterator[FromPlayer]:
    """What the player says, until it leaves.

    Raises:
        ReverieError: if it says nothing for too long.
    """
    pending = b""
    try:
        while data := wire.recv(1 << 16):
            *lines, pending = (pending + data).split(b"\n")
            for line in lines:
                yield from_message(FromPlayer, decode(line))
    except TimeoutError as error:
        raise ReverieError("the player says nothing any more; nothing was measured") from error


def _conduct(
    wire: socket.socket, said: Iterator[FromPlayer], folder: Path, bars: int
) -> tuple[PlayerReady, tuple[BarPlayed, ...]]:
    """Set the player up, let it play, and hear what it has to say.

    Raises:
        ReverieError: if it leaves before.
    """
    room = bars * (sum(len(loop.notes) * 2 for loop in PARTS.values()) + _PULSES * METRE.numerator) + 1024
    slot = {"kind": "probe", "file": str(folder / "stamps"), "room": room, "clock": True}
    _tell(wire, Setup({_SLOT: slot}, str(folder / "ledger"), str(folder / "tape")))
    ready: PlayerReady | None = None
    for news in said:
        if isinstance(news, PlayerReady):
            ready = news
        if ready is not None and isinstance(news, SlotState) and news.up:
            break
    parts = tuple(Part(part, _SLOT, channel) for channel, part in enumerate(PARTS, 1))
    _tell(wire, SetScene(1, 0, "bench", METRE, Tempo(QPM), parts))
    _tell(wire, *(Place(1, part, "", 0, bars + 1, loop) for part, loop in PARTS.items()))
    played: list[BarPlayed] = []
    for news in said:
        if isinstance(news, BarPlayed):
            played.append(news)
        if ready is not None and len(played) == bars:
            return ready, tuple(played)
    raise ReverieError("the player left before it had played; the reason stands above")


def _figures(ready: PlayerReady, played: tuple[BarPlayed, ...], stamped: tuple[tuple[float, bytes], ...]) -> PlayResult:
    """Hold what reached the probe against the score.

    Raises:
        ReverieError: if the machine stood still for so long that the player began anew.
    """
    if any(bar.dropped for bar in played):
        raise ReverieError("the machine stood still for a second, and nothing was measured; try again when it is quiet")
    own = [late for bar in played for late in bar.lateness]
    notes = [(at, message[0]) for at, message in stamped if message[0] & 0xF0 in {_ON, _OFF}]
    sent = [(at, late) for (at, status), late in zip(notes, own, strict=False) if status & 0xF0 == _ON]
    skipped = sum(bar.skipped for bar in played)
    measured = far_end(sent, skipped)
    pulses = [at for at, message in stamped if message[0] == PULSE]
    return PlayResult(
        ready.realtime,
        measured,
        {
            **figures(measured),
            "sent": percentiles([late for bar in played[SETTLING:] for late in bar.lateness]),
            "clock": _clock_figures(pulses),
            "late": sum(bar.late for bar in played),
            "skipped": skipped,
        },
    )


def far_end(sent: Sequence[tuple[float, float]], skipped: int = 0) -> Lateness:
    """When notes were due and how late they arrived, of the moment when each did and how late the player sent it.

    The player alone knows when its first note was due. Each note arrived at its due moment, plus how late the player
    knows that it sent it, plus the way; so each tells a beginning and its own way, and the earliest of the beginnings
    has the shortest way in it. What is measured is therefore the way's lateness too, but not its shortest time, of
    some ten microseconds. A note that was not begun, as it was too late, counts as just that late.
    """
    rough = sent[0][0] - sent[0][1]
    rows = [(round((at - late - rough) / _STEP) * _STEP, at, late) for at, late in sent]
    start = min(at - late - due for due, at, late in rows)
    counted = [(due, at - start - due) for due, at, _ in rows if due >= SETTLING * BAR]
    counted += [(counted[-1][0], TOO_LATE)] * skipped
    return Lateness(tuple(due for due, _ in counted), tuple(late for _, late in counted))


def _clock_figures(pulses: Sequence[float]) -> dict[str, Any] | None:
    """How far the intervals of MIDI clock are from what they should be; None where there was no clock."""
    counted = pulses[_PULSES * METRE.numerator * SETTLING :]
    wanted = 60 / QPM / _PULSES
    off = [abs(later - earlier - wanted) for earlier, later in pairwise(counted)]
    return {"intervals": len(off), **percentiles(off)} if off else None
