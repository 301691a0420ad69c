"""Following a MIDI clock that arrives at a MIDI input."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from reverie.midi.input import MidiInputProcess
from reverie.play.sync.follower import ClockFollower
from reverie.play.sync.leader import Position


class MidiClock:
    """Whoever sends MIDI clock to one of our inputs, for the player.

    Args:
        port: By what the input is known: ``match`` or ``device``, and ``api``.
    """

    def __init__(self, port: Mapping[str, Any]) -> None:
        self._ears = MidiInputProcess(port)
        self._follower = ClockFollower()
        self._up = False
        self._ticks = False

    @property
    def description(self) -> str:
        """Which input is listened to."""
        return self._ears.description

    @property
    def playing(self) -> bool | None:
        """What the leader last said; None before it has, and while its clock does not tick or its port is gone.

        Who says stop and is then switched off stops nothing: nobody would be there to start the music again.
        """
        return self._follower.playing if self._up and self._ticks else None

    def position(self, now: float) -> Position | None:
        """Where the leader is; None while it sends no clock."""
        return self._follower.position(now)

    def announce(self, now: float, tick: float, seconds_per_tick: float, *, playing: bool) -> None:
        """Whoever sends clock does not listen to ours here: that is a slot's matter."""

    def waits_for(self) -> Sequence[int]:
        """The descriptor of the MIDI input."""
        return (self._ears.fileno(),)

    def poll(self, now: float) -> None:
        """Take in what has arrived; what a port said before it went counts no more when it returns."""
        heard = self._ears.receive()
        if self._ears.up != self._up:
            self._up = self._ears.up
            self._follower = ClockFollower()
        for one in heard:
            self._follower.hear(one.time, one.message)
        self._ticks = self._follower.position(now) is not None

    def close(self) -> None:
        """Let go of the port."""
        self._ears.close()
