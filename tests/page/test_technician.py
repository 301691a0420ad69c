"""The technician's page and the card for the wall, in a real browser."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from pathlib import Path

import pytest
import pytest_asyncio

from fakes.browser import DESK, SMALLEST, TELEPHONE, Screen, Visit
from fakes.page_site import AWAY, TECHNICIAN, PageSite, open_page
from fakes.patience import PATIENCE
from fakes.technician_source import QuietDesk

pytestmark = pytest.mark.real

Visitor = Callable[..., Awaitable[Visit]]
CARD = "!document.querySelector('#card').hidden"
READY = "document.querySelectorAll('#charts svg').length === 7"


@pytest.fixture
def desk() -> QuietDesk:
    return QuietDesk()


@pytest_asyncio.fixture
async def site(tmp_path: Path, desk: QuietDesk) -> AsyncGenerator[PageSite]:
    page = {"contact": {"name": "Front desk", "telephone": "+49 30 1234567", "language": "de"}}
    async with open_page(tmp_path, page, desk=desk) as site:
        yield site


async def until_done(desk: QuietDesk, *wanted: tuple[str, object]) -> None:
    async with asyncio.timeout(PATIENCE):
        while desk.done != list(wanted):  # noqa: ASYNC110 - a browser does it
            await asyncio.sleep(0.02)


async def test_each_stage_is_shown_and_nothing_that_is_told_is_markup(site: PageSite, visitor: Visitor) -> None:
    here = await visitor(f"{site.address}/technician")
    await here.until(READY)
    levels = await here.page.eval_on_selector_all("#stages li", "all => all.map(one => one.dataset.level)")
    assert levels == ["good"] * 5 + ["doubtful"]
    assert "Choose its program." in await here.page.inner_text("#stages")
    assert "main <b>here</b>" in await here.page.inner_text("#slots")
    assert "<script>alert(1)</script>" in await here.page.inner_text("#log")
    assert "Slot daw was away." in await here.page.inner_text("#faults")
    assert await here.page.get_attribute("#contact a", "href") == "tel:+49301234567"


@pytest.mark.parametrize("screen", [DESK, TELEPHONE, SMALLEST], ids=["desk", "telephone", "320px"])
@pytest.mark.parametrize(
    ("path", "ready"), [("/technician", READY), ("/card", "!document.querySelector('#card').hidden")]
)
async def test_nothing_of_the_desk_is_wider_than_the_screen(
    site: PageSite, visitor: Visitor, screen: Screen, path: str, ready: str
) -> None:
    here = await visitor(f"{site.address}{path}", screen, language="de-DE")
    await here.until(ready)
    assert await here.page.evaluate("document.documentElement.scrollWidth") <= screen.width


async def test_a_tone_is_played_on_the_slot_whose_button_is_pressed(
    site: PageSite, visitor: Visitor, desk: QuietDesk
) -> None:
    here = await visitor(f"{site.address}/technician")
    await here.until(READY)
    await here.page.get_by_role("button", name="Test tone on main").click()
    await until_done(desk, ("tone", "main"))
    await here.until("document.querySelector('#said').textContent === 'It is done: tone main.'")


async def test_what_is_heard_stands_beside_each_slot_and_all_are_tested(
    site: PageSite, visitor: Visitor, desk: QuietDesk
) -> None:
    here = await visitor(f"{site.address}/technician")
    await here.until(READY)
    assert await here.page.inner_text("[data-slot=main] .level") == "Heard, -23 dBFS."
    assert await here.page.inner_text("[data-slot=daw] .level") == (
        "Self-test: sent, and nothing hears it. Listen yourself."
    )
    assert await here.page.inner_text("#monitor") == "Monitor: Not heard, -71 dBFS."
    await here.page.get_by_role("button", name="Test every slot").click()
    await until_done(desk, ("self-test", None))


async def test_what_can_be_done_is_done(site: PageSite, visitor: Visitor, desk: QuietDesk) -> None:
    here = await visitor(f"{site.address}/technician")
    await here.until(READY)
    await here.page.get_by_role("button", name="Panic: end every note").click()
    await until_done(desk, ("panic", None))
    await here.page.get_by_role("button", name="Next scene").click()
    await until_done(desk, ("panic", None), ("next", None))
    desk.done.clear()
    await here.page.get_by_role("button", name="Pause").click()
    await until_done(desk, ("pause", True))
    await here.until("document.querySelector('[data-act=pause]').textContent === 'Play on'")
    await here.page.get_by_role("button", name="Play on").click()
    await until_done(desk, ("pause", True), ("pause", False))


async def test_a_worker_is_started_anew_at_the_second_press_alone(
    site: PageSite, visitor: Visitor, desk: QuietDesk
) -> None:
    here = await visitor(f"{site.address}/technician")
    await here.until(READY)
    await here.page.get_by_role("button", name="Start anew: composer").click()
    await here.page.get_by_role("button", name="Sure? Press again: composer").click()
    await until_done(desk, ("restart", "composer"))
    await here.page.get_by_role("button", name="Start anew: player").click()
    await here.page.get_by_role("button", name="Start anew: composer").click()
    assert desk.done == [("restart", "composer")], "one press each is no second one"


async def test_a_refusal_is_told(site: PageSite, visitor: Visitor, desk: QuietDesk) -> None:
    desk.ok = False
    here = await visitor(f"{site.address}/technician")
    await here.until(READY)
    await here.page.get_by_role("button", name="Next scene").click()
    await here.until("document.querySelector('#said').textContent === 'It was refused.'")
    assert all("409" in one for one in here.complaints), "the browser tells of it itself"
    here.complaints.clear()


async def test_curves_break_where_reverie_did_not_run(site: PageSite, visitor: Visitor) -> None:
    here = await visitor(f"{site.address}/technician")
    await here.until(READY)
    drawn = "document.querySelector('[data-chart=bars] path').getAttribute('d').split('M').length - 1"
    assert await here.page.evaluate(drawn) == 4
    lines = await here.page.evaluate("document.querySelectorAll('[data-chart=late] path').length")
    assert lines == 2
    label = await here.page.get_attribute("[data-chart=late] svg", "aria-label")
    assert label is not None
    assert "8 ms at most" in label
    await here.page.select_option("#span", "month")
    await here.until(f"{drawn} === 2")


async def test_the_report_and_the_bundle_come_as_files(site: PageSite, visitor: Visitor) -> None:
    here = await visitor(f"{site.address}/technician")
    await here.until(READY)
    for name, file in (
        ("Download the report", "reverie-report.txt"),
        ("Download the support bundle", "reverie-support.zip"),
    ):
        async with here.page.expect_download() as download:
            await here.page.get_by_role("link", name=name).click()
        assert (await download.value).suggested_filename == file


async def test_elsewhere_the_page_asks_for_a_login_and_then_shows_all(site: PageSite, visitor: Visitor) -> None:
    here = await visitor(f"{site.address}/technician", extra_http_headers=AWAY)
    await here.until("document.querySelector('#refusal').textContent.startsWith('This page is for technicians.')")
    assert not await here.page.is_visible("#desk")
    assert all("401" in one for one in here.complaints)
    here.complaints.clear()
    await here.page.click("#refusal a")
    await here.until("location.pathname === '/login'")
    await here.page.fill("#token", TECHNICIAN)
    await here.page.press("#token", "Enter")
    await here.until("location.pathname === '/technician'")
    await here.until(READY)


async def test_the_card_has_a_code_that_leads_to_the_page_and_who_helps(site: PageSite, visitor: Visitor) -> None:
    here = await visitor(f"{site.address}/card")
    await here.until("document.querySelector('#help').textContent.includes('rufen Sie an')")
    assert await here.page.inner_text("#shown-address") == f"{site.address}/"
    assert await here.page.inner_text(".number") == "+49 30 1234567"
    side = await here.page.evaluate("document.querySelector('#code svg').viewBox.baseVal.width")
    squares = await here.page.evaluate("document.querySelector('#code path').getAttribute('d').split('M').length - 1")
    assert squares > side * side / 5
    await here.page.fill("#address", "https://music.example.org/")
    await here.page.press("#address", "Enter")
    await here.until("document.querySelector('#shown-address').textContent === 'https://music.example.org/'")
    await here.page.emulate_media(media="print")
    assert not await here.page.is_visible("#form")
    assert await here.page.is_visible("#code")
