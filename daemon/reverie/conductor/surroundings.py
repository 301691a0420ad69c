"""What stands around the music: pages, commands of this machine, and eyes on files. No note depends on any of it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from functools import cache, partial
from typing import Protocol

from reverie.attending import lasting
from reverie.conductor.care.sound_watch import SoundWatch
from reverie.conductor.conductor import Conductor
from reverie.conductor.far.far_side import FarSide
from reverie.conductor.in_any_case import in_any_case
from reverie.conductor.page.pages import serve_pages
from reverie.conductor.rooms.room_side import RoomSide
from reverie.file_changes import FileWatch
from reverie.web.local_socket import REPLAY, LocalServer


class Service(Protocol):
    """What goes on beside the music."""

    async def run(self) -> None:
        """Go on until cancelled."""
        ...


async def surround(conductor: Conductor, sound: SoundWatch) -> None:
    """Serve, look and listen until cancelled; whatever of it fails begins again, and the music plays on."""
    loop, config = asyncio.get_running_loop(), conductor.config
    in_loop = loop.call_soon_threadsafe
    files = FileWatch(conductor.watched_files, lambda paths: in_loop(conductor.files_changed, paths))
    for look in (
        files.start,
        partial(conductor.day.watch_sensor, in_loop),
        partial(conductor.site_watch.start, in_loop),
    ):
        in_any_case(look)

    def commands() -> Service:
        slots, words = conductor.page.desk.test_slots, {REPLAY: conductor.page.replay}
        return LocalServer(conductor, config.state, conductor.faults, test_slots=slots, words=words)

    services: dict[str, Callable[[], Awaitable[None]]] = {
        "The status page is not served": lambda: serve_pages(
            conductor, config.address, config.port, conductor.faults, conductor.page.parts
        ),
        "What the pages show is not made": conductor.page.run,
        "Nobody far away is told": _made(lambda: FarSide(conductor)),
        "Nobody listens whether notes are heard": sound.attend,
        "Commands of this machine are not answered": _made(commands),
    }
    if (room := config.site.room) is not None:
        services["The room is not heard"] = _made(lambda: RoomSide(conductor, room))
    try:
        await asyncio.gather(*lasting(services))
    finally:
        files.stop()
        conductor.day.leave_sensor()
        conductor.site_watch.stop()


def _made(make: Callable[[], Service]) -> Callable[[], Awaitable[None]]:
    """Runs a service that is made once, where that succeeds."""
    once = cache(make)
    return lambda: once().run()
