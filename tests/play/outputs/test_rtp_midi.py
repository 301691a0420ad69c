"""RTP-MIDI over real sockets."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Generator, Sequence
from random import Random
from typing import Any

import pytest

from fakes.patience import PATIENCE
from fakes.pumping import until
from fakes.relay import LossyRelay, free_port_pair, port_pair
from fakes.rtp import Ear
from reverie.midi.errors import DeviceError
from reverie.midi.rtp.session import ASKED_PATIENCE
from reverie.play.outputs.factory import make_output
from reverie.play.outputs.rtp_midi import RtpMidi

ON, OFF = b"\x90\x3c\x64", b"\x80\x3c\x00"
LOOPBACK = "127.0.0.1"


@contextlib.contextmanager
def opened(
    name: str, invite: Sequence[str] = (), port: int | None = None, heard: list[bytes] | None = None, **settings: Any
) -> Generator[RtpMidi]:
    output = RtpMidi(
        name,
        free_port_pair() if port is None else port,
        settings.pop("address", LOOPBACK),
        invite,
        advertise=settings.pop("advertise", False),
        hear=(lambda _: None) if heard is None else heard.append,
        **settings,
    )
    output.open()
    try:
        yield output
    finally:
        output.close()


def test_two_meet_and_one_hears_what_the_other_plays() -> None:
    heard: list[bytes] = []
    port = free_port_pair()
    with opened("mac", port=port, heard=heard) as mac, opened("reverie", [f"localhost:{port}"], 0) as reverie:
        assert "localhost" in reverie.description
        until(lambda: reverie.poll() and mac.poll(), reverie, mac)
        assert reverie.description == "playing over the network to mac"
        for message in (ON, OFF, b"\xf8"):
            reverie.send(message)
        until(lambda: heard == [ON, OFF, b"\xf8"], mac)
        reverie.send(ON)
        until(lambda: heard[-1] == ON, mac)
        reverie.close()
        until(lambda: not mac.poll(), mac)
        assert heard[-1] == OFF


def test_nobody_there_is_a_sentence_and_asked_again_until_somebody_is() -> None:
    port = free_port_pair()
    with opened("reverie", [f"{LOOPBACK}:{port}"], 0) as reverie:
        until(lambda: "nothing listens at 127.0.0.1" in reverie.description, reverie)
        with opened("mac", port=port) as mac:
            until(reverie.poll, reverie, mac)
        until(lambda: not reverie.poll(), reverie)
        assert "mac has left" in reverie.description


def test_a_listener_that_died_is_noticed_by_the_next_notes() -> None:
    port = free_port_pair()
    with opened("reverie", [f"{LOOPBACK}:{port}"], 0) as reverie:
        with opened("mac", port=port) as mac:
            until(reverie.poll, reverie, mac)
            for connection in mac._sockets.values():
                connection.close()
            mac._sockets, mac._session = {}, None
        reverie.send(ON)
        until(lambda: not reverie.poll(), reverie, seconds=ASKED_PATIENCE / 2)
        assert "mac does not listen any more" in reverie.description or "nothing listens" in reverie.description


def test_notes_go_on_while_a_name_is_looked_up(monkeypatch: pytest.MonkeyPatch) -> None:
    asked, answer = threading.Event(), threading.Event()
    real = socket.getaddrinfo

    def slow(host: str, *rest: Any, **options: Any) -> Any:
        if host == "studio.local":
            asked.set()
            assert answer.wait(PATIENCE)
            raise socket.gaierror(-2, "Name or service not known")
        return real(host, *rest, **options)

    monkeypatch.setattr(socket, "getaddrinfo", slow)
    heard: list[bytes] = []
    port = free_port_pair()
    targets = ["studio.local:5004", f"{LOOPBACK}:{port}"]
    with opened("mac", port=port, heard=heard) as mac, opened("reverie", targets, 0) as reverie:
        until(lambda: reverie.poll() and asked.is_set(), reverie, mac)
        reverie.send(ON)
        until(lambda: heard == [ON], mac)
        answer.set()
        until(lambda: "studio.local is not found" in reverie.description, reverie, mac)
        assert "playing over the network to mac" in reverie.description


def test_ports_that_are_taken_are_a_sentence() -> None:
    taken = port_pair()
    port = taken[0].getsockname()[1]
    with contextlib.closing(taken[0]), contextlib.closing(taken[1]):
        output = make_output("mac", {"kind": "rtp", "port": port, "address": LOOPBACK, "advertise": False})
        with pytest.raises(DeviceError, match=f"UDP ports {port} and {port + 1} at"):
            output.open()
        output.close()
        elsewhere = make_output("mac", {"kind": "rtp", "address": "203.0.113.9", "advertise": False})
        with pytest.raises(DeviceError, match=r"203\.0\.113\.9"):
            elsewhere.open()


def test_version_6_reaches_both() -> None:
    heard: list[bytes] = []
    port = free_port_pair()
    with (
        opened("mac", port=port, heard=heard, address="::") as mac,
        opened("six", [f"[::1]:{port}"], 0, address="::") as six,
        opened("four", [f"{LOOPBACK}:{port}"], 0) as four,
        opened("both", [f"{LOOPBACK}:{port}"], 0, address="::") as both,
    ):
        until(lambda: six.poll() and four.poll() and both.poll(), six, four, both, mac)
        six.send(ON)
        until(lambda: heard == [ON], mac)


def test_an_unreachable_network_is_a_sentence() -> None:
    with opened("reverie", ["203.0.113.9:5004"], 0, address=LOOPBACK) as reverie:
        until(lambda: "203.0.113.9 cannot be reached" in reverie.description, reverie)
        assert not reverie.poll()


@pytest.mark.parametrize("seed", [1, 2])
def test_nothing_hangs_over_a_bad_network(seed: int) -> None:
    """Thousands of notes through real sockets, of whose packets each twentieth is lost, both ways."""
    chance = Random(seed)
    truth, ear, heard = Ear(), Ear(), list[bytes]()
    port = free_port_pair()
    relay = LossyRelay(port, 0.05, seed)
    with (
        contextlib.closing(relay),
        opened("mac", port=port, heard=heard) as mac,
        opened("reverie", [f"{LOOPBACK}:{relay.port}"], 0) as reverie,
    ):
        until(lambda: reverie.poll() and mac.poll(), reverie, mac)
        for _ in range(4000):
            key = chance.randrange(4), chance.randrange(36, 84)
            off = key in truth.sounding
            message = bytes((0x80 if off else 0x90, key[1], 0 if off else chance.randrange(1, 128)))
            message = bytes((message[0] | key[0],)) + message[1:]
            truth.hear(message)
            reverie.send(message)
            reverie.poll()
            mac.poll()
        for channel, pitch in list(truth.sounding):
            truth.hear(bytes((0x80 | channel, pitch, 0)))
            reverie.send(bytes((0x80 | channel, pitch, 0)))
        session = reverie.session
        assert session is not None
        until(lambda: session.peers and session.peers[0].history.confirmed, reverie, mac)
        for message in heard:
            ear.hear(message)
        assert not ear.sounding
        assert not ear.doubled
        assert relay.lost > 100
        assert 0.8 * truth.struck < ear.struck <= truth.struck
