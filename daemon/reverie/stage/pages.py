"""What the conductor tells those who ask from outside: the pages, and the state as plain data."""

from __future__ import annotations

import asyncio
import importlib
import logging
from collections.abc import Iterable
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from reverie.stage.supervisor import ProcessInfo
from reverie.watch.evidence import Evidence

if TYPE_CHECKING:
    from reverie.watch.web import House

log = logging.getLogger(__name__)


async def serve_pages(house: House, address: str, port: int) -> None:
    """Serve the pages until cancelled; a fault there is no reason for silence."""
    try:
        # The web server takes as long to import as all else together: the first note goes before it.
        await asyncio.to_thread(importlib.import_module, "reverie.watch.web")
        from reverie.watch.web import application, serve

        await serve(application(house, address), address, port, log.warning)
    except Exception:
        log.exception("There is no status page any more; the music plays on.")
        await asyncio.Event().wait()


def describe(evidence: Evidence, now: float, faults: Iterable[str], processes: Iterable[ProcessInfo]) -> dict[str, Any]:
    """What a person may want to know of the music, the slots and the processes."""
    alive, ready, bar = evidence.alive(now), evidence.ready(), evidence.bar
    return {
        "bar": bar and bar.scene_bar + 1,
        "alive": {"ok": alive.ok, "sentence": alive.sentence},
        "ready": {"ok": ready.ok, "sentence": ready.sentence},
        "concerns": [*evidence.concerns(now), *faults],
        "slots": [asdict(slot) for slot in evidence.slots],
        "sync": evidence.sync and asdict(evidence.sync),
        "processes": [asdict(info) for info in processes],
    }
