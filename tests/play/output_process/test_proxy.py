"""The player's end of an output process: it never waits, loses no message, and knows an output process that hangs."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakes.output_processes import FarEnd, lose, say
from fakes.patience import PATIENCE
from reverie.midi.errors import DeviceError
from reverie.play.output_process.messages import OutputSetup
from reverie.play.output_process.process import apart
from reverie.play.output_process.proxy import DUE, HANGS
from reverie.play.outputs.output import BarLine, Trouble
from reverie.processes.helper import unpacked

DATA = st.integers(0, 127)
MESSAGES = st.lists(
    st.one_of(
        st.tuples(st.integers(0x80, 0xBF), DATA, DATA).map(bytes),
        st.tuples(st.integers(0xC0, 0xDF), DATA).map(bytes),
        st.tuples(st.integers(0xE0, 0xEF), DATA, DATA).map(bytes),
        st.sampled_from([b"\xf8", b"\xfa", b"\xfb", b"\xfc", b"\xfe", b"\xf2\x01\x02", b"\xf3\x01"]),
        st.lists(DATA, max_size=20).map(lambda data: b"\xf0" + bytes(data) + b"\xf7"),
    )
)


@pytest.fixture
def far(monkeypatch: pytest.MonkeyPatch) -> Iterator[FarEnd]:
    end = FarEnd(monkeypatch)
    assert unpacked(OutputSetup, end.read()[0]) == OutputSetup("main", {"kind": "port"}, None)
    yield end
    end.end()


@given(MESSAGES)
def test_messages_that_were_handed_over_together_come_apart_again(messages: list[bytes]) -> None:
    assert list(apart(b"".join(messages))) == messages


def test_a_message_is_a_packet_as_long_as_the_output_process_keeps_up(far: FarEnd) -> None:
    say(far.output, b"\x90\x3c\x40")
    far.output.tell(BarLine("dawn", 3, 90.0, "4/4"))
    say(far.output, b"\xf8")
    bar = b'{"type":"bar","scene":"dawn","bar":3,"qpm":90.0,"metre":"4/4"}'
    assert far.read() == [b"\x90\x3c\x40", bar, b"\xf8"]


def test_a_moments_messages_go_ahead_of_it_in_one_packet_that_tells_it(far: FarEnd) -> None:
    far.output.send(b"\x90\x3c\x40")
    far.output.send(b"\xf8")
    far.output.hold(1000.25)
    far.output.flush()
    far.output.hold(1000.5)  # nothing is due then
    (packet,) = far.read()
    assert DUE.unpack_from(packet) == (1000.25,)
    assert packet[DUE.size :] == b"\x90\x3c\x40\xf8"


def test_a_burst_waits_for_the_output_process_in_order_and_whole(far: FarEnd) -> None:
    sent = [bytes((0x90 | number >> 14, number >> 7 & 127, number & 127)) for number in range(60_000)]
    for message in sent:
        say(far.output, message)
    got: list[bytes] = []
    while packets := far.read():
        got += [message for packet in packets for message in apart(packet)]
        far.output.poll()
    assert got == sent


def test_an_output_process_that_reads_nothing_is_given_up_whether_its_socket_is_full_or_not(far: FarEnd) -> None:
    far.say(up=True)
    assert far.output.poll()
    say(far.output, b"\xf8")
    far.output.poll()
    far.clock.time += HANGS + 0.1
    with pytest.raises(DeviceError, match="hangs; it is started again"):
        far.output.poll()
    assert far.process is not None
    assert far.process.wait(PATIENCE) < 0


def test_a_full_socket_is_a_loss_once_it_stays_so(far: FarEnd) -> None:
    far.say(up=True)
    assert far.output.poll()

    def send() -> None:
        far.clock.time += 0.001
        say(far.output, b"\xf8")

    assert lose(far.output, lambda: [send() for _ in range(100)]) == "its output process hangs; it is started again"
    assert far.clock.time > 1000 + HANGS
    assert far.process is not None
    assert far.process.wait(PATIENCE) < 0


def test_one_that_goes_on_reading_is_not_given_up_however_seldom_it_is_looked_at(far: FarEnd) -> None:
    far.say(up=True)
    for _ in range(5):
        say(far.output, b"\xf8")
        far.clock.time += 100
        far.read()
        assert far.output.poll()


def test_a_device_that_returned_at_once_has_been_away(far: FarEnd) -> None:
    far.say(up=True, detail="there")
    assert far.output.poll()
    far.say(up=False, detail="away")
    far.say(up=True, detail="back")
    assert not far.output.poll()
    assert far.output.lacks == "away"
    assert far.output.poll()
    assert far.output.description == "back"


@pytest.mark.parametrize("unread", [b"", b"\xf8"])
def test_what_an_output_process_said_last_is_why_it_left(far: FarEnd, unread: bytes) -> None:
    if unread:
        say(far.output, unread)  # the socket then says first that it was reset
    far.say(up=False, detail="the JACK server is gone; start it again")
    far.socket.close()
    assert lose(far.output, far.output.poll) == "the JACK server is gone; start it again"


def test_a_message_to_one_that_left_is_a_loss(far: FarEnd) -> None:
    far.say(up=False, detail="the JACK server is gone; start it again")
    far.socket.close()
    with pytest.raises(DeviceError, match="the JACK server is gone"):
        say(far.output, b"\xf8")


@pytest.mark.parametrize("up", [True, False])
def test_one_that_left_without_a_word_hung(far: FarEnd, up: bool) -> None:
    if up:
        far.say(up=True, detail="there")
        far.output.poll()
    far.socket.close()
    assert lose(far.output, far.output.poll) == "its output process hangs; it is started again"


def test_what_is_closed_is_silent_and_can_be_opened_again(far: FarEnd) -> None:
    say(far.output, b"\xf8")
    far.output.close()
    assert far.read() == [b"\xf8"]
    say(far.output, b"\xf8")
    assert not far.output.poll()
    assert far.output.waits_for()[0] == ()
    far.output.close()


@pytest.mark.parametrize(
    "nonsense",
    [
        b"no json",
        b"[1]",
        b"\xff\xfe",
        b"3",
        b'{"type":"state","up":1,"detail":""}',
        b'{"type":"state","up":true,"detail":"","trouble":{"sentence":3}}',
    ],
)
def test_an_output_process_that_talks_nonsense_costs_its_slot_alone(far: FarEnd, nonsense: bytes) -> None:
    far.socket.send(nonsense)
    with pytest.raises(DeviceError):
        far.output.poll()


def test_an_output_process_that_reads_between_looks_is_not_taken_for_hung(far: FarEnd) -> None:
    far.say(up=True)
    for _ in range(20):  # each look comes just after something was sent, as it does with MIDI clock
        say(far.output, b"\xf8")
        assert far.output.poll()
        assert far.read() == [b"\xf8"]
        far.clock.time += 0.25


def test_what_an_output_process_says_of_its_device_is_printable_and_so_is_its_trouble(far: FarEnd) -> None:
    trouble = Trouble("\x1b[2Jis not announced", "name it\nanew")
    far.say(up=True, detail="playing to \x1b]0;me\x07", trouble=trouble)
    assert far.output.poll()
    assert far.output.description == r"playing to \x1b]0;me\x07"
    assert far.output.trouble == Trouble(r"\x1b[2Jis not announced", r"name it\nanew")
    far.say(up=True, detail="playing")
    far.output.poll()
    assert far.output.trouble is None
