"""How long a telephone on a slow network waits for the page."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from fakes.browser import TELEPHONE, Visit, visit
from fakes.hall import Hall

Visitor = Callable[..., Awaitable[Visit]]
PAINTED = "document.querySelector('rv-roll')?.painted > 3"
FIRST = "performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? 0"

pytestmark = pytest.mark.real


async def test_a_slow_telephone_sees_something_before_it_has_everything(hall: Hall, chromium: Any) -> None:
    """1.6 Mbit/s, 150 ms for each answer and a processor four times slower, as Lighthouse takes a telephone."""
    here = await visit(chromium, TELEPHONE)
    await here.slow_network()
    await here.page.goto(hall.address)
    await here.until(PAINTED)
    first = await here.page.evaluate(FIRST)
    roll = await here.page.evaluate("document.querySelector('rv-roll').firstPainted")
    loaded: float = await here.page.evaluate(
        "performance.getEntriesByType('resource').reduce((sum, one) => sum + one.encodedBodySize, 0)"
    )
    print(f"first picture after {first:.0f} ms, the roll after {roll:.0f} ms, {loaded / 1000:.0f} kB")
    assert 0 < first < roll, "the sentence does not wait for the roll"
    assert loaded < 400_000
    late: list[str] = await here.page.evaluate(
        """(() => {
          const named = new Set([...document.querySelectorAll('link[rel=modulepreload]')].map((one) => one.href));
          const modules = performance.getEntriesByType('resource').filter((one) => one.name.endsWith('.js'));
          return modules.map((one) => one.name).filter((one) => !named.has(one));
        })()"""
    )
    assert late == [], "no module is first heard of when another has come"
    assert here.complaints == []
