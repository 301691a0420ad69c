"""Real scores: songs, quartets and lead sheets, and takes of real drummers."""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from fakes.data import data_folder
from reverie.training.corpus import note_sequences
from reverie.training.corpus.convert import convert
from reverie.training.corpus.formats import ReadingLimits, unpacked
from reverie.training.corpus.musicxml import read_musicxml
from reverie.training.workspace import Workspace

SETS = {"openewld": 50, "openscore-lieder": 120, "openscore-quartets": 40}


def scores(name: str) -> Iterator[tuple[str, bytes]]:
    """Every so-many-th score of a set."""
    for path in sorted(data_folder(name).rglob("*.mxl"))[:: SETS[name]]:
        yield str(path), unpacked(path.read_bytes(), 10**8)


def sequence_of(data: bytes) -> Any:
    (tune,) = note_sequences.read_tunes("MusicXML", data, "a file", ReadingLimits())
    assert not tune.reason
    return tune.sequence


def quarters(sequence: Any, time: float) -> float:
    tempos = [(one.time, one.qpm) for one in sequence.tempos]
    ends = [*(start for start, _ in tempos[1:]), math.inf]
    return sum(max(min(time, end) - start, 0) * qpm / 60 for (start, qpm), end in zip(tempos, ends, strict=True))


@pytest.mark.parametrize("name", SETS)
def test_bar_lines_are_on_multiples_of_the_bar_from_each_time_signature_on(name: str) -> None:
    for file, data in scores(name):
        sequence = sequence_of(data)
        signatures = list(sequence.time_signatures)
        assert signatures[0].time == 0, file
        for one, after in pairwise(signatures):
            bar = 4 * one.numerator / one.denominator
            bars = (quarters(sequence, after.time) - quarters(sequence, one.time)) / bar
            assert bars == pytest.approx(round(bars), abs=1e-6), file


@pytest.mark.parametrize("name", SETS)
def test_each_written_note_that_is_not_tied_to_one_before_is_there(name: str) -> None:
    for file, data in scores(name):
        root = ET.fromstring(data)  # noqa: S314 - data sets of known origin
        if root.find(".//ending") is not None:
            continue
        written = sum(
            note.find("pitch") is not None
            and all(note.find(tag) is None for tag in ("grace", "cue"))
            and not any(tie.get("type") == "stop" for tie in note.findall("tie"))
            for note in root.iter("note")
        )
        read = sum(len(part.notes) for part in read_musicxml(data, file).parts)
        # Ties from grace notes, and to what is in no voice, are none: such a note is there though it says "stop".
        assert written <= read <= written * 1.01 + 1, file


def test_songs_and_quartets_have_dynamics_and_names() -> None:
    for name, least in (("openscore-lieder", 6), ("openscore-quartets", 10)):
        spreads = [len({note.velocity for note in sequence_of(data).notes}) for _, data in scores(name)]
        assert sorted(spreads)[len(spreads) // 2] >= least
    song = sequence_of(next(data for file, data in scores("openscore-lieder") if "Abbott" in file))
    assert [one.name for one in song.part_infos] == ["Voice", "Piano"]
    assert [one.name for one in song.instrument_infos] == ["Voice", "Piano, staff 1", "Piano, staff 2"]
    assert {(note.part, note.instrument) for note in song.notes} == {(0, 0), (1, 1), (1, 2)}


def test_chord_symbols_are_those_that_note_seq_reads(tmp_path: Path) -> None:
    import note_seq

    compared = 0
    for file, data in scores("openewld"):
        if b"<ending" in data:
            continue
        path = tmp_path / "score.xml"
        path.write_bytes(data)
        theirs = [one.text for one in note_seq.musicxml_file_to_sequence_proto(str(path)).text_annotations]
        ours = [one.text for one in sequence_of(data).text_annotations]
        assert ours == theirs, file
        compared += len(ours)
    assert compared > 100


def test_takes_of_a_drummer_have_their_split(tmp_path: Path) -> None:
    groove = data_folder("groove-midi")
    data = tmp_path / "data"
    data.mkdir()
    (data / "info.csv").write_bytes((groove / "info.csv").read_bytes())
    (data / "drummer2").symlink_to(groove / "drummer2")
    conversion = convert(data, Workspace(tmp_path / "work"), lambda _: None)
    takes = list((groove / "drummer2").rglob("*_beat_*.mid"))
    fills = list((groove / "drummer2").rglob("*_fill_*.mid"))
    copies = conversion.reasons.get("it has the content of another file", 0)
    assert len(conversion.pieces) == len(takes) - copies
    assert 0 < copies < 5
    assert conversion.reasons["it is a fill, of a bar or two"] == len(fills)
    assert {piece.split for piece in conversion.pieces} <= {"train", "validation", "test"}
    assert all(piece.metre and piece.bars > 0 and piece.notes > 0 for piece in conversion.pieces)
