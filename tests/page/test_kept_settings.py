"""What a visitor has set stays set on that device: colours and loudness."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest
from playwright.async_api import expect

from fakes.browser import Visit
from fakes.hall import Hall

pytestmark = pytest.mark.real

Visitor = Callable[..., Awaitable[Visit]]
GROUND = "getComputedStyle(document.documentElement).backgroundColor"


async def test_colours_and_loudness_are_remembered_on_the_device(hall: Hall, visitor: Visitor) -> None:
    here = await visitor(hall.address, color_scheme="dark")
    dark = await here.page.evaluate(GROUND)
    await here.page.select_option("#theme", "bright")
    await here.until(f"{GROUND} !== {dark!r}")
    bright = await here.page.evaluate(GROUND)
    await here.page.get_by_role("button", name="Listen", exact=True).click()
    await here.page.get_by_label("Loudness").fill("30")
    await here.page.reload()
    await here.until(f"{GROUND} === {bright!r}")
    await here.page.get_by_role("button", name="Listen", exact=True).click()
    await expect(here.page.get_by_label("Loudness")).to_have_value("30")
    assert await here.page.evaluate("document.querySelector('rv-listen').listening.volume") == 0.3
    await here.page.select_option("#theme", "auto")
    await here.until(f"{GROUND} === {dark!r}")
