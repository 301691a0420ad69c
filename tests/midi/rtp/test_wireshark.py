"""What Wireshark, which shares no code with Reverie, makes of the packets."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from random import Random

import pytest

from fakes.captures import write_capture
from fakes.rtp import Ether
from reverie.midi.rtp.journal import read_journal
from reverie.midi.rtp.packets import MidiPacket, read_midi_packet
from reverie.midi.rtp.session import Port

HERE, THERE = "10.0.0.1", "10.0.0.2"
FIELDS = [
    "rtp.seq",
    "rtpmidi.check_Seq_num",
    "rtpmidi.cj_chapter_n_log_note",
    "rtpmidi.cj_chapter_n_log_velocity",
    "rtpmidi.cj_chapter_n_log_octet",
    "rtpmidi.cj_chapter_c_number",
    "rtpmidi.cj_chapter_p_program",
    "_ws.malformed",
    "_ws.expert.message",
]
pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(shutil.which("tshark") is None, reason="tshark is not installed"),
]


def session() -> Ether:
    """A minute of everything, some of it confirmed."""
    chance = Random(3)
    ether = Ether()
    ether.add(HERE, THERE)
    ether.add(THERE)
    ether.run(0.1)
    for _ in range(600):
        channel, pitch = chance.randrange(16), chance.randrange(128)
        message = chance.choice(
            [
                *[bytes((0x90 | channel, pitch, chance.randrange(1, 128)))] * 6,
                *[bytes((0x80 | channel, pitch, 0))] * 6,
                bytes((0xB0 | channel, chance.choice([0, 1, 7, 32, 64, 120, 121, 123]), 1)),
                bytes((0xC0 | channel, pitch)),
                bytes((0xE0 | channel, pitch, 64)),
                b"\xf8",
                b"\xfa",
                b"\xf2\x01\x01",
            ]
        )
        ether.sessions[HERE].send((message,), ether.now)
        ether.deliver()
        ether.run(0.1)
    ether.sessions[HERE].leave(ether.now)
    ether.deliver()
    return ether


def port_number(port: Port) -> int:
    return 5004 if port is Port.CONTROL else 5005


def tshark(capture: Path, *options: str) -> list[str]:
    done = subprocess.run(["tshark", "-r", capture, *options], capture_output=True, text=True, check=True)
    return done.stdout.splitlines()


def numbers(field: str) -> list[int]:
    return [int(part, 0) for part in field.split(",") if part]


def test_wireshark_reads_the_same_out_of_every_packet(tmp_path: Path) -> None:
    ether = session()
    other = {HERE: THERE, THERE: HERE}
    sent = [(host, port_number(port), other[host], port_number(port), data) for host, port, data in ether.sent]
    write_capture(tmp_path / "session.pcap", sent)
    options = ["-T", "fields", *(part for field in FIELDS for part in ("-e", field))]
    seen = [line.split("\t") for line in tshark(tmp_path / "session.pcap", *options)]
    assert len(seen) == len(sent)
    packets = 0
    for (*_, data), (sequence, checkpoint, notes, velocities, octets, controls, programs, *complaints) in zip(
        sent, seen, strict=True
    ):
        assert not any(complaints), complaints
        if data.startswith(b"\xff\xff"):
            continue
        packet = read_midi_packet(data)
        assert isinstance(packet, MidiPacket)
        assert packet.journal is not None
        journal = read_journal(packet.journal)
        packets += 1
        assert (numbers(sequence), numbers(checkpoint)) == ([packet.sequence], [journal.checkpoint])
        assert numbers(notes) == [log.pitch for channel in journal.channels for log in channel.notes]
        assert numbers(velocities) == [log.velocity for channel in journal.channels for log in channel.notes]
        assert sum(octet.bit_count() for octet in numbers(octets)) == sum(len(each.ended) for each in journal.channels)
        assert numbers(controls) == [log.number for channel in journal.channels for log in channel.controls]
        assert numbers(programs) == [channel.program.program for channel in journal.channels if channel.program]
    assert packets > 600


def test_wireshark_knows_every_packet_of_the_session(tmp_path: Path) -> None:
    ether = session()
    other = {HERE: THERE, THERE: HERE}
    write_capture(
        tmp_path / "session.pcap",
        [(host, port_number(port), other[host], port_number(port), data) for host, port, data in ether.sent],
    )
    lines = tshark(tmp_path / "session.pcap", "-T", "fields", "-e", "_ws.col.Protocol", "-e", "_ws.col.Info")
    assert {line.split("\t")[0] for line in lines} == {"AppleMIDI", "RTP-MIDI"}
    for words in ("Invitation: ", "Invitation Accepted: ", "Synchronization", "Receiver Feedback", "End Session"):
        assert any(words in line for line in lines), words
    last = max(i for i, line in enumerate(lines) if "Receiver Feedback" in line)
    confirmed = int(lines[last].rsplit("seq = ", 1)[1])
    packets = [read_midi_packet(data) for _, _, data in ether.sent[:last] if data[:2] != b"\xff\xff"]
    assert confirmed == packets[-1].sequence  # type: ignore[union-attr]
