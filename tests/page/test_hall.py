"""The page for everyone and the wall, in a real browser, with made-up music."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest

from fakes.browser import DESK, SMALLEST, TELEPHONE, WALL, Screen, Visit
from fakes.hall import Hall

pytestmark = pytest.mark.real

Visitor = Callable[..., Awaitable[Visit]]
PAINTED = "document.querySelector('rv-roll')?.painted > 3"


@pytest.mark.parametrize("path", ["/", "/wall"])
async def test_it_says_what_plays_and_paints_the_roll(hall: Hall, visitor: Visitor, path: str) -> None:
    here = await visitor(f"{hall.address}{path}")
    await here.until(PAINTED)
    assert await here.page.inner_text("#says") == "Playing Tides."
    assert "a lighthouse that nobody keeps" in await here.page.inner_text("#mood")
    assert "lead" in await here.page.inner_text("#legend")
    lit = await here.page.evaluate(
        """() => {
          const canvas = document.querySelector('rv-roll canvas');
          const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
          const colours = new Set();
          for (let at = 0; at < data.length; at += 4)
            if (data[at + 3] > 200) colours.add(`${data[at] >> 5},${data[at + 1] >> 5},${data[at + 2] >> 5}`);
          return colours.size;
        }"""
    )
    assert lit > 8, "notes of four voices, text, and the line of the moment"


@pytest.mark.parametrize("screen", [DESK, TELEPHONE, SMALLEST, WALL], ids=["desk", "telephone", "320px", "4K"])
@pytest.mark.parametrize("path", ["/", "/wall"])
async def test_nothing_is_wider_than_the_screen(hall: Hall, visitor: Visitor, screen: Screen, path: str) -> None:
    here = await visitor(f"{hall.address}{path}", screen)
    await here.until(PAINTED)
    assert await here.page.evaluate("document.documentElement.scrollWidth") <= screen.width


@pytest.mark.parametrize(
    ("language", "said"), [("en-GB", "Playing Tides."), ("de-AT", "Es spielt: Tides."), ("fr-FR", "En cours : Tides.")]
)
async def test_it_speaks_the_language_of_the_browser(hall: Hall, visitor: Visitor, language: str, said: str) -> None:
    here = await visitor(hall.address, language=language)
    await here.until(f"document.querySelector('#says').textContent === {said!r}")
    assert await here.page.get_attribute("html", "lang") == language[:2]


async def test_a_chosen_language_is_kept(hall: Hall, visitor: Visitor) -> None:
    here = await visitor(hall.address)
    await here.page.select_option("#language", "de")
    await here.until("document.querySelector('#voices-title').textContent === 'Die Stimmen'")
    await here.page.reload()
    await here.until("document.querySelector('#voices-title').textContent === 'Die Stimmen'")


async def test_a_lost_connection_is_told_quietly_and_comes_back_by_itself(hall: Hall, visitor: Visitor) -> None:
    here = await visitor(hall.address)
    await here.until(PAINTED)
    await here.page.wait_for_selector("#connection", state="hidden")
    hall.hang_up()
    await here.page.wait_for_selector("#connection", state="visible")
    await here.page.wait_for_selector("#connection", state="hidden")
    bar = hall.bar
    await here.until(f"document.querySelector('rv-roll').timeline.bars.some((one) => one.bar > {bar})")
