"""What stands around the music: pages, commands of this machine, and eyes on files. No note depends on any of it."""

from __future__ import annotations

import asyncio

from reverie.conductor.conductor import Conductor
from reverie.conductor.pages import serve_pages
from reverie.file_changes import FileWatch
from reverie.web.local_socket import LocalServer


async def surround(conductor: Conductor) -> None:
    """Serve and look until cancelled."""
    loop, config = asyncio.get_running_loop(), conductor.config
    files = FileWatch(conductor.watched_files, lambda paths: loop.call_soon_threadsafe(conductor.files_changed, paths))
    files.start()
    conductor.site_watch.start()
    try:
        await asyncio.gather(
            serve_pages(conductor, config.address, config.port, conductor.faults, conductor.page.parts),
            conductor.page.run(),
            LocalServer(conductor, config.state, conductor.faults).run(),
        )
    finally:
        files.stop()
