"""The room's socket: when a datagram came, and what a network that is away does."""

from __future__ import annotations

import asyncio
import socket
import sys
import time

import pytest

from fakes.daemon import free_udp_port
from reverie.clock import SystemClock
from reverie.conductor.rooms.room_wire import RoomWire
from reverie.room.room_leader import Place

BUSY = 0.6
"""Seconds in which the event loop has something else to do."""


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux says so")
def test_a_datagram_that_is_read_late_came_when_it_came() -> None:
    came: list[tuple[bytes, float, float]] = []

    async def talk() -> tuple[float, float]:
        port, clock, heard = free_udp_port(), SystemClock(), asyncio.Event()

        def hear(data: bytes, _: Place, moment: float) -> None:
            came.append((data, moment, time.monotonic()))
            heard.set()

        near = await RoomWire.open(("127.0.0.1", port), clock, hear, listens=True)
        far = await RoomWire.open(("127.0.0.1", port), clock, hear, listens=False)
        sent = time.monotonic()
        far.send(b"hello")
        gone = time.monotonic()
        time.sleep(BUSY)  # noqa: ASYNC251 - the loop is to be held up
        await heard.wait()
        near.close()
        far.close()
        return sent, gone

    sent, gone = asyncio.run(talk())
    ((data, moment, read),) = came
    assert data == b"hello"
    assert read - gone >= BUSY
    assert sent - BUSY / 2 < moment < gone + BUSY / 2


def test_nobody_who_listens_is_no_error() -> None:
    async def talk() -> None:
        wire = await RoomWire.open(("127.0.0.1", free_udp_port()), SystemClock(), lambda *_: None, listens=False)
        for _ in range(3):
            wire.send(b"hello")
            await asyncio.sleep(0.01)
        wire.close()

    asyncio.run(talk())


def test_a_port_that_is_taken_is_an_error() -> None:
    async def talk() -> None:
        place = "127.0.0.1", free_udp_port()
        wire = await RoomWire.open(place, SystemClock(), lambda *_: None, listens=True)
        with pytest.raises(OSError, match="in use"):
            await RoomWire.open(place, SystemClock(), lambda *_: None, listens=True)
        wire.close()

    asyncio.run(talk())


def test_a_leader_was_never_met_whose_first_address_is_not_the_one_at_which_it_listens(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Routers give a box's name an address of each Internet Protocol, and the newer one comes first."""
    port, came = free_udp_port(), list[bytes]()
    one = socket.SOCK_DGRAM, socket.IPPROTO_UDP, ""
    names = [(socket.AF_INET6, *one, ("::1", port, 0, 0)), (socket.AF_INET, *one, ("127.0.0.1", port))]

    async def talk() -> None:
        clock, heard = SystemClock(), asyncio.Event()

        def hear(data: bytes, _: Place, __: float) -> None:
            came.append(data)
            heard.set()

        near = await RoomWire.open(("127.0.0.1", port), clock, hear, listens=True)
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: names)
        for number, word in enumerate((b"first", b"second")):
            try:
                far = await RoomWire.open(("hall", port), clock, lambda *_: None, listens=False, number=number)
            except OSError:  # a machine without that protocol
                continue
            far.send(word)
            far.close()
        await heard.wait()
        near.close()

    asyncio.run(talk())
    assert came == [b"second"]
