"""HTTPS: the site's certificate, read again when its files change, and handshakes that keep nobody out.

A handshake takes place before anything of a request is known, and as long as the other side likes. So each has a task
of its own and an end, and there are few of them at a time.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
import ssl
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from reverie.allowance import neighbour
from reverie.errors import reason_of
from reverie.folders import patiently
from reverie.site.page_section import PageSection
from reverie.watch.fault_kinds import PAGE_CERTIFICATE
from reverie.watch.faults import Faults

log = logging.getLogger(__name__)

LOOK = 10.0
"""Seconds between looks at the files."""
HANDSHAKE = 5.0
"""Seconds that a handshake may take."""
MOST, EACH = 64, 16
"""Handshakes at a time, and those of one address; whoever came first leaves for one more."""

Mark = tuple[tuple[int, int, int], ...]


class Certificates:
    """The certificate of a site that has one. A newer one counts for whoever connects from then on."""

    def __init__(self, page: PageSection, faults: Faults) -> None:
        self._files = (page.certificate, page.key) if page.certificate and page.key else None
        self._faults = faults
        self._marks: Mark | None = None
        self.context: ssl.SSLContext | None = None
        """What counts now; None as long as nothing could be read."""

    @property
    def wanted(self) -> bool:
        """Whether the site speaks HTTPS."""
        return self._files is not None

    def look(self) -> None:
        """Read the files if they have changed; to be called in a thread, since disks may be slow.

        Files that do not fit together change nothing: of two files one is always written first.
        """
        if self._files is None:
            return
        certificate, key = self._files
        try:
            marks = tuple(_mark(path) for path in self._files)
            if marks == self._marks:
                return
            fresh = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            fresh.minimum_version = ssl.TLSVersion.TLSv1_2
            fresh.set_alpn_protocols(["http/1.1"])
            # A key that wants a password would have the daemon ask for it at a terminal.
            patiently(certificate, lambda: fresh.load_cert_chain(certificate, key, password=lambda: ""))
        except (OSError, ValueError) as error:
            why = reason_of(error) if isinstance(error, OSError) else str(error)
            goes_on = "the one of before counts" if self.context else "the page cannot be reached"
            sentence = f"The certificate {certificate} with the key {key} cannot be used ({why}); {goes_on}"
            self._faults.tell(PAGE_CERTIFICATE, str(certificate), sentence)
            return
        self._marks, self.context = marks, fresh
        self._faults.clear(PAGE_CERTIFICATE)

    async def first(self) -> None:
        """Wait until there is a certificate that can be used."""
        await asyncio.to_thread(self.look)
        while self.context is None:
            await asyncio.sleep(LOOK)
            await asyncio.to_thread(self.look)

    async def watch(self) -> None:
        """Look at the files now and then until cancelled."""
        while True:
            await asyncio.sleep(LOOK)
            await asyncio.to_thread(self.look)


@dataclass(frozen=True, slots=True, eq=False)
class _Handshake:
    whose: str
    task: asyncio.Task[None]


class Handshakes:
    """Those that are under way."""

    def __init__(self, certificates: Certificates, most: int = MOST, each: int = EACH) -> None:
        self._certificates = certificates
        self._most = most
        self._each = each
        self._known: dict[_Handshake, None] = {}

    def begin(self, line: socket.socket, whose: str, make: Callable[[], asyncio.Protocol]) -> None:
        """Shake hands with somebody who has connected, beside all else."""
        context = self._certificates.context
        if context is None:
            line.close()
            return
        whose = neighbour(whose)
        count = Counter(known.whose for known in self._known)
        if count[whose] >= self._each:
            self._end(next(known for known in self._known if known.whose == whose))
        elif len(self._known) >= self._most:
            self._end(next(iter(self._known)))
        handshake = _Handshake(whose, asyncio.ensure_future(_shake(line, make, context)))
        self._known[handshake] = None
        handshake.task.add_done_callback(lambda _: self._known.pop(handshake, None))

    def end(self) -> None:
        """End all of them."""
        for known in tuple(self._known):
            self._end(known)

    def _end(self, handshake: _Handshake) -> None:
        self._known.pop(handshake, None)
        handshake.task.cancel()


async def _shake(line: socket.socket, make: Callable[[], asyncio.Protocol], context: ssl.SSLContext) -> None:
    # Whoever speaks no TLS, or breaks off, is no news.
    with contextlib.suppress(OSError):
        await asyncio.get_running_loop().connect_accepted_socket(
            make, line, ssl=context, ssl_handshake_timeout=HANDSHAKE, ssl_shutdown_timeout=1.0
        )


def _mark(path: Path) -> tuple[int, int, int]:
    status = patiently(path, path.stat)
    return status.st_mtime_ns, status.st_size, status.st_ino
