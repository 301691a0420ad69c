"""Slots whose devices come and go, and the ledger of what sounds on them."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import Literal

import pytest

from fakes.outputs import FakeClock, RecordingOutput
from fakes.playing import LEAD, Studio, loop, place, scene, steps
from fakes.soundfonts import font
from reverie.midi.bytes import hush
from reverie.midi.errors import DEVICE_ERRORS
from reverie.music.notes import Note
from reverie.play import panic
from reverie.play.messages import FromPlayer, Part, SlotState
from reverie.play.outputs.fluidsynth import FluidSynth
from reverie.play.outputs.midi_port import MidiPort
from reverie.play.outputs.output import Trouble
from reverie.play.outputs.virtual_port import VirtualPort
from reverie.play.panic import silence
from reverie.play.recording.ledger import Ledger
from reverie.play.slots import RETRY, STARVED, SURE, Slot
from reverie.processes.codec import from_message, to_message

ON, OFF, PROGRAM = 0x90, 0x80, 0xC0


def test_a_ledger_remembers_across_lives_what_was_left_open(tmp_path: Path) -> None:
    first = Ledger(tmp_path, "a/b: main")
    first.note_on(9, 36)
    first.note_on(0, 60)
    first.note_on(0, 64)
    first.note_off(0, 64)
    first.use(5)
    # No close: this is what kill -9 leaves.
    second = Ledger(tmp_path, "a/b: main")
    assert list(second.open_notes()) == [(0, 60), (9, 36)]
    assert second.used_channels() == (0, 5, 9)

    output = RecordingOutput(FakeClock())
    assert second.close(output) == 2
    expected = [bytes((OFF, 60, 0)), bytes((OFF | 9, 36, 0)), *hush(0), *hush(5), *hush(9)]
    assert output.messages == expected
    assert list(Ledger(tmp_path, "a/b: main").open_notes()) == []


def test_a_spoilt_ledger_is_begun_anew(tmp_path: Path) -> None:
    (tmp_path / "main.ledger").write_bytes(b"\x01" * 5000)
    ledger = Ledger(tmp_path, "main")
    assert list(ledger.open_notes()) == []
    ledger.note_on(15, 127)
    assert list(Ledger(tmp_path, "main").open_notes()) == [(15, 127)]


def test_a_ledger_without_a_folder_still_knows_this_life(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").write_text("in the way")
    ledger = Ledger(tmp_path / "file", "main")
    ledger.note_on(0, 60)
    assert list(ledger.open_notes()) == [(0, 60)]
    assert "make its folder writable" in capfd.readouterr().err


def test_a_lost_device_is_told_once_and_tried_again(tmp_path: Path) -> None:
    clock, states = FakeClock(), list[SlotState]()
    output = RecordingOutput(clock)
    output.there = False
    slot = Slot("main", output, Ledger(tmp_path, "main"), states.append)
    for _ in range(10):
        slot.tend(clock.now(), 9.0)
        clock.time += RETRY / 2
    assert states == [SlotState("main", False, "the recorder is not there; plug it in")]
    assert not slot.start(0, 60, 100, "me")

    output.there = True
    slot.tend(clock.now(), 9.0)
    assert states[1:] == [SlotState("main", True, "recording")]
    assert slot.start(0, 60, 100, "me")


def test_a_device_is_not_opened_when_a_note_is_due(tmp_path: Path) -> None:
    output = RecordingOutput(FakeClock())
    slot = Slot("main", output, Ledger(tmp_path, "main"), lambda _: None)
    assert not slot.tend(0.0, 0.001)
    assert output.opened == 0
    assert slot.due(0.0, 0.001) == STARVED  # at once, the player would spin until the note
    for tick in range(1, 20):  # with MIDI clock something is always due soon
        assert slot.tend(tick * STARVED / 20, 0.001) is False
    assert output.opened == 0
    assert slot.tend(STARVED, 0.001), "better one tick late than a slot that never comes"
    slot.close()
    slot = Slot("main", output, Ledger(tmp_path, "main"), lambda _: None)
    output.opened = 0
    assert slot.due(0.0, 1.0) <= 0.0
    assert slot.tend(0.0, 1.0)
    assert output.opened == 1


def test_a_device_that_comes_back_is_silenced_and_given_its_programs(tmp_path: Path) -> None:
    studio = Studio(tmp_path, "main", "other")
    parts = replace(LEAD, program=7), Part("far", "other", 3, program=9)
    studio.tell(scene(*parts), place(loop(Note(0, 3800, 60), bars=2)), place(steps(50), part="far"))
    studio.player.advance()
    studio.output.there = False
    studio.play(1)
    studio.output.there = True
    studio.output.sent.clear()
    studio.play(4)

    back = [message for at, message in studio.output.sent if at < 1003.9]
    assert back == [bytes((OFF, 60, 0)), *hush(0), bytes((PROGRAM, 7))]
    assert [(state.name, state.up) for state in studio.states] == [
        ("main", True),
        ("other", True),
        ("main", False),
        ("main", True),
    ]
    assert len([message for message in studio.outputs["other"].messages if message[0] == ON | 2]) == 6
    assert [bar.sent for bar in studio.bars] == [2, 1, 2, 1, 2]


def test_a_device_lost_while_sending_stops_nothing(tmp_path: Path) -> None:
    studio = Studio(tmp_path)
    studio.tell(scene(), place(steps(60, 62)))
    studio.player.advance()
    studio.output.working = False
    studio.play(2)
    assert [(bar.notes["lead"], bar.sent) for bar in studio.bars] == [(2, 1), (2, 0)]
    assert not studio.states[-1].up
    studio.output.working = True
    studio.play(4)
    assert studio.bars[-1].sent == 2


def test_the_next_life_ends_what_the_killed_one_left(tmp_path: Path) -> None:
    killed = Studio(tmp_path)
    killed.tell(scene(), place(loop(Note(0, 1900, 60), Note(0, 1900, 67))))
    killed.player.advance()

    born = Studio(tmp_path)
    assert born.output.messages == [bytes((OFF, 60, 0)), bytes((OFF, 67, 0)), *hush(0)]


def test_panic_without_a_daemon_forgets_a_synth_that_is_gone(tmp_path: Path) -> None:
    Ledger(tmp_path, "main").note_on(0, 60)
    assert silence({"main": {"kind": "fluidsynth"}}, tmp_path) == (
        "main: FluidSynth ended with its player; nothing sounds there",
    )
    assert list(Ledger(tmp_path, "main").open_notes()) == []


@pytest.mark.parametrize("call", ["open", "poll", "send", "close"])
@pytest.mark.parametrize("error", [PermissionError(13, "Permission denied", "/dev/snd"), ImportError("no library")])
def test_what_the_system_refuses_costs_its_slot_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str, error: Exception
) -> None:
    studio = Studio(tmp_path, "main", "other")
    studio.tell(scene(LEAD, Part("far", "other", 3)), place(steps(60)), place(steps(50), part="far"))
    studio.play(1)
    refuse(monkeypatch, studio.output, call, error)
    studio.output.there = call == "send"  # the other calls matter when the device is lost, and looked for again
    studio.play(4)
    assert {state.name for state in studio.states if not state.up} == {"main"}
    assert [bar.notes for bar in studio.bars] == [{"lead": 1, "far": 1}] * 5
    assert [bar.sent for bar in studio.bars][-1] == 1
    assert studio.slots["other"].up


def refuse(monkeypatch: pytest.MonkeyPatch, output: RecordingOutput, call: str, error: Exception) -> None:
    """Let one of the output's calls raise ``error`` from now on."""

    def refused(*_: object) -> None:
        raise error

    monkeypatch.setattr(output, call, refused)


def first_word(tmp_path: Path, output: FluidSynth | MidiPort | VirtualPort) -> str:
    """What a slot says of an output that does not open."""
    states = list[SlotState]()
    slot = Slot("main", output, Ledger(tmp_path / "ledger", "main"), states.append)
    slot.tend(0.0, 9.0)
    assert not states[0].up
    return states[0].detail


def test_a_soundfont_that_may_not_be_read_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse_to_look(path: Path) -> bool:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr("shutil.which", lambda _: "/usr/bin/fluidsynth")
    monkeypatch.setattr(Path, "is_file", refuse_to_look)
    assert first_word(tmp_path, FluidSynth("/root/a.sf2")) == (
        "the soundfont /root/a.sf2 cannot be read (Permission denied); let the user that Reverie runs as read it"
    )


def test_a_device_that_is_silent_is_told_and_goes_on_taking_notes(tmp_path: Path) -> None:
    told: list[SlotState] = []
    output = RecordingOutput(FakeClock())
    slot = Slot("main", output, Ledger(tmp_path, "main"), told.append)
    slot.tend(0.0, 1.0)
    silences: tuple[Literal["part", "all", ""], ...] = ("part", "all", "")
    for number, silent in enumerate(silences, 1):
        output.said = Trouble("it is silent", "turn it up", silent)
        slot.tend(float(number), 1.0)
        assert slot.start(0, 60, 100, "somebody")
    output.said = None
    slot.tend(9.0, 1.0)
    assert [(state.up, state.detail, state.fault, state.silent) for state in told] == [
        (True, "recording", "", ""),
        (True, "recording", "it is silent", "part"),
        (False, "it is silent", "it is silent", "all"),
        (True, "recording", "it is silent", ""),
        (True, "recording", "", ""),
    ]
    assert {from_message(FromPlayer, to_message(state)) for state in told} == set(told)


def test_a_fluidsynth_that_cannot_be_started_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "fluidsynth"
    program.write_text("#!/nowhere/interpreter\n")
    program.chmod(0o755)
    font(tmp_path / "a.sf2")
    monkeypatch.setenv("PATH", str(tmp_path))
    assert "fluidsynth: No such file" in first_word(tmp_path, FluidSynth(str(tmp_path / "a.sf2"), audio="file"))


@pytest.mark.parametrize("output", [MidiPort("synth"), VirtualPort()])
def test_a_missing_libasound_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, output: MidiPort | VirtualPort
) -> None:
    monkeypatch.setitem(sys.modules, "rtmidi", None)
    assert "install the package libasound2" in first_word(tmp_path, output)


def test_an_output_that_cannot_be_closed_leaves_no_other_sounding(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    studio = held(tmp_path)
    refuse(monkeypatch, studio.output, "close", OSError("it is stuck"))
    studio.player.close()
    for name, channel in (("main", 0), ("other", 2)):
        assert studio.outputs[name].messages[-4:] == [bytes((OFF | channel, 60, 0)), *hush(channel)]
    assert capfd.readouterr().err.startswith("slot main could not be closed: the system refuses it (it is stuck); ")


def test_a_fault_that_nobody_foresaw_in_one_slot_leaves_no_other_sounding(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    studio = held(tmp_path)
    refuse(monkeypatch, studio.output, "send", RuntimeError("a fault"))
    with pytest.raises(RuntimeError, match="a fault"):
        studio.player.close()
    assert studio.outputs["other"].messages[-4:] == [bytes((OFF | 2, 60, 0)), *hush(2)]
    assert not studio.slots["main"].up
    assert not studio.slots["other"].up


def held(tmp_path: Path) -> Studio:
    """Two slots, on each of which a note sounds."""
    studio = Studio(tmp_path, "main", "other")
    studio.tell(scene(LEAD, Part("far", "other", 3)))
    studio.tell(*(place(loop(Note(0, 1900, 60)), part=name) for name in ("lead", "far")))
    studio.player.advance()
    return studio


@pytest.mark.parametrize("error", [kind("refused") for kind in DEVICE_ERRORS])
def test_panic_silences_what_it_can_whatever_is_wrong_with_one_slot(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    broken, whole = RecordingOutput(FakeClock()), RecordingOutput(FakeClock())
    refuse(monkeypatch, broken, "open", error)
    monkeypatch.setattr(panic, "OutputProxy", lambda name, *_: {"broken": broken, "whole": whole}[name])
    Ledger(tmp_path, "whole").note_on(0, 60)
    first, second = silence({"broken": {}, "whole": {}}, tmp_path)
    assert first.startswith("broken: could not be silenced: ")
    assert second == "whole: recording; ended 1 open notes and silenced all channels"
    assert whole.messages[0] == bytes((OFF, 60, 0))


def test_an_end_is_struck_out_of_the_ledger_only_once_it_has_arrived(tmp_path: Path) -> None:
    clock, ledger = FakeClock(), Ledger(tmp_path, "main")
    output = RecordingOutput(clock)
    slot = Slot("main", output, ledger, lambda _: None)
    slot.tend(clock.now(), 9.0)
    slot.start(0, 60, 100, "me")
    slot.end(0, 60, "me")
    clock.time += SURE / 2
    slot.tend(clock.now(), 9.0)
    assert list(ledger.open_notes()) == [(0, 60)], "whoever comes next ends it once more"
    slot.start(0, 60, 100, "me")
    clock.time += SURE
    slot.tend(clock.now(), 9.0)
    assert list(ledger.open_notes()) == [(0, 60)], "it sounds again"
    slot.end(0, 60, "me")
    clock.time += 2 * SURE
    slot.tend(clock.now(), 9.0)
    slot.tend(clock.now() + SURE, 9.0)
    assert list(ledger.open_notes()) == []
