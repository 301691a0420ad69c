"""Scores in MusicXML as notes: ties joined, hairpins followed, bar lines on multiples of the bar.

What a score leaves open is decided here, once:

- Repeats are not played out. A repeated passage is there once, with the last of its endings: so what follows each bar
  is what people hear after it, and no bar is learned from twice. Jumps are not followed either.
- Grace notes are left out, since no score says how long they are; so are cues.
- A pickup stands at the end of a whole bar, after silence. A bar that is divided, as scores do at repeats, is one bar.
  Any other bar that is shorter or longer than its metre has a time signature of its own, so that the bars after it
  stand on multiples of theirs from the next signature on.

Elements: MusicXML 4.0, https://www.w3.org/2021/06/musicxml40/
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from xml.etree import ElementTree as ET

from reverie.training.corpus.formats import UnreadableFileError
from reverie.training.corpus.score_bars import ScoreBar, ScoreMetre, decimal_of, place_bars
from reverie.training.corpus.score_dynamics import DynamicMark, Hairpin, PartDynamics, of_percent

_STEPS = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
_NO_TITLE = {"", "title", "untitled", "untitled score", "score"}
_UNITS = {"whole": 4, "half": 2, "quarter": 1, "eighth": Fraction(1, 2), "16th": Fraction(1, 4)}
_SLOWEST, _FASTEST = 10.0, 400.0
_HIGHEST = 127
_DRUM_CHANNEL = "10"


@dataclass(frozen=True, slots=True)
class ScoreNote:
    """A note, in quarters from the beginning."""

    start: Fraction
    end: Fraction
    pitch: int
    velocity: int
    staff: int
    voice: int
    drum: bool = False


@dataclass(frozen=True, slots=True)
class ScorePart:
    """A part: its name, its program as General MIDI counts from 0, and its notes in order."""

    name: str
    program: int
    notes: tuple[ScoreNote, ...]


@dataclass(frozen=True, slots=True)
class MusicScore:
    """A score. Places are in quarters; tempos in quarters a minute; keys in fifths, and whether they are minor.

    ``chords`` are the elements of chord symbols, since there are many ways to write these as text.
    """

    title: str
    parts: tuple[ScorePart, ...]
    metres: tuple[tuple[Fraction, ScoreMetre], ...]
    tempos: tuple[tuple[Fraction, float], ...]
    keys: tuple[tuple[Fraction, int, bool], ...]
    chords: tuple[tuple[Fraction, ET.Element], ...]
    bars: int
    end: Fraction


@dataclass(slots=True)
class _WrittenNote:
    start: Fraction
    end: Fraction
    pitch: int
    staff: int
    voice: int
    accented: bool
    percent: float | None
    drum: bool
    tied_on: bool
    tied_back: bool


@dataclass
class _Written:
    """What a part has, in quarters of the score."""

    notes: list[_WrittenNote] = field(default_factory=list[_WrittenNote])
    marks: list[DynamicMark] = field(default_factory=list[DynamicMark])
    hairpins: list[Hairpin] = field(default_factory=list[Hairpin])
    open_hairpins: dict[str, tuple[Fraction, bool]] = field(default_factory=dict[str, tuple[Fraction, bool]])


@dataclass
class _Shared:
    """What any part may say of all of them; the first that says it counts."""

    tempos: dict[Fraction, float] = field(default_factory=dict[Fraction, float])
    keys: dict[Fraction, tuple[int, bool]] = field(default_factory=dict[Fraction, tuple[int, bool]])
    chords: list[tuple[Fraction, ET.Element]] = field(default_factory=list[tuple[Fraction, ET.Element]])


def read_musicxml(data: bytes, name: str) -> MusicScore:
    """Read a score; ``name`` is its title if it has none.

    Raises:
        UnreadableFileError: if it is broken, or there is no music in it.
    """
    try:
        root = ET.fromstring(data)  # noqa: S314 - expat bounds what entities become, and nothing outside is read
    except (ET.ParseError, ValueError, LookupError) as error:
        raise UnreadableFileError(f"it is broken XML: {error}") from error
    if root.tag != "score-partwise":
        raise UnreadableFileError("its music is not written part by part: export it as score-partwise")
    try:
        return _read(root, name)
    except (ValueError, ZeroDivisionError, OverflowError) as error:
        raise UnreadableFileError(f"it is broken MusicXML: {error}") from error


def _read(root: ET.Element, name: str) -> MusicScore:
    elements = root.findall("part")
    grid = place_bars([part.findall("measure") for part in elements])
    if not grid.bars:
        raise UnreadableFileError("it has no notes")
    shared = _Shared()
    listed = {part.get("id"): part for part in root.iter("score-part")}
    parts: list[ScorePart] = []
    for element in elements:
        about = listed.get(element.get("id"))
        written = _PartReader(about, shared, chords=not shared.chords).read(element.findall("measure"), grid.bars)
        parts.append(_part(about, written, len(parts)))
    if not any(part.notes for part in parts):
        raise UnreadableFileError("it has no notes")
    return MusicScore(
        title=_title(root, name),
        parts=tuple(parts),
        metres=grid.metres,
        tempos=tuple(sorted(shared.tempos.items())),
        keys=tuple((place, *key) for place, key in sorted(shared.keys.items())),
        chords=tuple(sorted(shared.chords, key=lambda one: one[0])),
        bars=sum(not bar.continues for bar in grid.bars),
        end=grid.end,
    )


def _title(root: ET.Element, name: str) -> str:
    for place in ("work/work-title", "movement-title"):
        title = " ".join((root.findtext(place) or "").split())
        if title.lower() not in _NO_TITLE:
            return title
    return name


def _part(about: ET.Element | None, written: _Written, number: int) -> ScorePart:
    dynamics = PartDynamics(written.marks, written.hairpins)
    notes = sorted(
        (
            ScoreNote(
                one.start,
                one.end,
                one.pitch,
                dynamics.velocity(one.start, accented=one.accented) if one.percent is None else of_percent(one.percent),
                one.staff,
                one.voice,
                one.drum,
            )
            for one in _joined(written.notes)
        ),
        key=lambda one: (float(one.start), one.pitch, float(one.end)),  # fractions compare slowly
    )
    name = " ".join(((about.findtext("part-name") if about is not None else "") or "").split())
    program = int((about.findtext("midi-instrument/midi-program") if about is not None else None) or 1) - 1
    return ScorePart(name or f"part {number + 1}", min(max(program, 0), _HIGHEST), tuple(notes))


def _joined(written: list[_WrittenNote]) -> list[_WrittenNote]:
    """The notes, tied ones made one.

    A tie goes to the note of its pitch that begins where it ends: in its own voice, if there are several. A tie from a
    grace note, or to nothing, is none. Voices are written one after the other, so a tie between two may be written from
    its end to its beginning.
    """
    joined: list[_WrittenNote] = []
    held: dict[tuple[int, Fraction], list[_WrittenNote]] = {}
    for note in sorted(written, key=lambda one: float(one.start)):
        ties = held.get((note.pitch, note.start), []) if note.tied_back else []
        first = next((one for one in ties if one.voice == note.voice), ties[0] if ties else note)
        if first is note:
            joined.append(note)
        else:
            ties.remove(first)
            first.end = note.end
        if note.tied_on:
            held.setdefault((note.pitch, note.end), []).append(first)
    return joined


class _PartReader:
    """Reads a part from its first bar to its last."""

    def __init__(self, about: ET.Element | None, shared: _Shared, *, chords: bool) -> None:
        self._written = _Written()
        self._shared = shared
        self._chords = chords
        self._divisions = Fraction(1)
        self._lengths: dict[str, Fraction] = {}
        """Durations by their words, while the divisions hold."""
        self._transposed = 0
        self._drums: dict[str, int] = {}
        for instrument in about.iter("midi-instrument") if about is not None else ():
            sound = instrument.findtext("midi-unpitched")
            if sound:
                self._drums[instrument.get("id") or ""] = int(sound) - 1

    def read(self, measures: list[ET.Element], bars: Sequence[ScoreBar]) -> _Written:
        starts = {bar.index: bar.start for bar in bars}
        for index, measure in enumerate(measures):
            if index in starts:
                self._measure(measure, starts[index])
            else:
                for element in measure.iter("attributes"):
                    self._attributes(element, None)
        return self._written

    def _measure(self, measure: ET.Element, bar: Fraction) -> None:
        now = last = bar
        for element in measure:
            match element.tag:
                case "note" if element.find("chord") is not None:
                    self._note(element, last, self._length(element))
                case "note" if element.find("grace") is None:
                    last = now
                    self._note(element, now, self._length(element))
                    now += self._length(element)
                case "backup":
                    now = max(now - self._length(element), bar)
                case "forward":
                    now += self._length(element)
                case _:
                    self._said(element, now, bar)

    def _said(self, element: ET.Element, now: Fraction, bar: Fraction) -> None:
        """Take what an element says that takes no time."""
        match element.tag:
            case "attributes":
                self._attributes(element, now)
            case "direction":
                self._direction(element, now)
            case "sound":
                self._tempo(element, now)
            case "harmony" if self._chords:
                self._shared.chords.append((max(now + self._offset(element), bar), element))
            case _:
                pass

    def _attributes(self, element: ET.Element, now: Fraction | None) -> None:
        divisions = element.findtext("divisions")
        if divisions:
            self._divisions = decimal_of(divisions)
            self._lengths = {}
        transpose = element.find("transpose")
        if transpose is not None:
            octaves = int(transpose.findtext("octave-change") or 0)
            self._transposed = round(float(transpose.findtext("chromatic") or 0)) + 12 * octaves
        fifths = element.findtext("key/fifths")
        if fifths and now is not None and not self._transposed:
            self._shared.keys.setdefault(now, (int(fifths), element.findtext("key/mode") == "minor"))

    def _length(self, element: ET.Element) -> Fraction:
        words = element.findtext("duration") or "0"
        length = self._lengths.get(words)
        if length is None:
            length = self._lengths[words] = decimal_of(words) / self._divisions
        return length

    def _offset(self, element: ET.Element) -> Fraction:
        return decimal_of(element.findtext("offset") or "0") / self._divisions

    def _note(self, element: ET.Element, start: Fraction, length: Fraction) -> None:
        if length <= 0 or element.find("grace") is not None or element.find("cue") is not None:
            return
        sound = self._pitch(element)
        if sound is None:
            return
        pitch, drum = sound
        ties = {tie.get("type") for tie in element.findall("tie")}
        voice = element.findtext("voice") or ""
        percent = element.get("dynamics")
        marks = element.find("notations/articulations")
        self._written.notes.append(
            _WrittenNote(
                start,
                start + length,
                pitch,
                int(element.findtext("staff") or 1),
                int(voice) if voice.isdecimal() else 1,
                accented=marks is not None
                and (marks.find("accent") is not None or marks.find("strong-accent") is not None),
                percent=float(percent) if percent else None,
                drum=drum,
                tied_on="start" in ties,
                tied_back="stop" in ties,
            )
        )

    def _pitch(self, element: ET.Element) -> tuple[int, bool] | None:
        pitched = element.find("pitch")
        if pitched is not None:
            alter = round(float(pitched.findtext("alter") or 0))
            octave = int(pitched.findtext("octave") or 4)
            step = (pitched.findtext("step") or "").strip()
            if step not in _STEPS:
                raise ValueError(f"a note is called {step!r}")
            pitch = _STEPS[step] + alter + 12 * (octave + 1) + self._transposed
            return (pitch, False) if 0 <= pitch <= _HIGHEST else None
        instrument = element.find("instrument")
        if element.find("unpitched") is not None and instrument is not None:
            pitch = self._drums.get(instrument.get("id") or "", -1)
            return (pitch, True) if 0 <= pitch <= _HIGHEST else None
        return None

    def _direction(self, element: ET.Element, now: Fraction) -> None:
        now += self._offset(element)
        sound = element.find("sound")
        percent = sound.get("dynamics") if sound is not None else None
        for mark in element.findall("direction-type/dynamics/*"):
            self._written.marks.append(DynamicMark(now, mark.tag, float(percent) if percent else None))
        if percent and element.find("direction-type/dynamics") is None:
            self._written.marks.append(DynamicMark(now, "", float(percent)))
        for wedge in element.findall("direction-type/wedge"):
            number, kind = wedge.get("number") or "1", wedge.get("type")
            if kind in {"crescendo", "diminuendo"}:
                self._written.open_hairpins[number] = (now, kind == "crescendo")
            elif kind == "stop" and number in self._written.open_hairpins:
                start, rises = self._written.open_hairpins.pop(number)
                self._written.hairpins.append(Hairpin(start, now, rises))
        if sound is not None and sound.get("tempo"):
            self._tempo(sound, now)
        else:
            for metronome in element.findall("direction-type/metronome"):
                self._metronome(metronome, now)

    def _tempo(self, sound: ET.Element, now: Fraction) -> None:
        tempo = float(sound.get("tempo") or 0)
        if _SLOWEST <= tempo <= _FASTEST:
            self._shared.tempos.setdefault(now, tempo)

    def _metronome(self, element: ET.Element, now: Fraction) -> None:
        unit = _UNITS.get(element.findtext("beat-unit") or "")
        words = (element.findtext("per-minute") or "").strip()
        if unit is None or not words.replace(".", "", 1).isdecimal():
            return
        dotted = Fraction(3, 2) if element.find("beat-unit-dot") is not None else 1
        tempo = float(words) * float(unit * dotted)
        if _SLOWEST <= tempo <= _FASTEST:
            self._shared.tempos.setdefault(now, tempo)
