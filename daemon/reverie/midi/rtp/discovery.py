"""Finds other sessions: names are looked up, sessions are found and announced by zeroconf, in threads of their own.

All of it may take seconds, for which the notes to those who take part already must not wait. What was found is taken
from a queue; a pipe tells of it.
"""

from __future__ import annotations

import contextlib
import importlib
import logging
import os
import socket
import threading
from collections.abc import Iterator
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any, NamedTuple

import psutil

from reverie.foreign import plain
from reverie.logs import log_plainly
from reverie.midi.rtp.peer import Address

if TYPE_CHECKING:
    from zeroconf import ServiceInfo, Zeroconf

SERVICE = "_apple-midi._udp.local."
REFRESH = 10.0
"""Seconds between looks at the network: an interface may have come up, with which zeroconf has to begin anew."""
MOST_NAMES = 2000
"""Names of the network that are remembered; zeroconf itself would keep all that anybody announces."""
LONGEST_LABEL = 63
"""Bytes of a name that DNS-SD can announce (RFC 6763, section 4.1.1)."""
ANNOUNCEMENT = ""
"""The target that stands for the session's own announcement."""
FAREWELL = 1.0
"""Seconds that taking an announcement back may keep the end waiting."""


class FoundSession(NamedTuple):
    """What came of the search for one target: an address, or one sentence about why there is none."""

    target: str
    address: Address | None
    problem: str = ""


class Finder:
    """Searches, for sockets of one family: those of version 6 reach machines of version 4 too."""

    def __init__(self, family: socket.AddressFamily) -> None:
        self._family = family
        self._found: SimpleQueue[FoundSession] = SimpleQueue()
        self.descriptor, self._signal = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        self._open = threading.Lock()
        self._looking: set[str] = set()

    def look_up(self, target: str, host: str, port: int) -> None:
        """Ask the system for the address of a machine, unless it is being asked already.

        Names come from the network too, and whoever announces one again and again must not start threads without end.
        """
        with self._open:
            if target in self._looking:
                return
            self._looking.add(target)
        threading.Thread(target=self._look_up, args=(target, host, port), daemon=True).start()

    def tell(self, found: FoundSession) -> None:
        """Something was found, in any thread."""
        self._found.put(found)
        with self._open, contextlib.suppress(BlockingIOError):
            if self._signal >= 0:
                os.write(self._signal, b"\0")

    def take(self) -> Iterator[FoundSession]:
        """What was found since the last time."""
        with contextlib.suppress(BlockingIOError):
            while os.read(self.descriptor, 1 << 10):
                pass
        with contextlib.suppress(Empty):
            while True:
                yield self._found.get_nowait()

    def close(self) -> None:
        """Nobody listens any more; a search that is under way ends in nothing."""
        with self._open:
            os.close(self.descriptor)
            os.close(self._signal)
            self._signal = -1

    def _look_up(self, target: str, host: str, port: int) -> None:
        flags = socket.AI_V4MAPPED | socket.AI_ALL if self._family == socket.AF_INET6 else 0
        try:
            found = socket.getaddrinfo(host, port, self._family, socket.SOCK_DGRAM, 0, flags)
        except (OSError, UnicodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else error
            self.tell(FoundSession(target, None, f"{host} is not found ({reason}); mend `invite`, or switch it on"))
        else:
            self.tell(FoundSession(target, found[0][4]))
        finally:
            with self._open:
                self._looking.discard(target)


class Neighbourhood(threading.Thread):
    """Announces a session to the network, and looks for those that are wanted by name, as long as it runs.

    It starts anew whenever the addresses of this machine change: zeroconf keeps to those that it began with.
    """

    def __init__(self, name: str, address: str, port: int | None, wanted: frozenset[str], finder: Finder) -> None:
        """Announce the session ``name`` at a port, unless that is None; tell the finder of the ``wanted`` ones."""
        super().__init__(daemon=True, name="zeroconf")
        self._session = name
        self._address = address
        self._port = port
        self._wanted = {target.casefold(): target for target in wanted}
        self._finder = finder
        self._ends = threading.Event()

    def end(self) -> None:
        """Take the announcement back, and leave."""
        self._ends.set()
        self.join(FAREWELL)

    def run(self) -> None:
        """Come back to it until the end."""
        log_plainly(logging.WARNING)  # zeroconf logs what others send
        while not self._ends.is_set():
            try:
                self._stay(importlib.import_module("zeroconf"))
            except Exception as error:  # noqa: BLE001 - whatever it is, people are told, and it is tried again
                for target in self._wanted.values():
                    self._finder.tell(FoundSession(target, None, _unfindable(target, error)))
                if self._port is not None:
                    self._finder.tell(FoundSession(ANNOUNCEMENT, None, _unannounced(self._session, error)))
                self._ends.wait(REFRESH)

    def _stay(self, library: Any) -> None:
        """Be there until the machine has other addresses, or the end.

        Raises:
            OSError: if there is no network.
            zeroconf.Error: if zeroconf fails.
        """
        addresses = own_addresses(self._address)
        if not addresses:
            raise OSError(None, "this machine is in no network")
        service: Zeroconf = library.Zeroconf(interfaces=addresses)
        with contextlib.closing(service):
            if self._wanted:
                library.ServiceBrowser(service, SERVICE, handlers=[self._heard])
            if self._port is not None:
                service.register_service(_announcement(library, self._session, addresses, self._port), strict=False)
                self._finder.tell(FoundSession(ANNOUNCEMENT, None))
            while not self._ends.wait(REFRESH):
                if own_addresses(self._address) != addresses or len(service.cache.cache) > MOST_NAMES:
                    return

    def _heard(self, zeroconf: Zeroconf, service_type: str, name: str, state_change: Any) -> None:
        """A session came, went or moved; called by zeroconf's thread, by these names."""
        target = self._wanted.get(name.removesuffix(f".{service_type}").casefold())
        if target is None or state_change.name == "Removed":
            return
        info = zeroconf.get_service_info(service_type, name)
        for address in info.parsed_addresses() if info else ():
            if info and info.port and ":" not in address:
                self._finder.look_up(target, address, info.port)
                return


def own_addresses(address: str) -> list[str]:
    """The addresses of version 4 at which a socket that listens at one address can be reached, from the network."""
    if address not in {"0.0.0.0", "::"}:  # noqa: S104  # everywhere
        return [address] if ":" not in address else []
    states = psutil.net_if_stats()
    found = sorted(
        entry.address
        for name, entries in psutil.net_if_addrs().items()
        for entry in entries
        if entry.family == socket.AF_INET and name in states and states[name].isup
    )
    return [own for own in found if not own.startswith("127.")] or found


def _announcement(library: Any, name: str, addresses: list[str], port: int) -> ServiceInfo:
    return library.ServiceInfo(
        SERVICE,
        f"{announced(name)}.{SERVICE}",
        port=port,
        parsed_addresses=addresses,
        server=f"{socket.gethostname().split('.')[0] or 'reverie'}.local.",
    )


def announced(name: str) -> str:
    """The name as the network sees it: without what is too long for it, cut off between two characters."""
    return name.encode()[:LONGEST_LABEL].decode(errors="ignore").rstrip()


def _unfindable(target: str, error: Exception) -> str:
    return f"{target} cannot be looked for ({_reason(error)}); connect the network, or invite it as HOST:PORT"


def _unannounced(name: str, error: Exception) -> str:
    if type(error).__name__ == "NonUniqueNameException":
        return f"the session {name} is not announced, as another in the network has its name; give it another `name`"
    what = "connect the network" if isinstance(error, OSError) else "give it another `name`"
    return f"the session {name} is not announced ({_reason(error)}); {what}, or invite from here"


def _reason(error: Exception) -> str:
    return plain((isinstance(error, OSError) and error.strerror) or str(error) or type(error).__name__)
