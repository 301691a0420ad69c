"""RTP-MIDI with pymidi at the other end, which shares no code with Reverie.

pymidi 0.5 listens; it has no initiator that works, so its own packets play one. It reads no journals and confirms
nothing: notes whose end it loses hang there, whoever plays.
"""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Generator
from typing import Any

import pytest

from fakes.patience import PATIENCE
from fakes.pumping import until
from fakes.relay import LossyRelay, free_port_pair, port_pair
from reverie.play.outputs.rtp_midi import RtpMidi

packets: Any = pytest.importorskip("pymidi.packets")
server: Any = pytest.importorskip("pymidi.server")

LOOPBACK = "127.0.0.1"


class Notes(server.Handler):
    def __init__(self) -> None:
        self.peers: list[str] = []
        self.notes: list[tuple[str, int, int]] = []
        self.others: list[tuple[str, int]] = []

    def on_peer_connected(self, peer: Any) -> None:
        self.peers.append(peer.name)

    def on_peer_disconnected(self, peer: Any) -> None:
        self.peers.remove(peer.name)

    def on_midi_commands(self, peer: Any, command_list: Any) -> None:
        for command in command_list:
            if command.command in {"note_on", "note_off"}:
                self.notes.append((str(command.command), int(command.params.key), command.params.velocity))
            else:
                self.others.append((str(command.command), command.channel))


@contextlib.contextmanager
def pymidi_listening(port: int) -> Generator[tuple[Any, Notes]]:
    listener = server.Server([(LOOPBACK, port)])
    listener._init_protocols()
    notes = Notes()
    listener.add_handler(notes)
    try:
        yield listener, notes
    finally:
        for each in listener.socket_map:
            each.close()


def listen(listener: Any, output: RtpMidi) -> bool:
    """Let both have their turn; whether somebody takes part."""
    listener._loop_once(0.001)
    return output.poll()


def test_pymidi_hears_every_note_and_the_farewell() -> None:
    port = free_port_pair()
    output = RtpMidi("Reverie", 0, LOOPBACK, [f"{LOOPBACK}:{port}"], advertise=False)
    with pymidi_listening(port) as (listener, notes), contextlib.closing(output):
        output.open()
        until(lambda: listen(listener, output), output)
        assert notes.peers == ["Reverie"]
        sent: list[tuple[str, int, int]] = []
        for number in range(2000):
            pitch = 36 + number // 2 % 48
            message = bytes((0x80 if number % 2 else 0x90, pitch, 0 if number % 2 else 1 + number % 127))
            output.send(message)
            sent.append(("note_off" if number % 2 else "note_on", pitch, message[2]))
            listen(listener, output)
        output.send(b"\xb3\x07\x64")
        until(lambda: (listener._loop_once(0), len(notes.notes))[1] == len(sent) and notes.others, output)
        assert notes.notes == sent
        assert notes.others == [("control_mode_change", 3)]
        output.close()
        for _ in range(20):
            listener._loop_once(0.01)
        assert notes.peers == []


def test_pymidi_reads_the_packets_of_a_bad_network_but_not_their_journals() -> None:
    port = free_port_pair()
    relay = LossyRelay(port, 0.05, 7)
    output = RtpMidi("Reverie", 0, LOOPBACK, [f"{LOOPBACK}:{relay.port}"], advertise=False)
    with pymidi_listening(port) as (listener, notes), contextlib.closing(relay), contextlib.closing(output):
        output.open()
        until(lambda: listen(listener, output), output)
        sent = 0
        for number in range(1000):
            output.send(bytes((0x80 if number % 2 else 0x90, 60, 0 if number % 2 else 100)))
            sent += 1
            listen(listener, output)
        session = output.session
        assert session is not None
        until(lambda: (listener._loop_once(0), not session.peers[0]._guard_due)[1], output)
        assert 0.85 * sent < len(notes.notes) < sent
        assert not session.peers[0].history.confirmed


def test_every_packet_parses_there_with_its_journal() -> None:
    output = RtpMidi("Reverie", free_port_pair(), LOOPBACK, advertise=False)
    output.open()
    with contextlib.closing(output), joined_by_pymidis_packets(output) as data:
        for message in (b"\x90\x3c\x64", b"\x90\x40\x50", b"\x80\x3c\x00", b"\xb0\x07\x40", b"\x85\x3c\x00"):
            output.send(message)
        parsed = [packets.MIDIPacket.parse(data.recv(1500)) for _ in range(5)]
    assert [packet.header.rtp_header.flags.pt for packet in parsed] == [0x61] * 5
    numbers = [packet.header.rtp_header.sequence_number for packet in parsed]
    assert [(number - numbers[0]) & 0xFFFF for number in numbers] == [0, 1, 2, 3, 4]
    assert [str(packet.command.midi_list[0].command) for packet in parsed] == [
        *("note_on", "note_on", "note_off", "control_mode_change", "note_off")
    ]
    assert all(packet.journal.checkpoint_seqnum == numbers[0] for packet in parsed)
    assert [bool(packet.journal.header.a) for packet in parsed] == [False, True, True, True, True]
    last = parsed[-1].journal.channel_journal
    assert (last.header.chan, bool(last.header.n), bool(last.header.c), bool(last.header.p)) == (0, True, True, False)
    assert last.journal.replace(b"\xd0", b"\x50") == bytes.fromhex("00 07 40  81 77 c0 50 08")  # 64 sounds, 60 ended


@contextlib.contextmanager
def joined_by_pymidis_packets(output: RtpMidi) -> Generator[socket.socket]:
    """Join a session as an initiator would; gives the data port."""
    control, data = port_pair()
    port = output._port
    with contextlib.closing(control), contextlib.closing(data):
        for index, each in enumerate((control, data)):
            each.settimeout(PATIENCE)
            invite = packets.AppleMIDIExchangePacket.build(
                {"command": b"IN", "protocol_version": 2, "initiator_token": 77, "ssrc": 1234, "name": "pymidi"}
            )
            each.sendto(invite, (LOOPBACK, port + index))
            output.poll()
            answer = packets.AppleMIDIExchangePacket.parse(each.recv(1500))
            assert (answer.command, answer.initiator_token, answer.name) == (b"OK", 77, "Reverie")
        assert output.poll()
        assert output.description == "playing over the network to pymidi"
        clock = packets.AppleMIDITimestampPacket.build(
            {"command": b"CK", "count": 0, "ssrc": 1234, "timestamp_1": 5, "timestamp_2": 0, "timestamp_3": 0}
        )
        data.sendto(clock, (LOOPBACK, port + 1))
        output.poll()
        answer = packets.AppleMIDITimestampPacket.parse(data.recv(1500))
        assert (answer.command, answer.count, answer.timestamp_1) == (b"CK", 1, 5)
        yield data
