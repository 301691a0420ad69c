"""A page that is served with roles and tokens, and a daemon behind it that is well."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fakes.daemon import free_port
from fakes.patience import PATIENCE
from fakes.quiet_daemon import QuietDaemon
from reverie.site.page_section import PageSection
from reverie.watch.faults import Faults
from reverie.web.gate import PageGate
from reverie.web.page_parts import PageParts
from reverie.web.server import application, serve

ARTIST, TECHNICIAN = "an artist's long token", "a technician's long token"
AWAY: Mapping[str, str] = {"X-Forwarded-For": "192.0.2.7"}
"""What a browser elsewhere is made to send: nobody who comes with it is taken for somebody at the machine."""


@dataclass(frozen=True, slots=True)
class PageSite:
    """Where it is, and what it was told to do."""

    address: str
    daemon: QuietDaemon
    gate: PageGate
    faults: Faults


def page_section(folder: Path, **page: Any) -> PageSection:
    """The site's section, with a token for each role."""
    for name, token in (("artist", ARTIST), ("technician", TECHNICIAN)):
        path = folder / f"{name}-token-of-test"
        path.write_text(f"{token}\n")
        path.chmod(0o600)
    said = {
        "artist_token_file": str(folder / "artist-token-of-test"),
        "technician_token_file": str(folder / "technician-token-of-test"),
        **page,
    }
    return PageSection.model_validate(said)


@contextlib.asynccontextmanager
async def open_page(folder: Path, page: Mapping[str, Any] | None = None, **parts: Any) -> AsyncGenerator[PageSite]:
    """Serve it while the context lasts; ``parts`` go to the application."""
    daemon, faults, port = QuietDaemon(), Faults(), free_port()
    gate = PageGate(page_section(folder, **(page or {})), faults, "127.0.0.1")
    app = application(daemon, "127.0.0.1", PageParts(**parts), gate)
    serving = asyncio.create_task(serve(app, "127.0.0.1", port, faults, gate=gate))
    async with asyncio.timeout(PATIENCE):
        while True:
            with contextlib.suppress(ConnectionRefusedError):
                _, writer = await asyncio.open_connection("127.0.0.1", port)
                writer.close()
                break
            await asyncio.sleep(0.02)
    try:
        yield PageSite(f"http://localhost:{port}", daemon, gate, faults)
    finally:
        serving.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await serving
