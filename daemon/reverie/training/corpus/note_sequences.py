# pyright: basic
# note_seq has no types.
"""Files of music as NoteSequences: MIDI and ABC by note_seq, MusicXML by our own reader."""

from __future__ import annotations

import math
import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import PurePosixPath
from typing import Any

from reverie.errors import printable
from reverie.training.corpus.formats import Format, ReadingLimits, UnreadableFileError, unpacked
from reverie.training.corpus.musicxml import MusicScore, read_musicxml

_QPM = 120.0
"""What music is played at that says no tempo, as MIDI has it."""
_SHARPS = (0, 7, 2, 9, 4, 11, 6, 1, 8, 3, 10, 5)
_FOUR_FOUR = (4, 4)
_NO_BEATS = "it has a time signature of 0 beats"
_MIDI_FAULTS = {
    "max() arg is an empty sequence": "it has no tracks, or one without an end",
    "0 is not a valid `numerator` type or value": _NO_BEATS,
    "denominator must be a power of 2": "it has a time signature that cannot be",
}
"""What libraries say of MIDI that is broken, in other words."""
_TUNE = re.compile(r"^(?=X:)", re.MULTILINE)
_BLANK = re.compile(r"\n[ \t]*\n")


@dataclass(frozen=True, slots=True)
class ReadTune:
    """A tune that was read, or the reason why not. ``number`` tells the tunes of a book apart; else it is empty."""

    number: str
    title: str
    sequence: Any
    reason: str = ""


def read_tunes(kind: Format, data: bytes, name: str, limits: ReadingLimits) -> Iterator[ReadTune]:
    """The tunes of a file, as NoteSequences.

    Raises:
        UnreadableFileError: if none can be read.
    """
    stem = printable(PurePosixPath(name).stem)
    match kind:
        case "MIDI":
            tunes = iter([ReadTune("", stem, _midi(data))])
        case "ABC":
            tunes = _abc(data, stem)
        case "MusicXML" | "MXL":
            score = read_musicxml(unpacked(data, limits.unpacked) if kind == "MXL" else data, stem)
            clock = _ScoreClock(score.tempos)
            if clock.time(score.end) > limits.duration:  # too long for a NoteSequence, too, if absurd
                raise UnreadableFileError(_too_long(limits))
            tunes = iter([ReadTune("", score.title, _sequence(score, clock))])
    for tune in tunes:
        yield _checked(tune, name, limits)


def length_in_bars(sequence: Any) -> int:
    """How many bars a sequence has; without a time signature it is taken for 4/4."""
    changes = [(0.0, _FOUR_FOUR), *((one.time, (one.numerator, one.denominator)) for one in sequence.time_signatures)]
    bars = 0
    for (start, (beats, unit)), (end, _) in zip(
        changes, [*changes[1:], (sequence.total_time, _FOUR_FOUR)], strict=True
    ):
        quarters = _quarters(sequence, min(end, sequence.total_time)) - _quarters(sequence, start)
        bars += max(math.ceil(quarters * unit / (4 * beats) - 1e-3), 0)
    return bars


def _checked(tune: ReadTune, name: str, limits: ReadingLimits) -> ReadTune:
    if tune.reason:
        return tune
    notes = tune.sequence.notes
    reason = ""
    if not notes:
        reason = "it has no notes"
    elif len(notes) > limits.notes:
        reason = f"it has more than {limits.notes:,} notes"
    elif not all(one.numerator > 0 and one.denominator > 0 for one in tune.sequence.time_signatures):
        reason = _NO_BEATS
    elif tune.sequence.total_time > limits.duration:
        reason = _too_long(limits)
    tune.sequence.filename = printable(name)
    tune.sequence.sequence_metadata.title = printable(tune.title)
    return ReadTune(tune.number, tune.title, tune.sequence, reason)


def _too_long(limits: ReadingLimits) -> str:
    return f"it is longer than {limits.duration:,.0f} seconds"


def _quarters(sequence: Any, time: float) -> float:
    tempos = [(one.time, one.qpm) for one in sequence.tempos] or [(0.0, _QPM)]
    total = min(time, tempos[0][0]) * tempos[0][1] / 60
    for (start, qpm), (end, _) in zip(tempos, [*tempos[1:], (math.inf, _QPM)], strict=True):
        total += max(min(time, end) - start, 0.0) * qpm / 60
    return total


def _midi(data: bytes) -> Any:
    import note_seq

    if data.startswith(b"RIFF"):  # RMID: the file lies in a chunk, after its name and its length
        data = data[20:]
    try:
        return note_seq.midi_to_note_sequence(data)
    except note_seq.MIDIConversionError as error:
        # Its words are a class and its words, whatever happened; what happened is known.
        cause = error.__context__ or error
        if isinstance(cause, MemoryError):
            raise cause from None
        raise UnreadableFileError(f"it is broken MIDI: {_MIDI_FAULTS.get(str(cause)) or _of_midi(cause)}") from error
    except (ValueError, IndexError, KeyError, TypeError, OverflowError) as error:
        raise UnreadableFileError(f"it is broken MIDI: {_said(error)}") from error


def _of_midi(cause: BaseException) -> str:
    match cause:
        case EOFError():
            return "it ends too early"
        case ZeroDivisionError():
            return "a quarter lasts no time"
        case _:
            return _said(cause)


def _abc(data: bytes, stem: str) -> Iterator[ReadTune]:
    """The tunes of a book, each read by itself: one that cannot be read, or whose number is another's, spoils none."""
    text = data.decode("utf-8-sig", errors="replace").replace("\r\n", "\n").replace("\r", "\n")
    before, *tunes = _TUNE.split(text)
    head = before.split("\n")
    book = len(tunes) > 1
    numbers = Counter[str]()
    for tune in tunes:
        lines = _BLANK.split(tune, maxsplit=1)[0].split("\n")  # what follows a blank line is no music
        found = _number(lines[0])
        numbers[found] += 1
        number = found if numbers[found] == 1 else f"{found}.{numbers[found]}"
        try:
            sequence = _tune(head + lines)
        except UnreadableFileError as error:
            if not book:
                raise
            yield ReadTune(f"tune {number}", stem, None, str(error))
        else:
            yield ReadTune(number if book else "", sequence.sequence_metadata.title or stem, sequence)


def _number(line: str) -> str:
    """The number of a tune, as its first line says it; 0 where it is none."""
    return next(iter(re.findall(r"\d{1,9}", line)), "0")


def _tune(lines: list[str]) -> Any:
    from note_seq import abc_parser

    try:
        return abc_parser.ABCTune(lines).note_sequence
    except ZeroDivisionError as error:
        raise UnreadableFileError("it is ABC that cannot be read: it divides a length or a metre by 0") from error
    except (abc_parser.ABCParseError, ValueError, IndexError, KeyError, TypeError, ArithmeticError) as error:
        raise UnreadableFileError(f"it is ABC that cannot be read: {_said(error)}") from error


def _said(error: BaseException) -> str:
    """What an error says, in one line; its kind, if it says nothing."""
    words = " ".join(str(error).split()).rstrip(": ")
    return words or type(error).__name__


def _sequence(score: MusicScore, clock: _ScoreClock) -> Any:
    from note_seq import constants
    from note_seq.protobuf import music_pb2

    sequence = music_pb2.NoteSequence(ticks_per_quarter=constants.STANDARD_PPQ)
    sequence.source_info.source_type = music_pb2.NoteSequence.SourceInfo.SCORE_BASED
    sequence.source_info.encoding_type = music_pb2.NoteSequence.SourceInfo.MUSIC_XML
    for place, metre in score.metres:
        sequence.time_signatures.add(time=clock.time(place), numerator=metre.beats, denominator=metre.unit)
    for place, tempo in clock.tempos:
        sequence.tempos.add(time=clock.time(place), qpm=tempo)
    for place, fifths, minor in score.keys:
        major = _SHARPS[fifths % 12]
        key = (major - 3) % 12 if minor else major
        sequence.key_signatures.add(time=clock.time(place), key=key, mode=int(minor))
    instrument = 0
    for number, part in enumerate(score.parts):
        sequence.part_infos.add(part=number, name=part.name)
        staves = sorted({note.staff for note in part.notes}) or [1]
        for staff in staves:
            name = part.name if len(staves) == 1 else f"{part.name}, staff {staff}"
            sequence.instrument_infos.add(instrument=instrument, name=name)
            for note in part.notes:
                if note.staff == staff:
                    sequence.notes.add(
                        start_time=clock.time(note.start),
                        end_time=clock.time(note.end),
                        pitch=note.pitch,
                        velocity=note.velocity,
                        instrument=instrument,
                        program=part.program,
                        part=number,
                        voice=note.voice,
                        is_drum=note.drum,
                    )
            instrument += 1
    sequence.total_time = clock.time(score.end)
    for place, element in score.chords:
        time = clock.time(place)
        if time < sequence.total_time:
            sequence.text_annotations.add(
                time=time, text=_figure(element), annotation_type=music_pb2.NoteSequence.TextAnnotation.CHORD_SYMBOL
            )
    return sequence


def _figure(element: Any) -> str:
    """A chord symbol as Magenta's lead sheets have it; what they have no word for is no chord."""
    from note_seq import constants, musicxml_parser

    try:
        return musicxml_parser.ChordSymbol(element, musicxml_parser.MusicXMLParserState()).get_figure_string()
    except (musicxml_parser.MusicXMLParseError, ValueError, TypeError, AttributeError):
        return constants.NO_CHORD


class _ScoreClock:
    """From quarters to seconds."""

    def __init__(self, tempos: tuple[tuple[Fraction, float], ...]) -> None:
        self.tempos = list(tempos)
        if not self.tempos or self.tempos[0][0] > 0:
            self.tempos.insert(0, (Fraction(0), self.tempos[0][1] if self.tempos else _QPM))
        self._times = [0.0]
        for (start, tempo), (end, _) in zip(self.tempos, self.tempos[1:], strict=False):
            self._times.append(self._times[-1] + float(end - start) * 60 / tempo)
        self._starts = [float(start) for start, _ in self.tempos]  # fractions compare slowly

    def time(self, place: Fraction) -> float:
        number = bisect_right(self._starts, float(place)) - 1
        return self._times[number] + (float(place) - self._starts[number]) * 60 / self.tempos[number][1]
