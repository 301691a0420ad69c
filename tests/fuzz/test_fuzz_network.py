"""Whatever strangers and devices send: no exception, no hang, no memory without end, and all is legal afterwards."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
import threading
import time
from collections.abc import Iterator, Mapping
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from fakes.daemon import free_port
from fakes.live_feeds import quiet_feed
from fakes.patience import PATIENCE
from reverie.control.control_learning import Search
from reverie.control.osc_input import OscInput
from reverie.control.plain_action import action_of
from reverie.control.surface import Binding, Control, Surface
from reverie.midi.rtp.journal import GarbledError, read_journal
from reverie.midi.rtp.packets import (
    ACCEPT,
    DECLINE,
    INVITE,
    LEAVE,
    ClockPacket,
    Exchange,
    Feedback,
    MidiPacket,
    read_midi_packet,
    read_session_packet,
)
from reverie.midi.rtp.sender_history import History
from reverie.midi.rtp.session import GUESTS, Port, Session
from reverie.midi.rtp.session import PATIENCE as SILENCE
from reverie.play.output_process.process import apart
from reverie.play.sync.follower import ClockFollower
from reverie.site.actions import KINDS, LEVELS, Action, ControlLimits
from reverie.watch.faults import Faults
from reverie.watch.summary import Summary
from reverie.watch.verdict import Verdict
from reverie.web import connections
from reverie.web import server as web
from reverie.web.page_parts import PageParts

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]
thorough = settings(
    max_examples=1000, deadline=5000, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
LIMITS = ControlLimits()


# Open Sound Control

WORDS = st.sampled_from([*KINDS, "play", "free", "unmute", "", "nothing"])
ADDRESSES = st.one_of(
    st.builds(
        lambda word, voice: f"/reverie/{word}{voice}".encode(), WORDS, st.sampled_from(["", "/lead", "/\x1b[2J"])
    ),
    st.binary(max_size=40),
)


def padded(data: bytes) -> bytes:
    return data + b"\0" * (4 - len(data) % 4)


TAGS = st.text("ifsbhtdTFNI[]rmcSq\xff", max_size=12).map(lambda tags: b"," + tags.encode("latin-1"))
ARGUMENTS = st.lists(
    st.one_of(
        st.integers(0, 2**32 - 1).map(lambda number: struct.pack(">I", number)),
        st.floats(width=32).map(lambda number: struct.pack(">f", number)),
        st.binary(max_size=20).map(padded),
        st.tuples(st.integers(0, 2**32 - 1), st.binary(max_size=20)).map(
            lambda blob: struct.pack(">I", blob[0]) + blob[1]
        ),
    ),
    max_size=6,
).map(b"".join)
MESSAGES = st.builds(lambda address, tags, data: padded(address) + padded(tags) + data, ADDRESSES, TAGS, ARGUMENTS)


def bundle(parts: list[bytes], when: int, wrong: int) -> bytes:
    sized = (struct.pack(">i", min(max(len(part) + wrong, -(2**31)), 2**31 - 1)) + part for part in parts)
    return b"#bundle\0" + struct.pack(">Q", when) + b"".join(sized)


TIMES = st.sampled_from([0, 1, 2**63, 2**64 - 1])
PACKETS = st.recursive(
    st.one_of(MESSAGES, st.binary(max_size=200)),
    lambda inner: st.builds(bundle, st.lists(inner, max_size=4), TIMES, st.sampled_from([0, 0, 0, 4, -4, 1, 2**31])),
    max_leaves=12,
)


def nested(depth: int) -> bytes:
    packet = padded(b"/reverie/panic") + padded(b",")
    for _ in range(depth):
        packet = bundle([packet], 1, 0)
    return packet


@thorough
@given(st.lists(PACKETS, max_size=8))
@example([b"#bundle\0" + b"\0" * 8 + b"\xff\xff\xff\xfc"])
@example([nested(400)])
@example([b"#bundle\0" + b"\0" * 8184])
@example([padded(b"/reverie/tempo") + b"," + b"[" * 8000])
@example([padded(b"/reverie/tempo") + padded(b"," + b"T" * 8000)])
@example([bundle([padded(b"/reverie/mute/x") + padded(b",")] * 250, 1, 0)])
def test_osc(packets: list[bytes]) -> None:
    done: list[Action] = []
    said: list[str] = []
    hearing = OscInput(LIMITS, done.append, said.append)
    for packet in packets:
        hearing.hear(packet, "192.0.2.7")
    for action in done:
        assert action.kind in KINDS
        if action.kind in LEVELS:
            low, high = LIMITS.of(action.kind)
            assert isinstance(action.value, float)
            assert low <= action.value <= high
        elif isinstance(action.value, str):
            assert action.kind in {"scene", "dream", "wake"}
            assert len(action.value) <= 100
    assert all(sentence.isprintable() and len(sentence) < 400 for sentence in said)


# The web server


class Source:
    def alive(self) -> Verdict:
        return Verdict(ok=True, sentence="Playing.")

    ready = alive

    def summary(self) -> Summary:
        return Summary("good", "Playing.")

    def status(self) -> Mapping[str, Any]:
        return {"scene": "x"}

    def metrics(self) -> tuple[bytes, str]:
        return b"", "text/plain"

    def panic(self) -> None:
        pass

    def dream_of(self, written: bytes, source: str) -> Verdict:
        return Verdict(ok=bool(written), sentence=f"A dream by {source}.")

    def control(self, wanted: object, source: str) -> Verdict:
        action_of(wanted, ControlLimits())
        return Verdict(ok=True, sentence=f"It is done by {source}.")


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    """A web server in a thread of its own, that knows no limit of requests so that it is the fuzz that is fast."""
    where, stopped = free_port(), threading.Event()
    allowed = web.REQUESTS, web.AT_FIRST
    web.REQUESTS = web.AT_FIRST = 1e9

    async def serve() -> None:
        serving = asyncio.create_task(
            web.serve(
                web.application(Source(), "127.0.0.1", PageParts(live=quiet_feed())), "127.0.0.1", where, Faults()
            )
        )
        await asyncio.to_thread(stopped.wait)
        serving.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await serving

    thread = threading.Thread(target=asyncio.run, args=(serve(),))
    thread.start()
    limit = time.monotonic() + PATIENCE
    while True:
        try:
            socket.create_connection(("127.0.0.1", where), timeout=PATIENCE).close()
            break
        except ConnectionRefusedError:
            assert time.monotonic() < limit
    yield where
    stopped.set()
    thread.join()
    web.REQUESTS, web.AT_FIRST = allowed


def answer(port: int, pieces: list[bytes]) -> bytes:
    """All that comes back until the server ends the connection, which it does when there is no more to read."""
    got = bytearray()
    with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE) as line:
        try:
            for piece in pieces:
                line.sendall(piece)
            line.shutdown(socket.SHUT_WR)
            while data := line.recv(1 << 16):
                got += data
        except TimeoutError:
            pytest.fail("it hangs")
        except OSError:
            return bytes(got)  # it has had enough before we had said all
    return bytes(got)


METHODS = st.sampled_from([b"GET", b"POST", b"HEAD", b"OPTIONS", b"CONNECT", b"PRI", b"get", b"\x1b[2J", b""])
PATHS = st.one_of(
    st.sampled_from(
        [
            b"/",
            b"/panic",
            b"/control",
            b"/status",
            b"*",
            b"http://localhost/",
            b"//x",
            b"/%00",
            b"/%ff",
            b"/../x",
            b"/?\x1b",
        ]
    ),
    st.binary(max_size=30),
)
VERSIONS = st.sampled_from([b"HTTP/1.1", b"HTTP/1.0", b"HTTP/2.0", b"HTTP/9", b"", b"http/1.1"])
FIELDS = st.lists(
    st.one_of(
        st.sampled_from(
            [
                b"Host: localhost",
                b"Host: localhost:x",
                b"Host: [::1",
                b"Connection: close",
                b"Connection: Upgrade",
                b"Upgrade: websocket",
                b"Expect: 100-continue",
                b"Content-Length: 5",
                b"Content-Length: -1",
                b"Content-Length: 99999999999999999999",
                b"Transfer-Encoding: chunked",
                b"Content-Encoding: gzip",
                b"Content-Type: multipart/form-data; boundary=",
                b"X-Reverie: panic",
                b"X-Reverie: control",
                b"Content-Type: application/json",
                b"Content-Length: 40",
                b"Range: bytes=9-1",
                b"Cookie: \xff=\x00",
                b" folded",
            ]
        ),
        st.binary(max_size=40),
    ),
    max_size=6,
)
REQUESTS = st.builds(
    lambda method, path, version, fields, body: (
        b" ".join((method, path, version)) + b"\r\n" + b"".join(field + b"\r\n" for field in fields) + b"\r\n" + body
    ),
    METHODS,
    PATHS,
    VERSIONS,
    FIELDS,
    st.one_of(st.just(b""), st.binary(max_size=40), st.just(b"5\r\nhello\r\n0\r\n\r\n"), st.just(b"fffffffff\r\n")),
)


@settings(thorough, max_examples=300, deadline=None)
@given(st.lists(st.one_of(REQUESTS, st.binary(max_size=300)), max_size=4))
@example([b"GET / HTTP/1.1\r\n" * 2000])
@example([b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n" * 200])
def test_http(port: int, pieces: list[bytes]) -> None:
    got = answer(port, pieces)
    lowered = got.lower()
    for word in (b"aiohttp", b"python", b"traceback", b" 500 "):
        assert word not in lowered
    assert not got or got.startswith(b"HTTP/")
    well = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
    with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE) as line:
        line.sendall(well)
        assert line.recv(1 << 16).startswith(b"HTTP/1.1 200")


def test_http_leaves_nobody_inside(port: int) -> None:
    """After all that, the server has room for as many as before."""
    lines = [socket.create_connection(("127.0.0.1", port), timeout=PATIENCE) for _ in range(connections.EACH)]
    try:
        for line in lines:
            line.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
            assert line.recv(1 << 16).startswith(b"HTTP/1.1 200")
    finally:
        for line in lines:
            line.close()


# RTP-MIDI

SSRCS = st.integers(0, 5)
TOKENS = st.integers(0, 3)
MIDI = st.lists(
    st.sampled_from(
        [b"\x90\x3c\x40", b"\x80\x3c\x00", b"\xb0\x07\x40", b"\xb0\x7b\x00", b"\xc0\x05", b"\xe0\x00\x40", b"\xf8"]
    ),
    max_size=4,
).map(tuple)


def journal(seed: int) -> bytes:
    """What a sender writes who has sent this and that."""
    random, history = Random(seed), History(0)
    for sequence in range(random.randrange(20)):
        status = random.choice((0x80, 0x90, 0xB0, 0xC0, 0xE0)) | random.randrange(16)
        history.note(sequence, sequence, bytes((status, random.randrange(128), random.randrange(128))))
        history.advance(sequence)
    return history.pack(30)


def damaged(packet: bytes, at: int, damage: bytes, cut: int) -> bytes:
    at %= len(packet) + 1
    whole = packet[:at] + damage + packet[at + len(damage) :]
    return whole[: len(whole) - cut] if cut else whole


WHOLE = st.one_of(
    st.builds(
        lambda command, token, ssrc, name: Exchange(command, token, ssrc, name).pack(),
        st.sampled_from([INVITE, ACCEPT, DECLINE, LEAVE]),
        TOKENS,
        SSRCS,
        st.text(max_size=40),
    ),
    st.builds(
        lambda ssrc, count, stamp: ClockPacket(ssrc, count, (stamp, stamp, stamp)).pack(),
        SSRCS,
        st.integers(0, 255),
        st.integers(0, 2**64 - 1),
    ),
    st.builds(
        lambda ssrc, one, other: Feedback(ssrc, (one, other)).pack(),
        SSRCS,
        st.integers(0, 65535),
        st.integers(0, 65535),
    ),
    st.builds(
        lambda sequence, ssrc, messages, kept: MidiPacket(sequence, 0, ssrc, messages, kept).pack(),
        st.integers(0, 65535),
        SSRCS,
        MIDI,
        st.one_of(st.none(), st.binary(max_size=60), st.integers(0, 1000).map(journal)),
    ),
)
DATAGRAMS = st.one_of(
    WHOLE,
    st.builds(damaged, WHOLE, st.integers(0, 200), st.binary(max_size=6), st.sampled_from([0, 0, 1, 5, 20])),
    st.binary(max_size=200),
)
HOSTS = st.sampled_from(["10.0.0.1", "10.0.0.2", "fe80::1", "studio"])
ARRIVALS = st.lists(
    st.tuples(st.sampled_from(list(Port)), HOSTS, DATAGRAMS, st.sampled_from([0.0, 0.001, 0.5, 20.0])), max_size=40
)
LENGTHS = {0x8: 3, 0x9: 3, 0xA: 3, 0xB: 3, 0xC: 2, 0xD: 2, 0xE: 3}


def assert_legal(message: bytes) -> None:
    status = message[0]
    assert status & 0x80
    if status == 0xF0:
        assert message[-1] == 0xF7
        assert all(byte < 0x80 for byte in message[1:-1])
        return
    assert all(byte < 0x80 for byte in message[1:])
    length = {0xF1: 2, 0xF2: 3, 0xF3: 2}.get(status, 1) if status >= 0xF0 else LENGTHS[status >> 4]
    assert len(message) == length


@thorough
@given(ARRIVALS)
def test_rtp_midi_session(arrivals: list[tuple[Port, str, bytes, float]]) -> None:
    heard: list[bytes] = []
    session = Session("reverie", ["studio"], hear=heard.append, random=Random(1))
    session.locate("studio", ("studio", 5004))
    now = 100.0
    for number, (port, host, datagram, later) in enumerate(arrivals):
        now += later
        session.tick(now)
        session.outgoing.clear()
        session.receive(port, (host, 5004 if port is Port.CONTROL else 5005), datagram, now)
        assert len(session.outgoing) <= 4
        if number % 3 == 0:
            session.send((b"\x90\x3c\x40",), now)
        assert len(session.peers) <= GUESTS
        assert session.description.isprintable()
        assert session.wait(now) >= 0
    sounding: set[tuple[int, int]] = set()
    now += SILENCE + 60.0
    session.tick(now)
    session.tick(now + SILENCE)
    for message in heard:
        assert_legal(message)
        channel = message[0] & 0x0F
        match message[0] & 0xF0:
            case 0x90 if message[2]:
                sounding.add((channel, message[1]))
            case 0x80 | 0x90:
                sounding.discard((channel, message[1]))
            case 0xB0 if message[1] == 120 or message[1] >= 123:
                sounding = {note for note in sounding if note[0] != channel}
            case _:
                pass
    assert not sounding, "whoever is gone leaves no note behind"
    assert not [peer for peer in session.peers if not peer.invited]


@thorough
@given(st.one_of(st.binary(max_size=400), DATAGRAMS))
@example(b"\x80\x61" + b"\0" * 10 + b"\x8f\xff" + b"\xf0" * 4095)
@example(b"\x8f\x61" + b"\0" * 80)
def test_rtp_midi_packets(datagram: bytes) -> None:
    read_session_packet(datagram)
    packet = read_midi_packet(datagram)
    for message in packet.messages if packet else ():
        assert_legal(message)


@thorough
@given(
    st.one_of(
        st.binary(max_size=400),
        st.builds(
            damaged, st.integers(0, 1000).map(journal), st.integers(0, 200), st.binary(max_size=6), st.integers(0, 9)
        ),
    )
)
def test_rtp_midi_journals(data: bytes) -> None:
    try:
        read = read_journal(data)
    except GarbledError:
        return
    assert len(read.channels) <= 16
    for channel in read.channels:
        assert all(note.pitch < 128 and note.velocity < 128 for note in channel.notes)
        assert all(log.number < 128 for log in channel.controls)
        assert all(pitch < 128 for pitch in channel.ended)


# MIDI that comes in

STREAM = st.lists(
    st.one_of(
        st.binary(max_size=6),
        st.sampled_from(
            [
                b"\xf8",
                b"\xfa",
                b"\xfb",
                b"\xfc",
                b"\xfe",
                b"\xff",
                b"\xf2\x10\x02",
                b"\xf2",
                b"\xb0\x07",
                b"\x90\x3c\x40",
            ]
        ),
        st.binary(max_size=60).map(lambda data: b"\xf0" + data),
        st.just(b"\xf0" + b"\x01" * 10_000),
    ),
    max_size=60,
)
GAPS = st.sampled_from([0.0, 1e-9, 0.0208, 0.02, 0.5, 3.0, 1e6, -1.0, float("inf")])


@thorough
@given(STREAM, st.lists(GAPS, min_size=1, max_size=60), st.booleans())
def test_midi_in(messages: list[bytes], gaps: list[float], pickup: bool) -> None:
    bindings = [
        Binding(Control("cc", 7, 1), "volume"),
        Binding(Control("note", 60, 1), "mute", "lead"),
        Binding(Control("program", 5, 1), "next"),
    ]
    surface, searches = Surface(bindings, LIMITS, pickup=pickup), [Search(level=True), Search(level=False)]
    follower, now = ClockFollower(), 1000.0
    for number, message in enumerate(messages):
        gap = gaps[number % len(gaps)]
        now += gap if gap < 1e9 else 0.0
        follower.hear(now, message)
        position = follower.position(now)
        if position is not None:
            assert position.seconds_per_tick > 0
            assert abs(position.tick) < 1e15
        assert follower.qpm is None or 0 < follower.qpm < 10_000
        action = surface.hear(message, lambda _level, _voice: 0.5)
        assert action is None or (action.kind in KINDS and str(action).isprintable())
        for search in searches:
            search.hear(message)
    if messages and b"".join(messages):
        assert len(follower._recent) < 20  # pyright: ignore[reportPrivateUsage]


@thorough
@given(st.binary(max_size=200))
def test_packets_of_the_player_come_apart_without_end_or_loss(packet: bytes) -> None:
    assert b"".join(apart(packet)) == packet
