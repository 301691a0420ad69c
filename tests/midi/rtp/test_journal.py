from __future__ import annotations

import contextlib
from collections import Counter
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fakes.rtp import Ear, Ether
from reverie.midi.rtp.journal import (
    BendLog,
    ChannelJournal,
    ControlLog,
    GarbledError,
    Journal,
    NoteLog,
    ProgramLog,
    read_journal,
)
from reverie.midi.rtp.packets import MidiPacket, read_midi_packet
from reverie.midi.rtp.peer import in_packets
from reverie.midi.rtp.repair import Receiver
from reverie.midi.rtp.sender_history import DEPTH, SLACK, History

DATA = st.integers(0, 127)
FRESH = st.booleans()


@st.composite
def channels(draw: st.DrawFn, number: int) -> ChannelJournal:
    pitches = draw(st.permutations(range(128)))
    sounding = draw(st.integers(0, 128))
    ended = draw(st.integers(0, 128 - sounding))
    return ChannelJournal(
        number,
        draw(st.none() | st.builds(ProgramLog, DATA, st.none() | st.integers(0, (1 << 14) - 1), FRESH)),
        tuple(
            ControlLog(key, draw(st.integers(0, 63 if counted else 127)), counted, draw(FRESH))
            for key in sorted(draw(st.sets(DATA, max_size=128)))
            for counted in [draw(FRESH)]
        ),
        draw(st.none() | st.builds(BendLog, DATA, DATA, FRESH)),
        tuple(NoteLog(pitch, 1 + pitch % 127, bool(pitch & 1), bool(pitch & 2)) for pitch in pitches[:sounding]),
        frozenset(pitches[sounding : sounding + ended]),
        bool(sounding or ended) and draw(FRESH),
    )


@st.composite
def journals(draw: st.DrawFn) -> Journal:
    numbers = sorted(draw(st.sets(st.integers(0, 15), max_size=4)))
    return Journal(draw(st.integers(0, 0xFFFF)), tuple(draw(channels(number)) for number in numbers))


@given(journals())
@settings(max_examples=60, deadline=None)
def test_every_journal_reads_as_it_was_written(journal: Journal) -> None:
    assert read_journal(journal.pack()) == journal


@given(st.binary(max_size=200))
@settings(max_examples=300)
def test_a_journal_of_garbage_is_refused_in_order(data: bytes) -> None:
    with contextlib.suppress(GarbledError):
        assert len(read_journal(data).channels) <= 16


def test_notes_are_written_as_the_rfc_draws_them() -> None:
    """RFC 6295, appendix A.6, by hand: two notes sound, 61 and 64 ended, the latter in the packet before."""
    channel = ChannelJournal(
        3, None, (), None, (NoteLog(60, 100, False, False), NoteLog(67, 90, True, True)), frozenset({61, 64}), True
    )
    assert Journal(0x1234, (channel,)).pack() == bytes.fromhex(
        "20 1234"  # a channel's journal, one of them; the checkpoint
        "18 0b 08"  # channel 3, eleven bytes, chapter N
        "02 78"  # B clear, two notes, octets 7 to 8
        "bc 64 43 da"  # 60: S set; 67: S clear, Y set
        "04 80"  # 61 in the octet of 56, 64 in its own
    )


def test_chapters_that_are_not_known_are_stepped_over() -> None:
    system = bytes.fromhex("8004 0000")  # four bytes with a header of two
    parameters = bytes.fromhex("8003 00")
    notes = bytes.fromhex("80 77 04")
    touch = bytes.fromhex("80 0000")
    length = 3 + len(parameters + notes + touch)
    packed = bytes.fromhex("60 0007") + system + bytes((0x08, length, 0x20 | 0x08 | 0x01)) + parameters + notes + touch
    assert read_journal(packed).channels[0].ended == {61}


@given(st.lists(st.sampled_from([b"\x90\x3c\x40", b"\x80\x3c\x00", b"\xc1\x05", b"\xf8", b"\xf2\x01\x02"])), FRESH)
def test_packets_read_as_they_were_written(messages: list[bytes], journal: bool) -> None:
    packet = MidiPacket(7, 99, 1234, tuple(messages), Journal(7).pack() if journal else None)
    assert read_midi_packet(packet.pack()) == packet


@pytest.mark.parametrize(
    ("section", "messages"),
    [
        ("2a 00 903c40 05 3e40 00 f8", [b"\x90\x3c\x40", b"\x90\x3e\x40", b"\xf8"]),  # Z, running status, real time
        ("0b 903c40 8148 803c00 00 fa", [b"\x90\x3c\x40", b"\x80\x3c\x00", b"\xfa"]),
        ("08 f07e7f0901f7 00f8", [b"\xf0\x7e\x7f\x09\x01\xf7", b"\xf8"]),
        ("08 f07e7f0901f0 00f8", [b"\xf8"]),  # the first part of a longer message
        ("09 f3 05 00 c001 00 c102", None),  # too long
        ("02 3c40", None),  # no status
        ("03 903c90", None),
        ("00", []),
    ],
)
def test_lists_of_others_are_read(section: str, messages: list[bytes] | None) -> None:
    raw = bytes.fromhex(section)
    raw = bytes((raw[0] & 0xF0 | (len(raw) - 1 + (messages is None and raw[0] == 9)),)) + raw[1:]
    packet = read_midi_packet(MidiPacket(1, 1, 1).pack()[:12] + raw)
    assert (None if packet is None else list(packet.messages)) == messages


def test_what_does_not_fit_into_one_packet_goes_into_more() -> None:
    messages = [bytes((0x90, pitch % 128, 1)) for pitch in range(3000)]
    portions = list(in_packets(messages))
    assert [message for portion in portions for message in portion] == messages
    assert len(portions) == 3
    assert all(read_midi_packet(MidiPacket(1, 1, 1, portion).pack()) for portion in portions)


def send(history: History, number: int, *messages: bytes, lost: bool = False, receiver: Receiver) -> list[bytes]:
    packet = MidiPacket(number & 0xFFFF, number, 1, messages, history.pack(number))
    for message in messages:
        history.note(number, number, message)
    history.advance(number)
    return [] if lost else list(receiver.receive(packet))


@pytest.mark.parametrize("first", [0, 0xFFFD])
def test_each_kind_of_message_that_was_lost_is_made_good(first: int) -> None:
    history, receiver = History(first), Receiver()
    send(history, first, b"\x90\x3c\x40", b"\x91\x30\x40", b"\xb0\x40\x7f", receiver=receiver)
    lost = [b"\x80\x3c\x00", b"\xb0\x00\x01", b"\xc0\x07", b"\xb0\x40\x00", b"\xe0\x00\x50", b"\xb1\x7b\x00"]
    send(history, first + 1, *lost, b"\x92\x40\x50", lost=True, receiver=receiver)
    mended = send(history, first + 2, b"\x90\x3d\x40", receiver=receiver)
    assert set(mended) == {*lost, b"\x92\x40\x50", b"\xb0\x20\x00", b"\x90\x3d\x40"}
    assert mended[-1] == b"\x90\x3d\x40"


def test_without_a_loss_the_journal_does_nothing() -> None:
    history, receiver = History(5), Receiver()
    for number in range(5, 500):
        message = bytes((0x90 if number % 2 else 0x80, 60 + number % 3, 40))
        assert send(history, number, message, receiver=receiver) == [message]


def test_a_note_that_was_lost_long_ago_is_not_played_any_more() -> None:
    history, receiver = History(0), Receiver()
    send(history, 0, b"\xc0\x01", receiver=receiver)
    send(history, 1, b"\x90\x3c\x40", lost=True, receiver=receiver)
    packet = MidiPacket(2, 9000, 1, (), history.journal(9000).pack())
    assert receiver.receive(packet) == ()


def test_a_packet_that_comes_late_or_twice_is_not_played() -> None:
    history, receiver = History(0), Receiver()
    packets: list[MidiPacket] = []
    for number, message in enumerate([b"\xc0\x01", b"\x90\x3c\x40", b"\x80\x3c\x00"]):
        packets.append(MidiPacket(number, number, 1, (message,), history.journal(number).pack()))
        history.note(number, number, message)
        history.advance(number)
    assert receiver.receive(packets[0]) == (b"\xc0\x01",)
    assert receiver.receive(packets[2]) == (b"\x90\x3c\x40", b"\x80\x3c\x00")
    assert receiver.receive(packets[1]) == receiver.receive(packets[2]) == ()


def test_what_is_confirmed_is_not_told_again_whichever_half_holds_the_number() -> None:
    for halves in [(70, 0), (0, 70), (70, 70)]:
        history = History(60)
        for number in range(60, 80):
            history.note(number, 0, bytes((0x80, number, 0)))
            history.advance(number)
        history.confirm(halves)
        journal = history.journal(0)
        assert journal.checkpoint == 71
        assert journal.channels[0].ended == set(range(71, 80))
        history.confirm((500, 3))
        assert history.journal(0) == journal, "a number that was never sent is no confirmation"
        history.confirm((79, 79))
        assert history.confirmed
        assert history.journal(0) == Journal(80)


def test_of_two_numbers_that_fit_the_more_modest_is_believed() -> None:
    for halves in [(15, 3), (3, 15)]:
        history = History(0)
        for number in range(20):
            history.note(number, 0, bytes((0x80, number, 0)))
            history.advance(number)
        history.confirm(halves)
        assert history.journal(0).checkpoint == 4


def test_after_a_loss_longer_than_the_journal_only_notes_that_it_names_go_on() -> None:
    receiver = Receiver()
    assert receiver.receive(MidiPacket(7, 0, 1, (b"\x90\x3c\x40", b"\x90\x3e\x40", b"\x95\x3c\x40"), Journal(7).pack()))
    note = NoteLog(0x3E, 0x40, play=False, fresh=False)
    journal = Journal(100, (ChannelJournal(0, notes=(note,)),))
    assert set(receiver.receive(MidiPacket(200, 9, 1, (), journal.pack()))) == {b"\x80\x3c\x00", b"\x85\x3c\x00"}
    assert receiver.receive(MidiPacket(300, 9, 1)) == (b"\x80\x3e\x00",), "nothing is known without a journal"


def test_who_never_confirms_gets_a_journal_that_is_bounded() -> None:
    history = History(0)
    for number in range(3 * DEPTH):
        history.note(number, 0, bytes((0x90 | number % 16, number % 128, 1 + number % 2)))
        history.note(number, 0, bytes((0xB0 | number % 16, number % 120, 1)))
        history.advance(number)
    journal = history.journal(0)
    assert journal.checkpoint >= 2 * DEPTH - SLACK
    assert len(journal.pack()) < 16 * (3 + 3 + 257 + 2 + 274)


def test_what_is_kept_packed_is_what_would_be_packed_anew() -> None:
    chance, history = Random(2), History(9)
    for number in range(9, 3000):
        now = number * 300
        message = bytes((chance.choice([0x80, 0x90, 0xB0, 0xC0, 0xE0]) | chance.randrange(8), chance.randrange(128), 9))
        assert history.pack(now) == history.journal(now).pack()
        history.note(number, now, message)
        history.advance(number)
        if chance.random() < 0.02:
            history.confirm((number - chance.randrange(9), 0))


LOSSES = {0.05: 5, 0.3: 16}
"""Shares of packets, and how many in a row may be lost by chance in a run."""


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("seed", range(4))
def test_nothing_hangs_however_much_is_lost(loss: float, seed: int) -> None:
    """Thousands of notes, controllers and programs through a net with holes, heard by an ear of its own."""
    chance = Random(f"{loss} {seed}")
    ether = Ether()
    ether.add("reverie", "mac")
    ether.add("mac")
    ether.run(1)
    ether.carries = lambda port, data: chance.random() >= loss
    truth, ear, heard = Ear(), Ear(), ether.heard["mac"]
    session = ether.sessions["reverie"]
    hanging: Counter[tuple[int, int]] = Counter()
    longest = 0
    for _ in range(4000):
        ether.run(chance.expovariate(40))
        channel, pitch = chance.randrange(4), chance.randrange(36, 84)
        if (channel, pitch) in truth.sounding:
            message = bytes((0x80 | channel, pitch, 0))
        elif chance.random() < 0.9:
            message = bytes((0x90 | channel, pitch, chance.randrange(1, 128)))
        else:
            message = chance.choice(
                [
                    bytes((0xB0 | channel, chance.choice([7, 64, 1]), chance.randrange(128))),
                    bytes((0xC0 | channel, chance.randrange(128))),
                    bytes((0xB0 | channel, 123, 0)),
                ]
            )
        session.send((message,), ether.now)
        truth.hear(message)
        ether.deliver()
        while heard:
            ear.hear(heard.pop(0))
        hanging = Counter({key: hanging[key] + 1 for key in ear.sounding.keys() - truth.sounding.keys()})
        longest = max(longest, *hanging.values(), 0)
    for channel, pitch in list(truth.sounding):
        session.send((bytes((0x80 | channel, pitch, 0)),), ether.now)
    ether.run(20)
    for message in heard:
        ear.hear(message)
    assert not ear.sounding
    assert (ear.controls, ear.programs) == (truth.controls, truth.programs)
    assert not ear.doubled
    assert truth.struck > 2000
    assert 0.5 * truth.struck < ear.struck <= truth.struck, "most notes are played, and none that was not sent"
    assert longest <= LOSSES[loss], "each gap is mended by the next packet that comes"
