"""Compressed MusicXML files as pieces to be measured: what measuring needs of them, by the standard library alone.

Ties make one note. Repeats are not played out, grace notes are left out, and parts are taken as they are written.
Source of the elements and of the kinds of chords: MusicXML 4.0, https://www.w3.org/2021/06/musicxml40/
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from xml.etree import ElementTree as ET

from reverie.measure.piece import (
    MeasuredBar,
    MeasuredVoice,
    Piece,
    Role,
    SoundedChord,
    SoundedNote,
    placed,
)
from reverie.music.time import TICKS_PER_QUARTER, Metre

_STEPS = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
_KINDS: Mapping[str, tuple[int, ...]] = {
    "major": (0, 4, 7),
    "minor": (0, 3, 7),
    "augmented": (0, 4, 8),
    "diminished": (0, 3, 6),
    "dominant": (0, 4, 7, 10),
    "major-seventh": (0, 4, 7, 11),
    "minor-seventh": (0, 3, 7, 10),
    "diminished-seventh": (0, 3, 6, 9),
    "augmented-seventh": (0, 4, 8, 10),
    "half-diminished": (0, 3, 6, 10),
    "major-minor": (0, 3, 7, 11),
    "minor-major": (0, 3, 7, 11),
    "major-sixth": (0, 4, 7, 9),
    "minor-sixth": (0, 3, 7, 9),
    "dominant-ninth": (0, 4, 7, 10, 2),
    "augmented-ninth": (0, 4, 8, 10, 2),
    "major-ninth": (0, 4, 7, 11, 2),
    "minor-ninth": (0, 3, 7, 10, 2),
    "dominant-11th": (0, 4, 7, 10, 2, 5),
    "major-11th": (0, 4, 7, 11, 2, 5),
    "minor-11th": (0, 3, 7, 10, 2, 5),
    "dominant-13th": (0, 4, 7, 10, 2, 5, 9),
    "major-13th": (0, 4, 7, 11, 2, 5, 9),
    "minor-13th": (0, 3, 7, 10, 2, 5, 9),
    "suspended-second": (0, 2, 7),
    "suspended-fourth": (0, 5, 7),
    "maj69": (0, 4, 7, 9, 2),
    "power": (0, 7),
}
_DEGREES = (0, 2, 4, 5, 7, 9, 10)
_LOW, _MIDDLE = 36, 48  # where the bass and the chord of a lead sheet are thought to sound


class NotReadableError(ValueError):
    """A file is no MusicXML that these readers understand."""


@dataclass(frozen=True, slots=True)
class _Symbol:
    """A chord symbol from a tick on: pitch classes."""

    start: int
    name: str
    root: int
    bass: int
    tones: frozenset[int]


@dataclass
class _Part:
    """One part: notes by staff, chords by tick, and its bars."""

    notes: dict[int, list[SoundedNote]] = field(default_factory=dict[int, list[SoundedNote]])
    chords: list[_Symbol] = field(default_factory=list[_Symbol])
    bars: list[MeasuredBar] = field(default_factory=list[MeasuredBar])


def lead_sheet(path: Path) -> Piece:
    """A melody, and chords that sound as long as their symbols hold: their bass, and their tones an octave above it.

    Raises:
        NotReadableError: if it has no chords, or cannot be read.
    """
    part = _parts(path)[0]
    if not part.chords:
        raise NotReadableError("it has no chord symbols")
    end = part.bars[-1].end
    melody = [note for notes in part.notes.values() for note in notes]
    chords, bass, above = list[SoundedChord](), list[SoundedNote](), list[SoundedNote]()
    symbols = sorted(part.chords, key=lambda one: one.start)
    for symbol, after in zip(symbols, [*(one.start for one in symbols[1:]), end], strict=True):
        if after > symbol.start:
            chords.append(SoundedChord(symbol.start, after, symbol.name, symbol.root, symbol.bass, symbol.tones))
            bass.append(SoundedNote(symbol.start, after, _LOW + symbol.bass))
            above += [SoundedNote(symbol.start, after, _MIDDLE + tone) for tone in symbol.tones]
    return _piece(
        path, part.bars, [("bass", "bass", bass), ("chords", "chords", above), ("melody", "melody", melody)], chords
    )


def song(path: Path) -> Piece:
    """A song: the voice, the piano's upper staff, and its lower one, of which the lowest note is the bass.

    Raises:
        NotReadableError: if it is not for one voice and piano, or cannot be read.
    """
    parts = _parts(path)
    if len(parts) != 2 or set(parts[1].notes) != {1, 2}:  # noqa: PLR2004 - voice and piano, with two staves
        raise NotReadableError("it is not for one voice and piano")
    voice, piano = parts
    melody = [note for notes in voice.notes.values() for note in notes]
    rows: list[tuple[str, Role, list[SoundedNote]]] = [
        ("bass", "bass", piano.notes[2]),
        ("chords", "chords", piano.notes[1]),
        ("melody", "melody", melody),
    ]
    return _piece(path, voice.bars, rows)


def quartet(path: Path) -> Piece:
    """A movement for string quartet.

    Raises:
        NotReadableError: if it has not four parts, or cannot be read.
    """
    parts = _parts(path)
    if len(parts) != 4:  # noqa: PLR2004 - a quartet
        raise NotReadableError(f"it has {len(parts)} parts")
    names: tuple[tuple[str, Role], ...] = (
        ("melody", "melody"),
        ("second violin", "chords"),
        ("viola", "chords"),
        ("bass", "bass"),
    )
    rows: list[tuple[str, Role, list[SoundedNote]]] = [
        (name, role, [note for notes in part.notes.values() for note in notes])
        for (name, role), part in zip(names, parts, strict=True)
    ]
    return _piece(path, parts[0].bars, rows)


def _piece(
    path: Path,
    bars: list[MeasuredBar],
    rows: list[tuple[str, Role, list[SoundedNote]]],
    chords: list[SoundedChord] | None = None,
) -> Piece:
    voices = tuple(MeasuredVoice(name, role, placed(notes, bars)) for name, role, notes in rows)
    if not all(voice.notes for voice in voices):
        raise NotReadableError("a part has no notes")
    return Piece(path.stem, tuple(bars), voices, tuple(chords or ()))


def _parts(path: Path) -> list[_Part]:
    try:
        with zipfile.ZipFile(path) as archive:
            name = next(
                one for one in archive.namelist() if one.endswith((".xml", ".musicxml")) and "META-INF" not in one
            )
            root = ET.fromstring(archive.read(name))  # noqa: S314 - data sets of known origin
    except (zipfile.BadZipFile, StopIteration, ET.ParseError) as error:
        raise NotReadableError(str(error)) from error
    parts = [_Reader().read(element) for element in root.iter("part")]
    if not parts or not parts[0].bars:
        raise NotReadableError("it has no music")
    return parts


class _Reader:
    """Reads a part from its first measure to its last."""

    def __init__(self) -> None:
        self._part = _Part()
        self._divisions = 1
        self._metre = Metre()
        self._tied: dict[tuple[int, int], SoundedNote] = {}
        self._transposed = 0

    def read(self, part: ET.Element) -> _Part:
        start = 0
        for measure in part.iter("measure"):
            length = self._measure(measure, start)
            full = self._metre.bar_ticks
            ticks = length if 0 < length < full else max(length, 1) if length > full else full
            strong = self._metre.strong
            if ticks < full and not self._part.bars:  # an upbeat ends where a bar does
                strong = tuple(one - full + ticks for one in strong if one >= full - ticks)
            self._part.bars.append(MeasuredBar(start, ticks, strong))
            start += ticks
        for (staff, _), note in self._tied.items():
            self._part.notes.setdefault(staff, []).append(note)
        return self._part

    def _measure(self, measure: ET.Element, start: int) -> int:
        now = last = furthest = 0
        for element in measure:
            if element.tag == "attributes":
                self._attributes(element)
            elif element.tag == "note" and element.find("grace") is None:
                if element.find("chord") is not None:
                    now = last
                last, length = now, self._ticks(element)
                self._note(element, start + now, length)
                now += length
            elif element.tag == "backup":
                now -= self._ticks(element)
            elif element.tag == "forward":
                now += self._ticks(element)
            elif element.tag == "harmony":
                self._harmony(element, start + now)
            furthest = max(furthest, now)
        return furthest

    def _attributes(self, element: ET.Element) -> None:
        self._divisions = int(element.findtext("divisions") or self._divisions)
        self._transposed = int(element.findtext("transpose/chromatic") or self._transposed)
        beats, unit = element.findtext("time/beats"), element.findtext("time/beat-type")
        if beats and unit:
            try:
                self._metre = Metre(sum(map(int, beats.split("+"))), int(unit))
            except ValueError as error:
                raise NotReadableError(f"its metre {beats}/{unit} cannot be measured") from error

    def _ticks(self, element: ET.Element) -> int:
        return round(float(element.findtext("duration") or 0) * TICKS_PER_QUARTER / self._divisions)

    def _note(self, element: ET.Element, start: int, length: int) -> None:
        pitched = element.find("pitch")
        if pitched is None or not length:
            return
        alter = round(float(pitched.findtext("alter") or 0))
        pitch = _STEPS[pitched.findtext("step") or "C"] + alter + 12 * (int(pitched.findtext("octave") or 4) + 1)
        staff = int(element.findtext("staff") or 1)
        key = (staff, pitch + self._transposed)
        ties = {tie.get("type") for tie in element.iter("tie")}
        note = self._tied.pop(key, None) if "stop" in ties else None
        note = SoundedNote(note.start if note else start, start + length, key[1])
        if "start" in ties:
            self._tied[key] = note
        else:
            self._part.notes.setdefault(staff, []).append(note)

    def _harmony(self, element: ET.Element, start: int) -> None:
        kind = (element.findtext("kind") or "").strip()
        root = _pitch_class(element, "root")
        if root is None or kind not in _KINDS:
            return
        bass = _pitch_class(element, "bass")
        tones = {(root + step) % 12 for step in _altered(element, set(_KINDS[kind]))}
        low = root if bass is None else bass
        start += round(float(element.findtext("offset") or 0) * TICKS_PER_QUARTER / self._divisions)
        self._part.chords.append(_Symbol(start, f"{root} {kind}", root, low, frozenset(tones | {low})))


def _pitch_class(element: ET.Element, what: str) -> int | None:
    step = element.findtext(f"{what}/{what}-step")
    alter = round(float(element.findtext(f"{what}/{what}-alter") or 0))
    return (_STEPS[step.strip()] + alter) % 12 if step and step.strip() in _STEPS else None


def _altered(element: ET.Element, steps: set[int]) -> Iterator[int]:
    for degree in element.iter("degree"):
        number = int(degree.findtext("degree-value") or 1)
        plain = _DEGREES[(number - 1) % 7]
        kind, step = degree.findtext("degree-type"), (plain + round(float(degree.findtext("degree-alter") or 0))) % 12
        if kind in {"subtract", "alter"}:
            steps -= {plain, (plain + 1) % 12 if number % 7 == 0 else plain}
        if kind in {"add", "alter"}:
            steps.add(step)
    yield from steps
