"""A folder of anything becomes pieces and reasons, whatever is in it and whoever is killed meanwhile."""

from __future__ import annotations

import io
import os
import shutil
import signal
import subprocess
import sys
import threading
import zipfile
from pathlib import Path

import mido
import psutil
import pytest

from fakes.musicxml_text import dynamic, mxl, note, score, waltz, wedge
from fakes.musicxml_text import time as metre
from fakes.permissions import OBEYING
from reverie.training.corpus.convert import Conversion, ConvertProgress, convert, read_conversion
from reverie.training.corpus.formats import ReadingLimits, UnreadableFileError
from reverie.training.corpus.reading_process import ReadingFailedError, ReadingProcess
from reverie.training.errors import TrainingError
from reverie.training.workspace import Workspace

TUNE = "X:{0}\nT:Tune {0}\nM:6/8\nL:1/8\nK:G\nGAB cde|d3 B3|GAB cde|d6|\n"


def midi(*pitches: int, beats: int = 4, unit: int = 4) -> bytes:
    """Quarters in a metre."""
    track = mido.MidiTrack([mido.MetaMessage("time_signature", numerator=beats, denominator=unit)])
    for pitch in pitches:
        track += [mido.Message("note_on", note=pitch, velocity=90), mido.Message("note_off", note=pitch, time=480)]
    data = io.BytesIO()
    mido.MidiFile(tracks=[track]).save(file=data)
    return data.getvalue()


def locked(data: bytes) -> bytes:
    """The archive with the bit set that says that a member is encrypted, in both of its headers."""
    whole = bytearray(data)
    for mark, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = whole.find(mark)
        while at >= 0:
            whole[at + place] |= 1
            at = whole.find(mark, at + 4)
    return bytes(whole)


def archive(**files: bytes) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in files.items():
            packed.writestr(name, content)
    return data.getvalue()


def endless() -> bytes:
    """Many thousands of hairpins, each of which looks for its end among as many marks: that takes minutes."""
    return score(
        [metre(4, 4) + note("-", 16), (wedge("crescendo") + note("C4", 1) + wedge("stop") + dynamic("p")) * 30000]
    )


def fill(data: Path, files: dict[str, bytes]) -> Path:
    for name, content in files.items():
        (data / name).parent.mkdir(parents=True, exist_ok=True)
        (data / name).write_bytes(content)
    return data


GOOD = {
    "a.mid": midi(60, 62, 64, 65, 67),
    "deep/er/Fauré, Gabriel/L\u2019été.mxl": mxl(waltz(title="L\u2019été")),
    "plain.musicxml": waltz(5),
    "tune.abc": TUNE.format(1).encode(),
    "suffix.less": midi(61, 63),
}


def nothing(_: ConvertProgress) -> None:
    pass


def run(data: Path, work: Path, limits: ReadingLimits | None = None) -> Conversion:
    return convert(data, Workspace(work), nothing, limits)


def reasons(conversion: Conversion) -> dict[str, str]:
    return {one.file: one.reason for one in conversion.rejections}


def kept(work: Path) -> dict[str, bytes]:
    return {str(path.relative_to(work)): path.read_bytes() for path in sorted(work.rglob("*")) if path.is_file()}


def test_each_format_becomes_a_piece(tmp_path: Path) -> None:
    import note_seq

    conversion = run(fill(tmp_path / "data", GOOD), tmp_path / "work")
    found = {piece.file: piece for piece in conversion.pieces}
    assert set(found) == set(GOOD)
    assert conversion.formats == {"ABC": 1, "MIDI": 2, "MXL": 1, "MusicXML": 1}
    song = found["deep/er/Fauré, Gabriel/L\u2019été.mxl"]
    assert (song.title, song.metre, song.bars, song.notes, song.seconds) == ("L\u2019été", "3/4", 4, 12, 6.0)
    assert (found["a.mid"].title, found["a.mid"].metre, found["a.mid"].bars) == ("a", "4/4", 2)
    assert (found["tune.abc"].title, found["tune.abc"].metre, found["tune.abc"].bars) == ("Tune 1", "6/8", 4)
    for piece in conversion.pieces:
        sequence = note_seq.NoteSequence.FromString(Workspace(tmp_path / "work").piece(piece.id).read_bytes())
        assert (len(sequence.notes), sequence.id, sequence.filename) == (piece.notes, piece.id, piece.file)
    assert read_conversion(Workspace(tmp_path / "work")) == conversion


def test_every_bad_file_is_named_with_its_reason_and_the_rest_is_used(tmp_path: Path) -> None:
    data = fill(
        tmp_path / "data",
        {
            **GOOD,
            "bad/broken.mid": midi(60)[:30],
            "bad/broken.mxl": mxl(waltz())[:200],
            "bad/broken.xml": waltz()[:300],
            "bad/empty.mid": b"",
            "bad/huge.mid": b"MThd" + bytes(300_000),
            "bad/bomb.mxl": mxl(waltz() + b" " * 21_000_000),
            "bad/locked.mxl": locked(mxl(waltz())),
            "bad/photo.jpg": b"\xff\xd8\xff\xe0" + bytes(100),
            "bad/text.mid": b"no music at all",
            "bad/page.xml": b"<?xml version='1.0'?><html/>",
            "bad/papers.zip": archive(readme=b"hello"),
            "bad/silent.mid": midi(),
            "bad/endless.mxl": mxl(endless()),
            "bad/copy.mid": GOOD["a.mid"],
            "bad/silent.musicxml": score([metre(4, 4) + note("-", 16)]),
            "bad/tune.abc": b"X:1\nK:C\nV:1\nC4|\n",
        },
    )
    (data / "bad/dangling.mid").symlink_to("nowhere")
    (data / "bad/circle").symlink_to(data)
    (data / "bad/round").symlink_to("round")
    os.mkfifo(data / "bad/pipe.mid")
    limits = ReadingLimits(size=250_000, unpacked=20_000_000, seconds=5.0)
    conversion = run(data, tmp_path / "work", limits)
    told = reasons(conversion)
    assert {piece.file for piece in conversion.pieces} == set(GOOD)
    assert told.pop("bad/broken.mid").startswith("it is broken MIDI: ")
    assert told.pop("bad/broken.xml").startswith("it is broken XML: ")
    assert told == {
        "bad/bomb.mxl": "it unpacks to more than 20,000,000 bytes",
        "bad/broken.mxl": "it is a broken ZIP archive: File is not a zip file",
        "bad/circle": "it is a link to a folder that was looked into already",
        "bad/copy.mid": "it has the content of another file: a.mid",
        "bad/dangling.mid": "it is a link that leads nowhere",
        "bad/empty.mid": "it is empty",
        "bad/endless.mxl": "reading it takes longer than 5 seconds",
        "bad/huge.mid": "it is larger than 250,000 bytes",
        "bad/locked.mxl": "it is protected by a password",
        "bad/page.xml": "it is no music that can be read (MIDI, ABC, MusicXML or MXL)",
        "bad/papers.zip": "it is a ZIP archive without a MusicXML score",
        "bad/photo.jpg": "it is no music that can be read (MIDI, ABC, MusicXML or MXL)",
        "bad/pipe.mid": "it is no file but a FIFO",
        "bad/round": "it cannot be read: Too many levels of symbolic links",
        "bad/silent.mid": "it has no notes",
        "bad/silent.musicxml": "it has no notes",
        "bad/text.mid": "it is no MIDI, though its name says so",
        "bad/tune.abc": "it is ABC that cannot be read: Multi-voice files are not currently supported.",
    }
    assert conversion.reasons["it has no notes"] == 2
    manifest = Workspace(tmp_path / "work").manifest("convert")
    assert manifest is not None
    assert (manifest["pieces"], manifest["left_out"]) == (len(GOOD), 20)


def test_what_may_not_be_read_is_told(tmp_path: Path) -> None:
    data = fill(tmp_path / "data", {"a.mid": midi(60), "closed/b.mid": midi(61), "c.mid": midi(62)})
    (data / "linked").symlink_to(data / "closed" / "inner")
    (data / "closed" / "inner").mkdir()
    (data / "closed").chmod(0)
    (data / "c.mid").chmod(0)
    command = [*OBEYING, sys.executable, "-m", "reverie", "train", "convert", "melody", "--data", data]
    done = subprocess.run([*command, "--work", tmp_path / "work"], capture_output=True, text=True, check=False)
    (data / "closed").chmod(0o700)
    assert done.returncode == 0, done.stderr
    left_out = {line for line in done.stderr.splitlines() if line.startswith("left out: ")}
    assert left_out == {
        "left out: closed: the folder cannot be read: Permission denied",
        "left out: linked: it cannot be read: Permission denied",
        "left out: c.mid: it cannot be read: Permission denied",
    }
    assert "(1 MIDI)" in done.stdout


@pytest.mark.skipif(sys.platform != "linux", reason="address space is bounded on Linux only")
def test_a_file_that_takes_too_much_memory_is_left_out(tmp_path: Path) -> None:
    large = score([metre(4, 4) + note("C4", 1) * 300_000])
    data = fill(tmp_path / "data", {"a.mxl": mxl(large), "b.mid": midi(60)})
    conversion = run(data, tmp_path / "work", ReadingLimits(memory=150_000_000))
    assert [piece.file for piece in conversion.pieces] == ["b.mid"]
    assert reasons(conversion) == {"a.mxl": "reading it takes too much memory"}


def test_a_reader_that_breaks_is_replaced() -> None:
    with ReadingProcess(ReadingLimits()) as reader:
        assert reader.read("a.mid", midi(60), "a")[0] == "MIDI"
        process = reader._process
        assert process is not None
        timer = threading.Timer(1.0, os.kill, [process.pid, signal.SIGSEGV])
        timer.start()
        with pytest.raises(UnreadableFileError, match="reading it broke the reader: it was ended by SIGSEGV"):
            reader.read("b.mxl", mxl(endless()), "b")
        timer.join()
        assert reader.read("c.mid", midi(60), "c")[0] == "MIDI"


def test_that_nothing_can_be_read_is_no_fault_of_the_files() -> None:
    with ReadingProcess(ReadingLimits(), "reverie.errors") as reader, pytest.raises(ReadingFailedError):
        reader.read("a.mid", midi(60), "a")


def test_the_tunes_of_a_book_are_pieces(tmp_path: Path) -> None:
    book = "\n".join(TUNE.format(number) for number in (1, 2, 3)).replace("X:2\n", "X:2\nV:1\n")
    conversion = run(fill(tmp_path / "data", {"book.abc": book.encode()}), tmp_path / "work")
    assert [piece.title for piece in conversion.pieces] == ["Tune 1", "Tune 3"]
    assert len({piece.id for piece in conversion.pieces}) == 2
    assert [(one.file, one.reason.partition(":")[0]) for one in conversion.rejections] == [
        ("book.abc, tune 2", "it is ABC that cannot be read")
    ]


def test_groove_says_split_and_metre_and_fills_are_left_out(tmp_path: Path) -> None:
    rows = [
        "drummer,style,beat_type,time_signature,midi_filename,split",
        "d,rock/indie,beat,6-8,d/1.mid,test",
        "d,rock,fill,4-4,d/2.mid,train",
        "d,jazz,beat,4-4,d/3.mid,train",
    ]
    files = {"g/info.csv": "\n".join(rows).encode(), "other/info.csv": b"a,b\n1,2\n"}
    takes = {f"g/d/{number}.mid": midi(36, 38, 40 + number) for number in (1, 2, 3)}
    data = fill(tmp_path / "data", {**files, **takes, "e.mid": midi(60)})
    conversion = run(data, tmp_path / "work")
    assert [(piece.file, piece.metre, piece.split, piece.style) for piece in conversion.pieces] == [
        ("e.mid", "4/4", "", ""),
        ("g/d/1.mid", "6/8", "test", "rock"),
        ("g/d/3.mid", "4/4", "train", "jazz"),
    ]
    assert reasons(conversion)["g/d/2.mid"] == "it is a fill, of a bar or two: too short to learn from"
    (data / "g/info.csv").write_bytes("\n".join(rows).replace("fill", "beat").encode())
    assert "g/d/2.mid" in {piece.file for piece in run(data, tmp_path / "work").pieces}


def test_only_what_has_changed_is_read_again(tmp_path: Path) -> None:
    data, work = fill(tmp_path / "data", {**GOOD, "z.mid": midi(70)}), tmp_path / "work"
    before = run(data, work)
    stamps = {path.name: path.stat().st_mtime_ns for path in (work / "pieces").iterdir()}
    (data / "a.mid").write_bytes(midi(50, 51))
    (data / "z.mid").unlink()
    (data / "b.mid").write_bytes(midi(52))
    os.utime(data / "tune.abc")
    after = run(data, work)
    assert {piece.file for piece in after.pieces} == {*GOOD, "b.mid"}
    now = {path.name: path.stat().st_mtime_ns for path in (work / "pieces").iterdir()}
    assert set(now) == {f"{piece.id}.notesequence" for piece in after.pieces}
    same = {f"{piece.id}.notesequence" for piece in before.pieces} & set(now)
    assert len(same) == len(GOOD) - 1
    assert all(now[name] == stamps[name] for name in same)
    assert kept(work)["pieces.jsonl"].count(b"\n") == len(GOOD) + 1


def test_a_copy_stands_in_when_the_first_is_gone(tmp_path: Path) -> None:
    data, work = fill(tmp_path / "data", {"a.mid": midi(60), "b.mid": midi(60), "c.mid": midi(60)}), tmp_path / "work"
    assert set(reasons(run(data, work))) == {"b.mid", "c.mid"}
    (data / "a.mid").unlink()
    conversion = run(data, work)
    assert [piece.file for piece in conversion.pieces] == ["b.mid"]
    assert reasons(conversion) == {"c.mid": "it has the content of another file: b.mid"}
    (data / "a.mid").write_bytes(midi(60))
    assert [piece.file for piece in run(data, work).pieces] == ["a.mid"]
    assert len(list((work / "pieces").iterdir())) == 1


def test_a_piece_that_was_lost_is_made_again(tmp_path: Path) -> None:
    data, work = fill(tmp_path / "data", {"a.mid": midi(60), "b.mid": midi(61)}), tmp_path / "work"
    run(data, work)
    whole = kept(work)
    next((work / "pieces").iterdir()).unlink()
    run(data, work)
    assert kept(work) == whole


def test_the_workspace_may_lie_in_the_data_folder(tmp_path: Path) -> None:
    data = fill(tmp_path / "data", {"a.mid": midi(60)})
    assert run(data, data / "work") == run(data, data / "work")


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere names of files are text")
def test_a_name_may_be_no_text(tmp_path: Path) -> None:
    name = os.fsdecode(b"d\xe9j\xe0 vu.mid")
    data, work = fill(tmp_path / "data", {name: midi(60)}), tmp_path / "work"
    (piece,) = run(data, work).pieces
    assert (piece.file, piece.title) == (name, "d\\xe9j\\xe0 vu")
    assert run(data, work).pieces == (piece,)


def test_progress_is_told_and_ends_whole(tmp_path: Path) -> None:
    told: list[ConvertProgress] = []
    convert(fill(tmp_path / "data", GOOD), Workspace(tmp_path / "work"), told.append)
    assert [one.done for one in told] == list(range(1, len(GOOD) + 1))
    assert {one.files for one in told} == {len(GOOD)}
    assert (told[-1].pieces, told[-1].rejections, told[-1].left) == (len(GOOD), 0, 0.0)
    assert told[0].left is None
    assert all(one.left is not None and one.left > 0 for one in told[1:-1])


MANY = {f"{number:02}/{number}.{kind}": data for number in range(8) for kind, data in (
    ("mid", midi(60 + number)),
    ("mxl", mxl(waltz(4 + number, title=f"Waltz {number}"))),
    ("txt", b"words"),
)}  # fmt: skip
CONVERT = """
import sys
from pathlib import Path
from reverie.training.corpus.convert import convert
from reverie.training.errors import TrainingError
from reverie.training.workspace import Workspace
convert(Path(sys.argv[1]), Workspace(Path(sys.argv[2])), lambda progress: print(progress.done, flush=True))
"""


def test_killed_in_the_middle_it_goes_on_and_the_result_is_whole(tmp_path: Path) -> None:
    data = fill(tmp_path / "data", MANY)
    run(data, tmp_path / "whole")
    work = tmp_path / "work"
    for killed_after, by in ((1, signal.SIGINT), (9, signal.SIGKILL)):
        process = subprocess.Popen(
            [sys.executable, "-c", CONVERT, str(data), str(work)],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        assert process.stdout is not None
        for line in process.stdout:
            if int(line) >= killed_after:
                process.send_signal(by)
                break
        assert process.wait() == -by
        process.stdout.close()
        lines = (work / "pieces.jsonl").read_bytes().splitlines()
        assert killed_after <= len(lines) < len(MANY)
    stamps = {path.name: path.stat().st_mtime_ns for path in (work / "pieces").glob("[!.]*")}
    run(data, work)
    now = {path.name: path.stat().st_mtime_ns for path in (work / "pieces").iterdir()}
    again = [name for name in stamps if now[name] != stamps[name]]
    assert len(again) <= 1, "only the piece of the file whose line was missing is made again"
    assert kept(work) == kept(tmp_path / "whole")


def test_a_journal_that_was_cut_anywhere_ends_the_same(tmp_path: Path) -> None:
    data, work = fill(tmp_path / "data", GOOD), tmp_path / "work"
    run(data, work)
    whole = kept(work)
    for cut in (0, len(whole["pieces.jsonl"]) // 2, len(whole["pieces.jsonl"]) - 1):
        (work / "pieces.jsonl").write_bytes(whole["pieces.jsonl"][:cut])
        (work / "convert.json").unlink()
        run(data, work)
        assert kept(work) == whole


def test_a_reader_whose_master_was_killed_ends(tmp_path: Path) -> None:
    data = fill(tmp_path / "data", {"a.mid": midi(60), "b.mxl": mxl(endless())})
    code = CONVERT.replace("import sys", "import sys\nfrom reverie.training.corpus.formats import ReadingLimits")
    code = code.replace("flush=True))", "flush=True), ReadingLimits(seconds=2.0))")
    process = subprocess.Popen(
        [sys.executable, "-c", code, str(data), str(tmp_path / "work")], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "1\n"
    (child,) = psutil.Process(process.pid).children()
    process.kill()
    process.wait()
    process.stdout.close()
    child.wait(timeout=60)


@pytest.mark.parametrize("emptied", [False, True])
def test_a_folder_that_vanishes_while_it_is_read_is_told_and_nothing_is_lost(tmp_path: Path, emptied: bool) -> None:
    data, away, workspace = fill(tmp_path / "data", GOOD), tmp_path / "away", Workspace(tmp_path / "work")

    def vanish(progress: ConvertProgress) -> None:
        if progress.done == 2:
            data.rename(away)
            if emptied:  # as where a disk was mounted
                data.mkdir()

    with pytest.raises(TrainingError, match="has vanished while its files were read"):
        convert(data, workspace, vanish)
    assert workspace.manifest("convert") is None
    read = {path.name: path.stat().st_mtime_ns for path in workspace.pieces.iterdir()}
    assert read
    if emptied:
        data.rmdir()
    away.rename(data)
    assert len(convert(data, workspace, nothing).pieces) == len(GOOD)
    now = {path.name: path.stat().st_mtime_ns for path in workspace.pieces.iterdir()}
    assert read.items() <= now.items()


@pytest.mark.parametrize("instead", [None, "photo.jpg"])
def test_a_folder_that_is_empty_at_the_start_deletes_no_pieces(tmp_path: Path, instead: str | None) -> None:
    data, workspace = fill(tmp_path / "data", GOOD), Workspace(tmp_path / "work")
    pieces = convert(data, workspace, nothing).pieces
    there = sorted(workspace.pieces.iterdir())
    manifest = workspace.manifest("convert")
    away = data.rename(tmp_path / "away")
    fill(data, {instead: b"no music"} if instead else {})
    data.mkdir(exist_ok=True)
    with pytest.raises(TrainingError, match=f"and {len(pieces)} pieces of it were read before. They are kept"):
        convert(data, workspace, nothing)
    assert sorted(workspace.pieces.iterdir()) == there
    assert read_conversion(workspace).pieces == pieces
    assert workspace.manifest("convert") == manifest
    shutil.rmtree(data)
    away.rename(data)
    assert convert(data, workspace, nothing).pieces == pieces
