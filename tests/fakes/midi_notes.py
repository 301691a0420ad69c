"""The notes in Standard MIDI Files, whoever wrote them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import mido


@dataclass(frozen=True, slots=True)
class Started:
    """A note that starts ``at`` seconds, to the microsecond; channels count from 1, as people count them."""

    at: float
    channel: int
    pitch: int


def started(*paths: Path) -> list[Started]:
    """All notes of files of which each goes on where the one before it ends, in the order in which they start."""
    notes: list[Started] = []
    now = 0.0
    for path in paths:
        for message in mido.MidiFile(path):
            now += message.time
            if message.type == "note_on" and message.velocity:
                notes.append(Started(round(now, 6), message.channel + 1, message.note))
    return notes


def channels(*paths: Path) -> dict[str, set[int]]:
    """The channels on which each track starts notes, of those that start any."""
    found: dict[str, set[int]] = {}
    for path in paths:
        for track in mido.MidiFile(path).tracks:
            for message in track:
                if message.type == "note_on" and message.velocity:
                    found.setdefault(track.name, set()).add(message.channel + 1)
    return found
