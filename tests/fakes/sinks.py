"""What takes messages: a mail server and a webhook that keep what they get, and are there or not as a test wants."""

from __future__ import annotations

import asyncio
import email
import email.policy
from email.message import EmailMessage
from typing import Any, Self

from aiohttp import web
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from fakes.daemon import free_port


class Mailbox:
    """An SMTP server in a thread of its own; ``mails`` are what came."""

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []
        self.port = free_port()
        self._controller = Controller(self, hostname="127.0.0.1", port=self.port)

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's name
        del server, session
        content = envelope.content
        assert isinstance(content, bytes)
        self.mails.append(email.message_from_bytes(content, policy=email.policy.default))
        return "250 OK"

    @property
    def url(self) -> str:
        return f"mailto://127.0.0.1:{self.port}/?from=box@example.org&to=crew@example.org&mode=insecure"

    def __enter__(self) -> Self:
        self._controller.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._controller.stop()


class Webhook:
    """An HTTP server; ``got`` are the bodies of POSTs, ``beats`` counts GETs. It answers with ``status``."""

    def __init__(self) -> None:
        self.got: list[dict[str, Any]] = []
        self.beats = 0
        self.tries = 0
        self.status = 200
        self.port = free_port()
        self._runner: web.AppRunner | None = None

    @property
    def url(self) -> str:
        return f"json://user:SECRET@127.0.0.1:{self.port}/hook"

    @property
    def beat_url(self) -> str:
        return f"http://127.0.0.1:{self.port}/beat/SECRET"

    async def _post(self, request: web.Request) -> web.Response:
        self.tries += 1
        if self.status == 200:
            self.got.append(await request.json())
        return web.Response(status=self.status)

    async def _beat(self, request: web.Request) -> web.Response:
        del request
        self.beats += 1
        return web.Response(status=self.status)

    async def __aenter__(self) -> Self:
        app = web.Application()
        app.router.add_post("/hook", self._post)
        app.router.add_get("/beat/SECRET", self._beat)
        self._runner = web.AppRunner(app, access_log=None)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", self.port).start()
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._runner is not None
        await self._runner.cleanup()


async def until(true: Any, seconds: float = 60.0) -> None:
    """Wait until something is true; a test fails that waits in vain."""
    async with asyncio.timeout(seconds):
        while not true():  # noqa: ASYNC110 - what it waits for is another program
            await asyncio.sleep(0.02)
