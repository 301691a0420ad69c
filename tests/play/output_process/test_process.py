"""The output process on outputs without a device: it outlives its device, and ends what its player leaves."""

from __future__ import annotations

import fcntl
import os
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from fakes.outputs import FakeClock, RecordingOutput
from reverie.midi.bytes import hush
from reverie.midi.errors import DeviceError
from reverie.midi.rtmidi import SystemGoneError
from reverie.play.output_process import process, takeover
from reverie.play.output_process.messages import OutputSetup, OutputState
from reverie.play.output_process.process import OutputProcess, carry
from reverie.play.output_process.proxy import DUE
from reverie.play.output_process.takeover import LedgerTakeover, end_elsewhere
from reverie.play.outputs.output import BarLine, ChordLine
from reverie.play.recording.ledger import MOST_TRIES, Ledger
from reverie.processes.helper import packed, unpacked

GREY, BLUE = {"kind": "port", "match": "grey"}, {"kind": "port", "match": "blue"}
Ends = tuple[socket.socket, socket.socket]
AWAY = "the recorder is not there; plug it in"


class Turning(RecordingOutput):
    """To which one thing happens each time that it is looked at; then its player leaves."""

    def __init__(self, player: socket.socket, *events: Callable[[], Any]) -> None:
        super().__init__(FakeClock())
        self.events = [*events, lambda: player.shutdown(socket.SHUT_WR)]

    def go(self) -> None:
        self.there = False

    def come(self) -> None:
        self.there = True

    def open(self) -> None:
        if not self.there:
            self._turn()
        super().open()

    def poll(self) -> bool:
        self._turn()
        return super().poll()

    def waits_for(self) -> tuple[tuple[int, ...], float]:
        return (), 0.001

    def _turn(self) -> None:
        if self.events:
            self.events.pop(0)()


def nothing() -> None:
    """Happens."""


@pytest.fixture
def ends(monkeypatch: pytest.MonkeyPatch) -> Iterator[Ends]:
    """The player's end, and the output process's."""
    monkeypatch.setattr(process, "still_here", lambda _: None)
    monkeypatch.setattr(process, "SEARCH", 0.001)
    monkeypatch.setattr(process, "FAREWELL", 0.2)
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with ours, theirs:
        yield ours, theirs


def states(player: socket.socket) -> list[tuple[bool, str]]:
    """What the output process has said."""
    heard = [unpacked(OutputState, packet) for packet in process.packets(player)]
    return [(state.up, state.detail) for state in heard]


def test_what_was_sent_before_the_end_arrives_before_what_is_open_is_ended(ends: Ends, tmp_path: Path) -> None:
    player, theirs = ends
    ledger = Ledger(tmp_path, "main")
    line = packed(BarLine("dawn", 3, 90.0, "4/4"))
    chord = packed(ChordLine("Dm9", 2, 2, (0, 2, 4, 5, 9)))

    def play() -> None:
        ledger.note_on(0, 60)
        for packet in (b"\x90\x3c\x40", line, chord, b"\xf8\xc0\x05\x90\x3d\x40"):
            player.send(packet)

    output = Turning(player, nothing, play)
    OutputProcess(theirs, output, LedgerTakeover(tmp_path / "main.ledger", "main", GREY)).run()
    sent = [b"\x90\x3c\x40", b"\xf8", b"\xc0\x05", b"\x90\x3d\x40"]
    assert output.messages == [*sent, b"\x80\x3c\x00", *hush(0)]
    assert output.told == [BarLine("dawn", 3, 90.0, "4/4"), ChordLine("Dm9", 2, 2, (0, 2, 4, 5, 9))]
    assert ledger.quiet
    assert ledger.place == GREY


class RealTime(FakeClock):
    """Shows the machine's own time."""

    def now(self) -> float:
        return time.monotonic()


def test_what_is_due_later_is_sent_at_its_moment_and_what_is_due_far_off_at_once(ends: Ends) -> None:
    player, theirs = ends
    due: list[float] = []

    def play() -> None:
        for early, data in ((0.001, b"\x90\x3c\x40\xf8"), (-1.0, b"\x80\x3c\x00"), (3600.0, b"\xfc")):
            due.append(time.monotonic() + early)
            player.send(DUE.pack(due[-1]) + data)

    output = Turning(player, nothing, play, nothing)
    output._clock = RealTime()  # the output process's own
    OutputProcess(theirs, output, None).run()
    moments, messages = zip(*output.sent, strict=True)
    assert messages == (b"\x90\x3c\x40", b"\xf8", b"\x80\x3c\x00", b"\xfc")
    assert moments[0] >= due[0]
    assert moments[3] < due[2]


def test_what_is_due_later_is_not_sent_to_a_device_that_goes_before(
    ends: Ends, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process, "MOST_EARLY", 0.3)  # long enough for a look at the device on a busy machine
    player, theirs = ends

    def play() -> None:
        player.send(DUE.pack(time.monotonic() + 60) + b"\x90\x3c\x40")

    output = Turning(player, nothing, play)
    output.events[2:2] = [output.go]
    OutputProcess(theirs, output, None).run()
    assert (output.messages, states(player)[-1][0]) == ([], False)


def test_a_device_that_goes_and_returns_is_told_of_and_gets_nothing_of_the_time_between(ends: Ends) -> None:
    player, theirs = ends

    def play(pitch: int) -> Callable[[], Any]:
        return lambda: player.send(bytes((0x90, pitch, 64)))

    output = Turning(player, nothing, play(60), nothing)
    output.events[3:3] = [output.go, play(61), nothing, output.come, nothing, play(62), nothing]
    OutputProcess(theirs, output, None).run()
    assert states(player) == [
        (True, "recording"),
        (False, "the recorder is gone; plug it in"),
        (False, AWAY),
        (True, "recording"),
    ]
    assert output.messages == [b"\x90\x3c\x40", b"\x90\x3e\x40"]
    assert output.opened == 2


def test_what_an_open_output_lacks_is_told(ends: Ends) -> None:
    player, theirs = ends

    class Lonely(Turning):
        @property
        def lacks(self) -> str:
            return "nobody has joined the session yet"

        def poll(self) -> bool:
            super().poll()
            return False

    OutputProcess(theirs, Lonely(player, nothing, nothing), None).run()
    assert states(player) == [(False, "nobody has joined the session yet")]


def test_notes_are_ended_on_a_device_that_comes_after_the_player_has_left(ends: Ends, tmp_path: Path) -> None:
    player, theirs = ends
    ledger = Ledger(tmp_path, "main")
    ledger.move_to(GREY)
    ledger.note_on(2, 60)
    output = Turning(player)
    output.there = False
    output.events += [nothing, nothing, output.come]
    OutputProcess(theirs, output, LedgerTakeover(tmp_path / "main.ledger", "main", GREY)).run()
    assert output.messages == [b"\x82\x3c\x00", *hush(2)]


def test_a_player_that_left_is_not_outlived_for_long(ends: Ends, tmp_path: Path) -> None:
    player, theirs = ends
    Ledger(tmp_path, "main").note_on(2, 60)
    output = Turning(player)
    output.there = False
    OutputProcess(theirs, output, LedgerTakeover(tmp_path / "main.ledger", "main", GREY)).run()
    assert states(player) == [(False, AWAY)]
    assert list(Ledger(tmp_path, "main").open_notes()) == [(2, 60)]


def test_it_leaves_with_a_word_when_the_midi_system_is_gone(ends: Ends, monkeypatch: pytest.MonkeyPatch) -> None:
    player, theirs = ends

    def die() -> None:
        raise SystemGoneError("the JACK server is gone; start it again")

    output = Turning(player, nothing, die)
    monkeypatch.setattr(process, "make_output", lambda *_: output)
    carry(theirs, OutputSetup("main", GREY, None))
    assert states(player) == [(True, "recording"), (False, "the JACK server is gone; start it again")]


def test_settings_that_fit_nothing_are_told(ends: Ends) -> None:
    player, theirs = ends
    carry(theirs, OutputSetup("main", {"kind": "port", "mach": "x"}, None))
    ((up, detail),) = states(player)
    assert not up
    assert detail.startswith("slot main: these settings do not fit kind port: ")


def test_the_next_output_process_waits_for_the_one_before(ends: Ends, tmp_path: Path) -> None:
    player, theirs = ends
    first = LedgerTakeover(tmp_path / "main.ledger", "main", GREY)
    Ledger(tmp_path, "main")
    assert first.enter()
    second = LedgerTakeover(tmp_path / "main.ledger", "main", GREY)
    assert not second.enter()
    player.shutdown(socket.SHUT_WR)
    OutputProcess(theirs, Turning(player), second).run()
    assert states(player) == [(False, "the previous output process has not ended yet")]


def test_one_that_does_not_leave_is_passed_over_and_touches_nothing_when_it_wakes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "main.ledger"
    ledger = Ledger(tmp_path, "main")
    stopped = LedgerTakeover(path, "main", GREY)
    assert stopped.enter()
    monkeypatch.setattr(takeover, "PATIENCE", 0.0)
    assert LedgerTakeover(path, "main", GREY).enter()
    ledger.note_on(0, 60)
    output = RecordingOutput(FakeClock())
    assert stopped.quiet
    stopped.silence(output)
    assert output.messages == []
    assert list(ledger.open_notes()) == [(0, 60)]


def test_a_lock_that_cannot_be_had_at_all_is_not_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any) -> None:
        raise OSError(95, os.strerror(95))

    monkeypatch.setattr(fcntl, "flock", refuse)
    assert LedgerTakeover(tmp_path / "main.ledger", "main", GREY).enter()


def test_what_is_open_elsewhere_is_ended_there_and_only_tried_a_few_times(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(takeover, "ELSEWHERE", 0.05)
    made: list[RecordingOutput] = []

    def make(_slot: str, settings: Any) -> RecordingOutput:
        assert settings == GREY
        made.append(RecordingOutput(FakeClock()))
        return made[-1]

    def absent(slot: str, settings: Any) -> RecordingOutput:
        output = make(slot, settings)
        output.there = False
        return output

    ledger = Ledger(tmp_path, "main")
    ledger.move_to(GREY)
    ledger.note_on(0, 60)
    for _ in range(MOST_TRIES + 1):
        end_elsewhere("main", ledger, BLUE, absent)
    assert len(made) == MOST_TRIES
    said = f"slot main: what sounds on its former output could not be ended: {AWAY}\n"
    assert capfd.readouterr().err == said * MOST_TRIES

    ledger.move_to(GREY)
    end_elsewhere("main", ledger, GREY, make)
    assert len(made) == MOST_TRIES
    end_elsewhere("main", ledger, BLUE, make)
    assert made[-1].messages == [b"\x80\x3c\x00", *hush(0)]
    assert ledger.quiet


def test_an_output_that_hangs_on_its_way_up_is_waited_for_no_longer_than_is_bearable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(takeover, "ELSEWHERE", 0.05)
    output = RecordingOutput(FakeClock())
    monkeypatch.setattr(output, "poll", lambda: False)
    ledger = Ledger(tmp_path, "main")
    ledger.move_to(GREY)
    ledger.note_on(0, 60)
    end_elsewhere("main", ledger, BLUE, lambda *_: output)
    assert "the device was not there within" in capfd.readouterr().err


def test_a_loss_while_notes_are_ended_keeps_them_in_the_ledger(ends: Ends, tmp_path: Path) -> None:
    player, theirs = ends
    ledger = Ledger(tmp_path, "main")

    class Breaking(Turning):
        def send(self, message: bytes) -> None:
            raise DeviceError("it broke")

    output = Breaking(player, nothing, lambda: ledger.note_on(0, 60))
    OutputProcess(theirs, output, LedgerTakeover(tmp_path / "main.ledger", "main", GREY)).run()
    assert list(ledger.open_notes()) == [(0, 60)]
    assert (False, "it broke") in states(player)
