"""The day as a line with the present moment on it, for eyes and for screen readers."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from fakes.browser import SMALLEST, Visit
from fakes.hall import Hall

pytestmark = pytest.mark.real

Visitor = Callable[..., Awaitable[Visit]]
LINE = """() => {
  const line = document.querySelector('.day-line').getBoundingClientRect();
  const mark = document.querySelector('.day-mark').getBoundingClientRect();
  const shares = [...document.querySelectorAll('.day-stretches span')].map((one) =>
    [one.textContent, Math.round(240 * one.getBoundingClientRect().width / line.width) / 10]);
  return { shares, at: 24 * (mark.left + mark.width / 2 - line.left) / line.width, time: mark.height > 0 &&
    document.querySelector('.day-mark span').textContent };
}"""


async def read_aloud(here: Visit, node: str) -> str:
    """What a screen reader finds in a part of the page: everything that is not hidden from it."""
    return await here.page.evaluate(
        """(node) => {
          const copy = document.querySelector(node).cloneNode(true);
          for (const hidden of copy.querySelectorAll('[aria-hidden="true"]')) hidden.remove();
          return [...copy.querySelectorAll('p, li')].map((one) =>
            [...one.childNodes].map((part) => part.textContent).join(' ')).join('|');
        }""",
        node,
    )


async def test_the_day_is_a_line_of_24_hours_with_now_on_it(hall: Hall, visitor: Visitor) -> None:
    here = await visitor(hall.address)
    await here.until("document.querySelector('.day-mark')?.checkVisibility()")
    line: dict[str, Any] = await here.page.evaluate(LINE)
    assert [name for name, _ in line["shares"]] == ["rest", "Tides", "Cat dreams (longing)", "rest"]
    assert [hours for _, hours in line["shares"]] == pytest.approx([7.0, 5.0, 9.5, 2.5], abs=0.3)
    assert line["at"] == pytest.approx(9.5, abs=0.2)
    assert line["time"] == "09:30", "of the place, wherever the visitor's own clock is"
    current = "document.querySelector('.day-stretches [data-now]').textContent"
    assert await here.page.evaluate(current) == "Tides"


async def test_the_day_is_read_aloud_with_now_in_it_and_follows_the_clock(hall: Hall, visitor: Visitor) -> None:
    here = await visitor(hall.address)
    await here.until("document.querySelector('.day-says')?.textContent.includes('09:30')")
    assert await read_aloud(here, "#day") == (
        "It is 09:30: Tides. At 12:00: Cat dreams (longing).|07:00 Tides now|12:00 Cat dreams (longing)|21:30 rest"
    )
    assert await here.page.get_attribute(".day-list [aria-current]", "aria-current") == "time"
    hall.day = 23.0 * 3600
    day = hall.now()["day"]
    hall.state = {"day": [{**day[0], "now": False}, day[1], {**day[2], "now": True}]}
    hall.tell("now", hall.now())
    await here.page.evaluate("import('/static/js/clock.js').then((clock) => clock.measureClock())")
    await here.until("document.querySelector('.day-mark span').textContent === '23:00'")
    assert (await here.page.evaluate(LINE))["at"] == pytest.approx(23.0, abs=0.2)
    await here.until("document.querySelector('.day-says').textContent=== 'It is 23:00: rest. At 07:00: Tides.'")


async def test_the_wall_has_the_day_too_and_no_site_without_a_programme(hall: Hall, visitor: Visitor) -> None:
    here = await visitor(f"{hall.address}/wall")
    await here.until("document.querySelector('.day-mark')?.checkVisibility()")
    assert (await here.page.evaluate(LINE))["at"] == pytest.approx(9.5, abs=0.2)
    assert (await read_aloud(here, "#day")).startswith("It is 09:30: Tides.")
    fits = "document.documentElement.scrollHeight <= innerHeight && document.documentElement.scrollWidth <= innerWidth"
    assert await here.page.evaluate(fits)
    hall.state = {"day": []}
    hall.tell("now", hall.now())
    await here.until("document.querySelector('#day').hidden")


async def test_the_line_fits_the_smallest_telephone(hall: Hall, visitor: Visitor) -> None:
    here = await visitor(hall.address, SMALLEST)
    await here.until("document.querySelector('.day-mark')?.checkVisibility()")
    assert await here.page.evaluate("document.documentElement.scrollWidth") <= SMALLEST.width
