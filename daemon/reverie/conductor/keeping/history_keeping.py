"""The history beside the music: told by the bus, written in the rounds of what must last."""

from __future__ import annotations

from reverie.clock import Clock, SystemClock
from reverie.conductor.conductor import Conductor
from reverie.conductor.hours.rest_work import in_thread
from reverie.conductor.keeping.maintenance import Housekeeping
from reverie.history.history_file import FILE
from reverie.history.history_store import HistoryStore
from reverie.site.storage_section import StorageSection

WEEK = 7 * 86_400.0


def keep_history(
    conductor: Conductor, housekeeping: Housekeeping, storage: StorageSection, clock: Clock | None = None
) -> HistoryStore:
    """Have all that happens from now on kept in the state folder, and what is empty in it given back in rests."""
    config = conductor.config
    history = HistoryStore(
        config.state / FILE,
        conductor.faults,
        clock or SystemClock(),
        quota=storage.history_bytes,
        flush=storage.flush,
        version=config.version,
    )
    history.subscribe_to(conductor.bus)
    housekeeping.keep_too(history.write, history.close, often=True)
    conductor.day.work.in_rests(
        "the history gives room back to the disk",
        in_thread(history.vacuum),
        WEEK,
        waits=lambda: history.wasteful,
        at_latest=8 * WEEK,
    )
    return history
