"""The checker of streams is itself checked: with streams that are right, and with streams broken on purpose."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakes.legal import LegalStream, assert_legal


def faults(*pieces: str, strays: bool = False, packets: bool = False) -> list[str]:
    stream = LegalStream(strays=strays, packets=packets)
    for piece in pieces:
        stream.feed(bytes.fromhex(piece))
    return [fault.text for fault in stream.end().faults]


@pytest.mark.parametrize(
    "stream",
    [
        "",
        "90 3c 64 80 3c 00",
        "90 3c 64 90 3c 00",  # velocity 0 is an end
        "90 3c 64 40 64 3c 00 40 00",  # running status
        "90 f8 3c f8 64 3c fe 00",  # real-time bytes between all others
        "90 3c 64 b0 7b 00",  # all notes off
        "90 3c 64 b0 78 00 80 3c 00",  # a note may be ended after all sound was
        "90 3c 64 ff",  # a reset ends everything
        "91 3c 64 90 3c 64 3c 00 81 3c 40",
        "f2 00 01 fa f8 90 3c 64 3c 00 fc",
        "f0 7e f8 01 f7 f1 05 f3 01 f6 c0 05 06 e0 00 40 d0 01 a0 3c 01",
    ],
)
def test_what_is_legal_has_no_fault(stream: str) -> None:
    assert faults(stream) == []


@pytest.mark.parametrize(
    ("stream", "fault"),
    [
        ("3c 64", "the data byte 0x3c belongs to no status"),
        ("f2 00 01 3c 64", "the data byte 0x3c belongs to no status"),  # system common ends running status
        ("90 3c 64 3c 00 f6 3c 00", "the data byte 0x3c belongs to no status"),
        ("f8 90 3c b0 07 64", "status 0xb0 splits the message 0x90 after 1 data bytes"),
        ("f0 01 90 3c 64 3c 00", "status 0x90 splits the message 0xf0 after 1 data bytes"),
        ("f2 00 f8 c0 01", "status 0xc0 splits the message 0xf2 after 1 data bytes"),
        ("f2 c0 01", "status 0xc0 splits the message 0xf2 after 0 data bytes"),
        ("f2 00", "the stream ends within the message 0xf2 after 1 data bytes"),
        ("c0 01 b0 07", "the stream ends within the message 0xb0 after 1 data bytes"),
        ("f7", "an exclusive message ends that never began"),
        ("f4", "status 0xf4 is undefined"),
        ("fd", "status 0xfd is undefined"),
        ("90 3c 64", "note 60 on channel 1 is never ended"),
        ("90 3c 64 91 3c 00", "note 60 on channel 2 is ended, and does not sound"),
        ("80 3c 00 90 3c 64 80 3c 00", "note 60 on channel 1 is ended, and does not sound"),
        ("90 3c 64 3c 64 3c 00", "note 60 on channel 1 is struck again while it sounds"),
        ("91 3c 64 b0 7b 00 81 3c 00 3d 00", "note 61 on channel 2 is ended, and does not sound"),
        ("90 3c 64 fc 3c 00", "note 60 on channel 1 sounds across a stop"),
        ("90 3c 64 fa 3c 00", "note 60 on channel 1 sounds across a start"),
        ("90 3c 64 fb 3c 00", "note 60 on channel 1 sounds across a continue"),
        ("90 3c 64 3c 00 3c 00", "note 60 on channel 1 is ended, and does not sound"),
    ],
)
def test_what_is_broken_is_named(stream: str, fault: str) -> None:
    assert fault in faults(stream)


def test_a_panic_may_end_what_does_not_sound() -> None:
    assert faults("80 3c 00", strays=True) == []


def test_a_device_may_join_while_notes_sound_but_nothing_stops_before_they_end() -> None:
    stream = LegalStream(joining=True)
    stream.feed(bytes.fromhex("90 3c 64 f2 00 01 fb f8 80 3c 00 90 3c 64 fc"))
    assert [fault.text for fault in stream.faults] == ["note 60 on channel 1 sounds across a stop"]


def test_what_sounded_before_is_ended() -> None:
    stream = LegalStream(sounding={(0, 60), (3, 61)})
    stream.feed(bytes.fromhex("80 3c 00"))
    assert [fault.text for fault in stream.end().faults] == ["note 61 on channel 4 is never ended"]


def test_packets_are_one_message_each() -> None:
    assert faults("90 3c 64", "f8", "80 3c 00", packets=True) == []
    assert faults("90 3c 64 80 3c 00", packets=True) == ["a packet holds 2 whole messages: 90 3c 64 80 3c 00"]
    assert faults("90 3c 64", "3c 00", packets=True) == ["a packet begins with the data byte 0x3c"]
    assert "a packet holds 0 whole messages: 90 3c" in faults("90 3c", "64 3c 00", packets=True)


def test_the_report_says_where_and_when() -> None:
    stream = LegalStream()
    stream.feed(bytes.fromhex("c0 01"), 1.5)
    stream.feed(bytes.fromhex("f6 02"), 2.25)
    assert stream.end().report() == "byte 3 (2.250000 s): the data byte 0x02 belongs to no status"
    with pytest.raises(AssertionError, match=r"byte 1: the data byte 0x02"):
        assert_legal([b"\xf6\x02"])


@given(st.lists(st.binary(max_size=5), max_size=30))
def test_how_a_stream_is_cut_makes_no_difference(pieces: list[bytes]) -> None:
    whole, cut = LegalStream(), LegalStream()
    whole.feed(b"".join(pieces))
    for piece in pieces:
        cut.feed(piece)
    assert whole.end().faults == cut.end().faults
    assert whole.messages == cut.messages


@given(
    st.lists(st.tuples(st.integers(0, 15), st.integers(0, 127), st.integers(1, 127)), max_size=40),
    st.lists(st.tuples(st.integers(0, 200), st.sampled_from([0xF8, 0xFE])), max_size=20),
)
def test_real_time_bytes_disturb_nothing(notes: list[tuple[int, int, int]], clocks: list[tuple[int, int]]) -> None:
    said = [bytes(part) for c, p, v in notes for part in ((0x90 | c, p, v), (0x80 | c, p, 64))]
    data = bytearray(b"".join(said))
    for place, byte in clocks:
        data.insert(min(place, len(data)), byte)
    stream = assert_legal([bytes(data)])
    assert [message for _, message in stream.messages if len(message) > 1] == said
