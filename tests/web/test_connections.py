"""What a stranger can take of the web server: nothing that others need."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import resource
import socket
import time
from collections.abc import AsyncGenerator, Mapping
from typing import Any

import pytest
import pytest_asyncio

from fakes.daemon import free_port
from fakes.patience import PATIENCE
from reverie.watch.faults import Faults
from reverie.watch.summary import GOOD, Summary
from reverie.watch.verdict import Verdict
from reverie.web import connections
from reverie.web import server as web
from reverie.web.connections import EACH, LARGEST, MOST, Guests

KEEP = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"
GET = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
PANIC = b"POST /panic HTTP/1.1\r\nHost: localhost\r\nX-Reverie: panic\r\n\r\n"


class Source:
    """A daemon that is well, with a status as large as is wanted."""

    def __init__(self) -> None:
        self.panics = 0
        self.sentence = "Playing."
        self.broken = False

    def alive(self) -> Verdict:
        if self.broken:
            raise RuntimeError("secret of our insides")
        return Verdict(ok=True, sentence=self.sentence)

    def summary(self) -> Summary:
        return Summary(GOOD, self.sentence)

    def ready(self) -> Verdict:
        return Verdict(ok=True, sentence="Every slot has its device.")

    def status(self) -> Mapping[str, Any]:
        return {"long": "x" * 30_000_000, "name": "caf\udce9"}

    def metrics(self) -> tuple[bytes, str]:
        return b"", "text/plain"

    def panic(self) -> None:
        self.panics += 1

    def dream_of(self, written: bytes, source: str) -> Verdict:
        return Verdict(ok=bool(written), sentence=f"A dream by {source}.")

    def control(self, wanted: object, source: str) -> Verdict:
        return Verdict(ok=True, sentence=f"{wanted} by {source}")


class Site:
    def __init__(self, source: Source, port: int) -> None:
        self.source = source
        self.port = port
        self.crowded = 0
        self.open: list[asyncio.StreamWriter] = []

    def count(self) -> None:
        self.crowded += 1

    async def connect(self, own: str = "127.0.0.1", **more: Any) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port, local_addr=(own, 0), **more)
        self.open.append(writer)
        return reader, writer

    async def ask(self, request: bytes = GET, own: str = "127.0.0.1") -> bytes:
        """All that comes in answer, up to the end of the connection."""
        reader, writer = await self.connect(own)
        writer.write(request)
        async with asyncio.timeout(PATIENCE):
            return await reader.read()


@pytest_asyncio.fixture
async def site() -> AsyncGenerator[Site]:
    async with serving() as site:
        yield site


@contextlib.asynccontextmanager
async def serving() -> AsyncGenerator[Site]:
    source, port = Source(), free_port()
    site = Site(source, port)
    app = web.application(source, "127.0.0.1")
    task = asyncio.create_task(web.serve(app, "127.0.0.1", port, Faults(), crowded=site.count))
    async with asyncio.timeout(PATIENCE):
        while True:
            try:
                await site.connect()
            except ConnectionRefusedError:
                await asyncio.sleep(0.01)
            else:
                break
    yield site
    for writer in site.open:
        writer.transport.abort()
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task


async def ended(reader: asyncio.StreamReader) -> bytes:
    """What came until the server ended the connection."""
    async with asyncio.timeout(PATIENCE):
        try:
            return await reader.read()
        except ConnectionError:
            return b""


async def test_a_thousand_silent_connections_keep_nobody_out(site: Site) -> None:
    silent = [await site.connect() for _ in range(300)]
    assert (await site.ask(own="127.0.0.2")).startswith(b"HTTP/1.1 200")
    assert (await site.ask()).startswith(b"HTTP/1.1 200"), "not even at the same address"
    for reader, _ in silent[: 300 - EACH]:
        assert await ended(reader) == b""
    assert site.crowded >= 300 - EACH


async def test_whoever_has_been_answered_stays_when_others_are_silent(site: Site) -> None:
    reader, writer = await site.connect()
    for _ in range(5):
        for _ in range(EACH - 1):
            await site.connect()
        writer.write(KEEP)
        assert (await asyncio.wait_for(reader.readline(), PATIENCE)) == b"HTTP/1.1 200 OK\r\n"
        await asyncio.wait_for(reader.readuntil(b"Playing.\n"), PATIENCE)


class Page:
    """A page that is open, and asks now and then as browsers do: by the connection of before if it is still there."""

    def __init__(self, site: Site, number: int) -> None:
        self._site = site
        self._own = f"127.0.{1 + number // 200}.{1 + number % 200}"
        self._line: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
        self.connected = 0

    async def ask(self) -> bytes:
        """The first line of the answer; empty if not even a new connection brings one."""
        if self._line is None or not (answer := await self._try(*self._line)):
            self._line = await self._site.connect(self._own)
            self.connected += 1
            answer = await self._try(*self._line)
        return answer

    async def _try(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bytes:
        try:
            async with asyncio.timeout(PATIENCE):
                writer.write(KEEP)
                first = await reader.readline()
                if first:
                    await reader.readuntil(b"Playing.\n")
        except (ConnectionError, asyncio.IncompleteReadError):
            first = b""
        if not first:
            writer.transport.abort()
        return first


async def test_eight_times_as_many_pages_as_places_are_all_answered_and_are_no_flood(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """As 2,000 pages that ask every few seconds are to 256 places."""
    monkeypatch.setattr(connections, "MOST", 32)
    async with serving() as site:
        site.open[0].transport.abort()  # it has asked nothing
        pages, at_once = [Page(site, number) for number in range(256)], asyncio.Semaphore(16)

        async def ask(page: Page) -> bytes:
            async with at_once:
                return await page.ask()

        for _ in range(3):
            assert set(await asyncio.gather(*map(ask, pages))) == {b"HTTP/1.1 200 OK\r\n"}
        assert sum(page.connected for page in pages) > 2 * len(pages), "most of them had to make room"
        assert site.crowded == 0
        assert await pages[-1].ask() == b"HTTP/1.1 200 OK\r\n"
        assert pages[-1].connected <= 3


async def test_who_says_nothing_is_a_flood_among_pages_that_ask(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "MOST", 32)
    async with serving() as site:
        pages = [Page(site, number) for number in range(24)]
        await asyncio.gather(*(page.ask() for page in pages))
        silent = [await site.connect("127.0.3.1") for _ in range(40)]
        assert await pages[-1].ask() == b"HTTP/1.1 200 OK\r\n"
        assert site.crowded >= 20
        for reader, _ in silent[:20]:
            assert await ended(reader) == b""
        assert sum(page.connected for page in pages) <= 24 + 1, "they have kept their connections"


class Visitor:
    def __init__(self, whose: str, out: list[Visitor]) -> None:
        self.whose = whose
        self.is_answered = False
        self.is_idle = False
        self._out = out

    def turn_out(self) -> None:
        self._out.append(self)


def test_the_address_that_has_most_connections_makes_room() -> None:
    out: list[Visitor] = []
    guests = Guests(lambda: None, most=6, each=4)
    many = [Visitor("flooder", out) for _ in range(4)]
    few = [Visitor("a", out), Visitor("b", out)]
    for visitor in (*few[:1], *many, *few[1:]):
        guests.enter(visitor)
    guests.enter(Visitor("c", out))
    assert out == many[:1]
    assert len(guests) == 6


def test_who_has_had_an_answer_makes_room_first_and_is_no_flood() -> None:
    out: list[Visitor] = []
    floods: list[int] = []
    guests = Guests(lambda: floods.append(len(out)), most=8, each=4)
    there = [Visitor(f"page {number}", out) for number in range(8)]
    for one in there:
        guests.enter(one)
    there[4].is_idle = there[2].is_idle = True
    guests.enter(Visitor("new", out))
    guests.answered(there[4])
    guests.enter(Visitor("new too", out))
    assert (out, floods) == ([there[2], there[4]], [])
    guests.enter(Visitor("and another", out))
    assert (out[2:], floods) == ([there[0]], [3])


def test_who_asks_nothing_waits_the_shorter_the_fewer_places_are_free() -> None:
    guests = Guests(lambda: None, most=10)
    waits: list[float] = []
    for number in range(10):
        waits.append(guests.idle_time())
        guests.enter(Visitor(f"page {number}", []))
    waits.append(guests.idle_time())
    assert waits == sorted(waits, reverse=True)
    assert (waits[0], waits[-1]) == (connections.IDLE, connections.LEAST_IDLE)


def test_connections_leave_descriptors_to_the_workers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections.descriptors, "limit", lambda: 80)
    out: list[Visitor] = []
    guests = Guests(lambda: None)
    for number in range(1000):
        guests.enter(Visitor(f"192.0.2.{number}", out))
    assert len(guests) == 20
    assert MOST <= 1024 // 4


@pytest.mark.parametrize(
    "pieces",
    [
        [b""],
        [b"GET / HTTP/1.1\r\n", b"X-A: b\r\n"],
        [b"POST /panic HTTP/1.1\r\nHost: localhost\r\nX-Reverie: no\r\nContent-Length: 1000\r\n\r\n", b"a"],
        [b"POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\na\r\n"],
        [b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n", b"xx"],
        [KEEP, b"G"],
    ],
    ids=["nothing", "head", "body", "chunks", "upgrade", "second request"],
)
async def test_whoever_is_slow_is_turned_out(pieces: list[bytes], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "REQUEST_WITHIN", 0.3)
    monkeypatch.setattr(connections, "IDLE", 0.6)
    async with serving() as site:
        reader, writer = await site.connect()
        begun = time.monotonic()
        for piece in pieces[:-1]:
            writer.write(piece)

        async def dribble() -> None:
            while True:
                writer.write(pieces[-1])
                await asyncio.sleep(0.05)

        dribbling = asyncio.create_task(dribble())
        await ended(reader)
        dribbling.cancel()
        assert time.monotonic() - begun < PATIENCE / 4


async def test_whoever_reads_slowly_is_turned_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "ANSWER_WITHIN", 0.3)
    async with serving() as site:
        reader, writer = await site.connect(limit=1024)
        writer.write(b"GET /status HTTP/1.1\r\nHost: localhost\r\n\r\n")
        await asyncio.wait_for(reader.readline(), PATIENCE)
        await asyncio.sleep(1.0)
        got = await ended(reader)
        assert len(got) < 30_000_000


async def test_an_idle_connection_is_kept_for_a_while_and_not_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "IDLE", 0.5)
    async with serving() as site:
        reader, writer = await site.connect()
        writer.write(KEEP)
        await asyncio.wait_for(reader.readuntil(b"Playing.\n"), PATIENCE)
        writer.write(KEEP)
        await asyncio.wait_for(reader.readuntil(b"Playing.\n"), PATIENCE)
        assert await ended(reader) == b""


@pytest.mark.parametrize(
    "request_bytes",
    [
        b"GET / HTTP/1.1\r\nHost: localhost\r\n" + b"X-A: " + b"b" * 2 * LARGEST,
        b"GET /" + b"a" * 2 * LARGEST,
        b"GET / HTTP/1.1\r\n" + b"A: b\r\n" * LARGEST,
        b"POST /panic HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999999\r\n\r\n" + b"a" * 2 * LARGEST,
    ],
    ids=["field", "line", "fields", "body"],
)
async def test_a_request_without_end_ends_the_connection(site: Site, request_bytes: bytes) -> None:
    reader, writer = await site.connect()
    writer.write(request_bytes)
    got = await ended(reader)
    assert b"200 OK" not in got
    assert (await site.ask()).startswith(b"HTTP/1.1 200")


@pytest.mark.parametrize(
    "nonsense",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"GET\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost : x\r\n\r\n",
        b"GET / HTTP/1.1\r\nContent-Length: x\r\n\r\n",
        b"GET / HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"\x1b[2J / HTTP/1.1\r\n\r\n",
        b"GET /\xff HTTP/1.1\r\nHost: \x1b[1m\r\n\r\n",
        b"GET /" + b"a" * 9000 + b" HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nExpect: miracle\r\n\r\n",
        b"BREW / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
    ],
)
async def test_no_answer_to_nonsense_names_what_runs_here(
    site: Site, nonsense: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO):
        answer = await site.ask(nonsense)
    lowered = answer.lower()
    for word in (b"python", b"aiohttp", b"traceback", b'file "'):
        assert word not in lowered
    assert not answer or b"\r\nserver: reverie\r\n" in lowered
    assert not any(record.exc_info for record in caplog.records)
    assert all("\x1b" not in record.getMessage() for record in caplog.records)


async def test_a_mistake_of_ours_is_told_to_the_log_and_not_to_strangers(
    site: Site, caplog: pytest.LogCaptureFixture
) -> None:
    site.source.broken = True
    request = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nAccept: text/html\r\nConnection: close\r\n\r\n"
    answer = await site.ask(request)
    assert answer.startswith(b"HTTP/1.1 500")
    assert b"Server: reverie" in answer
    assert b"secret" not in answer
    assert "secret of our insides" in caplog.text


async def test_a_name_that_is_no_utf8_is_shown_on_every_page(site: Site) -> None:
    site.source.sentence = "Playing caf\udce9.yaml."
    assert rb"Playing caf\xe9.yaml." in await site.ask()
    page = await site.ask(b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
    assert page.startswith(b"HTTP/1.1 200")


async def test_requests_without_end_wait_for_their_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(web, "REQUESTS", 1.0)
    monkeypatch.setattr(web, "AT_FIRST", 3.0)
    monkeypatch.setattr(web, "SLOWEST", 0.5)
    async with serving() as site:
        answers = await asyncio.gather(*(site.ask(GET) for _ in range(8)))
        refused = [answer for answer in answers if answer.startswith(b"HTTP/1.1 429")]
        assert len(refused) >= 4
        assert (await site.ask(own="127.0.0.2")).startswith(b"HTTP/1.1 200"), "others do not wait"
        panic = PANIC.replace(b"Host:", b"Connection: close\r\nHost:")
        assert (await site.ask(panic)).startswith(b"HTTP/1.1 200"), "a panic does not wait"
        assert site.source.panics == 1


async def test_panics_without_end_are_one_each_moment(site: Site) -> None:
    begun = time.monotonic()
    await site.ask(PANIC * 50 + GET)
    await asyncio.sleep(2 * web.PANIC_EVERY)
    assert 2 <= site.source.panics <= 3 + (time.monotonic() - begun) / web.PANIC_EVERY


async def test_without_descriptors_the_log_has_a_line_and_then_all_is_well(
    site: Site, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "OUT_OF", 0.1)
    # A connection that is made before the descriptors are gone, and waits in the system's queue.
    with socket.socket() as waiting:
        waiting.setblocking(False)
        before = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (waiting.fileno() + 1, before[1]))
        spare = []
        try:
            with contextlib.suppress(OSError):
                while True:
                    spare.append(socket.socket())
            with contextlib.suppress(BlockingIOError):
                waiting.connect(("127.0.0.1", site.port))
            await asyncio.sleep(0.5)
        finally:
            for opened in spare:
                opened.close()
            resource.setrlimit(resource.RLIMIT_NOFILE, before)
        assert (await site.ask()).startswith(b"HTTP/1.1 200")
    told = [record for record in caplog.records if "cannot take a connection" in record.getMessage()]
    assert 1 <= len(told) <= 6
    assert all(record.__dict__["most"] == 1 for record in told)
