"""How seldom the disk is written to, and the room of the history, count as soon as they are changed."""

from __future__ import annotations

import asyncio
from pathlib import Path

from fakes.conductors import Theatre
from fakes.hand_clock import HandClock
from fakes.scenes import TEXT
from reverie.compose.messages import ComposerSetup, FlushEvery, ToComposer
from reverie.conductor.keeping.history_keeping import keep_history
from reverie.conductor.keeping.standing_keeping import StandingKeeper
from reverie.conductor.keeping.storage_taking import take_storage
from reverie.history.standing import FILE, StandingStore
from reverie.processes.codec import from_message
from reverie.site.storage_section import StorageSection


async def test_what_must_last_was_written_as_often_as_at_the_start(tmp_path: Path) -> None:
    clock = HandClock()
    theatre = Theatre(tmp_path, {"study": TEXT}, clock=clock)
    conductor, housekeeping = theatre.conductor, theatre.conductor._housekeeping
    housekeeping._clock, housekeeping._flush = clock, 3600.0
    history = keep_history(conductor, housekeeping, StorageSection(flush=3600.0), clock)
    standing = StandingStore(conductor.config.state, None, clock, 3600.0)
    StandingKeeper(conductor, standing, theatre.store).attend(housekeeping, conductor._lives)
    take_storage(conductor, history, standing)
    file = conductor.config.state / FILE

    async def plays_on(seconds: float) -> bytes:
        clock.go(seconds)
        theatre.play()
        await housekeeping._write_state()
        return file.read_bytes()

    theatre.begin()
    theatre.answer()
    first = await plays_on(0)
    assert await plays_on(1800) == first, "an hour is not over"
    (tmp_path / "reverie.yaml").write_text("storage: {flush: 60, history: 0.5}\n")
    assert "storage.flush, storage.history" in conductor.reload().sentence
    second = await plays_on(59)
    assert second == first
    third = await plays_on(1)
    assert third != first, "a minute is"
    assert await plays_on(30) == third
    assert await plays_on(30) != third
    assert history._quota == 500_000_000
    assert history._flush == 60
    sent = [from_message(ToComposer, one) for one in theatre.composer.sent]
    assert sent.count(FlushEvery(300.0)) == 1, "the composer kept its hour"
    theatre.composer.dies()
    theatre.composer.starts()
    setups = [said for one in theatre.composer.sent if isinstance(said := from_message(ToComposer, one), ComposerSetup)]
    assert setups[-1].flush == 300.0, "and so did its next life"
    await asyncio.to_thread(history.close)
