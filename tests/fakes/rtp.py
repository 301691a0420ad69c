"""RTP-MIDI without a network: sessions whose datagrams a test carries, and loses."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from reverie.midi.rtp.peer import Address
from reverie.midi.rtp.session import Datagram, Port, Session

Carry = Callable[[Port, bytes], bool]


def carries_all(port: Port, data: bytes) -> bool:
    return True


class Ether:
    """Sessions at addresses of their own; ``carries`` says which datagrams arrive, and time stands until it is told."""

    def __init__(self, now: float = 5000.0) -> None:
        self.now = now
        self.sessions: dict[str, Session] = {}
        self.heard: dict[str, list[bytes]] = {}
        self.sent: list[tuple[str, Port, bytes]] = []
        self.carries: Carry = carries_all
        self.cut: set[str] = set()

    def add(self, host: str, *invited: str, open_to_all: bool = True, seed: int = 0) -> Session:
        heard: list[bytes] = []
        session = Session(host, invited, open_to_all=open_to_all, hear=heard.append, random=Random(f"{host} {seed}"))
        self.sessions[host], self.heard[host] = session, heard
        for target in invited:
            session.locate(target, (target, 5004))
        return session

    def deliver(self) -> None:
        """Carry everything that is under way, answers too."""
        while under_way := [
            (host, datagram) for host, session in self.sessions.items() for datagram in _taken(session)
        ]:
            for host, (port, address, data) in under_way:
                self.sent.append((host, port, data))
                to = self.sessions.get(address[0])
                if to is not None and not {host, address[0]} & self.cut and self.carries(port, data):
                    assert address[1] == (5004 if port is Port.CONTROL else 5005)
                    to.receive(port, _address(host, port), data, self.now)

    def run(self, seconds: float) -> None:
        """Let time pass, each session doing what is due when it is due."""
        end = self.now + seconds
        while True:
            for session in self.sessions.values():
                session.tick(self.now)
            self.deliver()
            step = min(session.wait(self.now) for session in self.sessions.values())
            if self.now + step > end:
                self.now = end
                return
            self.now += max(step, 0.001)

    def names(self, host: str) -> list[str]:
        """Who takes part in a session."""
        return [peer.name for peer in self.sessions[host].peers]


def _taken(session: Session) -> list[Datagram]:
    outgoing, session.outgoing = list(session.outgoing), []
    return outgoing


def _address(host: str, port: Port) -> Address:
    return (host, 5004 if port is Port.CONTROL else 5005)


class Ear:
    """What sounds at a device, by the plainest reading of MIDI: no code of the product's is in it."""

    def __init__(self) -> None:
        self.sounding: dict[tuple[int, int], int] = {}
        self.controls: dict[tuple[int, int], int] = {}
        self.programs: dict[int, int] = {}
        self.struck = 0
        self.doubled = 0

    def hear(self, message: bytes) -> None:
        kind, channel = message[0] & 0xF0, message[0] & 0x0F
        if kind == 0x90 and message[2]:
            self.struck += 1
            self.doubled += (channel, message[1]) in self.sounding
            self.sounding[channel, message[1]] = message[2]
        elif kind in {0x80, 0x90}:
            self.sounding.pop((channel, message[1]), None)
        elif kind == 0xB0:
            self.controls[channel, message[1]] = message[2]
            if message[1] in {120, 123}:
                self.sounding = {key: velocity for key, velocity in self.sounding.items() if key[0] != channel}
        elif kind == 0xC0:
            self.programs[channel] = message[1]
