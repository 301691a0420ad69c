"""Standard MIDI Files: type 1, one track a voice behind a conductor track of tempo, metre and markers.

Equal music gives equal bytes, so that a file can be compared, and made again, without opening it.
"""

from __future__ import annotations

import importlib
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from operator import itemgetter
from typing import Any

from reverie.music.notes import Note
from reverie.music.time import TICKS_PER_QUARTER, Metre

NOTE_OFF, NOTE_ON = 0x80, 0x90
MICROSECONDS = 60_000_000
_PORTS = 127

_mido: Any = importlib.import_module("mido")  # it has no types


@dataclass(frozen=True, slots=True)
class Track:
    """One voice: raw MIDI messages and texts, each with its tick from the file's start.

    What stands at one tick keeps its order, behind the texts of that tick. ``device`` is the slot by which its messages
    go out and ``port`` its number: two slots may use the same channel, and are two instruments all the same.
    """

    name: str
    events: tuple[tuple[int, bytes], ...]
    texts: tuple[tuple[int, str], ...] = ()
    device: str = ""
    port: int = 0


@dataclass(frozen=True, slots=True)
class ConductorTrack:
    """What holds for all tracks: quarters per minute, metres and markers, each from a tick on."""

    tempos: tuple[tuple[int, float], ...] = ((0, 120.0),)
    metres: tuple[tuple[int, Metre], ...] = ((0, Metre()),)
    markers: tuple[tuple[int, str], ...] = field(default=())


def note_events(notes: Iterable[Note], channel: int) -> tuple[tuple[int, bytes], ...]:
    """Notes as raw messages on ``channel`` (1 to 16); at one tick, what ends comes before what begins.

    No note may sound into another of its pitch: what voices play is written by the player, which sees to that.
    """
    events: list[tuple[int, bytes]] = []
    for note in notes:
        events.append((note.start, bytes((NOTE_ON | channel - 1, note.pitch, note.velocity))))
        events.append((note.end, bytes((NOTE_OFF | channel - 1, note.pitch, 0))))
    return tuple(sorted(events))  # the status bytes sort note-off before note-on


def midi_bytes(tracks: Sequence[Track], conductor: ConductorTrack, end: int) -> bytes:
    """A Standard MIDI File of ``end`` ticks (a track that goes on for longer ends with its last event)."""
    file = _mido.MidiFile(type=1, ticks_per_beat=TICKS_PER_QUARTER, charset="utf-8")
    file.tracks.append(_conductor_track(conductor, end))
    for track in tracks:
        messages = [(tick, _mido.MetaMessage("text", text=text)) for tick, text in track.texts]
        messages += [(tick, _mido.Message.from_bytes(data)) for tick, data in track.events]
        file.tracks.append(_track(track.name, messages, end, _of_device(track)))
    buffer = io.BytesIO()
    file.save(file=buffer)
    return buffer.getvalue()


def _conductor_track(conductor: ConductorTrack, end: int) -> Any:
    messages: list[tuple[int, Any]] = [
        (
            tick,
            _mido.MetaMessage("time_signature", numerator=metre.numerator, denominator=metre.denominator),
        )
        for tick, metre in conductor.metres
    ]
    messages += [
        (tick, _mido.MetaMessage("set_tempo", tempo=round(MICROSECONDS / qpm))) for tick, qpm in conductor.tempos
    ]
    groups = [(tick, str(metre)) for tick, metre in conductor.metres if metre.groups]  # a time signature has no room
    messages += [(tick, _mido.MetaMessage("marker", text=text)) for tick, text in (*conductor.markers, *groups)]
    return _track("Reverie", messages, end)


def _of_device(track: Track) -> list[Any]:
    """Which device it is for, as files say it: by name (RP-019), and for older programs by the number of a port."""
    if not track.device:
        return []
    return [
        _mido.MetaMessage("device_name", name=track.device),
        _mido.MetaMessage("midi_port", port=min(track.port, _PORTS)),
    ]


def _track(name: str, messages: Iterable[tuple[int, Any]], end: int, device: Iterable[Any] = ()) -> Any:
    track = _mido.MidiTrack([_mido.MetaMessage("track_name", name=name), *device])
    now = 0
    for tick, message in sorted(messages, key=itemgetter(0)):
        track.append(message.copy(time=tick - now))
        now = tick
    track.append(_mido.MetaMessage("end_of_track", time=max(end - now, 0)))
    return track
