"""Announcements and searches, seen by a zeroconf of its own on the loopback."""

from __future__ import annotations

import contextlib
import socket
import time
import uuid
from collections.abc import Generator
from typing import Any

import pytest
import zeroconf

from fakes.patience import PATIENCE
from fakes.pumping import until
from fakes.relay import free_port_pair
from reverie.midi.rtp import discovery as finding
from reverie.midi.rtp.discovery import SERVICE
from reverie.play.outputs.rtp_midi import RtpMidi

LOOPBACK = "127.0.0.1"


def multicast_works() -> bool:
    """Whether the loopback carries what is sent to a group."""
    group = "224.0.0.251"
    with (
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as hears,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s,
    ):
        try:
            hears.bind((group, 0))
            hears.setsockopt(
                socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, socket.inet_aton(group) + socket.inet_aton(LOOPBACK)
            )
            s.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton(LOOPBACK))
            s.sendto(b"?", (group, hears.getsockname()[1]))
            hears.settimeout(1)
            return hears.recv(1) == b"?"
        except OSError:
            return False


pytestmark = pytest.mark.skipif(not multicast_works(), reason="the loopback carries no multicast here")


@pytest.fixture
def other() -> Generator[Any]:
    with contextlib.closing(zeroconf.Zeroconf(interfaces=[LOOPBACK])) as service:
        yield service


def test_a_session_is_announced_and_taken_back(other: Any) -> None:
    name = f"Reverie {uuid.uuid4().hex[:8]}"
    port = free_port_pair()
    output = RtpMidi(name, port, LOOPBACK)
    output.open()
    with contextlib.closing(output):
        until(lambda: other.get_service_info(SERVICE, f"{name}.{SERVICE}", timeout=500), output)
        info = other.get_service_info(SERVICE, f"{name}.{SERVICE}")
        assert (info.port, info.parsed_addresses()) == (port, [LOOPBACK])
    limit = time.monotonic() + PATIENCE
    while zeroconf.Zeroconf.get_service_info(other, SERVICE, f"{name}.{SERVICE}", timeout=300):
        assert time.monotonic() < limit, "it is still announced"


def test_a_name_of_57_letters_and_68_bytes_is_announced_as_far_as_it_fits(other: Any) -> None:
    name = f"{uuid.uuid4().hex[:8]} größere Übungsstücke für die Öffnung des Hörsaals im Mai"[:57]
    assert len(name.encode()) > 63
    output = RtpMidi(name, free_port_pair(), LOOPBACK)
    output.open()
    with contextlib.closing(output):
        short = finding.announced(name)
        until(lambda: other.get_service_info(SERVICE, f"{short}.{SERVICE}", timeout=500), output)
        assert "announced" not in output.description


def test_a_session_is_found_by_its_name_and_joined(other: Any) -> None:
    name = f"Studio {uuid.uuid4().hex[:8]}"
    port = free_port_pair()
    with (
        contextlib.closing(RtpMidi(name, port, LOOPBACK, advertise=False)) as mac,
        contextlib.closing(RtpMidi("Reverie", 0, LOOPBACK, [name.lower()])) as reverie,
    ):
        mac.open()
        reverie.open()
        until(lambda: "looking for studio" in reverie.description, reverie)
        info = zeroconf.ServiceInfo(
            SERVICE, f"{name}.{SERVICE}", port=port, parsed_addresses=[LOOPBACK], server="studio.local."
        )
        other.register_service(info)
        until(reverie.poll, reverie, mac)
        assert reverie.description == f"playing over the network to {name}"


def test_without_a_network_there_is_a_sentence_and_then_the_network(
    monkeypatch: pytest.MonkeyPatch, other: Any
) -> None:
    name = f"Reverie {uuid.uuid4().hex[:8]}"
    there: list[str] = []
    monkeypatch.setattr(finding, "REFRESH", 0.2)
    monkeypatch.setattr(finding, "own_addresses", lambda _: list(there))
    output = RtpMidi(name, free_port_pair(), LOOPBACK, ["Studio"])
    output.open()
    with contextlib.closing(output):
        until(lambda: "this machine is in no network" in output.description, output)
        there.append(LOOPBACK)
        until(lambda: other.get_service_info(SERVICE, f"{name}.{SERVICE}", timeout=500), output)
