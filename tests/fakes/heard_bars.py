"""What has arrived at a port with MIDI clock, bar by bar: the clock says where each note is, however late it came."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fakes.daemon import Daemon
from fakes.jack import Receiver, wait_until

SCENE = """
name: study
title: A study in keeping
tempo: 240
metre: 4/4
key: D
scale: dorian
seed: 3
touch: off
voices:
  beat:
    kind: drums
    model: drum_kit
    bars: 1
    evolve: {hold: 1, then: [continue, mutate]}
    density: [1, 32]
    output: {slot: main, channel: 10, velocity: [40, 120]}
  lead:
    kind: melody
    model: attention_rnn
    primer: "D4 - - - F4 - A4 - G4 - - - E4 - - -"
    register: [C4, C6]
    bars: 2
    evolve: {hold: 300, then: [continue, mutate, reset]}
    density: [1, 16]
    output: {slot: main, channel: 1, velocity: [40, 120]}
"""
"""A bar a second. The melody holds its loop for ten minutes, so that nothing changes it but people."""
TURN = 2
"""Bars of the melody's loop."""
SLOTS = {"main": {"kind": "port", "match": "^synth:", "api": "jack", "clock": True}}

PER_SIXTEENTH = 6
"""Clock ticks."""
START, TICK, POSITION, NOTE_ON = 0xFA, 0xF8, 0xF2, 0x90

HeardNote = tuple[int, int, int]
"""Sixteenth in its bar, pitch, velocity."""
Loop = tuple[tuple[HeardNote, ...], ...]
"""By bar."""


def heard_bars(receiver: Receiver, channel: int, sixteenths: int = 16) -> dict[int, tuple[HeardNote, ...]]:
    """The notes of a channel (from 1) in each bar of the song that is over, from 0 on; bars without notes are empty."""
    ticks = 0
    found: dict[int, list[HeardNote]] = {}
    for message in [*receiver.messages]:
        if message[0] == START:
            ticks, found = 0, {}
        elif message[0] == POSITION:
            ticks = (message[1] | message[2] << 7) * PER_SIXTEENTH
        elif message[0] == TICK:
            ticks += 1
        elif message[0] == NOTE_ON | channel - 1 and message[2]:
            # Of what is due together either may come first; notes are on the grid of sixteenths.
            bar, place = divmod(round((ticks - 0.5) / PER_SIXTEENTH), sixteenths)
            found.setdefault(bar, []).append((place, message[1], message[2]))
    over = ticks // (PER_SIXTEENTH * sixteenths)
    return {bar: tuple(sorted(found.get(bar, []))) for bar in range(over)}


class Listener:
    """Who stands at the receiving port of a voice `lead`, whose loops are so many bars, and knows where turns begin."""

    def __init__(self, daemon: Daemon, synth: Receiver, bars: int, channel: int = 1) -> None:
        self.daemon = daemon
        self.synth = synth
        self.bars = bars
        self.channel = channel
        self.first = 0
        self.recipe = ""

    def heard(self) -> dict[int, tuple[HeardNote, ...]]:
        return heard_bars(self.synth, self.channel)

    def settle(self) -> Loop:
        """Once the melody has composed its first loop and played it twice: that loop."""
        wait_until(self.daemon.answers)
        wait_until(lambda: (self.told() or {}).get("operator"), 90)  # loops are composed ahead: this is the next one
        told = self.told()
        assert told
        self.recipe = str(told["recipe"])
        self.first = int(told["from_bar"]) - 1
        # A composer that came late on a busy machine has placed it many bars ahead.
        wait_until(lambda: len(self.heard()) > self.first + 2 * self.bars, 90)
        return self.turn(self.first)

    def told(self) -> Mapping[str, Any] | None:
        return self.daemon.status()["loops"].get("lead")

    def turn(self, bar: int) -> Loop:
        bars = self.heard()
        return tuple(bars[bar + one] for one in range(self.bars))

    def changed(self, before: Loop) -> Loop:
        """Wait until another loop is heard, from the first bar of a turn on, and over and over: that loop.

        A loop that was left or entered in its midst would be a turn of its own, which is heard once.
        """
        begun = len(self.heard()) - self.bars
        begun -= (begun - self.first) % self.bars
        while (after := self._later(begun + self.bars)) == before:
            begun += self.bars
            assert begun < self.first + 500, "nothing has changed"
        assert self._later(begun) == before
        assert self._later(begun + 2 * self.bars) == after
        return after

    def _later(self, bar: int) -> Loop:
        wait_until(lambda: len(self.heard()) >= bar + self.bars)
        return self.turn(bar)
