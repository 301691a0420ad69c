"""The sockets of an RTP-MIDI session."""

from __future__ import annotations

import contextlib
import errno
import re
import socket
import struct
import time
from collections.abc import Callable, Iterator, Sequence

from reverie.midi.errors import DeviceError
from reverie.midi.rtp.discovery import ANNOUNCEMENT, Finder, Neighbourhood
from reverie.midi.rtp.invitations import Step
from reverie.midi.rtp.packets import LARGEST
from reverie.midi.rtp.peer import Address
from reverie.midi.rtp.session import Port, Session
from reverie.play.outputs.output import LOOK, Output, Trouble

LOOK_UP = 30.0
"""Seconds after which the address of somebody who does not take part is looked up anew: it may have moved."""
ANSWERING = 1.0
"""Seconds in which whoever is there has surely accepted an invitation."""
AT_ONCE = 64
TURN = 0.002
"""Datagrams that are read in one go, and seconds that it may take; whoever floods a port does not keep the notes
waiting."""
_PORTS = 1 << 16
_PAIRS = 20
# <linux/in.h>, <linux/in6.h> and <linux/errqueue.h>: the kernel keeps the answers "refused" for whoever asks
_RECEIVE_ERRORS = {
    socket.AF_INET: (socket.IPPROTO_IP, 11),
    socket.AF_INET6: (socket.IPPROTO_IPV6, 25),
}
_ERROR = struct.Struct("=I")


class RtpMidi(Output):
    """A session of RTP-MIDI that others join, and that joins others; up while at least one takes part.

    A packet that the system does not take is a lost one, of which the next one's journal tells.
    """

    def __init__(
        self,
        name: str = "Reverie",
        port: int = 5004,
        address: str = "0.0.0.0",  # noqa: S104  # whoever is in the exhibit's network may join
        invite: Sequence[str] = (),
        advertise: bool = True,  # noqa: FBT002  # as the site file says it
        clock: Callable[[], float] = time.monotonic,
        hear: Callable[[bytes], None] = lambda _: None,
    ) -> None:
        """Listen at a port and the next (0: nobody may join), and invite sessions: HOST:PORT, or a zeroconf name."""
        self._name = name
        self._port = port
        self._address = address
        self._targets = tuple(dict.fromkeys(invite))
        self._advertise = advertise
        self._clock = clock
        self._hear = hear
        self._session: Session | None = None
        self._sockets: dict[Port, socket.socket] = {}
        self._finder: Finder | None = None
        self._neighbourhood: Neighbourhood | None = None
        self._look_up_due = self._opened = 0.0
        self._trouble = self._unannounced = ""

    @property
    def description(self) -> str:
        """Who takes part, who is waited for, and whether the network is there."""
        text = self._session.description if self._session else f"the session {self._name} is closed"
        return "; ".join(part for part in (text, self._trouble, self._unannounced) if part)

    @property
    def lacks(self) -> str | None:
        """Who is waited for, once they have had time to answer."""
        late = self._session is None or self._session.peers or self._clock() - self._opened < ANSWERING
        return None if late else self.description

    @property
    def trouble(self) -> Trouble | None:
        """That the session is not announced, though somebody takes part."""
        sentence, _, advice = self._unannounced.partition("; ")
        return Trouble(sentence, advice) if sentence else None

    @property
    def session(self) -> Session | None:
        """The session, while it is open."""
        return self._session

    def open(self) -> None:
        """Take the ports and begin to invite.

        Raises:
            DeviceError: if the ports or the address are not to be had.
        """
        self._sockets = _bind(self._address, self._port)
        for connection in self._sockets.values():
            with contextlib.suppress(OSError):  # elsewhere than on Linux
                connection.setsockopt(*_RECEIVE_ERRORS[connection.family], 1)
        self._session = Session(self._name, self._targets, open_to_all=self._port > 0, hear=self._hear)
        self._finder = Finder(self._sockets[Port.CONTROL].family)
        names = frozenset(target for target in self._targets if _host_and_port(target) is None)
        port = self._port if self._advertise and self._port else None
        if names or port is not None:
            self._neighbourhood = Neighbourhood(self._name, self._address, port, names, self._finder)
            self._neighbourhood.start()
        self._look_up_due = self._opened = self._clock()
        self._trouble = self._unannounced = ""

    def poll(self) -> bool:
        """Whether somebody takes part; reads what came, and does what is due."""
        session, finder = self._session, self._finder
        if session is None or finder is None:
            return False
        now = self._clock()
        for found in finder.take():
            if found.target == ANNOUNCEMENT:
                self._unannounced = found.problem
            elif found.address is not None:
                session.locate(found.target, found.address)
            else:
                session.invitations[found.target].lost(found.problem)
        if now >= self._look_up_due:
            self._look_up(session, finder)
            self._look_up_due = now + LOOK_UP
        for port, connection in self._sockets.items():
            for address in _refusals(connection):
                session.refused(address, now)
            for data, sender in _arrivals(connection):
                if len(data) <= LARGEST:
                    session.receive(port, sender, data, now)
        session.tick(now)
        self._flush()
        return bool(session.peers)

    def send(self, message: bytes) -> None:
        """Send one message to everybody, now."""
        if self._session is not None:
            self._session.send((message,), self._clock())
            self._flush()

    def waits_for(self) -> tuple[Sequence[int], float]:
        """The sockets, what is being looked for, and the session's own dates."""
        if self._session is None or self._finder is None:
            return (), LOOK
        descriptors = [*(connection.fileno() for connection in self._sockets.values()), self._finder.descriptor]
        now = self._clock()
        return descriptors, min(self._session.wait(now), max(self._look_up_due - now, 0.0))

    def close(self) -> None:
        """Say farewell, and let go of the ports."""
        if self._session is not None:
            self._session.leave(self._clock())
            self._flush()
        for connection in self._sockets.values():
            connection.close()
        if self._neighbourhood is not None:
            self._neighbourhood.end()
        if self._finder is not None:
            self._finder.close()
        self._session = self._finder = self._neighbourhood = None
        self._sockets = {}

    def _look_up(self, session: Session, finder: Finder) -> None:
        for target, invitation in session.invitations.items():
            where = _host_and_port(target)
            if where and invitation.step is not Step.JOINED:
                finder.look_up(target, *where)

    def _flush(self) -> None:
        if self._session is None:
            return
        outgoing, self._session.outgoing = self._session.outgoing, []
        for port, address, data in outgoing:
            self._send_datagram(self._sockets[port], address, data)

    def _send_datagram(self, connection: socket.socket, address: Address, data: bytes) -> None:
        """Send it, or lose it. An error that was left there by an earlier one is fetched by the first attempt."""
        for _ in range(2):
            try:
                connection.sendto(data, address)
            except BlockingIOError:
                return
            except ConnectionRefusedError:
                continue
            except OSError as error:
                what = "open the firewall" if isinstance(error, PermissionError) else "connect the network"
                self._trouble = f"{address[0]} cannot be reached ({error.strerror}); {what}"
                return
            else:
                self._trouble = ""
                return


def _host_and_port(target: str) -> tuple[str, int] | None:
    """Host and port of HOST:PORT, [ADDRESS]:PORT for version 6; None for a name of zeroconf."""
    match = re.fullmatch(r"\[?(.+?)\]?:(\d{1,5})", target)
    return (match[1], int(match[2])) if match and 0 < int(match[2]) < _PORTS - 1 else None


def _bind(address: str, port: int) -> dict[Port, socket.socket]:
    """The two sockets, at a port and the next; at any two neighbours if the port is 0.

    Raises:
        DeviceError: if they are not to be had.
    """
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    for attempt in range(_PAIRS):
        bound: dict[Port, socket.socket] = {}
        wanted = port
        try:
            for which in Port:
                connection = bound[which] = socket.socket(family, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
                if family == socket.AF_INET6:
                    connection.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
                connection.bind((address, wanted))
                wanted = connection.getsockname()[1] + 1
        except (OSError, OverflowError) as error:
            for connection in bound.values():
                connection.close()
            taken = isinstance(error, OverflowError) or error.errno == errno.EADDRINUSE
            if taken and not port and attempt + 1 < _PAIRS:
                continue
            reason = error.strerror if isinstance(error, OSError) else error
            ports = f"{port} and {port + 1}" if port else "it needs"
            raise DeviceError(
                f"RTP-MIDI cannot have the UDP ports {ports} at {address} ({reason}); "
                "end the other program there, or mend `port` or `address`"
            ) from error
        return bound
    raise AssertionError("the last attempt returns or raises")


def _arrivals(connection: socket.socket) -> Iterator[tuple[bytes, Address]]:
    """What has arrived, one by one, for as long as a turn may take; what is left then is read next time."""
    end = time.monotonic() + TURN
    for _ in range(AT_ONCE):
        try:
            arrived = connection.recvfrom(LARGEST + 1)
        except BlockingIOError:
            return
        except OSError:  # an error that an earlier packet met; the queue of errors has told of it
            continue
        yield arrived
        if time.monotonic() >= end:
            return


def _refusals(connection: socket.socket) -> list[Address]:
    """The addresses at which nobody listens, as the machines there have answered (ip(7), IP_RECVERR)."""
    refused: list[Address] = []
    flag = getattr(socket, "MSG_ERRQUEUE", None)
    for _ in range(AT_ONCE if flag else 0):
        try:
            _, ancillary, _, address = connection.recvmsg(0, 512, flag or 0)
        except OSError:
            break
        errors = [_ERROR.unpack_from(data)[0] for _, _, data in ancillary if len(data) >= _ERROR.size]
        if address and errno.ECONNREFUSED in errors:
            refused.append(address)
    return refused
