from __future__ import annotations

from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fakes.rtp import Ear, Ether
from reverie.midi.rtp.packets import ACCEPT, INVITE, LEAVE, ClockPacket, Exchange, read_session_packet
from reverie.midi.rtp.peer import STEADY
from reverie.midi.rtp.session import ASKED_PATIENCE, GUESTS, PATIENCE, Port, Session

ON, OFF = b"\x90\x3c\x64", b"\x80\x3c\x00"


def joined() -> Ether:
    ether = Ether()
    ether.add("reverie", "mac")
    ether.add("mac")
    ether.run(0.01)
    assert ether.names("reverie") == ["mac"]
    return ether


def play(ether: Ether, *messages: bytes) -> None:
    ether.sessions["reverie"].send(messages, ether.now)
    ether.deliver()


def test_who_is_invited_joins_and_hears_everything() -> None:
    ether = joined()
    assert ether.names("mac") == ["reverie"]
    for message in (ON, OFF, b"\xb0\x07\x64", b"\xc0\x05", b"\xf8", b"\xfa", b"\xfb", b"\xfc", b"\xf2\x10\x02"):
        play(ether, message)
    assert ether.heard["mac"] == [
        *(ON, OFF, b"\xb0\x07\x64", b"\xc0\x05", b"\xf8", b"\xfa", b"\xfb", b"\xfc", b"\xf2\x10\x02")
    ]
    assert "mac" in ether.sessions["reverie"].description


def test_a_session_is_initiator_and_listener_at_once_and_each_hears_all() -> None:
    ether = Ether()
    for host, invited in (("ipad", ["reverie"]), ("reverie", ["mac"]), ("mac", [])):
        ether.add(host, *invited)
    ether.run(0.01)
    assert sorted(ether.names("reverie")) == ["ipad", "mac"]
    play(ether, ON)
    assert ether.heard["mac"] == ether.heard["ipad"] == [ON]


def test_two_that_invite_each_other_take_part_once() -> None:
    ether = Ether()
    ether.add("reverie", "mac")
    ether.add("mac", "reverie")
    ether.run(1)
    asked = len(ether.sent)
    ether.run(5 * PATIENCE)
    assert not [data for _, _, data in ether.sent[asked:] if data[2:4] in {INVITE, LEAVE}], "it lasts"
    assert ether.names("reverie") == ["mac"]
    assert ether.names("mac") == ["reverie"]
    play(ether, ON)
    assert ether.heard["mac"] == [ON]


def test_whoever_comes_second_is_set_as_the_first_was() -> None:
    ether = joined()
    play(ether, b"\xb2\x00\x01", b"\xb2\x20\x03", b"\xc2\x09", b"\xb2\x07\x50", b"\x92\x3c\x64")
    ether.add("ipad", "reverie")
    ether.run(0.01)
    assert [message for message in ether.heard["ipad"] if message[0] & 0xF0 == 0xC0] == [b"\xc2\x09"]
    ear = Ear()
    for message in ether.heard["ipad"]:
        ear.hear(message)
    assert (ear.controls[2, 0], ear.controls[2, 32], ear.controls[2, 7]) == (1, 3, 0x50)
    assert not ear.struck


def test_clock_packets_go_round_and_measure_the_way() -> None:
    ether = joined()
    ether.run(STEADY * 3)
    counts = [
        packet.count
        for _, port, data in ether.sent
        if port is Port.DATA and isinstance(packet := read_session_packet(data), ClockPacket)
    ]
    assert counts[:3] == [0, 1, 2]
    assert counts.count(0) == counts.count(1) == counts.count(2) > 4
    assert ether.sessions["reverie"].peers[0].round_trip == 0


def test_a_listener_that_vanishes_is_dropped_and_invited_again_until_it_is_back() -> None:
    ether = joined()
    ether.cut.add("mac")
    ether.run(ASKED_PATIENCE + STEADY)
    assert not ether.sessions["reverie"].peers
    assert "mac does not answer any more" in ether.sessions["reverie"].description
    ether.run(PATIENCE)
    assert not ether.sessions["mac"].peers
    before = len(ether.sent)
    ether.run(600)
    assert len(ether.sent) - before < 100, "it asks less and less often"
    ether.cut.clear()
    ether.run(25)
    assert ether.names("reverie") == ["mac"]
    play(ether, ON)
    assert ether.heard["mac"][-1] == ON


def test_refused_is_gone_at_once_and_asked_again_later() -> None:
    ether = joined()
    session = ether.sessions["reverie"]
    session.refused(("mac", 5005), ether.now)
    assert not session.peers
    assert "mac does not listen any more" in session.description
    session.refused(("mac", 5004), ether.now)
    ether.run(3)
    assert ether.names("reverie") == ["mac"]


def test_whoever_leaves_is_dropped_and_their_notes_end() -> None:
    ether = joined()
    play(ether, ON)
    ether.sessions["reverie"].leave(ether.now)
    ether.deliver()
    assert not ether.sessions["mac"].peers
    assert ether.heard["mac"][-1] == OFF
    assert [read_session_packet(data) for _, _, data in ether.sent][-1].command == LEAVE  # type: ignore[union-attr]


@pytest.mark.parametrize("lost", [1, 2, 3, 4])
def test_whatever_packet_of_the_invitation_is_lost_they_meet(lost: int) -> None:
    ether = Ether()
    left = [lost]

    def carries(port: Port, data: bytes) -> bool:
        left[0] -= 1
        return left[0] != 0

    ether.carries = carries
    ether.add("reverie", "mac")
    ether.add("mac")
    ether.run(5)
    assert (ether.names("reverie"), ether.names("mac")) == (["mac"], ["reverie"])
    play(ether, ON)
    assert ether.heard["mac"] == [ON]


def test_an_invitation_is_declined_where_nobody_may_join() -> None:
    ether = Ether()
    ether.add("reverie", "mac")
    ether.add("mac", open_to_all=False)
    ether.run(60)
    assert not ether.sessions["reverie"].peers
    assert "mac declines" in ether.sessions["reverie"].description


def test_a_session_that_invites_itself_says_so() -> None:
    ether = Ether()
    ether.add("reverie", "reverie")
    ether.run(10)
    assert not ether.sessions["reverie"].peers
    assert "reverie declines" in ether.sessions["reverie"].description


def test_a_number_that_somebody_else_has_is_declined() -> None:
    ether = joined()
    mac = ether.sessions["reverie"].peers[0]
    ether.sessions["reverie"].receive(Port.CONTROL, ("thief", 9), Exchange(INVITE, 1, mac.ssrc, "x").pack(), ether.now)
    answer = ether.sessions["reverie"].outgoing.pop()
    assert answer.address == ("thief", 9)
    assert answer.data[2:4] == b"NO"
    for packet in (Exchange(LEAVE, 1, mac.ssrc), Exchange(ACCEPT, mac.token, mac.ssrc)):
        ether.sessions["reverie"].receive(Port.CONTROL, ("thief", 9), packet.pack(), ether.now)
    assert ether.names("reverie") == ["mac"]


def test_a_doubled_invitation_changes_nothing() -> None:
    ether = joined()
    play(ether, ON)
    for _, port, data in list(ether.sent):
        packet = read_session_packet(data)
        if isinstance(packet, Exchange) and packet.command == INVITE:
            ether.sessions["mac"].receive(port, ("reverie", 5004 if port is Port.CONTROL else 5005), data, ether.now)
    play(ether, OFF)
    assert ether.heard["mac"] == [ON, OFF]
    assert len(ether.sessions["mac"].peers) == 1


def test_a_flood_of_invitations_takes_no_more_than_there_is_room_for() -> None:
    session = Session("reverie", random=Random(1))
    for ssrc in range(1, 1000):
        invite = Exchange(INVITE, ssrc, ssrc, "guest").pack()
        session.receive(Port.CONTROL, ("10.0.0.1", ssrc), invite, 1.0)
        if ssrc % 3 == 0:
            session.receive(Port.DATA, ("10.0.0.1", ssrc), invite, 1.0)
    assert len(session.peers) == GUESTS
    assert len(session._guests) <= GUESTS


@given(
    st.lists(
        st.tuples(
            st.sampled_from(Port),
            st.sampled_from(["mac", "reverie", "x"]),
            st.one_of(
                st.binary(max_size=80),
                st.builds(
                    lambda kind, rest: b"\xff\xff" + kind + rest,
                    st.sampled_from([b"IN", b"OK", b"NO", b"BY", b"CK", b"RS", b"RL"]),
                    st.binary(max_size=60),
                ),
                st.builds(lambda rest: b"\x80\x61" + rest, st.binary(max_size=80)),
            ),
        ),
        max_size=20,
    ),
)
@settings(max_examples=300, deadline=None)
def test_garbage_is_harmless(garbage: list[tuple[Port, str, bytes]]) -> None:
    ether = joined()
    peer = ether.sessions["reverie"].peers[0]
    for port, sender, data in garbage:
        ether.sessions["reverie"].receive(port, (sender, 5004), data, ether.now)
        headed = data[:8] + peer.ssrc.to_bytes(4) + data[12:]  # as if it came from a friend
        if headed[2:4] != LEAVE:
            ether.sessions["reverie"].receive(port, ("mac", 5005), headed, ether.now)
    ether.sessions["reverie"].outgoing.clear()
    assert "mac" in ether.names("reverie")
    play(ether, ON)
    assert ether.heard["mac"][-1] == ON
