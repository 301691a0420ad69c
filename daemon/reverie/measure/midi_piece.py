"""A Standard MIDI File as a piece: Reverie's own, or anybody's."""

from __future__ import annotations

import importlib
import io
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, TypeVar

from reverie.measure.piece import MeasuredBar, MeasuredVoice, Piece, Role, SoundedNote, placed
from reverie.music.midi_file import MICROSECONDS
from reverie.music.time import TICKS_PER_QUARTER, Metre

_DRUMS = 9  # the channel, from 0
_CHORDS = 1.5
"""Notes that a voice strikes together on average, from which on it plays chords."""
_FAR = 7
"""Semitones by which the lowest of several voices lies below the next, to be their bass without being called so."""

_mido: Any = importlib.import_module("mido")  # it has no types

T = TypeVar("T")
Markers = tuple[tuple[int, str], ...]
"""Texts of a file that stand at a moment, each with its tick."""


MOST_BARS = 100_000
"""Bars of a file that is measured: two days of music."""


class NoMidiError(ValueError):
    """The bytes are no Standard MIDI File, or one without music."""


@dataclass(slots=True)
class _Read:
    """What a file has, in ticks of 480 a quarter."""

    tempos: list[tuple[int, float]] = field(default_factory=list[tuple[int, float]])
    metres: list[tuple[int, Metre]] = field(default_factory=list[tuple[int, Metre]])
    markers: list[tuple[int, str]] = field(default_factory=list[tuple[int, str]])
    voices: dict[str, list[SoundedNote]] = field(default_factory=dict[str, list[SoundedNote]])
    drums: set[str] = field(default_factory=set[str])
    end: int = 0


def piece_of_midi(data: bytes, title: str, roles: Mapping[str, Role] | None = None) -> tuple[Piece, Markers]:
    """The piece in a file, and its markers, which may be chords.

    Each track, or each channel of a track, is a voice. Channel 10 plays drums; what is called bass is the bass, or
    else the lowest of several voices; what mostly strikes several notes together plays chords. ``roles`` say otherwise.

    Raises:
        NoMidiError: if it is no MIDI file, or has no note.
    """
    read = _read(data)
    if not read.voices:
        raise NoMidiError("it has no note")
    bars = tuple(islice(_bars(read.metres, read.end), MOST_BARS + 1))
    if len(bars) > MOST_BARS:
        raise NoMidiError(f"it is longer than {MOST_BARS:,} bars")
    known: dict[str, Role] = {**_roles(read), **(roles or {})}
    voices = tuple(MeasuredVoice(name, known[name], placed(notes, bars)) for name, notes in read.voices.items())
    piece = Piece(title, bars, voices, tempos=tuple(read.tempos))
    return piece, tuple(sorted(read.markers))


def _read(data: bytes) -> _Read:
    try:
        file = _mido.MidiFile(file=io.BytesIO(data), clip=True)
    except (OSError, EOFError, ValueError, KeyError, IndexError, _mido.KeySignatureError) as error:
        raise NoMidiError(f"it is no Standard MIDI File ({str(error) or 'it ends too soon'})") from error
    if file.ticks_per_beat <= 0:
        raise NoMidiError("its time is not in quarters")
    read = _Read()
    for number, track in enumerate(file.tracks):
        _read_track(read, track, TICKS_PER_QUARTER / file.ticks_per_beat, f"track {number + 1}")
    read.tempos = _begun(sorted(read.tempos), 120.0)
    read.metres = _begun(sorted(read.metres, key=lambda one: one[0]), Metre())
    return read


def _read_track(read: _Read, track: Any, scale: float, unnamed: str) -> None:
    now = 0
    name = str(track.name).strip() or unnamed
    channels = {message.channel for message in track if message.type == "note_on"}
    opened: dict[tuple[int, int], list[tuple[int, int]]] = defaultdict(list)
    for message in track:
        now += message.time
        tick = round(now * scale)
        if message.type == "set_tempo":
            read.tempos.append((tick, MICROSECONDS / max(message.tempo, 1)))
        elif message.type == "time_signature":
            read.metres.append((tick, _metre(message)))
        elif message.type in {"marker", "text", "lyrics"}:
            read.markers.append((tick, str(message.text)))
        elif message.type in {"note_on", "note_off"}:
            voice = name if len(channels) == 1 else f"{name}, channel {message.channel + 1}"
            key = (message.channel, message.note)
            if opened[key]:
                start, velocity = opened[key].pop()
                note = SoundedNote(start, max(tick, start + 1), message.note, velocity)
                read.voices.setdefault(voice, []).append(note)
                read.end = max(read.end, note.end)
            if message.type == "note_on" and message.velocity:
                opened[key].append((tick, message.velocity))
                if message.channel == _DRUMS:
                    read.drums.add(voice)
    read.end = max(read.end, round(now * scale))


def _metre(message: Any) -> Metre:
    try:
        return Metre(message.numerator, message.denominator)
    except ValueError as error:
        raise NoMidiError(f"its metre cannot be measured: {error}") from error


def _begun(found: list[tuple[int, T]], otherwise: T) -> list[tuple[int, T]]:
    return found if found and found[0][0] == 0 else [(0, otherwise), *found]


def _bars(metres: Iterable[tuple[int, Metre]], end: int) -> Iterable[MeasuredBar]:
    changes = dict(metres)
    tick, metre = 0, Metre()
    while tick < end:
        # A metre that changes within a bar holds from the next bar line on.
        metre = next((changes[at] for at in sorted(changes, reverse=True) if at <= tick), metre)
        yield MeasuredBar(tick, metre.bar_ticks, metre.strong)
        tick += metre.bar_ticks


def _roles(read: _Read) -> dict[str, Role]:
    roles: dict[str, Role] = {
        name: "drums" if name in read.drums else _role(name, notes) for name, notes in read.voices.items()
    }
    pitched = [name for name, role in roles.items() if role != "drums"]
    if "bass" not in roles.values() and len(pitched) > 1:
        lowest, second = sorted(pitched, key=lambda name: _mean_pitch(read.voices[name]))[:2]
        if _mean_pitch(read.voices[second]) - _mean_pitch(read.voices[lowest]) >= _FAR:
            roles[lowest] = "bass"
    return roles


def _role(name: str, notes: list[SoundedNote]) -> Role:
    if "bass" in name.lower():
        return "bass"
    return "chords" if len(notes) >= _CHORDS * len({note.start for note in notes}) else "melody"


def _mean_pitch(notes: list[SoundedNote]) -> float:
    return sum(note.pitch for note in notes) / len(notes)
