"""A scene made of the tape: passages that have sounded already, as patterns that need no model and no composer."""

from __future__ import annotations

import importlib
import io
import logging
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from reverie.documents.writer import write_text
from reverie.files import read_file, write_atomically
from reverie.music.general_midi import DRUM_CHANNEL
from reverie.music.midi_file import ConductorTrack, Track, midi_bytes, note_events
from reverie.music.notes import Note
from reverie.music.time import TICKS_PER_QUARTER, Metre

log = logging.getLogger(__name__)

BARS = 16
"""Bars of a passage: as many as a pattern may have."""
FULL = 0.9
"""The share of a passage's bars in which a note begins, at least."""
MOST_VOICES = 16
LARGEST = 32_000_000
"""Bytes of an hour's file."""
_SLOWEST, _FASTEST = 20.0, 300.0

ValueT = TypeVar("ValueT")
_mido: Any = importlib.import_module("mido")  # it has no types


@dataclass(frozen=True, slots=True)
class TapedVoice:
    """What one voice played in a passage; notes in ticks from its beginning."""

    slot: str
    channel: int
    program: int | None
    notes: tuple[Note, ...]


@dataclass(frozen=True, slots=True)
class TapedPassage:
    """Some bars as they were played."""

    qpm: float
    metre: Metre
    voices: tuple[TapedVoice, ...]


@dataclass(frozen=True, slots=True)
class _Take:
    """A track of the tape: whose notes, at which device, and with which programs from which tick on."""

    slot: str
    channel: int
    programs: tuple[tuple[int, int], ...]
    notes: tuple[Note, ...]

    def within(self, start: int, end: int) -> TapedVoice | None:
        """What begins between two ticks; what sounds on ends with the passage."""
        notes = [note for note in self.notes if start <= note.start < end]
        cut = tuple(
            Note(note.start - start, min(note.length, end - note.start), note.pitch, note.velocity) for note in notes
        )
        program = next((program for at, program in reversed(self.programs) if at <= start), None)
        return TapedVoice(self.slot, self.channel, program, cut) if cut else None


def taped_passages(folder: Path, files: int = 24) -> tuple[TapedPassage, ...]:
    """The passages of the latest hour on the tape that has any; of as many ``files`` at most. None is no error."""
    try:
        hours = sorted(folder.glob("*.mid"), reverse=True)[:files]
    except OSError:
        return ()
    for hour in hours:
        try:
            if passages := tuple(passages_of(read_file(hour, LARGEST))):
                return passages
        except Exception as error:  # noqa: BLE001 - whatever a damaged file makes of mido, safe mode must begin
            log.warning("%s cannot be read (%r), and another hour of the tape is taken.", hour, error)
    return ()


def passages_of(data: bytes) -> Iterator[TapedPassage]:
    """Passages of an hour's file in which hardly a bar is empty, one after the other.

    Raises:
        Exception: whatever mido makes of a file that is no Standard MIDI File, or damaged.
    """
    file = _mido.MidiFile(file=io.BytesIO(data), charset="utf-8")
    scale = TICKS_PER_QUARTER / int(file.ticks_per_beat)
    tracks = [[*_timed(track, scale)] for track in file.tracks]
    tempos = [(at, _mido.tempo2bpm(one.tempo)) for one, at in _all(tracks, "set_tempo")] or [(0, 120.0)]
    metres = [(at, Metre(one.numerator, one.denominator)) for one, at in _all(tracks, "time_signature")]
    takes = [take for take in map(_take, tracks) if take is not None]
    end = max((take.notes[-1].start for take in takes), default=0)
    start = 0
    while start < end:
        metre = _latest(metres, start, Metre())
        length = BARS * metre.bar_ticks
        voices = tuple(voice for take in takes if (voice := take.within(start, start + length)))
        begun = {note.start // metre.bar_ticks for voice in voices for note in voice.notes}
        steady = not any(start < at < start + length for at, _ in metres)
        qpm = _latest(tempos, start, 120.0)
        if steady and len(begun) >= FULL * BARS and _SLOWEST <= qpm <= _FASTEST:
            yield TapedPassage(qpm, metre, voices[:MOST_VOICES])
        start += length


def write_taped_scene(passage: TapedPassage, folder: Path, name: str) -> Path:
    """Write the scene's file, and beside it the MIDI file of its patterns; the scene's file.

    Raises:
        OSError: if it cannot be written.
    """
    end = BARS * passage.metre.bar_ticks
    names = [f"voice-{number}" for number, _ in enumerate(passage.voices, 1)]
    tracks = [
        Track(track, note_events(_apart(voice.notes), voice.channel))
        for track, voice in zip(names, passage.voices, strict=True)
    ]
    folder.mkdir(parents=True, exist_ok=True)
    conductor = ConductorTrack(((0, passage.qpm),), ((0, passage.metre),))
    write_atomically(folder / f"{name}.mid", midi_bytes(tracks, conductor, end))
    scene = {
        "name": name,
        "title": "What has been played before",
        "tempo": round(passage.qpm, 3),
        "metre": str(passage.metre),
        "key": "C",
        "scale": "chromatic",
        "touch": "off",
        "voices": {
            track: _voice(voice, f"{name}.mid", track) for track, voice in zip(names, passage.voices, strict=True)
        },
    }
    path = folder / f"{name}.yaml"
    write_atomically(path, write_text(scene).encode())
    return path


def _voice(voice: TapedVoice, file: str, track: str) -> dict[str, Any]:
    output: dict[str, Any] = {"channel": voice.channel}
    if voice.slot:
        output["slot"] = voice.slot
    if voice.program is not None:
        output["program"] = voice.program
    kind = "drums" if voice.channel == DRUM_CHANNEL else "melody"
    return {"kind": kind, "bars": BARS, "pattern": {"file": file, "track": track, "bars": BARS}, "output": output}


def _apart(notes: Sequence[Note]) -> Iterator[Note]:
    """Each note ends where the next of its pitch begins; of those that begin together, the first counts."""
    last: dict[int, Note] = {}
    for note in sorted(notes):
        before = last.get(note.pitch)
        if before is not None and before.start < note.start:
            yield Note(before.start, min(before.length, note.start - before.start), before.pitch, before.velocity)
        if before is None or before.start < note.start:
            last[note.pitch] = note
    yield from last.values()


def _take(messages: Sequence[tuple[Any, int]]) -> _Take | None:
    """A track with notes, on the channel of most of them."""
    slot, programs, done = "", list[tuple[int, int]](), list[tuple[int, Note]]()
    sounding: dict[tuple[int, int], tuple[int, int]] = {}
    for message, at in messages:
        match message.type:
            case "device_name":
                slot = str(message.name)
            case "program_change":
                programs.append((at, int(message.program)))
            case "note_on" if message.velocity:
                sounding[message.channel, message.note] = at, int(message.velocity)
            case "note_on" | "note_off":
                if (begun := sounding.pop((message.channel, message.note), None)) is not None:
                    note = Note(begun[0], max(at - begun[0], 1), int(message.note), begun[1])
                    done.append((int(message.channel), note))
            case _:
                pass
    if not done:
        return None
    channel = Counter(channel for channel, _ in done).most_common(1)[0][0]
    notes = tuple(sorted(note for one, note in done if one == channel))
    return _Take(slot, channel + 1, tuple(programs), notes)


def _timed(track: Any, scale: float) -> Iterator[tuple[Any, int]]:
    tick = 0
    for message in track:
        tick += int(message.time)
        yield message, round(tick * scale)


def _all(tracks: Sequence[Sequence[tuple[Any, int]]], kind: str) -> list[tuple[Any, int]]:
    return [(message, at) for track in tracks for message, at in track if message.type == kind]


def _latest(told: Sequence[tuple[int, ValueT]], tick: int, otherwise: ValueT) -> ValueT:
    return next((value for at, value in reversed(told) if at <= tick), otherwise)
