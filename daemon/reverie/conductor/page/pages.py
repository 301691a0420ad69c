"""What the conductor tells those who ask from outside: the pages, and the state as plain data."""

from __future__ import annotations

import asyncio
import importlib
import logging
from collections.abc import Iterable
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from reverie.processes.supervisor import ProcessInfo
from reverie.site.page_section import PageSection
from reverie.watch.evidence import Evidence
from reverie.watch.fault_kinds import WEB_FLOOD
from reverie.watch.faults import Faults
from reverie.watch.floods import Flood
from reverie.watch.summary import Summary
from reverie.web.page_parts import PageParts

if TYPE_CHECKING:
    from reverie.web.server import StatusSource

log = logging.getLogger(__name__)


AGAIN = 10.0
"""Seconds until the pages are served anew after a fault."""


async def serve_pages(
    source: StatusSource,
    address: str,
    port: int,
    faults: Faults,
    parts: PageParts,
) -> None:
    """Serve the pages until cancelled; a fault there is no reason for silence."""
    flood = Flood(faults, WEB_FLOOD)
    watching = asyncio.create_task(_watch(flood))
    try:
        while True:
            try:
                # The web server takes as long to import as all else together: the first note goes before it.
                await asyncio.to_thread(importlib.import_module, "reverie.web.server")
                from reverie.web.gate import PageGate
                from reverie.web.server import application, serve
                from reverie.web.static_files import StaticFiles

                files = await asyncio.to_thread(StaticFiles.read)  # disks are slow, and so is packing
                gate = PageGate(parts.section or PageSection(), faults, address)
                app = application(source, address, parts, gate, files)
                await serve(app, address, port, faults, crowded=flood.count, gate=gate)
            except Exception:
                log.exception("There is no status page for now; the music plays on.")
                await asyncio.sleep(AGAIN)
    finally:
        watching.cancel()


async def _watch(flood: Flood) -> None:
    while True:
        await asyncio.sleep(1.0)
        flood.look()


def describe(
    evidence: Evidence, now: float, summary: Summary, faults: Iterable[str], processes: Iterable[ProcessInfo]
) -> dict[str, Any]:
    """What a person may want to know of the music, the slots and the processes."""
    alive, ready = evidence.alive(now), evidence.ready()
    return {
        "summary": {"level": summary.level, "mark": summary.mark, "sentence": summary.sentence},
        "bar": evidence.sounding_bar,
        "alive": {"ok": alive.ok, "sentence": alive.sentence},
        "ready": {"ok": ready.ok, "sentence": ready.sentence},
        "concerns": [*evidence.concerns(now), *faults],
        "slots": [asdict(slot) for slot in evidence.slots],
        "sounds": {name: asdict(sound) for name, sound in evidence.sounds.items()},
        "self_test": evidence.tested
        and {"at": evidence.tested.at.wall, "slots": [asdict(slot) for slot in evidence.tested.slots]},
        "sync": evidence.sync and asdict(evidence.sync),
        "room": evidence.room and asdict(evidence.room),
        "processes": [asdict(info) for info in processes],
    }
