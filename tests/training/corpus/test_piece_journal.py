"""A journal that was cut anywhere has whole entries, and is whole when they are added again."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given
from hypothesis import strategies as st

from reverie.training.corpus.music_files import MusicFile
from reverie.training.corpus.piece_journal import JournalEntry, PieceJournal, read_journal
from reverie.training.pieces import ConvertedPiece, Rejection

NAMES = ["a.mid", "Fauré/L\u2019été.mxl", "bytes\udcff.mid", "two\nlines\u2028.abc", "b.mid"]
ENTRIES = [
    JournalEntry(MusicFile(NAMES[0], 1, 2), "h", "d", "MIDI", "", (ConvertedPiece("d", NAMES[0], "a", "", 1, 2, 3.5),)),
    JournalEntry(MusicFile(NAMES[1], 1, 2), "h", "e", "MXL", "", (ConvertedPiece("e", NAMES[1], "é", "3/4", 1, 2, 3),)),
    JournalEntry(MusicFile(NAMES[2], 0, 2), "h", rejections=(Rejection(NAMES[2], "it is empty"),)),
    JournalEntry(MusicFile(NAMES[3], 0, 2), "h", rejections=(Rejection(NAMES[3], "it is empty"),)),
    JournalEntry(MusicFile(NAMES[4], 1, 2), "h", "d", "MIDI", NAMES[0], rejections=(Rejection(NAMES[4], "a copy"),)),
]
LINES = b"".join(entry.as_line() for entry in ENTRIES)


@given(st.integers(0, len(LINES)))
def test_any_cut_leaves_whole_entries_and_is_mended(cut: int) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "pieces.jsonl"
        path.write_bytes(LINES[:cut])
        known = read_journal(path)
        assert list(known.values()) == ENTRIES[: len(known)]
        assert LINES[:cut].count(b"\n") == len(known)
        with PieceJournal(path) as journal:
            for entry in ENTRIES:
                if entry.file.name not in known:
                    journal.add(entry)
        assert path.read_bytes() == LINES


def test_lines_that_are_none_are_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "pieces.jsonl"
    path.write_bytes(b"\0\0\n{}\n[1]\n" + ENTRIES[0].as_line() + b'{"file": 3}\n' + ENTRIES[2].as_line())
    assert list(read_journal(path).values()) == [ENTRIES[0], ENTRIES[2]]


def test_of_a_file_with_several_lines_the_last_counts(tmp_path: Path) -> None:
    path = tmp_path / "pieces.jsonl"
    newer = JournalEntry(MusicFile(NAMES[0], 9, 9), "h", rejections=(Rejection(NAMES[0], "it is empty"),))
    with PieceJournal(path) as journal:
        journal.add(ENTRIES[0])
        journal.add(newer)
        assert read_journal(path) == {NAMES[0]: newer}
        journal.rewrite([newer])
    assert path.read_bytes() == newer.as_line()


def test_there_is_none_at_first(tmp_path: Path) -> None:
    assert read_journal(tmp_path / "none.jsonl") == {}
