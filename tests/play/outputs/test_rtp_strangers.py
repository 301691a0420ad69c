"""What strangers in the network can take of a session: nothing that those who take part need."""

from __future__ import annotations

import contextlib
import sys
import threading
from random import Random
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from fakes.pumping import until
from fakes.relay import free_port_pair
from reverie.midi.rtp import discovery as finding
from reverie.midi.rtp import session
from reverie.midi.rtp.discovery import ANNOUNCEMENT, LONGEST_LABEL, Finder, Neighbourhood, announced
from reverie.midi.rtp.packets import (
    ACCEPT,
    DECLINE,
    INVITE,
    ClockPacket,
    Exchange,
    MidiPacket,
    read_session_packet,
)
from reverie.midi.rtp.session import EACH, GUESTS, NEWCOMER, PATIENCE, Port, Session
from reverie.play.outputs.rtp_midi import LARGEST, RtpMidi
from reverie.processes.descriptors import readable

LONG_NAME = "Zwölf größere Übungsstücke für die Öffnung des Hörsaals im Mai"[:57]


def knock(at: Session, host: str, ssrc: int, port: Port = Port.CONTROL, now: float = 1.0, name: str = "guest") -> bytes:
    """Invite the session, at one port; the command of its answer."""
    at.receive(port, (host, 5004 + ssrc), Exchange(INVITE, ssrc, ssrc, name).pack(), now)
    answers = [read_session_packet(data) for _, address, data in at.outgoing if address == (host, 5004 + ssrc)]
    at.outgoing.clear()
    last = answers[-1]
    assert isinstance(last, Exchange)
    return last.command


def join(at: Session, host: str, ssrc: int, now: float = 1.0, name: str = "guest") -> bool:
    return knock(at, host, ssrc, now=now, name=name) == knock(at, host, ssrc, Port.DATA, now) == ACCEPT


@pytest.mark.parametrize(
    "name",
    ["\x1b[2J\x1b[31mMac", "Mac\n12:00 All is well", "\u202eMac", "x" * 5000, "Mac; all is well", "", " Mac "],
)
def test_a_name_from_the_network_is_shown_as_what_it_is(name: str) -> None:
    at = Session("reverie", random=Random(1))
    assert join(at, "10.0.0.1", 7, name=name)
    assert at.description.isprintable()
    assert len(at.description) < 200
    shown = at.description.removeprefix("playing over the network to ")
    assert shown[0] == shown[-1] == "'", "it is seen where it ends"


def test_an_ordinary_name_needs_no_quotes() -> None:
    at = Session("reverie", random=Random(1))
    assert join(at, "10.0.0.1", 7, name="Büro (2)")
    assert at.description == "playing over the network to Büro (2)"


def test_one_machine_cannot_keep_all_others_out() -> None:
    at = Session("reverie", random=Random(1))
    for ssrc in range(1, GUESTS + 1):
        assert join(at, "10.0.0.66", ssrc)
    assert not join(at, "10.0.0.66", 100), "its own places are what it has"
    for ssrc in range(200, 200 + GUESTS - EACH):
        assert join(at, f"10.0.1.{ssrc}", ssrc)
    assert len(at.peers) == GUESTS
    assert sum(peer.control[0] == "10.0.0.66" for peer in at.peers) == EACH
    assert not join(at, "10.0.2.1", 999)


def test_no_more_take_part_than_there_is_room_for_though_all_knocked_before() -> None:
    at = Session("reverie", random=Random(1))
    hosts = [f"10.0.0.{number}" for number in range(GUESTS)]
    for ssrc, host in enumerate(hosts, 1):
        assert knock(at, host, ssrc) == ACCEPT
    for ssrc, host in enumerate(hosts, 101):
        assert join(at, host, ssrc)
    assert knock(at, hosts[0], 1, Port.DATA) == DECLINE
    assert len(at.peers) == GUESTS


def test_whoever_knocks_without_end_pushes_nobody_elses_knock_out() -> None:
    at = Session("reverie", random=Random(1))
    assert knock(at, "10.0.0.1", 1) == ACCEPT
    for ssrc in range(100, 1000):
        knock(at, "10.0.0.66", ssrc)
    assert knock(at, "10.0.0.1", 1, Port.DATA) == ACCEPT
    assert [peer.ssrc for peer in at.peers] == [1]


def test_whoever_joins_and_says_nothing_leaves_the_place_to_others() -> None:
    """Somebody who invites in another's name would else have the music sent there."""
    at = Session("reverie", random=Random(1))
    assert join(at, "10.0.0.1", 1)
    assert join(at, "10.0.0.2", 2)
    at.receive(Port.DATA, ("10.0.0.2", 5007), ClockPacket(2, 0, (1, 0, 0)).pack(), 2.0)
    at.tick(1.0 + NEWCOMER)
    assert [peer.ssrc for peer in at.peers] == [2]
    at.tick(1.9 + PATIENCE)
    assert [peer.ssrc for peer in at.peers] == [2]


def test_of_a_strangers_packet_no_more_is_read_than_who_sends_it(monkeypatch: pytest.MonkeyPatch) -> None:
    at = Session("reverie", random=Random(1))
    assert join(at, "10.0.0.1", 1)
    read: list[bytes] = []
    monkeypatch.setattr(session, "read_midi_packet", read.append)
    packet = MidiPacket(1, 0, 1, (b"\x90\x3c\x40",)).pack()
    at.receive(Port.DATA, ("10.0.0.66", 5005), packet, 2.0)
    at.receive(Port.DATA, ("10.0.0.1", 5005), packet.replace(b"\0\0\0\1", b"\0\0\0\2"), 2.0)
    assert read == []
    at.receive(Port.DATA, ("10.0.0.1", 5005), packet, 2.0)
    assert read == [packet]


def test_a_flood_leaves_a_turn_to_the_notes(monkeypatch: pytest.MonkeyPatch) -> None:
    output = RtpMidi("Reverie", free_port_pair(), "127.0.0.1", advertise=False)
    output.open()
    with contextlib.closing(output):
        assert output.session is not None
        seen: list[int] = []

        def receive(port: Port, sender: Any, data: bytes, now: float) -> None:
            seen.append(len(data))
            threading.Event().wait(0.002)  # what a packet that is hard to read may cost

        monkeypatch.setattr(output.session, "receive", receive)
        control = output._sockets[Port.CONTROL]  # pyright: ignore[reportPrivateUsage]
        with control.dup() as sender:
            sender.sendto(b"x" * (LARGEST + 1), control.getsockname())
            for _ in range(40):
                sender.sendto(b"x", control.getsockname())
        output.poll()
        assert len(seen) <= 2
        until(lambda: len(seen) == 40, output)
        assert LARGEST + 1 not in seen


def test_a_name_that_is_announced_again_and_again_starts_few_threads(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    held, asked = threading.Event(), threading.Semaphore(0)

    def look_up(*_: Any) -> Any:
        asked.release()
        held.wait(60)
        raise OSError(None, "gone")

    monkeypatch.setattr(finding.socket, "getaddrinfo", look_up)
    finder = Finder(finding.socket.AF_INET)
    before = threading.active_count()
    for _ in range(200):
        finder.look_up("studio", "10.0.0.1", 5004)
        finder.look_up("other", "10.0.0.1", 5004)
    assert threading.active_count() <= before + 2
    held.set()
    for _ in range(2):
        assert asked.acquire(timeout=60)
    while len(told := list(finder.take())) < 1:
        assert told == []
    finder.close()


@pytest.mark.parametrize("name", [LONG_NAME, "é" * 60, "🎹" * 20, "a" * 60, "Reverie"])
def test_a_name_is_announced_as_far_as_the_network_takes_it(name: str) -> None:
    short = announced(name)
    assert len(short.encode()) <= LONGEST_LABEL
    assert name.startswith(short)
    assert len(short.encode()) > LONGEST_LABEL - 4 or short == name


class Library(ModuleType):
    """A zeroconf that fails as it is told to, and knows as many names as it is told."""

    class Error(Exception):
        pass

    class NonUniqueNameException(Error):  # noqa: N818 - its name there
        pass

    def __init__(self) -> None:
        super().__init__("zeroconf")
        self.error: Exception | None = None
        self.lives = 0
        self.cache = SimpleNamespace(cache=dict.fromkeys(range(3)))
        self.Zeroconf = self.begin
        self.ServiceInfo = lambda *_, **__: None

    def begin(self, **_: Any) -> Library:
        self.lives += 1
        return self

    def register_service(self, *_: Any, **__: Any) -> None:
        if self.error is not None:
            raise self.error

    def close(self) -> None:
        pass


@pytest.fixture
def library(monkeypatch: pytest.MonkeyPatch) -> Library:
    made = Library()
    monkeypatch.setitem(sys.modules, "zeroconf", made)
    monkeypatch.setattr(finding, "REFRESH", 0.05)
    return made


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (
            Library.NonUniqueNameException(),
            "not announced, as another in the network has its name; give it another",
        ),
        (Library.Error("Full name too long"), "not announced (Full name too long); give it another `name`"),
        (OSError(101, "Network is unreachable"), "not announced (Network is unreachable); connect the network"),
        (RuntimeError(), "not announced (RuntimeError)"),
        (AssertionError("\x1b[2J"), r"not announced (\x1b[2J)"),
    ],
)
def test_people_are_told_when_a_session_cannot_be_announced(library: Library, error: Exception, sentence: str) -> None:
    library.error = error
    output = RtpMidi("Reverie", free_port_pair(), "127.0.0.1")
    output.open()
    with contextlib.closing(output):
        until(lambda: sentence in output.description, output)
        assert output.trouble is not None
        assert "is not announced" in output.trouble.sentence
        assert output.trouble.advice
        library.error = None
        until(lambda: "announced" not in output.description, output)
        assert output.trouble is None


def test_names_without_end_take_no_memory_without_end(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(finding, "MOST_NAMES", 10)
    finder = Finder(finding.socket.AF_INET)
    neighbourhood = Neighbourhood("Reverie", "127.0.0.1", 5004, frozenset(), finder)
    neighbourhood.start()
    for known in (ANNOUNCEMENT, ANNOUNCEMENT):
        while not (told := list(finder.take())):
            readable([finder.descriptor], 1.0)
        assert [found.target for found in told] == [known]
        assert not any(found.problem for found in told)
        library.cache.cache = dict.fromkeys(range(11))
    assert library.lives == 2
    library.cache.cache = {}
    neighbourhood.end()
    finder.close()
