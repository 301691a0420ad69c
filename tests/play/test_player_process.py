"""The real process with real JACK ports: it ends its notes whatever happens to it, or its next life does."""

from __future__ import annotations

import signal
import statistics
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import psutil
import pytest

from fakes.fault_matrix import page_row
from fakes.jack import Jack, Receiver, wait_until
from fakes.patience import PATIENCE
from fakes.playing import RealPlayer, loop, place, scene, steps
from fakes.processes import stray
from fakes.stalls import Stalls
from reverie.conductor.care.slot_news import advised
from reverie.music.notes import Note
from reverie.music.time import Tempo
from reverie.play.messages import MOST_NOTES, BarPlayed, PlayerReady, Rest, SlotState, Stop
from reverie.play.panic import silence
from reverie.processes.wire import Ping, Pong, encode

pytestmark = pytest.mark.real

SLOTS = {"main": {"kind": "port", "match": "^Synth:"}}
Start = Callable[[Mapping[str, Mapping[str, Any]]], RealPlayer]
HUSHED = [bytes((0xB0, control, 0)) for control in (64, 123, 120)]


@pytest.fixture
def synth(jack: Jack) -> Iterator[Receiver]:
    receiver = Receiver("synth")
    yield receiver
    receiver.close()


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    players: list[RealPlayer] = []

    def begin(slots: Mapping[str, Mapping[str, Any]]) -> RealPlayer:
        players.append(RealPlayer(tmp_path, slots))
        return players[-1]

    yield begin
    for player in players:
        player.end()


def hold(player: RealPlayer, receiver: Receiver) -> None:
    """Play two notes that last for half a minute."""
    player.hear(SlotState, lambda state: state.up)
    player.tell(scene(tempo=Tempo(60)), place(loop(Note(0, 15000, 60), Note(0, 15000, 67), bars=8)))
    wait_until(lambda: len(receiver.sounding()) == 2)


@pytest.mark.parametrize("way", ["SIGTERM", "SIGINT", "stop", "conductor gone"])
def test_every_way_out_ends_every_note(start: Start, synth: Receiver, way: str) -> None:
    player = start(SLOTS)
    hold(player, synth)
    if way == "stop":
        player.tell(Stop())
    elif way == "conductor gone":
        player.socket.close()
    else:
        player.process.send_signal(getattr(signal, way))
    assert player.process.wait(PATIENCE) == 0
    wait_until(lambda: synth.messages[-3:] == HUSHED)
    assert synth.sounding() == set()


def test_no_output_process_outlives_a_player_that_leaves(start: Start, synth: Receiver) -> None:
    """systemd kills who does, and the ends of its last notes may not have been read yet."""
    player = start(SLOTS)
    hold(player, synth)
    output_processes = psutil.Process(player.process.pid).children(recursive=True)
    assert output_processes
    player.tell(Stop())
    assert player.process.wait(PATIENCE) == 0
    assert stray(output_processes) == []


def test_nonsense_from_the_conductor_ends_every_note_too(start: Start, synth: Receiver) -> None:
    player = start(SLOTS)
    hold(player, synth)
    player.socket.sendall(b"no json\n")
    assert player.process.wait(PATIENCE) == 2
    wait_until(lambda: synth.messages[-3:] == HUSHED)
    assert synth.sounding() == set()
    assert player.errors() == "a worker sent a line that is no JSON: b'no json'\n"


def kill_with_its_output_processes(player: RealPlayer) -> None:
    """As if the power of all of them had failed at once: there is nobody left to end a note."""
    family = [*psutil.Process(player.process.pid).children(recursive=True), psutil.Process(player.process.pid)]
    for process in family:
        process.suspend()  # or one would see the end of another
    for process in family:
        process.kill()
    psutil.wait_procs(family, timeout=PATIENCE)


def test_the_output_process_of_a_killed_player_ends_its_notes(start: Start, synth: Receiver) -> None:
    player = start(SLOTS)
    hold(player, synth)
    player.kill()
    wait_until(lambda: synth.messages[-3:] == HUSHED)
    assert synth.sounding() == set()


def test_the_life_after_kill_9_ends_what_was_left(start: Start, synth: Receiver) -> None:
    player = start(SLOTS)
    hold(player, synth)
    kill_with_its_output_processes(player)
    assert len(synth.sounding()) == 2

    start(SLOTS).hear(SlotState, lambda state: state.up)
    wait_until(lambda: synth.messages[-3:] == HUSHED)
    assert synth.sounding() == set()


def test_panic_without_a_daemon_ends_what_was_left(start: Start, synth: Receiver, tmp_path: Path) -> None:
    player = start(SLOTS)
    hold(player, synth)
    kill_with_its_output_processes(player)

    (sentence,) = silence(SLOTS, tmp_path / "ledger")
    assert sentence.endswith("(jack); ended 2 open notes and silenced all channels")
    wait_until(lambda: synth.messages[-1] == bytes((0xBF, 120, 0)))
    assert synth.sounding() == set()


def test_what_the_player_does_not_understand_is_left_out_and_the_music_goes_on(start: Start) -> None:
    player = start({"main": {"kind": "osc", "host": "127.0.0.1", "port": 9}})
    many = place(loop(*(Note(tick, 1, 60) for tick in range(MOST_NOTES + 1)), bars=16))
    player.tell(scene(tempo=Tempo(240)), many, place(loop(Note(0, 120, 60))))
    player.socket.sendall(encode({"type": "rest", "on": "yes"}) + encode({"type": "dance"}))
    player.hear(BarPlayed, lambda bar: bar.bar == 1)
    player.tell(Stop())
    assert player.process.wait(PATIENCE) == 0
    said = player.errors()
    assert f"a loop of {MOST_NOTES + 1} notes; {MOST_NOTES} is most" in said
    assert "a message of type rest cannot be read: on: true or false was expected, not 'yes'" in said
    assert "there is no message of type 'dance' here" in said


@pytest.mark.alone
def test_notes_arrive_on_time(start: Start, synth: Receiver) -> None:
    player = start(SLOTS)
    player.hear(SlotState, lambda state: state.up)
    player.tell(scene(tempo=Tempo(240)), place(loop(*(Note(120 * step, 60, 60 + step) for step in range(16)))), Ping(7))
    assert player.hear(Pong).number == 7
    player.hear(PlayerReady)
    player.hear(BarPlayed, lambda bar: bar.bar == 3)
    bars = [bar for bar in player.heard if isinstance(bar, BarPlayed)]
    assert [bar.sent for bar in bars] == [16] * 4
    assert [on[1] for on in synth.ons[:64]] == [60 + step for step in range(16)] * 4
    lateness = [late for bar in bars for late in bar.lateness]
    assert len(lateness) >= 128 - 1  # every note and its end; the last may fall on the bar line
    assert min(lateness) >= 0
    assert statistics.median(lateness) < 0.02  # far above what is wanted, far below what a broken wait would give


def test_a_port_that_vanishes_is_told_and_found_again(start: Start, synth: Receiver) -> None:
    player = start(SLOTS)
    hold(player, synth)
    synth.close()
    lost = player.hear(SlotState, lambda state: not state.up)
    assert lost.detail == "the MIDI port synth:in is gone; switch the device on or plug it in again"
    assert page_row("slot gone").advises(advised(lost.detail)[1])

    synth.open()
    wait_until(lambda: synth.messages[-5:] == [b"\x80\x3c\x00", b"\x80\x43\x00", *HUSHED])


def test_two_ports_that_match_are_refused_by_name(start: Start, synth: Receiver) -> None:
    other = Receiver("Other synth")
    try:
        state = start({"main": {"kind": "port", "match": "SYNTH"}}).hear(SlotState)
    finally:
        other.close()
    assert not state.up
    assert state.detail.startswith("several MIDI ports match 'SYNTH': ")
    assert "synth:in" in state.detail
    assert "Other synth:in" in state.detail


def test_the_music_outlives_the_jack_server(start: Start, jack: Jack, stalls: Stalls) -> None:
    player = start({"main": {"kind": "virtual", "name": "out"}})
    assert player.hear(SlotState).detail == "offering the MIDI port out (jack)"
    player.tell(scene(tempo=Tempo(240)), place(steps(60, 62, 64, 65)))
    player.hear(BarPlayed, lambda bar: bar.sent == 4)
    jack.kill()
    lost = player.hear(SlotState, lambda state: not state.up)
    assert page_row("JACK dead").advises(advised(lost.detail)[1])
    silent = player.hear(BarPlayed, lambda bar: bar.sent == 0)
    assert silent.notes == {"lead": 4}
    jack.start()
    player.hear(BarPlayed, lambda bar: bar.bar > silent.bar and bar.sent == 4)
    bars = [value for value in player.heard if isinstance(value, BarPlayed)]
    assert [bar.dropped for bar in bars] == [0] * len(bars)
    assert (
        max(late for bar in bars for late in bar.lateness) < 0.5 + stalls.longest
    )  # nothing waited for the dead server


def test_a_stopped_process_does_not_burst_when_it_goes_on(start: Start, synth: Receiver) -> None:
    player = start(SLOTS)
    player.hear(SlotState, lambda state: state.up)
    player.tell(scene(tempo=Tempo(240)), place(steps(60, 62, 64, 65)))
    player.hear(BarPlayed)
    player.process.send_signal(signal.SIGSTOP)
    before = len(synth.ons)
    with pytest.raises(AssertionError, match="no BarPlayed as wanted"):
        player.hear(BarPlayed, lambda bar: bar.dropped > 0, seconds=3.0)
    player.process.send_signal(signal.SIGCONT)
    broken = player.hear(BarPlayed, lambda bar: bar.dropped == 1)
    after = player.hear(BarPlayed, lambda bar: bar.bar == broken.bar + 1)
    assert after.notes == {"lead": 4}
    assert len(synth.ons) - before < 12  # three seconds without a break would be twelve notes in a burst


def test_rest_is_told_with_every_bar(start: Start, synth: Receiver) -> None:
    player = start(SLOTS)
    player.tell(Rest(on=True), scene(tempo=Tempo(240)), place(steps(60)))
    bar = player.hear(BarPlayed, lambda bar: bar.bar == 1)
    assert bar.resting
    assert synth.ons == []
