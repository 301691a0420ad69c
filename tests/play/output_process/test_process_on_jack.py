"""Real output processes on real JACK ports: whoever is killed or stopped, notes arrive in order and end."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Generator, Iterator
from pathlib import Path

import psutil
import pytest

from fakes.cables import Cable
from fakes.jack import Jack, Receiver, running_jack, wait_until
from fakes.output_processes import come_up, lose, say
from fakes.processes import stray
from fakes.stalls import Stalls
from reverie.play.output_process.proxy import OutputProxy
from reverie.play.outputs.factory import close_abandoned, open_output
from reverie.play.panic import DEADLINE, SLOW, silence
from reverie.play.recording.ledger import Ledger
from reverie.processes.children import reap

pytestmark = pytest.mark.real

SYNTH = {"kind": "port", "match": "^synth:", "api": "jack"}
HUSHED = [bytes((0xB0, control, 0)) for control in (64, 123, 120)]

HOLDER = """
import sys, time
from pathlib import Path
from fakes.output_processes import say
from reverie.play.recording.ledger import Ledger
from reverie.play.outputs.factory import open_output
ledger = Ledger(Path(sys.argv[1]), "main")
output = open_output("main", {"kind": "port", "match": "^synth:", "api": "jack"}, ledger)
output.open()
while not output.poll():
    time.sleep(0.005)
print(output.pid, flush=True)
while True:
    for pitch in range(40, 80):
        output.poll()
        ledger.note_on(0, pitch)
        say(output, bytes((0x90, pitch, 64)))
        time.sleep(0.002)
        if pitch % 2:
            say(output, bytes((0x80, pitch, 0)))
            ledger.note_off(0, pitch)
"""

SEARCH = """
import json, psutil, sys
from reverie.midi.errors import DeviceError
from reverie.play.outputs.factory import make_output
output, process, figures = make_output("main", {"kind": "port", "match": "nobody"}), psutil.Process(), []
for looks in (1000, 10_000):
    for _ in range(looks):
        try:
            output.open()
            sys.exit("there is nobody")
        except DeviceError:
            output.close()
    figures.append([process.memory_info().rss, process.num_fds(), process.num_threads()])
print(json.dumps(figures))
"""


@pytest.fixture
def synth(jack: Jack) -> Iterator[Receiver]:
    receiver = Receiver("synth")
    yield receiver
    receiver.close()


@pytest.fixture
def carry(tmp_path: Path) -> Iterator[Callable[..., tuple[OutputProxy, Ledger]]]:
    """Carries a slot's output; in the end no output process is left."""
    begun: list[OutputProxy] = []
    pids: list[int] = []

    def begin(settings: dict[str, str], slot: str = "main") -> tuple[OutputProxy, Ledger]:
        ledger = Ledger(tmp_path, slot)
        output = open_output(slot, settings, ledger)
        assert isinstance(output, OutputProxy)
        output.open()
        assert output.pid is not None
        begun.append(output)
        pids.append(output.pid)
        return output, ledger

    yield begin
    for output in begun:
        output.close()
    wait_until(reap)
    assert not any(psutil.pid_exists(pid) for pid in pids)


Carry = Callable[..., tuple[OutputProxy, Ledger]]


def test_notes_arrive_in_order_and_all_of_them(synth: Receiver, carry: Carry) -> None:
    output, _ = carry(SYNTH)
    come_up(output)
    assert output.description == "connected to the MIDI port synth:in (jack)"
    sent = [bytes((0x90, number % 128, 1 + number // 128)) for number in range(3000)]
    for message in sent:
        say(output, message)
    wait_until(lambda: len(synth.messages) >= len(sent))
    assert synth.messages == sent


def test_what_was_sent_before_it_was_closed_arrives(synth: Receiver, carry: Carry) -> None:
    output, ledger = carry(SYNTH)
    come_up(output)
    ledger.note_on(0, 60)
    say(output, b"\x90\x3c\x40")
    output.close()
    wait_until(lambda: synth.messages == [b"\x90\x3c\x40", b"\x80\x3c\x00", *HUSHED])
    assert ledger.quiet


@pytest.mark.parametrize("time_to_live", [0.02, 0.11, 0.23])
def test_a_player_that_is_killed_is_silenced_within_a_second(
    synth: Receiver, tmp_path: Path, stalls: Stalls, time_to_live: float
) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(tmp_path)],
        stdout=subprocess.PIPE,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
    ) as holder:
        assert holder.stdout is not None
        process = psutil.Process(int(holder.stdout.readline()))
        wait_until(lambda: synth.ons)
        time.sleep(time_to_live)  # somewhere in the midst of the music
        assert holder.poll() is None, "it plays until it is killed"
        holder.kill()
        killed = time.monotonic()
    wait_until(lambda: synth.messages[-3:] == HUSHED)
    assert time.monotonic() - killed < 1.0 + stalls.longest
    assert synth.sounding() == set()
    wait_until(lambda: not stray([process]))
    assert Ledger(tmp_path, "main").quiet


def test_the_life_after_a_killed_one_loses_no_note_to_the_output_process_before(synth: Receiver, carry: Carry) -> None:
    for pitch in range(50, 55):
        before, ledger = carry(SYNTH)
        come_up(before)
        ledger.note_on(0, pitch)
        say(before, bytes((0x90, pitch, 64)))
        before.close()  # for the output process it is the same as a player that was killed
        after, again = carry(SYNTH)
        come_up(after)
        again.close(after)
        again.note_on(0, 100)
        say(after, b"\x90\x64\x40")
        wait_until(lambda: len(synth.ons) > 1 and synth.ons[-1] == b"\x90\x64\x40")
        time.sleep(0.05)  # for a straggler to do harm
        assert list(again.open_notes()) == [(0, 100)]
        assert synth.sounding() == {(0, 100)}
        again.close(after)
        after.close()
        wait_until(lambda: not synth.sounding())


def test_sending_to_a_stopped_output_process_is_a_loss_and_never_waits(
    synth: Receiver, carry: Carry, stalls: Stalls
) -> None:
    output, _ = carry(SYNTH)
    come_up(output)
    assert output.pid is not None
    os.kill(output.pid, signal.SIGSTOP)
    stopped, longest = time.monotonic(), 0.0

    def send() -> None:
        nonlocal longest
        for _ in range(20):
            begun = time.monotonic()
            say(output, b"\x90\x3c\x40")
            longest = max(longest, time.monotonic() - begun)
        output.poll()

    assert lose(output, send) == "its output process hangs; it is started again"
    sys.stdout.write(f"longest send to a stopped output process: {longest * 1000:.2f} ms\n")
    lost = time.monotonic() - stopped
    assert longest < lost / 3 + stalls.longest, "a wait for the stopped one would be as long as it is stopped"
    output.open()
    come_up(output)


def test_a_stopped_output_process_keeps_the_slot_only_for_a_while_and_does_no_harm_when_it_wakes(carry: Carry) -> None:
    cable = Cable()
    old, ledger = carry({"kind": "din", "device": cable.device})
    come_up(old)
    assert old.pid is not None
    stopped = psutil.Process(old.pid)
    stopped.suspend()
    try:
        ledger.note_on(0, 60)
        old.close()
        new, ledger = carry({"kind": "din", "device": cable.device})
        wait_until(lambda: new.poll() or new.lacks is not None)
        assert new.lacks == "the previous output process has not ended yet"
        come_up(new)
        assert ledger.close(new) == 1
        ledger.note_on(0, 72)
        say(new, b"\x90\x48\x40")
        wait_until(lambda: len(cable.ons) == 1)
        heard = len(cable.messages)
    finally:
        stopped.resume()
    wait_until(lambda: not stray([stopped]))
    assert list(ledger.open_notes()) == [(0, 72)]
    assert len(cable.messages) == heard
    new.close()
    wait_until(reap)
    cable.close()


@pytest.mark.timeout(120)
@pytest.mark.parametrize("how", [signal.SIGSTOP, signal.SIGKILL])
def test_a_jack_server_that_stops_is_told_and_left_and_found_again(
    jack: Jack, synth: Receiver, carry: Carry, how: signal.Signals
) -> None:
    output, _ = carry(SYNTH)
    come_up(output)
    assert jack.pid is not None
    os.kill(jack.pid, how)
    try:
        hangs = "JACK does not answer: its server hangs"
        assert lose(output, output.poll).startswith("the JACK server is gone" if how == signal.SIGKILL else hangs)
        output.open()
        wait_until(lambda: output.poll() or output.lacks)
        assert output.lacks is not None
        assert output.lacks.startswith("there is no MIDI system" if how == signal.SIGKILL else hangs)
    finally:
        if how == signal.SIGSTOP:
            os.kill(jack.pid, signal.SIGCONT)
        else:
            jack.kill()
            synth.close()
            jack.start()
            synth.open()
    come_up(output)
    say(output, b"\x90\x3c\x40")
    wait_until(lambda: b"\x90\x3c\x40" in synth.messages)


def test_a_device_that_returns_is_bound_again_by_the_same_output_process(
    synth: Receiver, carry: Carry, stalls: Stalls
) -> None:
    output, _ = carry(SYNTH)
    come_up(output)
    pid = output.pid
    took: list[float] = []
    for number in range(3):
        synth.close()
        wait_until(lambda: not output.poll())
        assert output.lacks is not None
        synth.open()
        returned = time.monotonic()
        come_up(output)
        took.append(time.monotonic() - returned)
        note = bytes((0x90, 60 + number, 64))
        say(output, note)
        wait_until(lambda note=note: note in synth.messages)
    assert output.pid == pid
    assert sorted(took)[1] < 5.0 + stalls.longest


def test_ten_thousand_looks_for_a_device_leave_nothing_behind(jack: Jack) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", SEARCH],
        stdout=subprocess.PIPE,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
    ) as process:
        answer, _ = process.communicate(timeout=100)
    (memory, *before), (later, *after) = json.loads(answer)
    sys.stdout.write(f"after 1,000 and 11,000 looks: {memory} and {later} bytes, {before} and {after}\n")
    assert after == before
    assert later - memory < 1_000_000, "a leak of 100 bytes a look would be seen"


def test_what_is_open_is_ended_on_the_port_that_the_slot_had_before(jack: Jack, synth: Receiver, carry: Carry) -> None:
    before, ledger = carry(SYNTH)
    come_up(before)
    ledger.note_on(0, 60)
    say(before, b"\x90\x3c\x40")
    wait_until(synth.sounding)
    assert before.pid is not None
    os.kill(before.pid, signal.SIGKILL)

    other = Receiver("other")
    try:
        after, ledger = carry(SYNTH | {"match": "^other:"})
        come_up(after)
        assert synth.sounding() == set()
        assert synth.messages[-3:] == HUSHED
        assert other.messages == []
        assert ledger.quiet
        assert ledger.place == SYNTH | {"match": "^other:"}
    finally:
        other.close()


@pytest.fixture
def hung_note(synth: Receiver, carry: Carry) -> Receiver:
    """A note on the slot `main` that nobody has ended: player and output process were killed."""
    output, ledger = carry(SYNTH)
    come_up(output)
    ledger.note_on(0, 60)
    say(output, b"\x90\x3c\x40")
    wait_until(synth.sounding)
    assert output.pid is not None
    os.kill(output.pid, signal.SIGKILL)
    output.close()
    return synth


def test_a_slot_that_is_a_synthesizer_now_ends_what_it_left_on_its_port(hung_note: Receiver, tmp_path: Path) -> None:
    ledger = Ledger(tmp_path, "main")
    open_output("main", {"kind": "fluidsynth"}, ledger)
    ledger.note_on(0, 61)
    wait_until(lambda: hung_note.messages[-3:] == HUSHED)
    assert hung_note.sounding() == set()
    assert list(Ledger(tmp_path, "main").open_notes()) == [(0, 61)]
    wait_until(reap)
    close_abandoned(tmp_path, {"main"})
    assert [path.name for path in tmp_path.iterdir()] == ["main.ledger"]


def test_a_slot_that_is_configured_no_more_is_ended_too(hung_note: Receiver, tmp_path: Path) -> None:
    close_abandoned(tmp_path, {"other"})
    wait_until(lambda: hung_note.messages[-3:] == HUSHED)
    assert hung_note.sounding() == set()
    wait_until(reap)


def test_panic_ends_what_is_open_where_it_was_opened(hung_note: Receiver, tmp_path: Path, stalls: Stalls) -> None:
    moved = {"main": {"kind": "port", "match": "^nobody:", "api": "jack"}, "built in": {"kind": "fluidsynth"}}
    begun = time.monotonic()
    former, present, built_in = silence(moved, tmp_path)
    assert time.monotonic() - begun < SLOW + stalls.longest
    assert former == (
        "main, as it was before: connected to the MIDI port synth:in (jack); "
        "ended 1 open notes and silenced all channels"
    )
    assert present.startswith("main: could not be silenced: no MIDI port")
    assert present.endswith(f"(after {DEADLINE:.0f} s)"), "that is how long a device that is missing is waited for"
    assert built_in == "built in: FluidSynth ended with its player; nothing sounds there"
    assert hung_note.messages[1] == b"\x80\x3c\x00"
    wait_until(lambda: hung_note.messages[-1] == b"\xbf\x78\x00")
    assert len(hung_note.messages) == 1 + 1 + 3 + 16 * 3
    wait_until(reap)


def test_panic_ends_what_a_slot_left_that_is_configured_no_more(hung_note: Receiver, tmp_path: Path) -> None:
    (sentence,) = silence({}, tmp_path)
    assert sentence.startswith("main, which is no slot any more: connected to the MIDI port synth:in (jack); ended 1 ")
    wait_until(lambda: hung_note.messages[-1] == b"\xbf\x78\x00")
    wait_until(reap)


def test_panic_waits_for_no_server_that_is_stopped(jack: Jack, synth: Receiver, tmp_path: Path, stalls: Stalls) -> None:
    assert jack.pid is not None
    jack.freeze()
    try:
        begun = time.monotonic()
        sentences = silence({"one": SYNTH}, tmp_path)
        took_one = time.monotonic() - begun
        sentences += silence(dict.fromkeys(("two", "three", "four"), SYNTH), tmp_path)
        took_three = time.monotonic() - begun - took_one
    finally:
        os.kill(jack.pid, signal.SIGCONT)
    assert took_three < 2 * took_one + stalls.longest, "three slots take as long as one"
    assert len(sentences) == 4
    assert all("could not be silenced: JACK does not answer" in sentence for sentence in sentences)
    wait_until(reap)


@contextlib.contextmanager
def reading_late(file: Path) -> Generator[None]:
    """A synth that looks 25 ms after the beginning of each period, and notes what it finds in a file."""
    program = Path(__file__).parents[2] / "fakes" / "late_listener.py"
    with file.open("w") as found:
        listener = subprocess.Popen([sys.executable, "-P", program, "synth", "0.025"], stdout=found)
    try:
        wait_until(lambda: file.read_text() == "ready\n")
        yield
    finally:
        listener.kill()
        listener.wait()


def test_what_is_sent_last_reaches_one_who_reads_late_in_jacks_period(
    monkeypatch: pytest.MonkeyPatch, carry: Carry, tmp_path: Path
) -> None:
    """The port was gone by then, and with it the end of what a killed player had left sounding."""
    heard = tmp_path / "heard"
    begun, once = ["ready"], ["903c40", "803c00", *(message.hex() for message in HUSHED)]
    with running_jack(monkeypatch, period=2048), reading_late(heard):  # a period is 43 ms
        for times in range(1, 6):
            output, ledger = carry(SYNTH)
            come_up(output)
            ledger.note_on(0, 60)
            say(output, b"\x90\x3c\x40")
            wait_until(lambda times=times: len(heard.read_text().split()) == len(begun) + (times - 1) * len(once) + 1)
            output.close()
            wait_until(reap)
            wait_until(lambda times=times: heard.read_text().split() == begun + times * once)
