"""The notes by which a bank is listened to, as a Standard MIDI File."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from reverie.music.midi_file import ConductorTrack, Track, midi_bytes, note_events
from reverie.music.notes import Note
from reverie.music.time import TICKS_PER_QUARTER
from reverie.timbre.bank.zone import variation_at

TICKS = 2 * TICKS_PER_QUARTER
"""A second, at the 120 quarters a minute of a file that says nothing else."""
LONGEST = 2.0
"""Seconds for which a note is held; a looped one has no end of its own."""
GAP = 0.15
TAIL = 1.0
MOST = 24
"""Notes that are played; of more, that many from the lowest to the highest."""


def audition(zones: Sequence[Mapping[str, Any]]) -> bytes:
    """Each sample of a bank in turn (``zones`` are those of its card), from the lowest, and from the softest.

    Cards of older banks name no variations.
    """
    ordered = sorted(zones, key=lambda zone: (zone["pitch"], zone["velocity"], zone.get("variation", 0)))
    if len(ordered) > MOST:
        ordered = [ordered[number * (len(ordered) - 1) // (MOST - 1)] for number in range(MOST)]
    notes: list[Note] = []
    at = 0.0
    for zone in ordered:
        held = LONGEST if zone["loop"] else min(zone["seconds"], LONGEST)
        notes.append(Note(round(at * TICKS), max(1, round(held * TICKS)), zone["pitch"], _velocity(zone)))
        at += held + GAP
    return midi_bytes([Track("bank", note_events(notes, 1))], ConductorTrack(), round((at + TAIL) * TICKS))


def _velocity(zone: Mapping[str, Any]) -> int:
    """The velocity nearest to the one that was rendered at which a soundfont plays this variation."""
    first, last = zone["velocities"]
    variations, own = zone.get("variations", 1), zone.get("variation", 0)
    playing = [velocity for velocity in range(max(1, first), last + 1) if variation_at(velocity, variations) == own]
    return min(playing, key=lambda velocity: abs(velocity - zone["velocity"]), default=zone["velocity"])
