from __future__ import annotations

import socket

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reverie.processes.wire import MAX_UNSENT, Wire, WireError, decode, encode


@given(st.dictionaries(st.text(), st.one_of(st.integers(), st.text(), st.none())))
def test_a_message_is_one_line_and_reads_back(fields: dict[str, object]) -> None:
    message = fields | {"type": "x"}
    line = encode(message)
    assert line.count(b"\n") == 1
    assert decode(line) == message


@pytest.mark.parametrize("line", [b"", b"{", b"[]", b"{}", b'{"type":1}', b"\xff", b"null", b"[" * 100_000])
def test_what_is_no_message_is_an_error(line: bytes) -> None:
    with pytest.raises(WireError):
        decode(line)


def test_a_message_may_arrive_in_pieces() -> None:
    ours, theirs = socket.socketpair()
    wire = Wire(ours)
    line = encode({"type": "x", "text": "a" * 100}) + encode({"type": "y"})
    received = []
    for at in range(0, len(line), 7):
        theirs.sendall(line[at : at + 7])
        received += [message["type"] for message in wire.receive()]
    assert received == ["x", "y"]
    ours.close()
    theirs.close()


def test_nothing_there_is_no_end_but_a_closed_peer_is() -> None:
    ours, theirs = socket.socketpair()
    wire = Wire(ours)
    assert list(wire.receive()) == []
    assert not wire.closed
    theirs.close()
    assert list(wire.receive()) == []
    assert wire.closed
    wire.send({"type": "x"})
    ours.close()


def test_what_nobody_reads_holds_nobody_up() -> None:
    ours, theirs = socket.socketpair()
    wire = Wire(ours)
    sent = 0
    while sent * 1000 < 3 * MAX_UNSENT:
        wire.post({"type": "x", "number": sent, "text": "a" * 1000})
        sent += 1
    assert not wire.closed
    theirs.setblocking(False)
    heard: list[int] = []
    pending = b""
    for _ in range(10_000):
        wire.post({"type": "y", "number": -1})
        try:
            pending += theirs.recv(1 << 16)
        except BlockingIOError:
            break
        *lines, pending = pending.split(b"\n")
        heard += [decode(line)["number"] for line in lines]
        if heard and heard[-1] == -1:
            break
    told = [number for number in heard if number >= 0]
    assert told == list(range(len(told))), "whole, in order, and from the first on"
    assert MAX_UNSENT / 2000 < len(told) < sent
    ours.close()
    theirs.close()
