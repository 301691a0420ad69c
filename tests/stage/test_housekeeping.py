from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

from fakes.patience import PATIENCE
from fakes.recipes import recipe
from reverie.music.notes import Loop, Note
from reverie.music.time import Metre
from reverie.stage.housekeeping import Housekeeping
from reverie.stage.state import GoodLoop, StateStore
from reverie.watch.faults import Faults

GOOD = GoodLoop(recipe(scene="study"), Loop(1, Metre(), (Note(0, 9, 60),)))


async def test_what_must_last_is_written_and_the_programme_is_reminded_of(tmp_path: Path) -> None:
    store = StateStore(tmp_path, Faults())
    keeping = Housekeeping(store, tmp_path / "tape", 30, Faults())
    reminded = asyncio.Event()
    now = datetime.now().astimezone()  # one moment alone could pass before the scheduler is up, and be tomorrow's
    keeping.remind([(now + timedelta(seconds=ahead)).time() for ahead in range(1, 60)], reminded.set)
    running = asyncio.create_task(keeping.run())
    store.remember(GOOD)
    async with asyncio.timeout(PATIENCE):
        while not (tmp_path / "loops" / "study.json").exists():  # noqa: ASYNC110 - no event announces a file
            await asyncio.sleep(0.05)
        await reminded.wait()
    running.cancel()
    await keeping.finish()
    assert StateStore(tmp_path, Faults()).loops("study", "lead") == (GOOD,)


async def test_a_full_disk_is_emptied_before_it_is_filled(tmp_path: Path) -> None:
    tape = tmp_path / "tape"
    tape.mkdir()
    old = tape / f"{datetime.now(UTC) - timedelta(days=40):%Y-%m-%dT%H}.mid"
    old.write_bytes(b"old")
    (tape / "2020-01-01T00.journal").mkdir()  # cannot be sealed
    keeping = Housekeeping(StateStore(tmp_path, Faults()), tape, 30, Faults())
    await keeping.finish()
    assert not old.exists()
