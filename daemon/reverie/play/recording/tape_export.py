"""Export of the tape: journals of past hours become Standard MIDI Files, outside the player, as it takes long."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from urllib.parse import unquote

from reverie.files import read_file, write_atomically
from reverie.music.midi_file import ConductorTrack, Track, midi_bytes
from reverie.music.time import Metre
from reverie.play.recording.tape import LARGEST, SUFFIX, journal_name, journals

log = logging.getLogger(__name__)

NOTE_OFF, NOTE_ON = 0x80, 0x90
SETTLED = 120.0  # seconds: longer than the longest bar
BROKEN = ".broken"
_SLOWEST, _FASTEST = 4.0, 1000.0  # quarters a minute; below 3.6 a file has no number for it
_LATEST = 0x0FFFFFFF  # ticks: the longest time that a file can say at once
_DATA = 0x80  # data bytes are less
_LENGTHS = {0x80: 3, 0x90: 3, 0xB0: 3, 0xC0: 2}


_Key = tuple[str, str]
"""A track: a part, and the slot by which its notes go out."""


@dataclass(slots=True)
class _Struck:
    """A note that sounds, or ended at the tick at which it was struck: where its start stands, and its velocity."""

    track: _Key
    number: int
    at: int
    velocity: int
    over: bool = False


@dataclass(slots=True)
class _Recording:
    """What a journal says, while it is read; ticks count from its first.

    Every note gets a length: one that was struck once more at its very tick is one note with that, and one that ended
    there, because it was muted or the music was given up, lasts for a tick.
    """

    start: int | None = None
    end: int = 0
    tempos: dict[int, float] = field(default_factory=dict[int, float])
    metres: dict[int, Metre] = field(default_factory=dict[int, Metre])
    markers: list[tuple[int, str]] = field(default_factory=list[tuple[int, str]])
    scene: str = ""
    slots: dict[str, str] = field(default_factory=dict[str, str])
    events: dict[_Key, list[tuple[int, bytes]]] = field(default_factory=dict[_Key, list[tuple[int, bytes]]])
    texts: dict[_Key, list[tuple[int, str]]] = field(default_factory=dict[_Key, list[tuple[int, str]]])
    sounding: dict[tuple[str, int, int], _Struck] = field(default_factory=dict[tuple[str, int, int], _Struck])

    def read(self, line: str) -> None:
        """Take in one line.

        Raises:
            ValueError: if it is damaged.
        """
        kind, tick, rest = line.split(" ", 2)
        at = int(tick) - (int(tick) if self.start is None else self.start)
        if not 0 <= at <= _LATEST:
            raise ValueError(f"a tick out of the journal's bounds: {line!r}")
        match kind:
            case "L":
                self._silence(at)
                self.markers.append((at, f"life {rest}"))
            case "H":  # the clock was set back to this hour: what sounded when it was left has ended in another file
                self._silence(min(at, self.end))
            case "B":
                qpm, metre, scene = rest.split(" ", 2)
                self._bar(at, float(qpm), Metre.parse(metre), scene)
            case "C" | "S":
                self.markers.append((at, rest))
            case "P":
                recipe, part = rest.split(" ", 1)
                self.texts.setdefault(self._track(part), []).append((at, f"recipe {recipe}"))
            case "O":
                slot, part = rest.split(" ", 1)
                self.slots[part] = unquote(slot)
            case "E":
                message, part, *_ = rest.split(" ")
                self._event(at, bytes.fromhex(message), part)
            case _:
                raise ValueError(f"a line of no kind: {line!r}")
        self.start = int(tick) if self.start is None else self.start
        self.end = max(self.end, at)

    def _bar(self, at: int, qpm: float, metre: Metre, scene: str) -> None:
        if not _SLOWEST <= qpm <= _FASTEST:
            raise ValueError(f"no tempo: {qpm}")
        if next(reversed(self.tempos.values()), None) != qpm:
            self.tempos[at] = qpm
        if next(reversed(self.metres.values()), None) != metre:
            self.metres[at] = metre
        if scene != self.scene:
            self.scene = scene
            self.markers.append((at, scene))
        self.end = max(self.end, at + metre.bar_ticks)

    def _event(self, at: int, message: bytes, part: str) -> None:
        status, channel = message[0] & 0xF0, message[0] & 0x0F
        if _LENGTHS.get(status) != len(message) or max(message[1:]) >= _DATA:
            raise ValueError(f"no message that the player sends: {message.hex()}")
        if status not in {NOTE_ON, NOTE_OFF}:
            self.events.setdefault(self._track(part), []).append((at, message))
            return
        key = (part, channel, message[1])
        struck = self.sounding.get(key)
        if status == NOTE_ON:
            self._strike(key, at, message)
        elif struck is not None and struck.at == at:
            struck.over = True  # unless it is struck once more, it ends a tick later
        elif struck is not None:  # else it began in the hour before, and ended there
            self._end(key, at)

    def _strike(self, key: tuple[str, int, int], at: int, message: bytes) -> None:
        struck = self.sounding.get(key)
        if struck is not None and struck.at == at:
            struck.over, struck.velocity = False, max(struck.velocity, message[2])
            self.events[struck.track][struck.number] = at, message[:2] + bytes((struck.velocity,))
            return
        if struck is not None:  # its end was lost, with a disk that was full or a line that is damaged
            self._end(key, at)
        track = self._track(key[0])
        events = self.events.setdefault(track, [])
        self.sounding[key] = _Struck(track, len(events), at, message[2])
        events.append((at, message))

    def _end(self, key: tuple[str, int, int], at: int) -> None:
        """End a note at a tick, or where it has ended already."""
        struck, (_, channel, pitch) = self.sounding.pop(key), key
        end = struck.at + 1 if struck.over else max(at, struck.at + 1)
        self.events[struck.track].append((end, bytes((NOTE_OFF | channel, pitch, 0))))

    def _track(self, part: str) -> _Key:
        return part, self.slots.get(part, "")

    def _silence(self, at: int) -> None:
        """End what still sounds: the life, or the hour, is over.

        What was struck in its last tick begins a tick earlier: a note of the next life may be struck where it ends.
        """
        for key, struck in tuple(self.sounding.items()):
            if 0 < struck.at == at:
                events = self.events[struck.track]
                struck.at, struck.over = at - 1, False
                events[struck.number] = struck.at, events[struck.number][1]
            self._end(key, at)

    def midi(self) -> bytes:
        """The whole as a file."""
        self._silence(self.end)
        conductor = ConductorTrack(tuple(self.tempos.items()), tuple(self.metres.items()), tuple(self.markers))
        keys = sorted(self.events.keys() | self.texts.keys())
        ports = {slot: number for number, slot in enumerate(sorted({slot for _, slot in keys}))}
        tracks = [
            Track(
                part,
                tuple(_well_formed(self.events.get((part, slot), ()), self.end)),
                tuple(self.texts.get((part, slot), ())),
                slot,
                ports[slot],
            )
            for part, slot in keys
        ]
        return midi_bytes(tracks, conductor, self.end)


def _well_formed(events: Iterable[tuple[int, bytes]], end: int) -> Iterator[tuple[int, bytes]]:
    """The events in the order of time, each note with one end, also where damaged lines let ticks run backwards."""
    sounding: dict[bytes, int] = {}
    for at, message in sorted(events, key=_order):
        status, note = message[0] & 0xF0, bytes((message[0] & 0x0F, message[1]))
        if status == NOTE_OFF and sounding.pop(note, None) is None:
            continue
        if status == NOTE_ON:
            if note in sounding:
                yield at, bytes((NOTE_OFF | note[0], note[1], 0))
            sounding[note] = at
        yield at, message
    for (channel, pitch), at in sounding.items():
        yield max(end, at), bytes((NOTE_OFF | channel, pitch, 0))


def _order(event: tuple[int, bytes]) -> tuple[int, bool]:
    """By their ticks; at one tick what ends comes first, and the rest as it was sent."""
    return event[0], event[1][0] & 0xF0 != NOTE_OFF


def _lines(journal: Path) -> Iterator[str]:
    text = read_file(journal, LARGEST).decode("utf-8", errors="replace")
    yield from text[: text.rfind("\n") + 1].split("\n")  # what follows the last line's end is torn


def seal(journal: Path) -> Path:
    """Write the journal's Standard MIDI File beside it, and delete the journal; returns the file.

    Damaged lines are left out. A file that is already there, because a clock was set back, is not replaced. A journal
    that comes to no file in spite of that is set aside for whoever can mend the program, and returned as it is.

    Raises:
        OSError: if the folder cannot be read or written; the journal is then still there.
    """
    recording = _Recording()
    for line in _lines(journal):
        try:
            recording.read(line)
        except (ValueError, IndexError):
            continue
    try:
        data = recording.midi()
    except Exception:
        aside = journal.with_name(journal.name + BROKEN)
        log.exception("The journal %s cannot be made a MIDI file; it is kept as %s.", journal, aside.name)
        return journal.rename(aside)
    number = 1
    while True:
        name = journal.name.removesuffix(SUFFIX) + ("" if number == 1 else f".{number}") + ".mid"
        path = journal.with_name(name)
        if not os.path.lexists(path) or _is(path, data):
            break
        number += 1
    write_atomically(path, data)
    journal.unlink()
    return path


def _is(path: Path, data: bytes) -> bool:
    try:
        return read_file(path, len(data)) == data
    except OSError:
        return False


def seal_all(folder: Path, now: datetime | None) -> list[Path]:
    """Export every journal whose hour is over and which nobody writes any more; returns the files.

    Without ``now`` every journal is finished, since no player writes any more.

    The bar in which an hour ends still belongs to it, so a journal is written to for a while after its hour. One that
    cannot be exported now does not hold up the others.

    Raises:
        OSError: if the folder or a journal cannot be read or written: the first of such errors, after all was tried.
    """
    files: list[Path] = []
    errors: list[OSError] = []
    for journal in journals(folder):
        try:
            if now is None or _finished(journal, now.timestamp()):
                files.append(seal(journal))
        except OSError as error:
            errors.append(error)
    if errors:
        raise errors[0]
    return files


def _finished(journal: Path, now: float) -> bool:
    return journal.name != journal_name(now) and abs(now - journal.stat().st_mtime) > SETTLED
