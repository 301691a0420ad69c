"""The pages are served beside the music, and never before it."""

from __future__ import annotations

import asyncio
import contextlib
import threading

import pytest

from fakes.daemon import free_port
from fakes.patience import PATIENCE
from fakes.quiet_daemon import QuietDaemon
from reverie.conductor.page.pages import serve_pages
from reverie.watch.faults import Faults
from reverie.web.page_parts import PageParts
from reverie.web.static_files import StaticFiles


async def test_files_of_the_page_are_not_read_and_packed_by_the_thread_of_the_music(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    readers, read, port = list[threading.Thread](), StaticFiles.read, free_port()

    def noted() -> StaticFiles:
        readers.append(threading.current_thread())
        return read()

    monkeypatch.setattr(StaticFiles, "read", noted)
    serving = asyncio.create_task(serve_pages(QuietDaemon(), "127.0.0.1", port, Faults(), PageParts()))
    async with asyncio.timeout(PATIENCE):
        while True:
            with contextlib.suppress(ConnectionRefusedError):
                _, writer = await asyncio.open_connection("127.0.0.1", port)
                break
            await asyncio.sleep(0.01)
    writer.close()
    serving.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await serving
    assert len(readers) == 1
    assert readers[0] is not threading.main_thread()
