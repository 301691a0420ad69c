"""What a daemon that has left wrote onto its tape, bar by bar."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import mido

from fakes.daemon import STUDY

BAR = 1920  # ticks in 4/4
VOICES = ("beat", "bass", "lead")
EVERY_BAR = STUDY.replace("bars: 2", "bars: 1").replace("density: [0.5,", "density: [1,")
"""The study, in which every voice must have a note in every bar."""


@dataclass
class Tape:
    """One life's bars: how many notes each part starts in each, and the notes and tempos themselves."""

    bars: list[Counter[str]] = field(default_factory=list[Counter[str]])
    notes: Counter[tuple[int, int]] = field(default_factory=Counter[tuple[int, int]])
    tempos: list[tuple[int, float]] = field(default_factory=list[tuple[int, float]])

    def gaps(self) -> list[tuple[int, str]]:
        """Bar and voice wherever a voice of EVERY_BAR has no note; in the last bar the daemon was stopped."""
        return [(number, voice) for number, bar in enumerate(self.bars[:-1]) for voice in VOICES if not bar[voice]]


def read_tape(state: Path) -> Tape:
    """Everything in the tape of a state folder, whose hours follow each other; all of it in 4/4 and from one player."""
    tape = Tape()
    for path in sorted((state / "tape").glob("*.mid")):
        _read_hour(tape, mido.MidiFile(path))
    return tape


def _hear_tempo(tape: Tape, tick: int, qpm: float) -> None:
    """Note a change of tempo; each hour's file begins with the tempo that is."""
    if not tape.tempos or tape.tempos[-1][1] != qpm:
        tape.tempos.append((tick, qpm))


def _read_hour(tape: Tape, hour: mido.MidiFile) -> None:
    first = len(tape.bars)
    conductor, *parts = hour.tracks
    length = sum(message.time for message in conductor)
    tape.bars += [Counter() for _ in range(-(-length // BAR))]
    tick = 0
    for message in conductor:
        tick += message.time
        if message.type == "set_tempo":
            _hear_tempo(tape, first * BAR + tick, round(mido.tempo2bpm(message.tempo), 3))
    for part in parts:
        tick = 0
        for message in part:
            tick += message.time
            if message.type == "note_on" and message.velocity:
                tape.bars[first + tick // BAR][part.name] += 1
                tape.notes[message.channel, message.note] += 1
