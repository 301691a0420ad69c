"""HTTPS: with the site's certificate, its successor, and those who connect and say nothing."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from fakes.certificate_files import make_certificate
from fakes.conductors import Theatre
from fakes.daemon import free_port
from fakes.patience import PATIENCE
from fakes.quiet_daemon import QuietDaemon
from fakes.scenes import TEXT
from reverie.cli.reach import Whereabouts, _request
from reverie.site.page_section import PageSection
from reverie.watch.fault_kinds import PAGE_CERTIFICATE
from reverie.watch.faults import Faults
from reverie.web import tls
from reverie.web.gate import PageGate
from reverie.web.page_parts import PageParts
from reverie.web.server import application, serve

WORD = "a token of some length"


class Secured:
    def __init__(self, folder: Path) -> None:
        self.certificate, self.key = folder / "certificate.pem", folder / "key.pem"
        self.faults = Faults()
        self.port = free_port()

    async def ask(self, path: str = "/healthz", **more: Any) -> tuple[int, dict[str, str]]:
        """As a browser that knows this very certificate and no other."""
        context = ssl.create_default_context(cafile=str(self.certificate))
        async with (
            aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(PATIENCE)) as session,
            session.request("GET", f"https://localhost:{self.port}{path}", ssl=context, **more) as answer,
        ):
            return answer.status, dict(answer.headers)

    async def until_answered(self) -> None:
        async with asyncio.timeout(PATIENCE):
            while True:
                with contextlib.suppress(aiohttp.ClientError, OSError):
                    await self.ask()
                    return
                await asyncio.sleep(0.02)


def made(folder: Path) -> Path:
    folder.mkdir()
    return folder


@contextlib.asynccontextmanager
async def secured(folder: Path, parts: PageParts | None = None, *, wait: bool = True) -> AsyncGenerator[Secured]:
    served = Secured(folder)
    if wait:
        make_certificate(served.certificate, served.key)
    (folder / "token").write_text(WORD)
    said = {
        "certificate": str(served.certificate),
        "key": str(served.key),
        "artist_token_file": str(folder / "token"),
    }
    gate = PageGate(PageSection.model_validate(said), served.faults, "127.0.0.1")
    app = application(QuietDaemon(), "127.0.0.1", parts, gate)
    serving = asyncio.create_task(serve(app, "127.0.0.1", served.port, served.faults, gate=gate))
    try:
        if wait:
            await served.until_answered()
        yield served
    finally:
        serving.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await serving


async def test_the_page_speaks_https_alone(tmp_path: Path) -> None:
    async with secured(tmp_path) as served:
        assert (await served.ask())[0] == 200
        reader, writer = await asyncio.open_connection("127.0.0.1", served.port)
        writer.write(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
        async with asyncio.timeout(PATIENCE):
            assert b"200" not in await reader.read(), "who speaks HTTP is not answered"
        writer.close()


async def test_the_cookie_of_a_session_never_leaves_https(tmp_path: Path) -> None:
    async with secured(tmp_path) as served:
        context = ssl.create_default_context(cafile=str(served.certificate))
        address = f"https://localhost:{served.port}/api/v1/session"
        async with (
            aiohttp.ClientSession() as session,
            session.post(address, ssl=context, json={"token": WORD}, headers={"X-Reverie": "page"}) as answer,
        ):
            assert await answer.json() == {"role": "artist"}
            assert answer.headers["Set-Cookie"].startswith("__Host-reverie=")
            assert "; Secure" in answer.headers["Set-Cookie"]


async def test_events_go_over_https_as_they_happen(tmp_path: Path) -> None:
    feed = Theatre(made(tmp_path / "theatre"), {"study": TEXT}).conductor.page.live
    async with secured(tmp_path, PageParts(live=feed)) as served:
        context = ssl.create_default_context(cafile=str(served.certificate))
        address = f"https://localhost:{served.port}/api/v1/events"
        async with (
            asyncio.timeout(PATIENCE),
            aiohttp.ClientSession() as session,
            session.get(address, ssl=context) as answer,
        ):
            assert answer.headers["Content-Type"].startswith("text/event-stream")
            while await answer.content.readline() != b"event: now\n":
                pass


async def test_a_command_of_this_machine_reaches_a_page_that_speaks_https(tmp_path: Path) -> None:
    async with secured(tmp_path) as served:
        where = Whereabouts(None, (tmp_path,), "127.0.0.1", served.port, https=True)
        said = await asyncio.to_thread(_request, where, "GET", "/healthz", PATIENCE)
        assert said.startswith(b"Playing")
        assert where.page == f"https://127.0.0.1:{served.port}"


async def test_a_new_certificate_counts_without_a_new_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tls, "LOOK", 0.05)
    async with secured(tmp_path) as served:
        (tmp_path / "key.pem").write_text("half a file")
        async with asyncio.timeout(PATIENCE):
            while not served.faults.of(PAGE_CERTIFICATE):  # noqa: ASYNC110 - it looks at its files by itself
                await asyncio.sleep(0.02)
        [fault] = served.faults.of(PAGE_CERTIFICATE)
        assert "the one of before counts" in fault.sentence
        assert (await served.ask())[0] == 200
        make_certificate(served.certificate, served.key)
        await served.until_answered()
        async with asyncio.timeout(PATIENCE):
            while served.faults.of(PAGE_CERTIFICATE):  # noqa: ASYNC110 - it looks at its files by itself
                await asyncio.sleep(0.02)


async def test_without_a_certificate_there_is_no_page_and_no_http_in_its_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tls, "LOOK", 0.05)
    async with secured(tmp_path, wait=False) as served:
        async with asyncio.timeout(PATIENCE):
            while not served.faults.of(PAGE_CERTIFICATE):  # noqa: ASYNC110 - it looks at its files by itself
                await asyncio.sleep(0.02)
        with pytest.raises(OSError, match="Connect"):
            await asyncio.open_connection("127.0.0.1", served.port)
        make_certificate(served.certificate, served.key)
        await served.until_answered()


async def test_those_who_never_shake_hands_keep_nobody_out(tmp_path: Path) -> None:
    async with secured(tmp_path) as served:
        silent = [await asyncio.open_connection("127.0.0.1", served.port) for _ in range(200)]
        assert (await served.ask())[0] == 200
        for _, writer in silent[: 200 - tls.EACH]:
            writer.write(b"x")
        async with asyncio.timeout(PATIENCE):
            for reader, _ in silent[: 200 - tls.EACH]:
                with contextlib.suppress(ConnectionError):
                    assert await reader.read() == b""
        for _, writer in silent:
            writer.transport.abort()


async def test_a_handshake_ends_though_the_other_side_never_ends_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tls, "HANDSHAKE", 0.2)
    async with secured(tmp_path) as served:
        reader, writer = await asyncio.open_connection("127.0.0.1", served.port)
        writer.write(b"\x16\x03\x01\x02\x00")
        async with asyncio.timeout(PATIENCE):
            with contextlib.suppress(ConnectionError):
                assert await reader.read() == b""
        writer.transport.abort()
