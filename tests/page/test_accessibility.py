"""The page for those who see little, touch nothing, or want no motion."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest

from fakes.axe import findings
from fakes.browser import DESK, TELEPHONE, Screen, Visit
from fakes.hall import Hall

Visitor = Callable[..., Awaitable[Visit]]
PAINTED = "document.querySelector('rv-roll')?.painted > 3"

pytestmark = pytest.mark.real


@pytest.mark.parametrize("screen", [DESK, TELEPHONE], ids=["desk", "telephone"])
@pytest.mark.parametrize("scheme", ["dark", "light"])
async def test_nothing_on_the_page_keeps_anybody_out(hall: Hall, visitor: Visitor, scheme: str, screen: Screen) -> None:
    here = await visitor(hall.address, screen, color_scheme=scheme)
    await here.until(PAINTED)
    await here.until("document.querySelectorAll('#timbres img').length === 6")
    assert await findings(here) == []


async def test_nothing_on_the_wall_keeps_anybody_out(hall: Hall, visitor: Visitor) -> None:
    here = await visitor(f"{hall.address}/wall")
    await here.until(PAINTED)
    assert await findings(here) == []


async def test_what_axe_finds_is_told(hall: Hall, visitor: Visitor) -> None:
    here = await visitor(hall.address)
    await here.until(PAINTED)
    await here.page.evaluate(
        "document.querySelector('#main').append(Object.assign(document.createElement('button'), { className: 'x' }))"
    )
    assert any(finding.startswith("button-name") for finding in await findings(here))


async def test_everything_that_can_be_touched_is_reached_by_the_keyboard(hall: Hall, visitor: Visitor) -> None:
    here = await visitor(hall.address)
    await here.until(PAINTED)
    wanted = await here.page.evaluate(
        """[...document.querySelectorAll('a[href], button, input, select, textarea, [tabindex="0"]')]
          .filter((one) => !one.disabled && !one.closest('noscript') && one.checkVisibility()).length"""
    )
    seen: set[str] = set()
    for _ in range(wanted):
        await here.page.keyboard.press("Tab")
        seen.add(
            await here.page.evaluate(
                """(() => {
                  const one = document.activeElement;
                  const { outlineStyle, outlineWidth } = getComputedStyle(one);
                  const place = [...document.querySelectorAll('*')].indexOf(one);
                  return `${one.localName} ${place} ${outlineStyle !== 'none' && parseFloat(outlineWidth) >= 2}`;
                })()"""
            )
        )
    assert len(seen) == wanted
    assert [one for one in seen if not one.endswith("true")] == [], "where the keyboard is can be seen"


async def test_who_wants_no_motion_sees_two_pictures_a_second(hall: Hall, visitor: Visitor) -> None:
    moving = await visitor(hall.address)
    still = await visitor(hall.address, reduced_motion="reduce")
    painted = "document.querySelector('rv-roll').painted"
    await still.until("document.querySelector('rv-roll').painted > 3")
    begins = [await one.page.evaluate(painted) for one in (moving, still)]
    await still.until(f"{painted} >= {begins[1] + 4}")
    ends = [await one.page.evaluate(painted) for one in (moving, still)]
    assert ends[0] - begins[0] > 3 * (ends[1] - begins[1])


async def test_the_roll_is_told_in_words(hall: Hall, visitor: Visitor) -> None:
    here = await visitor(hall.address)
    await here.until("document.querySelector('#roll-text').textContent.length > 0")
    text = await here.page.inner_text("#roll-text")
    assert "lead" in text
    assert "notes in this bar" in text
    assert await here.page.get_attribute("#roll-text", "aria-live") == "polite"
    hall.seconds = 0.2
    bar = hall.bar
    await here.until(f"document.querySelector('rv-roll').timeline.bars.some((one) => one.bar > {bar + 12})")
    assert await here.page.inner_text("#roll-text") == text, "a screen reader is not made to read every bar"
