"""Whoever listens to events costs little, and keeps nobody else from it."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import gzip
import json
import socket
import ssl
import time
import zlib
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import pytest
import pytest_asyncio

from fakes.certificate_files import make_certificate
from fakes.daemon import free_port
from fakes.live_feeds import quiet_feed
from fakes.patience import PATIENCE
from fakes.quiet_daemon import QuietDaemon
from reverie.site.page_section import PageSection
from reverie.watch.faults import Faults
from reverie.web import connections, listeners, live_routes, server
from reverie.web.event_stream import GZIP_HEAD, EventStream, WrittenEvent
from reverie.web.gate import PageGate
from reverie.web.listeners import ListenerPlaces
from reverie.web.live_feed import LiveFeed
from reverie.web.page_parts import PageParts

LISTEN = b"GET /api/v1/events HTTP/1.1\r\nHost: localhost\r\n\r\n"
PACKED = LISTEN.replace(b"\r\n\r\n", b"\r\nAccept-Encoding: gzip\r\n\r\n")
OLD = LISTEN.replace(b"HTTP/1.1", b"HTTP/1.0")
HEALTH = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"


@dataclass(eq=False)
class Holder:
    out: list[Holder]

    def cut(self) -> None:
        self.out.append(self)


@dataclass
class Page:
    """A server on a port, its feed, and what is open to it."""

    port: int
    feed: LiveFeed
    crowded: int = 0
    open: list[asyncio.StreamWriter] = field(default_factory=list[asyncio.StreamWriter])

    async def ask(self, request: bytes, own: str = "127.0.0.1") -> asyncio.StreamReader:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port, local_addr=(own, 0))
        self.open.append(writer)
        writer.write(request)
        return reader

    async def listening(self, count: int) -> None:
        """Wait until so many listen."""
        async with asyncio.timeout(PATIENCE):
            while self.feed.events.listeners != count:  # noqa: ASYNC110 - connections are made and lost by others
                await asyncio.sleep(0.01)


@contextlib.asynccontextmanager
async def serving(gate: PageGate | None = None) -> AsyncGenerator[Page]:
    page = Page(free_port(), quiet_feed({"bar": 7}, EventStream("a")))

    def crowded() -> None:
        page.crowded += 1

    app = server.application(QuietDaemon(), "127.0.0.1", PageParts(live=page.feed), gate)
    task = asyncio.create_task(server.serve(app, "127.0.0.1", page.port, Faults(), crowded=crowded, gate=gate))
    async with asyncio.timeout(PATIENCE):
        while True:
            with contextlib.suppress(ConnectionRefusedError):
                await page.ask(b"")
                break
            await asyncio.sleep(0.01)
    try:
        yield page
    finally:
        for writer in page.open:
            writer.transport.abort()
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


@pytest_asyncio.fixture
async def page() -> AsyncGenerator[Page]:
    async with serving() as page:
        yield page


async def head_of(reader: asyncio.StreamReader) -> bytes:
    return await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), PATIENCE)


async def chunk_of(reader: asyncio.StreamReader) -> bytes:
    size = int(await asyncio.wait_for(reader.readline(), PATIENCE), 16)
    return (await reader.readexactly(size + 2))[:-2]


def test_an_address_that_has_its_share_makes_room_for_its_own_alone() -> None:
    out: list[Holder] = []
    places = ListenerPlaces(most=10, each=3, kept_free=0)
    others, mine = [Holder(out) for _ in range(3)], [Holder(out) for _ in range(4)]
    for holder in others:
        assert places.enter(holder, "a", trusted=False)
    for holder in mine:
        assert places.enter(holder, "b", trusted=False)
    assert out == mine[:1]
    assert len(places) == 6


def test_where_all_places_are_taken_the_address_with_most_makes_room_and_equals_do_not() -> None:
    out: list[Holder] = []
    places = ListenerPlaces(most=4, each=4, kept_free=0)
    many = [Holder(out) for _ in range(4)]
    for holder in many:
        places.enter(holder, "many", trusted=False)
    for number in range(2):
        assert places.enter(Holder(out), f"new-{number}", trusted=False)
    assert out == many[:2]
    for number in range(2, 9):
        places.enter(Holder(out), f"new-{number}", trusted=False)
    assert len(places) == 4
    assert not places.enter(Holder(out), "last", trusted=False)


def test_artists_and_technicians_always_find_a_place() -> None:
    out: list[Holder] = []
    places = ListenerPlaces(most=8, each=2, kept_free=2)
    taken = [places.enter(Holder(out), f"visitor-{n}", trusted=False) for n in range(20)]
    assert taken.count(True) == 6
    assert [places.enter(Holder(out), "desk", trusted=True) for _ in range(3)] == [True] * 3
    assert len(places) == 8


def test_whoever_leaves_leaves_nothing() -> None:
    places, out = ListenerPlaces(most=8), list[Holder]()
    for number in range(100):
        holder = Holder(out)
        places.enter(holder, f"{number}", trusted=False)
        places.leave(holder)
        places.leave(holder)
    assert len(places) == len(places._counts) == 0


def test_listeners_leave_descriptors_to_the_music(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listeners.descriptors, "limit", lambda: 400)
    places, out = ListenerPlaces(), list[Holder]()
    taken = [places.enter(Holder(out), f"{number}", trusted=True) for number in range(200)]
    assert len(places) == 100
    assert all(taken[:100])


def test_packed_events_are_a_gzip_stream_in_whatever_order_they_come() -> None:
    events = [WrittenEvent(f"data: {number} {'la ' * 99}\n\n".encode()) for number in range(5)]
    unpacker = zlib.decompressobj(wbits=16 + zlib.MAX_WBITS)
    heard = unpacker.decompress(GZIP_HEAD)
    for event in (events[3], events[0], events[3]):
        part = unpacker.decompress(event.packed)
        assert part == event.plain, "each is there at once, and not with the next"
        heard += part
    assert len(events[0].packed) < len(events[0].plain) / 5
    assert events[0].packed is events[0].packed, "it is packed once"
    with pytest.raises(EOFError):
        gzip.decompress(GZIP_HEAD + events[0].packed)  # a stream of events has no end


async def test_whoever_listens_hears_the_state_at_once_and_every_event_packed_if_wanted(page: Page) -> None:
    plain, packed = await page.ask(LISTEN), await page.ask(PACKED)
    assert b"content-encoding" not in (await head_of(plain)).lower()
    assert b"content-encoding: gzip" in (await head_of(packed)).lower()
    assert await chunk_of(plain) in {event.plain for event in live_routes.RETRIES}
    assert json.loads((await chunk_of(plain)).split(b"data: ")[1]) == {"bar": 7}
    unpacker = zlib.decompressobj(wbits=16 + zlib.MAX_WBITS)
    heard = b"".join([unpacker.decompress(await chunk_of(packed)) for _ in range(3)])
    assert heard.endswith(b'data: {"bar":7}\n\n')
    page.feed.events.publish("bar", {"n": 1})
    assert (
        await chunk_of(plain)
        == unpacker.decompress(await chunk_of(packed))
        == b'id: a-2\nevent: bar\ndata: {"n":1}\n\n'
    )


async def test_a_proxy_that_speaks_http_1_0_is_served_without_chunks(page: Page) -> None:
    reader = await page.ask(OLD)
    assert b"chunked" not in (await head_of(reader)).lower()
    assert await asyncio.wait_for(reader.readuntil(b"\n\n"), PATIENCE) in {event.plain for event in live_routes.RETRIES}


async def test_asking_for_the_head_of_the_events_is_no_stream(page: Page) -> None:
    reader = await page.ask(LISTEN.replace(b"GET", b"HEAD"))
    assert (await head_of(reader)).startswith(b"HTTP/1.1 405")


async def test_a_stream_outlasts_every_limit_of_requests(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("REQUEST_WITHIN", "ANSWER_WITHIN", "IDLE"):
        monkeypatch.setattr(connections, name, 0.2)
    async with serving() as page:
        reader = await page.ask(LISTEN)
        await page.listening(1)
        await asyncio.sleep(1.0)
        page.feed.events.publish("bar", {"n": 1})
        await asyncio.wait_for(reader.readuntil(b'{"n":1}\n\n'), PATIENCE)


async def test_whoever_goes_is_forgotten_at_once_and_not_with_the_next_event(page: Page) -> None:
    for _ in range(20):
        await page.ask(LISTEN)
    await page.listening(20)
    for writer in page.open:
        writer.transport.abort()
    await page.listening(0)


async def test_whoever_takes_nothing_is_cut_and_holds_no_memory(page: Page) -> None:
    with socket.socket() as stalled:
        stalled.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        stalled.setblocking(False)
        loop = asyncio.get_running_loop()
        await loop.sock_connect(stalled, ("127.0.0.1", page.port))
        await loop.sock_sendall(stalled, LISTEN)
        good = await page.ask(LISTEN)
        await page.listening(2)
        published = 0
        while page.feed.events.listeners == 2:
            page.feed.events.publish("bar", {"n": published, "notes": "x" * 10_000})
            published += 1
            await asyncio.wait_for(good.readuntil(b'"notes"'), PATIENCE)
            assert published < 200, "it was never cut"
        await asyncio.wait_for(good.readuntil(b"\n\n"), PATIENCE)


async def test_whoever_missed_more_than_a_line_holds_is_not_cut_for_coming_back(page: Page) -> None:
    for bar in range(60):
        page.feed.events.publish("bar", {"bar": bar, "notes": "." * 20_000})
    back = LISTEN.replace(b"\r\n\r\n", b"\r\nLast-Event-ID: a-1\r\n\r\n")
    reader = await page.ask(back)
    await page.listening(1)
    page.feed.events.publish("bar", {"bar": 60})
    async with asyncio.timeout(PATIENCE):
        heard = await reader.readuntil(b'"bar":60}')
    assert (heard.count(b"event: now"), heard.count(b"event: bar")) == (1, 1), "how it is, and what comes"


async def test_streams_take_no_places_of_those_who_ask(page: Page) -> None:
    for number in range(2, 5):
        for _ in range(connections.EACH):
            await page.ask(LISTEN, own=f"127.0.0.{number}")
    await page.listening(3 * connections.EACH)
    assert (await head_of(await page.ask(HEALTH))).startswith(b"HTTP/1.1 200")
    assert page.crowded == 0


async def test_whoever_finds_no_place_is_told_when_to_come_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ListenerPlaces, "enter", lambda *_, **__: False)
    async with serving() as page:
        head = await head_of(await page.ask(LISTEN))
        assert head.startswith(b"HTTP/1.1 503")
        assert b"Retry-After: 30" in head


async def test_a_stream_goes_over_https_and_ends_with_the_line(tmp_path: Path) -> None:
    certificate, key = tmp_path / "certificate.pem", tmp_path / "key.pem"
    make_certificate(certificate, key)
    gate = PageGate(
        PageSection.model_validate({"certificate": str(certificate), "key": str(key)}), Faults(), "127.0.0.1"
    )
    async with serving(gate) as page:
        trust = ssl.create_default_context(cafile=str(certificate))
        reader, writer = await asyncio.open_connection("127.0.0.1", page.port, ssl=trust, server_hostname="localhost")
        writer.write(LISTEN)
        await head_of(reader)
        await page.listening(1)
        page.feed.events.publish("bar", {"n": 1})
        await asyncio.wait_for(reader.readuntil(b'{"n":1}\n\n'), PATIENCE)
        writer.transport.abort()
        await page.listening(0)


async def test_a_server_that_closes_waits_for_no_listener() -> None:
    async with serving() as page:
        await page.ask(LISTEN)
        await page.listening(1)
        begun, kept = time.monotonic(), [*page.open]
        page.open.clear()
    for writer in kept:
        writer.close()
    assert time.monotonic() - begun < PATIENCE / 4, "it does not wait until streams end by themselves"


@pytest.mark.parametrize("rounds", [4, pytest.param(100, marks=[pytest.mark.slow, pytest.mark.timeout(900)])])
async def test_many_malformed_changes_and_bodies_without_end_leave_nothing(page: Page, rounds: int) -> None:
    kinds = [
        b"POST /api/v1/play/mood HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\nConnection: close\r\n\r\n{{{{",
        b"POST /control HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999999999999999999\r\n\r\n",
        b"POST /dream HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nfffffffffffffff\r\n",
        b"GET /api/v1/events HTTP/1.1\r\nHost: localhost\r\nLast-Event-ID: " + b"9" * 7000 + b"\r\n\r\n",
        b"DELETE /api/v1/session HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
        b"POST /api/v1/session HTTP/1.1\r\nX-Reverie: page\r\nContent-Type: application/json\r\n\r\n[",
    ]

    async def a_hundred(round_: int) -> None:
        for number in range(100):
            request = kinds[number % len(kinds)] + b"x" * (20_000 if number % 7 == 0 else 0)
            reader = await page.ask(request, own=f"127.0.{round_ % 200}.{number % 20 + 2}")
            if b"events" not in request:
                writer = page.open.pop()
                with contextlib.suppress(OSError):
                    writer.write_eof()
                    await asyncio.wait_for(reader.read(), PATIENCE)
                writer.close()
        while page.open:
            page.open.pop().close()
        await page.listening(0)

    def left() -> tuple[int, int, int, int]:
        """Tasks, connections, descriptors, and megabytes."""
        gc.collect()
        own, there = psutil.Process(), sum(isinstance(one, connections.Connection) for one in gc.get_objects())
        return len(asyncio.all_tasks()), there, own.num_fds(), own.memory_info().rss // 1_000_000

    await a_hundred(0)
    await asyncio.sleep(0.1)
    before = left()
    for round_ in range(1, rounds):
        await a_hundred(round_)
    await asyncio.sleep(0.1)
    after = left()
    print("tasks, connections, descriptors, MB", before, after)
    assert max(now - then for now, then in zip(after[:3], before[:3], strict=True)) <= 2
    assert after[3] <= before[3] + 20
    assert (await head_of(await page.ask(HEALTH))).startswith(b"HTTP/1.1 200")


async def test_twenty_telephones_that_share_an_address_open_the_page_together(page: Page) -> None:
    """Each makes six connections at once, of which none may be lost: a browser does not ask again on a new one."""

    async def telephone() -> list[bytes]:
        asked = [await page.ask(HEALTH, own="127.0.0.9") for _ in range(6)]
        return [await head_of(reader) for reader in asked]

    answers = await asyncio.gather(*(telephone() for _ in range(20)))
    assert {answer.split(b"\r\n")[0] for telephone in answers for answer in telephone} == {b"HTTP/1.1 200 OK"}
    assert page.crowded == 0
