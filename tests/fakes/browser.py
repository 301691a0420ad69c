"""A real browser, Chromium without a screen, as visitors of the page have one.

Whatever a page complains of is kept: errors on its console, errors in its scripts, and files that it cannot have.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import shutil
import time
from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass, field
from typing import Any

from playwright.async_api import Browser, CDPSession, Page, Response, async_playwright
from playwright.async_api import Error as PlaywrightError

from fakes.patience import PATIENCE

PLACES = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
)
ARGUMENTS = (
    "--no-sandbox",  # tests run as root in a container
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--autoplay-policy=no-user-gesture-required",
    "--force-color-profile=srgb",
    "--js-flags=--expose-gc",
)


@dataclass(frozen=True, slots=True)
class Screen:
    """What a visitor looks with."""

    width: int
    height: int
    ratio: float = 1.0
    touch: bool = False
    slower: float = 1.0
    """How many times slower its processor is than ours."""
    more: Mapping[str, Any] = field(default_factory=dict[str, Any])
    """What else Playwright may be told of it."""


DESK = Screen(1280, 800)
TELEPHONE = Screen(390, 844, ratio=2.0, touch=True, slower=4.0)
SMALLEST = Screen(320, 568, ratio=2.0, touch=True)
WALL = Screen(3840, 2160)


@dataclass(slots=True)
class Visit:
    """A page that somebody has open, and what it complained of."""

    page: Page
    devtools: CDPSession
    complaints: list[str] = field(default_factory=list[str])

    async def until(self, expression: str, seconds: float = PATIENCE) -> None:
        """Wait until an expression is true; Playwright's own waiting needs scripts that the page's policy forbids."""
        deadline = time.monotonic() + seconds
        while not await self._now(expression):
            assert time.monotonic() < deadline, f"not within {seconds:g} s: {expression}; {self.complaints}"
            await asyncio.sleep(0.05)

    async def _now(self, expression: str) -> bool:
        try:
            return bool(await self.page.evaluate(expression))
        except PlaywrightError as error:
            if "Execution context was destroyed" in str(error):
                return False  # the page is being loaded anew
            raise

    async def heap(self) -> int:
        """Bytes that the page's scripts hold, once what is not used any more is gone.

        The least of some looks: what a bar made since the collection is not held.
        """
        looks: list[int] = []
        for _ in range(6):
            await self.devtools.send("HeapProfiler.collectGarbage")
            looks.append(int((await self._counters())["JSHeapUsedSize"]))
        return min(looks)

    async def nodes(self) -> int:
        """Nodes that the page holds, whether they are shown or not."""
        await self.devtools.send("HeapProfiler.collectGarbage")
        return int((await self._counters())["Nodes"])

    async def _counters(self) -> dict[str, float]:
        found = await self.devtools.send("Performance.getMetrics")
        return {metric["name"]: metric["value"] for metric in found["metrics"]}

    async def slow_network(self, kilobits: float = 1600.0, delay: float = 150.0) -> None:
        """From now on so many kilobits a second come down, each answer ``delay`` milliseconds later."""
        await self.devtools.send("Network.enable")
        await self.devtools.send(
            "Network.emulateNetworkConditions",
            {
                "offline": False,
                "latency": delay,
                "downloadThroughput": kilobits * 1000 / 8,
                "uploadThroughput": kilobits * 1000 / 16,
            },
        )


def find_chromium() -> str | None:
    """Where the browser is on this machine."""
    return next((found for name in PLACES if (found := shutil.which(name))), None)


@contextlib.asynccontextmanager
async def running_chromium(program: str) -> AsyncGenerator[Browser]:
    """A browser of one's own, while the context lasts."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=program, args=ARGUMENTS)
        try:
            yield browser
        finally:
            await browser.close()


async def visit(browser: Browser, screen: Screen = DESK, language: str = "en-GB", **options: Any) -> Visit:
    """Come with such a screen; nothing is opened yet, and the context ends with the browser.

    ``options`` go to Playwright's ``new_context``, such as ``color_scheme`` or ``reduced_motion``.
    """
    settings: dict[str, Any] = {"color_scheme": "dark", **screen.more, **options}
    context = await browser.new_context(
        viewport={"width": screen.width, "height": screen.height},
        device_scale_factor=screen.ratio,
        has_touch=screen.touch,
        is_mobile=screen.touch,
        locale=language,
        **settings,
    )
    page = await context.new_page()
    devtools = await context.new_cdp_session(page)
    await devtools.send("Performance.enable")
    if screen.slower > 1:
        await devtools.send("Emulation.setCPUThrottlingRate", {"rate": screen.slower})
    visit = Visit(page, devtools)

    def answered(response: Response) -> None:
        if response.status >= 400:
            visit.complaints.append(f"{response.url} answered {response.status}")

    page.on("response", answered)
    page.on("pageerror", lambda error: visit.complaints.append(f"a script failed: {error}"))
    page.on(
        "console",
        lambda message: (
            visit.complaints.append(f"{message.text} ({message.location.get('url', '')})")
            if message.type == "error"
            else None
        ),
    )
    return visit


async def webp(visit: Visit, quality: int) -> bytes:
    """What is to be seen, as WebP, which Playwright itself does not make."""
    taken = await visit.devtools.send("Page.captureScreenshot", {"format": "webp", "quality": quality})
    return base64.b64decode(taken["data"])
