"""Slots whose devices come and go, and the ledger of what sounds on them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from fakes.outputs import FakeClock, RecordingOutput
from fakes.playing import LEAD, Studio, loop, place, scene, steps
from reverie.music.notes import Note
from reverie.play.ledger import Ledger, hush
from reverie.play.messages import Part, SlotState
from reverie.play.panic import silence
from reverie.play.slots import RETRY, Slot

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


def test_a_ledger_without_a_folder_still_knows_this_life(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").write_text("in the way")
    ledger = Ledger(tmp_path / "file", "main")
    ledger.note_on(0, 60)
    assert list(ledger.open_notes()) == [(0, 60)]
    assert "make its folder writable" in capsys.readouterr().err


def test_a_lost_device_is_told_once_and_tried_again(tmp_path: Path) -> None:
    clock, states = FakeClock(), list[SlotState]()
    output = RecordingOutput(clock)
    output.there = False
    slot = Slot("main", output, Ledger(tmp_path, "main"), states.append)
    for _ in range(10):
        slot.tend(clock.now(), 9.0)
        clock.time += RETRY / 2
    assert states == [SlotState("main", False, "the recorder is not there; plug it in")]
    assert not slot.note_on(0, 60, 100)

    output.there = True
    slot.tend(clock.now(), 9.0)
    assert states[1:] == [SlotState("main", True, "recording")]
    assert slot.note_on(0, 60, 100)


def test_a_device_is_not_opened_when_a_note_is_due(tmp_path: Path) -> None:
    output = RecordingOutput(FakeClock())
    slot = Slot("main", output, Ledger(tmp_path, "main"), lambda _: None)
    assert not slot.tend(0.0, 0.001)
    assert output.opened == 0
    assert slot.due(0.0, 0.001) == float("inf")  # or the player would spin until the note
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
