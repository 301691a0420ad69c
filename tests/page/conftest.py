"""Visitors of the page: a real browser, a hall with made-up music, and a whole daemon.

A page that complains on its console fails its test, unless the test takes the complaints away because it wants them.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from fakes.daemon import STUDY, Daemon
from fakes.hall import Hall, open_hall

playwright = pytest.importorskip("playwright.async_api", reason="Playwright is not installed (make tools)")

from fakes.browser import DESK, Screen, Visit, find_chromium, running_chromium, visit  # noqa: E402

Visitor = Callable[..., Awaitable[Visit]]


@pytest_asyncio.fixture
async def chromium() -> AsyncGenerator[Any]:
    program = find_chromium()
    if program is None:
        pytest.skip("there is no Chromium (apt install chromium)")
    async with running_chromium(program) as browser:
        yield browser


@pytest_asyncio.fixture
async def visitor(chromium: Any) -> AsyncGenerator[Visitor]:
    """Opens an address: ``await visitor("http://...", TELEPHONE, language="de")``."""
    visits: list[Visit] = []

    async def come(address: str, screen: Screen = DESK, **options: Any) -> Visit:
        one = await visit(chromium, screen, **options)
        visits.append(one)
        await one.page.goto(address, wait_until="load")
        return one

    yield come
    complaints = [complaint for one in visits for complaint in one.complaints]
    assert complaints == []


@pytest_asyncio.fixture
async def hall() -> AsyncGenerator[Hall]:
    """A hall that plays; its address is ``hall.address``."""
    hall = Hall()
    async with open_hall(hall) as address:
        hall.address = address
        yield hall


@pytest.fixture
def daemon(tmp_path: Path) -> Iterator[Daemon]:
    """The whole daemon, with a scene in haste and no device: its music goes to the tape alone."""
    daemon = Daemon(tmp_path / "daemon", {"main": {"kind": "port", "match": "^nowhere:"}}, STUDY)
    yield daemon.start()
    daemon.kill()
