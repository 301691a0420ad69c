"""Logging in and out, in a real browser that is elsewhere."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable
from pathlib import Path
from urllib.parse import quote

import pytest
import pytest_asyncio

from fakes.browser import SMALLEST, Visit
from fakes.page_site import ARTIST, AWAY, TECHNICIAN, PageSite, open_page

pytestmark = pytest.mark.real

Visitor = Callable[..., Awaitable[Visit]]


@pytest_asyncio.fixture
async def site(tmp_path: Path) -> AsyncGenerator[PageSite]:
    async with open_page(tmp_path) as site:
        yield site


async def log_in(here: Visit, token: str) -> None:
    await here.page.fill("#token", token)
    await here.page.press("#token", "Enter")


async def test_an_artist_logs_in_and_out(site: PageSite, visitor: Visitor) -> None:
    here = await visitor(f"{site.address}/login", extra_http_headers=AWAY)
    await here.until("document.querySelector('#role').textContent === 'You are here as: visitor.'")
    assert not await here.page.is_visible("#to-artist")
    await log_in(here, ARTIST)
    await here.until("document.querySelector('#role').textContent === 'You are here as: artist.'")
    assert await here.page.is_visible("#to-artist")
    assert not await here.page.is_visible("#to-technician")
    assert await here.page.input_value("#token") == "", "no token is left in the page"
    assert await here.page.evaluate("document.cookie") == "", "no script can read the session"
    assert ARTIST not in here.page.url
    await here.page.click("#leave")
    await here.until("document.querySelector('#role').textContent === 'You are here as: visitor.'")
    assert len(site.gate.sessions) == 0


async def test_a_wrong_token_is_told_in_the_language_of_the_page(site: PageSite, visitor: Visitor) -> None:
    here = await visitor(f"{site.address}/login", SMALLEST, language="de-DE", extra_http_headers=AWAY)
    await log_in(here, "a guess of no use at all")
    await here.until("document.querySelector('#refusal').textContent === 'Dieses Kennwort hat niemand.'")
    assert await here.page.evaluate("document.documentElement.scrollWidth") <= SMALLEST.width
    assert all("403" in complaint for complaint in here.complaints), "the browser tells of the refusal itself"
    here.complaints.clear()
    await log_in(here, TECHNICIAN)
    await here.until("document.querySelector('#role').textContent === 'Sie sind hier als: Techniker.'")
    assert await here.page.is_visible("#to-technician")
    assert not await here.page.is_visible("#refusal")


async def test_at_the_machine_there_is_nothing_to_type(site: PageSite, visitor: Visitor) -> None:
    here = await visitor(f"{site.address}/login")
    await here.until("document.querySelector('#role').textContent === 'You are here as: technician.'")
    assert not await here.page.is_visible("#token")


async def test_at_a_screen_of_the_hall_there_is_something_to_type(tmp_path: Path, visitor: Visitor) -> None:
    async with open_page(tmp_path, {"here": "visitor"}) as site:
        here = await visitor(f"{site.address}/login")
        await here.until("document.querySelector('#role').textContent === 'You are here as: visitor.'")
        assert await here.page.is_visible("#token")
        assert not await here.page.is_visible("#leave")
        await log_in(here, TECHNICIAN)
        await here.until("document.querySelector('#role').textContent === 'You are here as: technician.'")
        assert await here.page.is_visible("#leave"), "nobody after them is to be technician"
        await here.page.click("#leave")
        await here.until("document.querySelector('#role').textContent === 'You are here as: visitor.'")


async def test_whoever_was_sent_to_log_in_comes_back_to_where_they_were(site: PageSite, visitor: Visitor) -> None:
    here = await visitor(f"{site.address}/login?next=/login%3Flang=de", extra_http_headers=AWAY)
    await here.until("document.querySelector('#role').textContent === 'You are here as: visitor.'")
    await log_in(here, ARTIST)
    await here.page.wait_for_url("**/login?lang=de")


@pytest.mark.parametrize(
    "foreign",
    [
        "https://evil.example/",
        "//evil.example/",
        "/\\evil.example/",
        "/\t/evil.example/",
        "//",
        "javascript:alert(1)",
        "wall",
        "",
    ],
)
async def test_a_login_leads_to_no_foreign_page(site: PageSite, visitor: Visitor, foreign: str) -> None:
    here = await visitor(f"{site.address}/login?next={quote(foreign)}", extra_http_headers=AWAY)
    await here.until("document.querySelector('#role').textContent === 'You are here as: visitor.'")
    await log_in(here, ARTIST)
    await here.until("document.querySelector('#role').textContent === 'You are here as: artist.'")
    assert here.page.url.startswith(f"{site.address}/login?")


async def test_a_path_that_names_another_host_once_it_is_read_twice_leads_to_no_foreign_page(
    site: PageSite, visitor: Visitor
) -> None:
    here = await visitor(f"{site.address}/login?next=/.//evil.example", extra_http_headers=AWAY)
    await here.until("document.querySelector('#role').textContent === 'You are here as: visitor.'")
    await log_in(here, ARTIST)
    await here.page.wait_for_url(f"{site.address}//evil.example")
    here.complaints.clear()


async def test_a_browser_of_2022_logs_in_and_comes_back(site: PageSite, visitor: Visitor) -> None:
    here = await visitor(f"{site.address}/login?next=/login%3Flang=de", extra_http_headers=AWAY)
    await here.until("document.querySelector('#role').textContent === 'You are here as: visitor.'")
    await here.page.evaluate("delete URL.canParse")
    await log_in(here, ARTIST)
    await here.page.wait_for_url("**/login?lang=de")
