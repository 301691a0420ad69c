"""Tabs of a real Chromium that a person can turn away from.

Playwright keeps every page of its own visible, whatever is in front of it. These are driven by Chromium's own protocol
alone, so a tab behind another is hidden as on a desk: its timers are slowed, and its screen lock is taken away.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import tempfile
import time
from collections.abc import AsyncGenerator
from typing import Any

import aiohttp

from fakes.browser import ARGUMENTS
from fakes.patience import PATIENCE


class TabbedBrowser:
    """What opens tabs, and talks with each over one socket."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket = socket
        self._numbers = itertools.count(1)

    async def ask(self, method: str, session: str | None = None, **wanted: Any) -> dict[str, Any]:
        """What Chromium answers to one command; events between are passed over."""
        number = next(self._numbers)
        told = {"id": number, "method": method, "params": wanted} | ({"sessionId": session} if session else {})
        await self._socket.send_json(told)
        while True:
            answer = await self._socket.receive_json(timeout=PATIENCE)
            if answer.get("id") == number:
                assert "result" in answer, f"{method}: {answer}"
                return answer["result"]

    async def open(self, address: str, before: str = "") -> BrowserTab:
        """A tab in front of all others; ``before`` is run in it before the page's own scripts.

        The page's policy does not count in it, for the sake of scripts that tests bring.
        """
        target = (await self.ask("Target.createTarget", url="about:blank"))["targetId"]
        session = (await self.ask("Target.attachToTarget", targetId=target, flatten=True))["sessionId"]
        for method, wanted in (
            ("Page.enable", {}),
            ("Page.setBypassCSP", {"enabled": True}),
            ("Page.addScriptToEvaluateOnNewDocument", {"source": before}),
            ("Page.navigate", {"url": address}),
        ):
            await self.ask(method, session, **wanted)
        tab = BrowserTab(self, target, session)
        await tab.until(f"location.href.startsWith({address!r}) && document.readyState === 'complete'")
        return tab


class BrowserTab:
    """One tab."""

    def __init__(self, browser: TabbedBrowser, target: str, session: str) -> None:
        self._browser, self._target, self._session = browser, target, session

    async def evaluate(self, script: str, known: Any = None) -> Any:
        """What an expression is, or what a function makes of ``known``, once it is there."""
        wanted = script if known is None else f"({script})({json.dumps(known)})"
        answer = await self._browser.ask(
            "Runtime.evaluate",
            self._session,
            expression=f"(async () => {{ const it = {wanted}; return typeof it === 'function' ? it() : it; }})()",
            awaitPromise=True,
            returnByValue=True,
        )
        assert "exceptionDetails" not in answer, answer["exceptionDetails"]
        return answer["result"].get("value")

    async def until(self, expression: str, seconds: float = PATIENCE) -> None:
        """Wait until an expression is true."""
        deadline = time.monotonic() + seconds
        while not await self.evaluate(expression):
            assert time.monotonic() < deadline, f"not within {seconds:g} s: {expression}"
            await asyncio.sleep(0.05)

    async def hide(self) -> None:
        """Have another tab in front of it."""
        await self._browser.ask("Target.createTarget", url="about:blank")
        await self.until("document.hidden")

    async def show(self) -> None:
        """Come back to it."""
        await self._browser.ask("Target.activateTarget", targetId=self._target)
        await self.until("!document.hidden")


@contextlib.asynccontextmanager
async def tabbed_chromium(program: str) -> AsyncGenerator[TabbedBrowser]:
    """A browser of one's own, while the context lasts."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        process = await asyncio.create_subprocess_exec(
            program,
            "--headless=new",
            "--remote-debugging-port=0",
            f"--user-data-dir={profile}",
            "--no-first-run",
            *ARGUMENTS,
            "about:blank",
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.PIPE,
        )
        try:
            address = await asyncio.wait_for(_debugging_address(process), PATIENCE)
            async with aiohttp.ClientSession() as http, http.ws_connect(address, max_msg_size=0) as socket:
                yield TabbedBrowser(socket)
        finally:
            process.terminate()
            await process.communicate()


async def _debugging_address(process: asyncio.subprocess.Process) -> str:
    """Where Chromium says that it listens."""
    assert process.stderr is not None
    while line := await process.stderr.readline():
        _, found, address = line.decode(errors="replace").partition("DevTools listening on ")
        if found:
            return address.strip()
    raise AssertionError("Chromium ended before it listened")
