"""An artist comes to a whole daemon from elsewhere: asked for a token, let in, and no further than artists may."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator

import pytest
from playwright.async_api import expect

from fakes.browser import Visit
from fakes.daemon import Daemon
from fakes.heard_tune import TUNE
from fakes.page_site import ARTIST, AWAY

pytestmark = [pytest.mark.real, pytest.mark.whole]

Visitor = Callable[..., Awaitable[Visit]]


@pytest.fixture
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Daemon]:
    """A daemon with a token for its artist, and none for technicians."""
    folder = tmp_path_factory.mktemp("guarded") / "daemon"
    daemon = Daemon(folder, {"main": {"kind": "browser"}}, TUNE, page={"artist_token_file": "word"})
    (folder / "word").write_text(ARTIST)
    (folder / "word").chmod(0o600)
    daemon.start()
    daemon.wait_for_bars(1)
    yield daemon
    daemon.kill()


async def test_an_artist_from_elsewhere_logs_in_plays_and_leaves(guarded: Daemon, visitor: Visitor) -> None:
    here = await visitor(f"http://localhost:{guarded.port}/artist", extra_http_headers=AWAY)
    page = here.page
    await page.get_by_role("link", name="Log in").first.click()
    await page.wait_for_url("**/login?next=/artist")
    await page.fill("#token", ARTIST)
    await page.press("#token", "Enter")
    await page.wait_for_url("**/artist")
    await page.locator("#volume").fill("0.5")
    await expect(page.locator("#stage .set")).to_contain_text("volume")
    await page.goto(f"http://localhost:{guarded.port}/technician")
    await expect(page.locator("#refusal")).to_contain_text("This page is for technicians.")
    assert await page.locator("#desk").is_hidden()
    await page.goto(f"http://localhost:{guarded.port}/login")
    await page.click("#leave")
    await expect(page.locator("#role")).to_have_text("You are here as: visitor.")
    await page.goto(f"http://localhost:{guarded.port}/artist")
    await expect(page.locator("#artist-login")).to_contain_text("This page is for the artist.")
    assert all("401" in one or "403" in one for one in here.complaints), here.complaints
    here.complaints.clear()
