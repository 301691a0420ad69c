"""The ledger's file: what sounds and where, whatever is killed, damaged or changed in between."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fakes.jack import wait_until
from fakes.outputs import FakeClock, RecordingOutput
from fakes.patience import PATIENCE
from reverie.midi.bytes import CHANNELS, PITCHES, hush
from reverie.play.outputs.factory import close_abandoned
from reverie.play.recording.ledger import MOST_TRIES, Ledger, abandoned

GREY = {"kind": "port", "match": "grey", "device": {"usb": "0944:0117"}}
BLUE = {"kind": "port", "match": "blue"}

DAMAGED = st.one_of(st.binary(max_size=9000), st.binary(max_size=8184).map(lambda tail: b"REVLEDG2" + tail))

WRITER = """
import sys
from collections.abc import Callable
from pathlib import Path
from reverie.play.recording.ledger import Ledger
ledger = Ledger(Path(sys.argv[1]), "main")
ledger.move_to({"kind": "port", "match": "grey"})
while True:
    for pitch in range(128):
        ledger.note_on(3, pitch)
        ledger.note_off(3, pitch)
        ledger.note_on(4, 60)
"""


def test_it_knows_where_notes_were_opened(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path, "main")
    assert ledger.place is None
    ledger.move_to(GREY)
    ledger.note_on(0, 60)
    later = Ledger(tmp_path, "main")
    assert later.place == GREY
    assert later.is_elsewhere(BLUE)
    assert not later.is_elsewhere(dict(reversed(GREY.items())))


def test_what_is_silent_is_nowhere_else(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path, "main")
    ledger.move_to(GREY)
    assert not ledger.is_elsewhere(BLUE)
    ledger.use(5)
    assert ledger.is_elsewhere(BLUE)


def test_moving_keeps_what_is_open_here_and_gives_up_what_is_open_elsewhere(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path, "main")
    ledger.note_on(0, 60)
    ledger.move_to(GREY)
    ledger.move_to(GREY)
    assert list(ledger.open_notes()) == [(0, 60)]
    ledger.move_to(BLUE)
    assert ledger.quiet
    assert ledger.place == BLUE


def test_settings_that_are_too_long_are_not_kept_and_nothing_is_elsewhere_then(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path, "main")
    ledger.move_to(BLUE)
    ledger.move_to({"kind": "port", "match": "x" * 10_000})
    ledger.note_on(15, 127)
    assert ledger.place is None
    assert not ledger.is_elsewhere(BLUE)
    assert list(Ledger(tmp_path, "main").open_notes()) == [(15, 127)]


def test_an_output_that_hangs_is_tried_a_few_times_only_until_the_slot_has_moved(tmp_path: Path) -> None:
    assert [Ledger(tmp_path, "main").try_to_close() for _ in range(MOST_TRIES + 2)] == [True] * MOST_TRIES + [False] * 2
    ledger = Ledger(tmp_path, "main")
    ledger.move_to(GREY)
    assert ledger.try_to_close()


def test_who_claims_last_silences(tmp_path: Path) -> None:
    first, second = Ledger(tmp_path, "main"), Ledger(tmp_path, "main")
    early = first.claim()
    assert first.is_claimed_by(early)
    late = second.claim()
    assert not first.is_claimed_by(early)
    assert first.is_claimed_by(late)


def test_a_file_of_the_first_format_keeps_its_notes(tmp_path: Path) -> None:
    notes = bytearray(CHANNELS * PITCHES + CHANNELS)
    notes[2 * PITCHES + 60] = 1
    notes[CHANNELS * PITCHES + 2] = 1
    (tmp_path / "main.ledger").write_bytes(b"REVLEDG1" + notes)
    ledger = Ledger(tmp_path, "main")
    assert list(ledger.open_notes()) == [(2, 60)]
    assert ledger.used_channels() == (2,)
    assert ledger.place is None
    ledger.move_to(GREY)
    assert list(Ledger(tmp_path, "main").open_notes()) == [(2, 60)]


@settings(max_examples=60, deadline=None)
@given(DAMAGED, st.booleans())
def test_whatever_a_file_holds_it_does_no_harm(
    tmp_path_factory: pytest.TempPathFactory, data: bytes, fill: bool
) -> None:
    folder = tmp_path_factory.mktemp("ledger")
    (folder / "main.ledger").write_bytes(data.ljust(8192, b"\x01") if fill else data)
    ledger = Ledger(folder, "main")
    assert ledger.place is None or isinstance(ledger.place, dict)
    ledger.is_elsewhere(BLUE)
    output = RecordingOutput(FakeClock())
    ledger.close(output)
    assert all(len(message) == 3 and max(message[1:]) < 128 for message in output.messages)
    assert ledger.quiet
    ledger.move_to(BLUE)
    assert Ledger(folder, "main").place == BLUE


def test_closing_ends_notes_first_and_forgets_only_what_was_sent(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path, "main")
    ledger.note_on(9, 36)
    ledger.note_on(0, 60)
    output = RecordingOutput(FakeClock())
    output.working = False
    with pytest.raises(Exception, match="the recorder is gone"):
        ledger.close(output)
    assert list(ledger.open_notes()) == [(0, 60), (9, 36)]
    output.working = True
    assert ledger.close(output) == 2
    assert output.messages == [b"\x80\x3c\x00", b"\x89\x24\x00", *hush(0), *hush(9)]
    assert [message[1] for message in hush(0)] == [64, 123, 120]


def test_a_channel_that_a_dead_player_had_faded_is_as_loud_as_ever(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path, "main")
    ledger.fade(3)
    ledger.note_on(3, 60)
    ledger.use(4)
    output = RecordingOutput(FakeClock())
    later = Ledger(tmp_path, "main")
    assert later.used_channels() == (3, 4)
    assert later.close(output) == 1
    assert output.messages == [b"\x83\x3c\x00", *hush(3), b"\xb3\x0b\x7f", *hush(4)]
    assert later.quiet


def test_what_was_set_aside_is_another_file_that_belongs_to_no_slot(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path, "a/b")
    ledger.move_to(GREY)
    ledger.note_on(0, 60)
    left = ledger.set_aside()
    assert left is not None
    assert ledger.quiet
    assert ledger.place is None
    ledger.note_on(1, 61)
    assert list(Ledger.at(left).open_notes()) == [(0, 60)]
    assert list(Ledger(tmp_path, "a/b").open_notes()) == [(1, 61)]
    assert abandoned(tmp_path, {"a/b"}) == [left]


def test_a_damaged_file_is_made_whole_under_those_who_have_it_open(tmp_path: Path) -> None:
    reader = Ledger(tmp_path, "main")
    with (tmp_path / "main.ledger").open("r+b") as file:
        file.write(b"nonsense")
    Ledger(tmp_path, "main").note_on(0, 60)
    assert list(reader.open_notes()) == [(0, 60)]


def test_kill_9_leaves_the_note_that_sounds_and_at_most_one_more(tmp_path: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", WRITER, str(tmp_path)], env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    )
    try:
        wait_until(lambda: (tmp_path / "main.ledger").exists() and list(Ledger(tmp_path, "main").open_notes()))
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()
    ledger = Ledger(tmp_path, "main")
    sounding = set(ledger.open_notes())
    assert ledger.place == {"kind": "port", "match": "grey"}
    assert {channel for channel, _ in sounding} <= {3, 4}
    assert len(sounding) <= 2


@pytest.mark.parametrize("kind", ["fifo", "folder", "device", "dangling", "circle"])
def test_what_is_in_the_place_of_a_ledger_is_set_aside(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "main.ledger"
    match kind:
        case "fifo":
            os.mkfifo(path)
        case "folder":
            (path / "in it").mkdir(parents=True)
        case "device":
            path.symlink_to("/dev/zero")
        case "dangling":
            path.symlink_to(tmp_path / "not" / "there")
        case _:
            path.symlink_to(path)
    assert abandoned(tmp_path, set()) == []
    ledger = Ledger(tmp_path, "main")
    ledger.note_on(0, 60)
    assert ledger.path == path
    assert list(Ledger(tmp_path, "main").open_notes()) == [(0, 60)]
    assert len(list(tmp_path.glob("main.ledger.broken-*"))) == 1


def test_a_ledger_of_ten_gigabytes_is_made_as_small_as_any(tmp_path: Path) -> None:
    with (tmp_path / "main.ledger").open("wb") as file:
        file.truncate(10_000_000_000)
    Ledger(tmp_path, "main").note_on(0, 60)
    assert (tmp_path / "main.ledger").stat().st_size == 8192


@pytest.mark.parametrize("remove", [shutil.rmtree, lambda folder: (folder / "main.ledger").unlink()])
def test_a_ledger_that_is_removed_while_notes_sound_comes_back_with_them(
    tmp_path: Path, remove: Callable[[Path], object]
) -> None:
    folder = tmp_path / "ledger"
    ledger = Ledger(folder, "main")
    ledger.move_to(GREY)
    ledger.note_on(0, 60)
    remove(folder)
    ledger.restore()
    ledger.note_on(1, 61)
    later = Ledger(folder, "main")
    assert later.place == GREY
    assert list(later.open_notes()) == [(0, 60), (1, 61)]
    ledger.restore()
    ledger.note_off(1, 61)
    assert list(later.open_notes()) == [(0, 60)]


@pytest.mark.parametrize("length", [0, 1, 100, 5000])
def test_a_ledger_that_is_shortened_while_notes_sound_is_mended_and_silences_all_channels(
    tmp_path: Path, length: int
) -> None:
    ledger = Ledger(tmp_path, "main")
    ledger.move_to(GREY)
    ledger.note_on(0, 60)
    os.truncate(ledger.path or tmp_path, length)
    ledger.restore()
    ledger.note_on(1, 61)
    later = Ledger(tmp_path, "main")
    assert list(later.open_notes()) == [(1, 61)]
    assert later.used_channels() == tuple(range(CHANNELS))


def test_whoever_touches_a_shortened_ledger_dies_and_the_next_silences_all_channels(tmp_path: Path) -> None:
    path = tmp_path / "main.ledger"
    process = subprocess.Popen(
        [sys.executable, "-c", WRITER, str(tmp_path)], env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    )
    try:
        wait_until(lambda: path.exists() and list(Ledger(tmp_path, "main").open_notes()))
        os.truncate(path, 0)
        assert process.wait(PATIENCE) == -signal.SIGBUS
    finally:
        process.kill()
    output = RecordingOutput(FakeClock())
    Ledger(tmp_path, "main").close(output)
    assert output.messages == [message for channel in range(CHANNELS) for message in hush(channel)]


@pytest.mark.parametrize("data", [b"", b"REVLEDG2", b"nonsense" * 1024])
def test_a_file_of_which_nothing_is_known_silences_all_channels_and_none_at_all_silences_nothing(
    tmp_path: Path, data: bytes
) -> None:
    assert Ledger(tmp_path, "new").quiet
    (tmp_path / "main.ledger").write_bytes(data)
    assert Ledger(tmp_path, "main").used_channels() == tuple(range(CHANNELS))
    close_abandoned(tmp_path, {"new"})
    assert [path.name for path in tmp_path.iterdir()] == ["new.ledger"]


def test_a_ledger_that_cannot_come_back_is_kept_in_memory(tmp_path: Path) -> None:
    folder = tmp_path / "ledger"
    ledger = Ledger(folder, "main")
    ledger.note_on(0, 60)
    shutil.rmtree(folder)
    folder.write_text("in the way")
    ledger.restore()
    assert list(ledger.open_notes()) == [(0, 60)]
    folder.unlink()
    ledger.restore()
    assert list(Ledger(folder, "main").open_notes()) == [(0, 60)]


def test_a_ledger_that_could_not_be_had_at_first_is_had_later_with_what_an_earlier_life_left_open(
    tmp_path: Path,
) -> None:
    before = Ledger(tmp_path / "ledger", "main")
    before.note_on(3, 64)
    (tmp_path / "ledger").rename(tmp_path / "away")
    (tmp_path / "ledger").write_text("in the way")
    ledger = Ledger(tmp_path / "ledger", "main")
    assert ledger.path is None
    ledger.note_on(0, 60)
    ledger.restore()
    assert ledger.path is None
    (tmp_path / "ledger").unlink()
    (tmp_path / "away").rename(tmp_path / "ledger")
    ledger.restore()
    assert ledger.path == tmp_path / "ledger" / "main.ledger"
    assert [*Ledger(tmp_path / "ledger", "main").open_notes()] == [(0, 60), (3, 64)]
