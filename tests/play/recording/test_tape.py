"""The tape and the files it is sealed into."""

from __future__ import annotations

import errno
import importlib
import os
import shutil
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fakes.playing import LEAD, Studio, loop, place, scene, steps
from fakes.tapes import read_tape
from reverie.files import OddFileError, read_file
from reverie.music.notes import Loop, Note
from reverie.music.time import Metre, Schedule, Tempo
from reverie.play.messages import Part
from reverie.play.recording.tape import MOST_FILES, RETRY, Tape, journal_name, prune
from reverie.play.recording.tape_export import seal, seal_all

mido: Any = importlib.import_module("mido")
HOUR = 1_795_356_000.0  # 2026-11-22T14:00:00Z


def absolute(track: Any) -> list[tuple[int, Any]]:
    now, events = 0, list[tuple[int, Any]]()
    for message in track:
        now += message.time
        events.append((now, message))
    return events


def notes(path: Path) -> Counter[tuple[str, str]]:
    """How many note-ons and note-offs each track has."""
    return Counter(
        (track.name, message.type)
        for track in mido.MidiFile(path).tracks
        for message in track
        if message.type in {"note_on", "note_off"}
    )


def test_the_journal_is_named_after_its_hour_in_utc() -> None:
    assert journal_name(HOUR + 3599) == "2026-11-22T14.journal"
    assert journal_name(HOUR + 3600) == "2026-11-22T15.journal"


def test_everything_that_was_sent_is_in_the_sealed_file(tmp_path: Path) -> None:
    studio = Studio(tmp_path)
    studio.tell(scene(LEAD, Part("kit", "main", 10, program=0), tempo=Tempo(90, 10, 8)))
    studio.tell(place(steps(60, 62, 64)), place(steps(36, 38, 36, 38), part="kit"))
    studio.play(10)
    studio.player.close()

    file = seal(tmp_path / "tape" / "2026-11-22T14.journal")
    assert file.name == "2026-11-22T14.mid"
    assert not (tmp_path / "tape" / "2026-11-22T14.journal").exists()
    sent = Counter(
        ("kit" if message[0] & 0xF == 9 else "lead", "note_on" if message[0] & 0xF0 == 0x90 else "note_off")
        for message in studio.output.messages
        if message[0] & 0xF0 in {0x80, 0x90}
    )
    assert notes(file) == sent
    conductor, *tracks = mido.MidiFile(file).tracks
    assert [track.name for track in tracks] == ["kit", "lead"]
    assert mido.MidiFile(file).ticks_per_beat == 480
    tempos = [(at, message.tempo) for at, message in absolute(conductor) if message.type == "set_tempo"]
    assert tempos[:2] == [(0, round(60e6 / 90)), (1920, round(60e6 / Tempo(90, 10, 8).at(1)))]
    assert [(at, m.text) for at, m in absolute(conductor) if m.type == "marker"][1] == (0, "one")
    starts = [at for at, message in absolute(tracks[1]) if message.type == "note_on"]
    assert starts[:6] == [0, 480, 960, 1920, 2400, 2880]


def test_notes_are_taped_while_their_slot_is_down(tmp_path: Path) -> None:
    studio = Studio(tmp_path)
    studio.output.there = False
    studio.tell(scene(), place(steps(60, 62)))
    studio.play(2)
    studio.player.close()
    assert notes(seal(tmp_path / "tape" / "2026-11-22T14.journal"))["lead", "note_on"] == 5


def test_lives_of_one_hour_share_a_journal_and_a_torn_line_spoils_nothing(tmp_path: Path) -> None:
    first = Studio(tmp_path)
    first.tell(scene(), place(loop(Note(0, 1900, 60))))
    first.play(2)  # killed with a note open
    journal = tmp_path / "tape" / "2026-11-22T14.journal"
    with journal.open("ab") as file:
        file.write(b"E 5000 903e64 le")
    second = Studio(tmp_path)
    second.tell(scene(), place(steps(72)))
    second.play(1)
    second.player.close()
    with journal.open("ab") as file:
        file.write(b"\xff\xfe nonsense\nE 5000 90 lead\nE 99999 903c64 lea")

    lines = journal.read_text(errors="replace").splitlines()
    ticks = [int(line.split(" ")[1]) for line in lines[:-3]]
    assert ticks == sorted(ticks)
    assert [line[0] for line in lines].count("L") == 2
    file_ = seal(journal)
    assert notes(file_) == {("lead", "note_on"): 5, ("lead", "note_off"): 5}
    track = mido.MidiFile(file_).tracks[1]
    third = [at for at, message in absolute(track) if message.type == "note_off" and message.note == 60][2]
    assert third == 3840  # the first life's last note ends where the second begins


def test_the_hour_turns_at_a_bar_line_and_no_note_hangs_in_either_file(tmp_path: Path) -> None:
    studio = Studio(tmp_path)
    studio.clock.time += 3598.0
    studio.tell(scene(), place(loop(Note(0, 60, 50), Note(1800, 240, 60), bars=2)))
    studio.play(4)
    studio.player.close()

    first, second = sorted((tmp_path / "tape").glob("*.journal"))
    assert (first.name, second.name) == ("2026-11-22T14.journal", "2026-11-22T15.journal")
    played = [mido.MidiFile(seal(journal)) for journal in (first, second)]
    struck = [[message.note for message in file.tracks[1] if message.type == "note_on"] for file in played]
    assert struck == [[50, 60], [50, 60, 50]]
    for file in played:
        sounding: Counter[int] = Counter()
        for message in file.tracks[1]:
            if message.type in {"note_on", "note_off"}:
                sounding[message.note] += 1 if message.type == "note_on" else -1
        assert not +sounding
        assert not -sounding


def test_sealing_again_replaces_nothing(tmp_path: Path) -> None:
    journal = tmp_path / "2026-11-22T14.journal"
    text = "L 0 x\nB 0 120 4/4 one\nE 0 903c64 lead\nE 10 803c00 lead\n"
    journal.write_text(text)
    first = seal(journal)
    data = first.read_bytes()
    journal.write_text(text)
    assert seal(journal) == first
    journal.write_text(text.replace("3c", "3d"))
    assert seal(journal).name == "2026-11-22T14.2.mid"
    assert first.read_bytes() == data


def test_a_tempo_that_the_next_hours_file_begins_with_is_no_change(tmp_path: Path) -> None:
    tape = tmp_path / "tape"
    tape.mkdir()
    for hour in (14, 15):
        journal = tape / f"2026-11-22T{hour}.journal"
        journal.write_text("L 0 x\nB 0 240 4/4 one\nE 0 903c64 lead\nE 10 803c00 lead\n")
        seal(journal)
    assert read_tape(tmp_path).tempos == [(0, 240)]
    assert read_tape(tmp_path).notes == Counter({(0, 60): 2})


def test_only_finished_hours_are_sealed(tmp_path: Path) -> None:
    now = datetime(2026, 11, 22, 16, 1, tzinfo=UTC)
    for hour, age in ((13, 7000), (14, 3000), (15, 10), (16, 500)):
        path = tmp_path / f"2026-11-22T{hour}.journal"
        path.write_text("B 0 120 4/4 one\n")
        os.utime(path, (now.timestamp() - age, now.timestamp() - age))
    assert [path.name for path in seal_all(tmp_path, now)] == ["2026-11-22T13.mid", "2026-11-22T14.mid"]
    assert sorted(path.name for path in tmp_path.glob("*.journal")) == [
        "2026-11-22T15.journal",
        "2026-11-22T16.journal",
    ]


@pytest.mark.parametrize(
    "line",
    [
        "B 0 84.5",
        "B 0 0 4/4 one",
        "B 0 nan 4/4 one",
        "B 0 1e9 4/4 one",
        "B 0 120 0/4 one",
        "E 5 9080ff lead",
        "E 5 c080 lead",
        "E 5  lead",
        "E 999999999999 903c64 lead",
        "E 5000 903c64 lead",  # right by itself, but the ticks after it run backwards
        "\u00b2 0 0",
    ],
)
def test_a_damaged_line_does_not_stop_sealing(tmp_path: Path, line: str) -> None:
    journal = tmp_path / "2026-11-22T14.journal"
    journal.write_text(f"L 0 x\nB 0 120 4/4 one\n{line}\nE 0 903e64 lead\nE 10 803e00 lead\n")
    file = mido.MidiFile(seal(journal))
    assert [at for at, message in absolute(file.tracks[1]) if getattr(message, "note", None) == 62] == [0, 10]
    assert not journal.exists()


def test_a_hopeless_journal_is_set_aside(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def refuse(*_: object) -> bytes:
        raise ZeroDivisionError

    journal = tmp_path / "2026-11-22T14.journal"
    journal.write_text("B 0 120 4/4 one\n")
    monkeypatch.setattr("reverie.play.recording.tape_export.midi_bytes", refuse)
    assert seal(journal).read_text() == "B 0 120 4/4 one\n"
    assert [path.name for path in tmp_path.iterdir()] == ["2026-11-22T14.journal.broken"]
    assert "cannot be made a MIDI file" in caplog.text


def test_a_journal_that_cannot_be_read_keeps_no_other_from_being_sealed(tmp_path: Path) -> None:
    (tmp_path / "2026-11-22T12.journal").mkdir()
    for hour in (13, 14):
        (tmp_path / f"2026-11-22T{hour}.journal").write_text("B 0 120 4/4 one\n")
    with pytest.raises(OddFileError):
        seal_all(tmp_path, datetime(2030, 1, 1, tzinfo=UTC))
    assert sorted(path.name for path in tmp_path.glob("*.mid")) == ["2026-11-22T13.mid", "2026-11-22T14.mid"]


def test_the_files_of_old_days_are_pruned_and_nothing_else(tmp_path: Path) -> None:
    for name in ("2026-11-01T10.mid", "2026-11-01T10.2.mid", "2026-11-21T10.mid", "2026-11-22T10.journal", "note.txt"):
        (tmp_path / name).touch()
    (tmp_path / "2026-11-01T11.mid").mkdir()
    gone = prune(tmp_path, {"2026-11-01", "2026-10-01"})
    assert [path.name for path in gone] == ["2026-11-01T10.2.mid", "2026-11-01T10.mid"]
    assert len(list(tmp_path.iterdir())) == 4


def test_no_more_is_deleted_at_once_than_a_bound(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(MOST_FILES + 10):
        (tmp_path / f"2026-11-01T10.{number}.mid").write_bytes(b"12345")
    assert len(prune(tmp_path, {"2026-11-01"})) == MOST_FILES
    monkeypatch.setattr("reverie.play.recording.tape.MOST_BYTES", 12)
    assert len(prune(tmp_path, {"2026-11-01"})) == 2
    monkeypatch.setattr("reverie.play.recording.tape.MOST_BYTES", 1)
    assert len(prune(tmp_path, {"2026-11-01"})) == 1


def test_a_tape_that_cannot_be_written_says_so_once_and_is_tried_again(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "tape"
    folder.write_text("in the way")
    tape = Tape(folder)
    for bar in range(3):
        tape.bar(HOUR, 1920 * bar, 120, Metre(), "one")
        tape.event(1920 * bar, b"\x90\x3c\x64", "lead")
        tape.flush()
    assert capfd.readouterr().err.count("cannot be written") == 1
    folder.unlink()
    tape.bar(HOUR + RETRY, 5760, 120, Metre(), "one")
    tape.close()
    assert (folder / "2026-11-22T14.journal").read_text().splitlines()[-1] == "B 5760 120 4/4 one"


def test_a_full_disk_is_told_once_and_the_journal_is_not_read_again_at_each_bar(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    write = os.write

    def refuse(descriptor: int, data: bytes) -> int:
        if data.startswith(b"the tape"):  # the log is elsewhere
            return write(descriptor, data)
        raise OSError(errno.ENOSPC, "No space left on device")

    reads = list[Path]()

    def read(path: Path, largest: int) -> bytes:
        reads.append(path)
        return read_file(path, largest)

    journal = tmp_path / "2026-11-22T14.journal"
    journal.write_text("L 0 x\n")
    tape = Tape(tmp_path)
    with monkeypatch.context() as patch:
        patch.setattr("reverie.play.recording.tape.read_file", read)
        patch.setattr(os, "write", refuse)
        for bar in range(100):
            tape.bar(HOUR + 2 * bar, 1920 * bar, 120, Metre(), "one")
            tape.recipe(1920 * bar, "abc", "lead")
            tape.flush()
    assert 2 <= len(reads) <= 5  # 200 seconds
    assert capfd.readouterr().err.count("No space left on device") == 1
    tape.bar(HOUR + 300, 192000, 120, Metre(), "one")
    tape.recipe(192000, "abc", "lead")
    tape.close()
    assert journal.read_text().splitlines()[-2:] == ["B 192000 120 4/4 one", "P 192000 abc lead"]


@pytest.mark.parametrize("way", ["refused", "short"])
def test_one_write_that_failed_cost_a_minute_of_the_tape(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], way: str
) -> None:
    write, failed = os.write, list[int]()

    def write_once_more(descriptor: int, data: bytes) -> int:
        if data.startswith(b"B 3840") and not failed:
            failed.append(descriptor)
            if way == "refused":
                raise OSError(errno.ENOSPC, "No space left on device")
            return write(descriptor, data[:5])
        return write(descriptor, data)

    monkeypatch.setattr(os, "write", write_once_more)
    tape = Tape(tmp_path)
    for bar in range(4):
        tape.bar(HOUR + 2 * bar, 1920 * bar, 120, Metre(), "one")
        tape.flush()
    tape.close()
    assert failed
    lines = (tmp_path / "2026-11-22T14.journal").read_text().splitlines()
    assert [line for line in lines if line.startswith("B")] == [f"B {1920 * bar} 120 4/4 one" for bar in range(4)]
    assert not capfd.readouterr().err


def test_a_journal_that_cannot_be_shortened_cost_a_descriptor_each_minute(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_: int, __: int) -> None:
        raise OSError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "ftruncate", refuse)
    tape, open_before = Tape(tmp_path), len([*Path("/proc/self/fd").iterdir()])
    for minute in range(10):
        tape.bar(HOUR + RETRY * minute, 1920 * minute, 120, Metre(), "one")
        tape.flush()
    assert len([*Path("/proc/self/fd").iterdir()]) == open_before


def test_a_loop_heard_last_week_is_traced_to_its_recipe(tmp_path: Path) -> None:
    studio = Studio(tmp_path)
    studio.clock.time += 3592.0  # the hour turns after four bars
    studio.tell(scene(LEAD, Part("kit", "main", 10, schedule=Schedule(2, ((2, 2),)))))
    first, second, beat = place(steps(60)), place(steps(62), 2), place(steps(36), part="kit")
    studio.tell(replace(first, recipe="a1"), replace(second, recipe="b2"), replace(beat, recipe="c3"))
    studio.play(6)
    studio.player.close()
    texts = [
        [(at, message.text) for at, message in absolute(track) if message.type == "text"]
        for journal in sorted((tmp_path / "tape").glob("*.journal"))
        for track in mido.MidiFile(seal(journal)).tracks[1:]
    ]
    assert texts == [
        [(1920, "recipe c3")],
        [(0, "recipe a1"), (3840, "recipe b2")],
        [(1920, "recipe c3")],
        [(0, "recipe b2")],
    ]


def well_formed(folder: Path) -> None:
    """Seal all journals; every note that a file has on has its off in that file, and is not struck twice meanwhile."""
    files = seal_all(folder, None)
    assert files
    for path in files:
        for track in mido.MidiFile(path).tracks:
            sounding = Counter[tuple[int, int]]()
            for message in track:
                if message.type not in {"note_on", "note_off"}:
                    continue
                key = (message.channel, message.note)
                sounding[key] += 1 if message.type == "note_on" and message.velocity else -1
                assert sounding[key] in {0, 1}, (path.name, track.name, key)
            assert not any(sounding.values()), path.name


def held(pitch: int) -> Loop:
    """Two bars of a note over their line, and one that is as long as the bars."""
    return loop(Note(960, 1920, pitch), Note(0, 3840, pitch + 12), bars=2)


def test_a_clock_that_is_set_back_over_the_hour_while_notes_sound_spoils_no_file(tmp_path: Path) -> None:
    studio = Studio(tmp_path)
    studio.clock.time += 3592.0  # the hour turns after four bars
    studio.tell(scene(), place(held(60), times=20))
    studio.play(7)
    right = studio.clock.offset
    studio.clock.offset -= 30.0  # back into the hour before
    studio.play(4)
    studio.clock.offset = right
    studio.play(9)
    studio.player.close()
    assert len(list((tmp_path / "tape").glob("*.journal"))) == 2
    well_formed(tmp_path / "tape")


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from([-86400.0, -3600, -1800, -10, 0, 10, 1800, 3600, 86400, 4e8]), st.integers(1, 4)),
        min_size=1,
        max_size=8,
    )
)
def test_however_the_clock_jumps_every_file_is_well_formed(
    tmp_path_factory: pytest.TempPathFactory, jumps: list[tuple[float, int]]
) -> None:
    folder = tmp_path_factory.mktemp("jumps")
    studio = Studio(folder)
    studio.clock.time += 3590.0
    studio.tell(scene(), place(held(60), times=40))
    right = studio.clock.offset
    for ahead, bars in jumps:
        studio.clock.offset = right + ahead
        studio.play(bars)
    studio.player.close()
    well_formed(folder / "tape")


def test_notes_whose_ends_a_full_disk_has_swallowed_are_ended_before_they_are_struck_again(tmp_path: Path) -> None:
    journal = tmp_path / "2026-11-22T14.journal"
    journal.write_text("L 0 x\nB 0 120 4/4 one\nE 0 903e64 lead\nE 500 903e64 lead\nE 900 803e00 lead\n")
    well_formed(tmp_path)


def test_a_journal_that_is_removed_while_it_is_written_is_begun_anew(tmp_path: Path) -> None:
    tape = Tape(tmp_path / "tape")
    for bar in range(4):
        if bar == 2:
            shutil.rmtree(tmp_path / "tape")
        tape.bar(HOUR + 2 * bar, 1920 * bar, 120, Metre(), "one")
        tape.event(1920 * bar, b"\x90\x3c\x64", "lead")
        tape.event(1920 * bar + 9, b"\x80\x3c\x00", "lead")
        tape.flush()
    tape.close()
    lines = (tmp_path / "tape" / "2026-11-22T14.journal").read_text().splitlines()
    assert [line.split()[0] for line in lines] == ["L", "B", "E", "E", "B", "E", "E"]


@pytest.mark.parametrize("kind", ["fifo", "folder", "device", "dangling", "circle"])
def test_what_is_in_the_place_of_a_journal_neither_holds_up_the_music_nor_costs_the_tape(
    tmp_path: Path, kind: str, capfd: pytest.CaptureFixture[str]
) -> None:
    journal = tmp_path / "2026-11-22T14.journal"
    match kind:
        case "fifo":
            os.mkfifo(journal)
        case "folder":
            journal.mkdir()
        case "device":
            journal.symlink_to("/dev/zero")
        case "dangling":
            journal.symlink_to("nowhere")
        case _:
            journal.symlink_to(journal)
    tape = Tape(tmp_path)
    tape.bar(HOUR, 0, 120, Metre(), "one")
    tape.close()
    assert journal.read_text().splitlines()[-1] == "B 0 120 4/4 one"
    assert "now lies beside the tape" in capfd.readouterr().err
