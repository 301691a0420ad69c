"""The notes of a Standard MIDI File that a person made, exactly as they are, or a sentence on why not."""

from __future__ import annotations

import importlib
import io
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from reverie.music.midi_file import NOTE_OFF, NOTE_ON
from reverie.music.notes import Note
from reverie.music.time import TICKS_PER_QUARTER

LARGEST = 256 * 1024
"""Bytes of the largest file: 16 bars of written music have some thousands."""
MOST_NOTES = 10_000
_ENDLESS = "it has a note that never ends"

_mido: Any = importlib.import_module("mido")  # it has no types


@dataclass(frozen=True, slots=True)
class MidiNotes:
    """Notes in ticks of ours, and the time signature with which the file begins, where it has one."""

    notes: tuple[Note, ...]
    metre: tuple[int, int] | None = None


@lru_cache(maxsize=32)
def notes_of_midi(data: bytes, track: int | str | None = None, channel: int | None = None) -> MidiNotes:
    """The notes of a file.

    Args:
        data: the file's bytes.
        track: only of this track: its number from 1, or its name.
        channel: only of this channel, 1 to 16.

    Raises:
        ValueError: if it is no MIDI file, has no such notes, has a note that never ends in the
            track that is meant, or has notes in several tracks and none was named.
    """
    if len(data) > LARGEST:
        raise ValueError(f"it has more than {LARGEST // 1024} KiB")
    try:
        file = _mido.MidiFile(file=io.BytesIO(data))
    except (OSError, EOFError, ValueError, KeyError, IndexError, LookupError, TypeError) as error:
        raise ValueError("it is no Standard MIDI File, or damaged") from error
    per_beat = int(file.ticks_per_beat)
    if not 0 < per_beat < 1 << 15:
        raise ValueError("it counts in frames of film; save it in ticks per quarter note")
    tracks: list[list[Any]] = [list(one) for one in file.tracks]
    names = [str(one.name) for one in file.tracks]
    read = [_notes(messages, channel, TICKS_PER_QUARTER / per_beat) for messages in tracks]
    found = [notes for notes, _ in read]
    if track is None and not any(found) and any(endless for _, endless in read):
        raise ValueError(_ENDLESS)
    chosen = _chosen(found, names, track, channel)
    if read[chosen][1]:
        raise ValueError(_ENDLESS)
    return MidiNotes(found[chosen], _metre(tracks))


def _chosen(found: list[tuple[Note, ...]], names: list[str], track: int | str | None, channel: int | None) -> int:
    sounding = [number for number, notes in enumerate(found) if notes]
    listed = ", ".join(f"{number + 1} ({names[number]})" if names[number] else f"{number + 1}" for number in sounding)
    where = "" if channel is None else f" on channel {channel}"
    if not sounding:
        raise ValueError(f"it has no note{where}")
    if track is None:
        if len(sounding) > 1:
            raise ValueError(f"it has notes{where} in the tracks {listed}; name one as 'track'")
        return sounding[0]
    wanted = track - 1 if isinstance(track, int) else names.index(track) if track in names else -1
    if wanted not in sounding:
        raise ValueError(f"it has no note{where} in a track {track!r}; it has some in {listed}")
    if len(found[wanted]) > MOST_NOTES:
        raise ValueError(f"it has more than {MOST_NOTES} notes")
    return wanted


def _notes(messages: Iterable[Any], channel: int | None, scale: float) -> tuple[tuple[Note, ...], bool]:
    """Notes in order of their starts, and whether there is one more that never ends."""
    tick, done = 0, list[Note]()
    open_notes: dict[tuple[int, int], list[tuple[int, int]]] = {}
    for message in messages:
        tick += int(message.time)
        if message.is_meta or message.type not in {"note_on", "note_off"}:
            continue
        if channel is not None and message.channel != channel - 1:
            continue
        key = message.channel, message.note
        status = NOTE_ON if message.type == "note_on" and message.velocity else NOTE_OFF
        if status == NOTE_ON:
            open_notes.setdefault(key, []).append((tick, message.velocity))
        elif open_notes.get(key):
            start, velocity = open_notes[key].pop(0)
            first, last = round(start * scale), round(tick * scale)
            done.append(Note(first, max(last - first, 1), message.note, velocity))
    return tuple(sorted(done)), any(open_notes.values())


def _metre(tracks: Iterable[Iterable[Any]]) -> tuple[int, int] | None:
    signatures: list[tuple[int, tuple[int, int]]] = []
    for messages in tracks:
        tick = 0
        for message in messages:
            tick += int(message.time)
            if message.type == "time_signature":
                signatures.append((tick, (int(message.numerator), int(message.denominator))))
    if len({metre for _, metre in signatures}) > 1:
        raise ValueError("its time signature changes")
    return signatures[0][1] if signatures else None
