"""What goes on beside the music for good: one that raised ended the daemon, and begins anew now."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from fakes.conductors import Theatre
from fakes.patience import PATIENCE
from fakes.scenes import TEXT
from reverie import attending
from reverie.conductor.conductor import Conductor

PLACES: dict[str, tuple[Callable[[Conductor], object], str, str]] = {
    "rests": (lambda one: one.day.work, "run", "Nothing is done while it rests for now"),
    "timbres": (lambda one: one._timbres, "run", "No bank is rendered for now"),
    "lives": (lambda one: one._lives, "attend", "Crashes are not counted for now"),
    "curves": (lambda one: one.page.vital_signs, "attend", "No curves are kept for now"),
    "pages": (lambda one: one.page.live, "attend", "Pages are told nothing for now"),
}


@pytest.mark.parametrize("place", PLACES)
async def test_a_service_that_raised_ended_the_daemon(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, place: str
) -> None:
    monkeypatch.setattr(attending, "AGAIN", 0.01)
    theatre = Theatre(tmp_path, {"study": TEXT})
    of, name, sentence = PLACES[place]
    service = of(theatre.conductor)
    attend: Callable[[], Awaitable[object]] = getattr(service, name)
    begun, goes_on = list[int](), asyncio.Event()

    async def breaks_once() -> None:
        begun.append(1)
        if len(begun) == 1:
            raise ZeroDivisionError(place)
        goes_on.set()
        await attend()

    monkeypatch.setattr(type(service), name, lambda _: breaks_once())
    running = asyncio.create_task(theatre.conductor.run(None))
    async with asyncio.timeout(PATIENCE):
        await goes_on.wait()
    assert not running.done()
    assert f"{sentence}; it is tried again, and the music plays on." in caplog.text
    theatre.conductor.stop()
    await asyncio.wait_for(running, PATIENCE)
    assert len(begun) == 2
