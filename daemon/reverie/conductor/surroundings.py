"""What stands around the music: pages, commands of this machine, and eyes on files. No note depends on any of it."""

from __future__ import annotations

import asyncio

from reverie.conductor.conductor import Conductor
from reverie.conductor.pages import serve_pages
from reverie.file_changes import FileWatch
from reverie.web.local_socket import LocalServer
from reverie.web.page_parts import PageParts


async def surround(conductor: Conductor) -> None:
    """Serve and look until cancelled."""
    loop, config = asyncio.get_running_loop(), conductor.config
    files = FileWatch(conductor.watched_files, lambda paths: loop.call_soon_threadsafe(conductor.files_changed, paths))
    parts = PageParts(
        controls=config.controls.http,
        section=config.site.page,
        live=conductor.live,
        play=conductor.visits,
        sounds=conductor.sounds,
        pictures=conductor.pictures,
        artist=conductor.artist,
        desk=conductor.desk,
        moments=conductor.visits.moments.store,
    )
    files.start()
    conductor.site_watch.start()
    try:
        await asyncio.gather(
            serve_pages(conductor, config.address, config.port, conductor.faults, parts),
            conductor.visits.moments.store.run(),
            conductor.sounds.run(),
            conductor.pictures.run(),
            LocalServer(conductor, config.state, conductor.faults).run(),
        )
    finally:
        files.stop()
