"""Files that are what their names say and yet absurd: each is left out for a reason that people understand, or read."""

from __future__ import annotations

import importlib
import re
import struct
import time

import pytest

from fakes.musicxml_text import waltz
from reverie.training.corpus.formats import ReadingLimits, UnreadableFileError, format_of
from reverie.training.corpus.note_sequences import ReadTune, read_tunes

END = b"\0\xff\x2f\0"
NOTE = b"\0\x90\x3c\x5a\x83\x60\x80\x3c\0"
TUNE = "X:{}\nT:Tune {}\nM:{}\nL:{}\nK:G\nGAB cde|d3 B3|\n"


def midi(*events: bytes, division: int = 480, tracks: int = 1) -> bytes:
    track = b"".join(events) + END
    return b"MThd" + struct.pack(">IHHH", 6, 1, tracks, division) + b"MTrk" + struct.pack(">I", len(track)) + track


def metre(beats: int, power: int) -> bytes:
    return b"\0\xff\x58\x04" + bytes([beats, power, 24, 8])


def durations(words: bytes) -> bytes:
    return re.sub(rb"<duration>\d+</duration>", b"<duration>" + words + b"</duration>", waltz(5))


def read(name: str, data: bytes) -> list[ReadTune]:
    limits = ReadingLimits()
    return list(read_tunes(format_of(name, data), data, name, limits))


@pytest.mark.parametrize(
    ("name", "data", "reason"),
    [
        ("a.mid", midi(NOTE)[:-6], "it is broken MIDI: it ends too early"),
        ("a.mid", midi(NOTE, tracks=65535), "it is broken MIDI: it has no tracks, or one without an end"),
        ("a.mid", midi(NOTE, division=0), "it is broken MIDI: a quarter lasts no time"),
        ("a.mid", midi(b"\0\xff\x51\3\0\0\0", NOTE), "it is broken MIDI: a quarter lasts no time"),
        ("a.mid", midi(metre(0, 0), NOTE), "it is broken MIDI: it has a time signature of 0 beats"),
        ("a.mid", midi(metre(4, 31), NOTE), "it is broken MIDI: it has a time signature that cannot be"),
        ("a.abc", TUNE.format(1, 1, "6/8", "1/0").encode(), "it is ABC that cannot be read: it divides a length or a"),
        ("a.xml", durations(b"1e999999999"), "it is broken MusicXML: a number is written '1e999999999'"),
        ("a.xml", durations(b"nan"), "it is broken MusicXML: a number is written 'nan'"),
        ("a.xml", durations(b"9" * 16), "it is longer than 21,600 seconds"),
        ("a.xml", waltz(5).replace(b"<beats>3<", b"<beats>0<"), "it is broken MusicXML: its time signature is 0/4"),
        ("a.xml", waltz(5).replace(b"<beat-type>4<", b"<beat-type>0<"), "it is broken MusicXML: its time signature is"),
    ],
)
def test_what_is_absurd_is_left_out_soon_for_a_plain_reason(name: str, data: bytes, reason: str) -> None:
    importlib.import_module("note_seq")  # loading it is not what is timed

    begun = time.process_time()
    with pytest.raises(UnreadableFileError, match=f"^{reason}") as told:
        read(name, data)
    assert "<class" not in str(told.value)
    assert time.process_time() - begun < 20.0


def test_that_there_is_no_memory_is_not_said_of_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    import pretty_midi

    class Full:
        def __init__(self, *_: object) -> None:
            raise MemoryError

    monkeypatch.setattr(pretty_midi, "PrettyMIDI", Full)
    with pytest.raises(MemoryError):
        read("a.mid", midi(NOTE))


def test_two_tunes_of_one_number_are_both_read() -> None:
    book = f"{TUNE.format(1, 'a', '6/8', '1/8')}\n{TUNE.format(1, 'b', '6/8', '1/8')}"
    assert [(tune.number, tune.title) for tune in read("book.abc", book.encode())] == [
        ("1", "Tune a"),
        ("1.2", "Tune b"),
    ]


def test_a_tune_that_cannot_be_counted_spoils_no_other_of_its_book() -> None:
    tunes = [TUNE.format(1, 1, "6/8", "1/8"), TUNE.format(2, 2, "0/0", "1/8"), TUNE.format(3, 3, "6/8", "1/8")]
    book = "M:3/4\n\n" + "\n\n".join([*tunes, "Words about the tunes."])
    found = read("book.abc", book.encode())
    assert [(tune.number, tune.reason) for tune in found] == [
        ("1", ""),
        ("2", "it has a time signature of 0 beats"),
        ("3", ""),
    ]
