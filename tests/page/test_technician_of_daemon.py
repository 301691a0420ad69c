"""The technician's page of a whole daemon whose only slot has no device."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest

from fakes.browser import Visit
from fakes.daemon import Daemon
from fakes.patience import PATIENCE

pytestmark = [pytest.mark.real, pytest.mark.whole]

Visitor = Callable[..., Awaitable[Visit]]


def lives(daemon: Daemon) -> dict[str, int]:
    return {process["role"]: process["restarts"] for process in daemon.status()["processes"]}


async def test_a_technician_finds_the_missing_device_and_starts_the_composer_anew(
    daemon: Daemon, visitor: Visitor
) -> None:
    daemon.wait_for_bars(1)
    here = await visitor(f"http://localhost:{daemon.port}/technician")
    await here.until("document.querySelector('[data-stage=port]')?.dataset.level === 'bad'")
    await here.until("document.querySelector('[data-stage=composer]').dataset.level === 'good'")
    await here.until("document.querySelector('[data-stage=player]').dataset.level === 'good'")
    assert "Slot main" in await here.page.inner_text("[data-stage=port]")
    await here.page.get_by_role("button", name="Test tone on main").click()
    await here.until("document.querySelector('#said').textContent.includes('the slot has no device')")
    assert lives(daemon)["composer"] == 0
    await here.page.get_by_role("button", name="Start anew: composer").click()
    await here.page.get_by_role("button", name="Sure? Press again: composer").click()
    await here.until("document.querySelector('#said').textContent.startsWith('It is done: restart composer')")
    await here.until("document.querySelector('#log').textContent.includes('ended by a technician')", 2 * PATIENCE)
    assert lives(daemon)["composer"] == 1
    done = [(one["action"], one["value"], one["source"]) for one in daemon.records()]
    assert ("restart", "composer", "technician") in done
    await here.until("document.querySelector('[data-stage=composer]').dataset.level === 'good'", 2 * PATIENCE)
    assert all("409" in one for one in here.complaints), "the tone that was refused"
    here.complaints.clear()
