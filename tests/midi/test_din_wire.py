"""A DIN cable: what goes when, that it is legal, and that nothing is lost but what may be."""

from __future__ import annotations

import contextlib
import os
import pty
import random
import subprocess
import sys
import time
import tty
from collections.abc import Callable, Generator, Iterable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fakes.legal import LegalStream, assert_legal
from fakes.outputs import FakeClock, RecordingOutput
from reverie.midi.din_wire import AHEAD, BYTE, LAG, REFRESH, WINDOW, DinLine, overload
from reverie.midi.errors import DeviceError
from reverie.play.outputs.din_output import HANGS, Din, DinPort
from reverie.play.outputs.factory import make_output

CLOCK, START, STOP = b"\xf8", b"\xfa", b"\xfc"
CHORD = [bytes((0x90, 48 + pitch, 100)) for pitch in range(10)]
READER = """
import os, sys, time
deadline = time.monotonic() + 20
while (data := os.read(0, 4096)) and time.monotonic() < deadline:
    print(data.hex(), flush=True)
    if data.endswith(b"\\xfc"):
        break
"""


def note(pitch: int, channel: int = 0) -> tuple[bytes, bytes]:
    return bytes((0x90 | channel, pitch, 100)), bytes((0x80 | channel, pitch, 0))


def volume(value: int, channel: int = 0, controller: int = 7) -> bytes:
    return bytes((0xB0 | channel, controller, value))


def travel(
    pushed: Iterable[tuple[float, bytes]], late: Callable[[], float] = lambda: 0.0
) -> tuple[list[tuple[float, int]], float]:
    """When each byte is through a cable that is reckoned here anew, and by how much most was written ahead of it.

    The line is driven as an output is: by what is pushed, and by waking up when it says so, too late by ``late()``.
    """
    line, waiting = DinLine(), sorted(pushed, key=lambda row: row[0])
    free, now, ahead = 0.0, 0.0, 0.0
    arrived: list[tuple[float, int]] = []
    while waiting or line.waiting:
        now = min(waiting[0][0] if waiting else float("inf"), now + line.wait(now) + late())
        while waiting and waiting[0][0] <= now:
            line.push(waiting.pop(0)[1], now)
        for byte in line.take(now):
            free = max(free, now) + BYTE
            arrived.append((free, byte))
        ahead = max(ahead, free - now)
    return arrived, ahead


@pytest.mark.parametrize("seed", range(5))
def test_a_chord_is_as_close_together_as_the_cable_allows(seed: int) -> None:
    chance = random.Random(seed)
    arrived, ahead = travel([(1.0, message) for message in CHORD], lambda: min(chance.expovariate(1 / 0.0002), 0.0013))
    assert len(arrived) == 21
    assert arrived[-1][0] - 1.0 <= 1.05 * 21 * BYTE
    assert ahead <= AHEAD + BYTE


def test_clock_never_waits_long_however_much_else_there_is() -> None:
    chance = random.Random(1)
    flood = [(at / 2000, volume(at % 128, at % 16, at % 6 + 7)) for at in range(4000)]
    notes = [(at / 100, message) for at in range(200) for message in note(at % 90)]
    ticks = [at * 0.0208 for at in range(96)]
    arrived, _ = travel([*flood, *notes, *((at, CLOCK) for at in ticks)], lambda: chance.uniform(0, 0.001))
    clocks = [at for at, byte in arrived if byte == 0xF8]
    assert len(clocks) == len(ticks)
    assert max(at - due for at, due in zip(clocks, ticks, strict=True)) <= AHEAD + 3 * BYTE
    assert_legal([bytes(byte for _, byte in arrived)])


def test_clock_goes_between_the_bytes_of_others_but_never_before_its_start() -> None:
    line = DinLine()
    on, off = note(60)
    for message in (on, off):
        line.push(message, 0.0)
    first = line.take(0.0)
    for message in (CLOCK, START, CLOCK, CLOCK):
        line.push(message, 0.0)
    said = first + line.rest(0.0)
    assert said[len(first)] == 0xF8
    assert said.endswith(START + CLOCK + CLOCK)
    assert [message for _, message in assert_legal([said]).messages if len(message) > 1] == [on, b"\x90\x3c\x00"]


def test_no_end_of_a_note_comes_behind_a_transport_message() -> None:
    line = DinLine()
    for message in (*note(60), STOP, CLOCK, *note(62), b"\xf2\x10\x00", b"\xfb", CLOCK):
        line.push(message, 0.0)
    said = line.rest(0.0)
    assert said == bytes.fromhex("90 3c 64 3c 00 fc f8 3e 64 3e 00 f2 10 00 fb f8")


def test_what_means_something_by_its_order_keeps_it() -> None:
    line = DinLine()
    ordered = [
        b"\xb0\x00\x01",
        b"\xb0\x20\x02",
        b"\xc0\x05",
        note(60)[0],
        b"\xb0\x40\x7f",
        note(60)[1],
        b"\xb0\x40\x00",
    ]
    for message in (volume(3), *ordered):
        line.push(message, 0.0)
    assert list(line.rest_whole()) == [*ordered, volume(3)]


def test_the_modes_of_a_channel_come_after_what_was_set_before_them() -> None:
    line = DinLine()
    for message in (volume(3), volume(4, channel=1), b"\xb0\x79\x00", volume(5)):
        line.push(message, 0.0)
    assert list(line.rest_whole()) == [volume(3), b"\xb0\x79\x00", volume(4, channel=1), volume(5)]


def test_controllers_that_wait_are_thinned_to_their_last_value() -> None:
    line = DinLine()
    for value in range(100):
        line.push(volume(value), 0.0)
        line.push(volume(value, controller=1), 0.0)
        line.push(bytes((0xE0, 0, value)), 0.0)
    line.push(note(60)[0], 0.0)
    assert list(line.rest_whole()) == [note(60)[0], volume(99), volume(99, controller=1), b"\xe0\x00\x63"]


def test_a_status_that_runs_is_sent_anew_after_a_second_and_after_a_system_message() -> None:
    line = DinLine()
    said: list[bytes] = []
    for at, message in ((0.0, CHORD[0]), (0.5, CHORD[1]), (REFRESH, CHORD[2]), (REFRESH + 0.1, b"\xf3\x01")):
        line.push(message, at)
        said.append(line.take(at))
    line.push(CHORD[3], REFRESH + 0.2)
    said.append(line.take(REFRESH + 0.2))
    assert said == [CHORD[0], CHORD[1][1:], CHORD[2], b"\xf3\x01", CHORD[3]]


def test_a_release_that_says_something_keeps_its_own_status() -> None:
    line = DinLine()
    for message in (*CHORD[:2], b"\x80\x30\x00", b"\x80\x31\x21"):
        line.push(message, 0.0)
    assert line.rest(0.0) == bytes.fromhex("90 30 64 31 64 30 00 80 31 21")


def test_where_far_too_much_is_asked_notes_are_left_out_whole_and_nothing_hangs() -> None:
    line, stream = DinLine(), LegalStream()
    for number in range(2000):
        for message in note(number % 120, number % 16):
            line.push(message, 0.0)
    assert line.skipped
    said = line.rest(0.0)
    assert len(said) * BYTE <= LAG * 1.1
    stream.feed(said)
    assert not stream.end().faults, stream.report()
    assert sum(message[0] & 0xF0 == 0x90 and message[2] > 0 for _, message in stream.messages) == 2000 - line.skipped


def test_a_note_that_sounds_is_ended_though_the_same_was_left_out_meanwhile() -> None:
    line = DinLine()
    line.push(note(5)[0], 0.0)
    for number in range(300):
        line.push(note(number % 100 + 10)[0], 0.0)
    line.push(note(5)[0], 0.0)
    line.push(note(5)[1], 0.0)
    assert note(5)[1] in list(line.rest_whole())


@pytest.mark.parametrize(("programs", "too_many"), [(10, False), (20, True)])
def test_more_than_the_cable_carries_is_said_in_the_description(programs: int, too_many: bool) -> None:
    clock = FakeClock(0.0)
    port = DinPort(RecordingOutput(clock), clock.now)
    port.open()
    for hundredth in range(WINDOW * 100 + 1):
        clock.time = hundredth / 100
        for number in range(programs):
            port.send(bytes((0xC0 | number % 16, 5)))
    warning = ", though more than a DIN cable carries was asked of it for 10 s: give its scene fewer notes"
    assert port.description == "recording" + warning * too_many
    clock.time += 2 * WINDOW
    assert port.description == "recording"


def test_a_scene_that_asks_too_much_is_named() -> None:
    assert overload("synth", [16, 16, 16], 2.0, clock_qpm=120) is None
    said = overload("synth", [600, 460], 2.0, clock_qpm=120)
    assert said is not None
    assert "slot synth is asked for up to 3,228 bytes a second, and its DIN cable carries 3,125" in said
    assert overload("synth", [1041], 2.0) is None
    assert overload("synth", [1041], 2.0, clock_qpm=120) is not None


messages = st.one_of(
    st.tuples(st.sampled_from([0x90, 0x80, 0x91, 0x81]), st.integers(60, 64), st.sampled_from([0, 64, 100])),
    st.tuples(st.integers(0xB0, 0xB2), st.sampled_from([0, 1, 7, 10, 64, 121]), st.integers(0, 127)),
    st.tuples(st.integers(0xC0, 0xC2), st.integers(0, 127)),
    st.tuples(st.integers(0xD0, 0xD2), st.integers(0, 127)),
    st.tuples(st.integers(0xE0, 0xE2), st.integers(0, 127), st.integers(0, 127)),
    st.tuples(st.just(0xF2), st.integers(0, 127), st.integers(0, 127)),
    st.tuples(st.sampled_from([0xF6, 0xF8, 0xF8, 0xFA, 0xFB, 0xFC, 0xFE])),
).map(bytes)
score = st.lists(st.tuples(st.floats(0, 0.01), messages), max_size=60)


def flows(message: bytes) -> bool:
    return message[0] & 0xF0 in {0xD0, 0xE0} or (message[0] & 0xF0 == 0xB0 and message[1] in {1, 7, 10})


def sets(message: bytes) -> bytes:
    return message[:2] if message[0] & 0xF0 == 0xB0 else message[:1]


def plain(message: bytes) -> bytes:
    """A note's end, however it is said."""
    kind, channel = message[0] & 0xF0, message[0] & 0x0F
    if kind == 0x80 or (kind == 0x90 and not message[2]):
        return bytes((0x80 | channel, message[1]))
    return message


@settings(deadline=None)
@given(score, st.floats(0, 0.003))
def test_whatever_is_pushed_is_said_legally_and_only_what_flows_is_thinned(
    pushed: list[tuple[float, bytes]], late: float
) -> None:
    now, timed = 0.0, []
    for gap, message in pushed:
        now += gap
        timed.append((now, message))
    arrived, ahead = travel(timed, lambda: late)
    assert ahead <= AHEAD + BYTE
    stream = LegalStream(strays=True, joining=True)
    stream.feed(bytes(byte for _, byte in arrived))
    spoken = [message for _, message in stream.messages]
    assert not [fault for fault in stream.end().faults if not about_notes(fault.text)], stream.report()
    said = [message for message in spoken if message[0] not in {0xF8, 0xFE}]
    given = [message for _, message in timed if message[0] not in {0xF8, 0xFE}]
    keep = [plain(message) for message in given if not flows(message)]
    assert [plain(message) for message in said if not flows(message)] == keep
    last = {sets(message): message for message in given if flows(message)}
    assert {sets(message): message for message in said if flows(message)} == last
    for clock in (b"\xf8", b"\xfe"):
        assert spoken.count(clock) == [message for _, message in timed].count(clock)


def about_notes(fault: str) -> bool:
    """Notes that are never ended, or struck twice, were pushed like that."""
    return fault.startswith("note ")


@given(score)
def test_a_port_gets_the_same_in_whole_messages(pushed: list[tuple[float, bytes]]) -> None:
    clock, output = FakeClock(0.0), RecordingOutput(FakeClock(0.0))
    port = DinPort(output, clock.now)
    port.open()
    for gap, message in pushed:
        clock.time += gap
        port.send(message)
    port.close()
    stream = LegalStream(strays=True, joining=True, packets=True)
    for message in output.messages:
        stream.feed(message)
    assert not [fault for fault in stream.end().faults if not about_notes(fault.text)], stream.report()
    keep = [message for _, message in pushed if not flows(message) and message[0] not in {0xF8, 0xFE}]
    assert [message for message in output.messages if not flows(message) and message[0] not in {0xF8, 0xFE}] == keep


def test_a_port_sends_in_its_own_time() -> None:
    clock = FakeClock(0.0)
    output = RecordingOutput(clock)
    port = DinPort(output, clock.now)
    port.open()
    for message in CHORD:
        port.send(message)
    assert 0 < len(output.sent) < len(CHORD)
    for _ in range(100):
        clock.time += port.waits_for()[1] if len(output.sent) < len(CHORD) else 0
        assert port.poll()
    assert output.messages == CHORD
    assert output.sent[-1][0] <= 21 * BYTE
    assert port.description == "recording"


def test_slots_with_a_cable_are_made_so() -> None:
    assert isinstance(make_output("synth", {"kind": "din", "device": "/dev/ttyAMA0"}), Din)
    assert isinstance(make_output("synth", {"kind": "port", "match": "Synth", "din": True}), DinPort)
    assert not isinstance(make_output("synth", {"kind": "port", "match": "Synth", "din": False}), DinPort)


@contextlib.contextmanager
def reader() -> Generator[tuple[str, subprocess.Popen[str]]]:
    """A process that reads the far end of a serial line, and says what it read; the near end's name."""
    far, near = pty.openpty()
    tty.setraw(far)
    process = subprocess.Popen([sys.executable, "-c", READER], stdin=far, stdout=subprocess.PIPE, text=True)
    os.close(far)
    try:
        yield os.ttyname(near), process
    finally:
        os.close(near)
        process.kill()
        process.communicate()


@pytest.mark.real
def test_what_goes_through_a_real_line_arrives_whole_and_in_order() -> None:
    with reader() as (name, process):
        din = Din(name)
        din.open()
        assert din.poll()
        assert name in din.description
        bars = [message for number in range(20) for message in (*note(40 + number), CLOCK)]
        for message in (START, *CHORD, *(bytes((0x80, *chord[1:2], 0)) for chord in CHORD), *bars, STOP):
            din.send(message)
        begun = time.monotonic()
        while (seconds := din.waits_for()[1]) < 0.2 and time.monotonic() < begun + 20:
            time.sleep(seconds)
            assert din.poll()
        took = time.monotonic() - begun
        assert process.stdout is not None
        pieces = [bytes.fromhex(line) for line in process.stdout]
        din.close()
        said = assert_legal(pieces)
    spoken = [message for _, message in said.messages if message != CLOCK]
    assert spoken[0] == START
    assert spoken[-1] == STOP
    assert spoken[1:11] == CHORD
    assert len(said.messages) == 2 + 20 + 60
    assert sum(map(len, pieces)) < 1 + 41 + 40 * 2 + 20 + 12  # the status runs
    assert took > (sum(map(len, pieces)) - 10) * BYTE  # no faster than a cable


@pytest.mark.real
def test_what_waits_when_a_line_is_closed_still_arrives() -> None:
    with reader() as (name, process):
        din = Din(name)
        din.open()
        for message in (*CHORD, *(bytes((0x80, *chord[1:2], 0)) for chord in CHORD), STOP):
            din.send(message)
        din.close()
        assert process.stdout is not None
        assert_legal([bytes.fromhex(line) for line in process.stdout])


def test_a_device_that_is_not_there_is_named() -> None:
    with pytest.raises(DeviceError, match=r"/dev/no-such-line cannot be opened .*; plug it in"):
        Din("/dev/no-such-line").open()


def test_a_device_that_goes_is_noticed(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reading = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    din = Din(str(pipe))
    din.open()
    din.send(CHORD[0])
    assert os.read(reading, 10) == CHORD[0]
    os.close(reading)
    with pytest.raises(DeviceError, match="is gone; plug it in again"):
        din.poll()
    din.close()
    assert din.poll() is False


def test_a_device_that_takes_nothing_is_noticed_and_its_messages_stay_whole(tmp_path: Path) -> None:
    pipe, clock = tmp_path / "pipe", FakeClock()
    os.mkfifo(pipe)
    reading = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    din = Din(str(pipe), clock.now)
    din.open()
    filling = os.open(pipe, os.O_WRONLY | os.O_NONBLOCK)
    filled = 0
    with contextlib.suppress(BlockingIOError):
        while True:
            filled += os.write(filling, b"\xfe" * 4096)
    for message in note(60):
        din.send(message)
    clock.time += HANGS / 2
    assert din.poll()
    assert len(os.read(reading, filled)) == filled
    clock.time += HANGS / 2
    for _ in range(2):
        assert din.poll()
    assert os.read(reading, 100) == bytes.fromhex("90 3c 64 90 3c 00")
    os.write(filling, b"\xfe" * filled)
    din.send(note(61)[0])
    clock.time += HANGS * 1.1
    with pytest.raises(DeviceError, match="takes no bytes any more"):
        din.poll()
    os.close(reading)
    os.close(filling)
    din.close()
