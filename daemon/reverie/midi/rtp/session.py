"""A session: who takes part, who is invited, and what each of them is sent; without sockets and without a clock.

Apple's protocol has an initiator and a listener. The initiator invites at the control port, then once more at the data
port, which is the next; from then on it starts the exchange of clock packets, by which each knows that the other lives.
Whoever takes part is sent everything, in a stream of its own. A session can be both at once.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from random import Random
from typing import NamedTuple

from reverie.allowance import neighbour
from reverie.foreign import called
from reverie.midi.rtp.invitations import Invitation, Step, sentence
from reverie.midi.rtp.packets import (
    ACCEPT,
    DECLINE,
    INVITE,
    LEAVE,
    TICKS,
    ClockPacket,
    Exchange,
    Feedback,
    read_midi_packet,
    read_session_packet,
    sender_of,
)
from reverie.midi.rtp.peer import Address, Peer, in_packets
from reverie.midi.rtp.stream_memory import StreamMemory

PATIENCE = 60.0
"""Seconds of silence after which somebody who joined is gone: Apple's initiators speak every ten."""
ASKED_PATIENCE = 35.0
"""The same for somebody who was asked for the time three times."""
GUESTS = 16
"""Listeners at once, and invitations half accepted: more are no installation."""
EACH = 4
"""Those of one address that keep their place when others want to take part."""
NEWCOMER = 15.0
"""Seconds within which somebody who has joined must speak: initiators do so at once, and whoever lied of an address
never does."""
FAREWELLS = 2
"""Packets with nothing but the journal that precede a farewell, which nothing follows."""


class Port(Enum):
    """The two UDP ports of a session."""

    CONTROL = auto()
    DATA = auto()


class Datagram(NamedTuple):
    """Something to send."""

    port: Port
    address: Address
    data: bytes


@dataclass(slots=True)
class _Guest:
    """Somebody who has knocked at the control port, and not yet at the data port."""

    ssrc: int
    name: str
    control: Address
    token: int


class Session:
    """Everything to be sent gathers in ``outgoing``, in order; what others play goes to ``hear``."""

    def __init__(
        self,
        name: str,
        invited: Iterable[str] = (),
        *,
        open_to_all: bool = True,
        hear: Callable[[bytes], None] = lambda _: None,
        random: Random | None = None,
    ) -> None:
        self.name = name
        self.outgoing: list[Datagram] = []
        self._random = random or Random()  # seeded by the system
        self.ssrc = self._number()
        self._open = open_to_all
        self._hear = hear
        self.invitations = {target: Invitation(target) for target in invited}
        self._guests: dict[int, _Guest] = {}
        self._peers: dict[int, Peer] = {}
        self._sent = StreamMemory()

    @property
    def peers(self) -> tuple[Peer, ...]:
        """Who takes part."""
        return tuple(self._peers.values())

    @property
    def description(self) -> str:
        """One sentence about who takes part, or who is waited for."""
        return sentence(self.name, [peer.name for peer in self.peers], list(self.invitations.values()), self._open)

    def locate(self, target: str, address: Address) -> None:
        """The address of somebody who is invited was found, perhaps another one than before."""
        invitation = self.invitations[target]
        if invitation.step is not Step.JOINED and invitation.address != address:
            invitation.located(address)

    def send(self, messages: Sequence[bytes], now: float) -> None:
        """Send messages to everybody."""
        for message in messages:
            self._sent.remember(message)
        for peer in self._peers.values():
            self._send_midi(peer, messages, now)

    def receive(self, port: Port, sender: Address, datagram: bytes, now: float) -> None:
        """Somebody has sent something; what makes no sense is ignored."""
        match read_session_packet(datagram):
            case Exchange() as packet:
                self._exchange(port, sender, packet, now)
            case ClockPacket() as packet:
                self._synchronise(sender, packet, now)
            case Feedback(ssrc=ssrc, halves=halves):
                if peer := self._known(ssrc, sender):
                    peer.heard_at = now
                    peer.history.confirm(halves)
            case None:
                self._play(sender, datagram, now)

    def refused(self, address: Address, now: float) -> None:
        """The system says that nobody listens at an address."""
        for peer in self.peers:
            if address[:2] in {peer.control[:2], peer.data[:2]}:
                self._drop(peer, now, f"{peer.name} does not listen any more")
        for invitation in self.invitations.values():
            if invitation.address and invitation.waits_at(address):
                invitation.fail(now, f"nothing listens at {invitation.target}; start the session there")

    def tick(self, now: float) -> None:
        """Do what it is time for."""
        for invitation in self.invitations.values():
            port = Port.CONTROL if invitation.step is Step.ASKING else Port.DATA
            if (address := invitation.ask(now, self._number)) is not None:
                self._post(port, address, Exchange(INVITE, invitation.token, self.ssrc, self.name).pack())
        for peer in self.peers:
            if now >= peer.heard_at + _patience(peer):
                self._post(Port.CONTROL, peer.control, Exchange(LEAVE, peer.token, self.ssrc).pack())
                self._drop(peer, now, f"{peer.name} does not answer any more; see that it is on and in the network")
                continue
            if peer.greet(now):
                self._post(Port.DATA, peer.data, ClockPacket(self.ssrc, 0, (int(now * TICKS), 0, 0)).pack())
            if peer.guard(now):
                self._send_midi(peer, (), now)
            if (last := peer.confirm(now)) is not None:
                self._post(Port.CONTROL, peer.control, Feedback(self.ssrc, (last, last)).pack())

    def wait(self, now: float) -> float:
        """Seconds until :meth:`tick` has something to do."""
        times = [peer.due(_patience(peer)) for peer in self._peers.values()]
        times += [invitation.due for invitation in self.invitations.values()]
        return max(min(times, default=float("inf")) - now, 0.0)

    def leave(self, now: float) -> None:
        """Say farewell to everybody."""
        for peer in self.peers:
            for _ in range(FAREWELLS):
                self._send_midi(peer, (), now)
            self._post(Port.CONTROL, peer.control, Exchange(LEAVE, peer.token, self.ssrc).pack())
        self._peers.clear()
        self._sent = StreamMemory()

    def _exchange(self, port: Port, sender: Address, packet: Exchange, now: float) -> None:
        if packet.command == INVITE:
            self._welcome(port, sender, packet, now)
        elif packet.command == ACCEPT:
            self._accepted(port, sender, packet, now)
        elif packet.command == DECLINE:
            for invitation in self.invitations.values():
                if invitation.asked(packet.token) and invitation.waits_at(sender):
                    invitation.fail(now, f"{invitation.target} declines; let {self.name} in there")
        elif peer := self._known(packet.ssrc, sender):
            self._drop(peer, now, f"{peer.name} has left")

    def _welcome(self, port: Port, sender: Address, packet: Exchange, now: float) -> None:
        """Somebody asks to take part: at the control port, then at the data port. Either may be asked twice."""
        peer, guest = self._peers.get(packet.ssrc), self._guests.get(packet.ssrc)
        known, joins = peer or guest, None
        answer = ACCEPT
        if not self._open or packet.ssrc == self.ssrc or (known and known.control[0] != sender[0]):
            answer = DECLINE
        elif port is Port.CONTROL and peer is None:
            if len(self._peers) >= GUESTS and self._one_too_many(sender) is None:
                answer = DECLINE
            else:
                self._make_room(sender)
                self._guests[packet.ssrc] = _Guest(packet.ssrc, called(packet.name), sender, packet.token)
        elif port is Port.DATA and peer is None:
            if guest is None or guest.token != packet.token or not self._has_room(sender, now):
                answer = DECLINE
            else:
                del self._guests[packet.ssrc]
                joins = Peer(guest.ssrc, guest.name, guest.control, sender, guest.token, now, self._first())
        elif peer is not None:
            peer.token, peer.heard_at = packet.token, now
            if port is Port.CONTROL:
                peer.control = sender
            else:
                peer.data = sender
        self._post(port, sender, Exchange(answer, packet.token, self.ssrc, self.name).pack())
        if joins is not None:
            self._join(joins, now)

    def _make_room(self, sender: Address) -> None:
        """Forget whoever knocked first, of the same machine if that has knocked often."""
        same = [guest.ssrc for guest in self._guests.values() if guest.control[0] == sender[0]]
        if len(same) >= EACH:
            del self._guests[same[0]]
        while len(self._guests) >= GUESTS:
            self._guests.pop(next(iter(self._guests)))

    def _has_room(self, sender: Address, now: float) -> bool:
        """Whether there is a place for one more, if need be that of somebody whose machine has too many."""
        if len(self._peers) < GUESTS:
            return True
        other = self._one_too_many(sender)
        if other is not None:
            self._post(Port.CONTROL, other.control, Exchange(LEAVE, other.token, self.ssrc).pack())
            self._drop(other, now, f"{other.name} makes room for another machine")
        return other is not None

    def _one_too_many(self, sender: Address) -> Peer | None:
        """Whoever came last of another machine that has more than :data:`EACH`; nobody that was invited from here."""
        counts = Counter(_machine(peer.control) for peer in self._peers.values() if not peer.invited)
        counts.pop(_machine(sender), None)
        machine, most = counts.most_common(1)[0] if counts else ("", 0)
        if most <= EACH:
            return None
        return [peer for peer in self.peers if _machine(peer.control) == machine and not peer.invited][-1]

    def _accepted(self, port: Port, sender: Address, packet: Exchange, now: float) -> None:
        """An invitation is accepted: by its control port, then by its data port; some use two numbers for these."""
        for invitation in self.invitations.values():
            if not invitation.asked(packet.token):
                continue
            if packet.ssrc == self.ssrc:
                invitation.fail(now, f"{invitation.target} is this session itself; take it off the list")
            elif peer := self._known(packet.ssrc, sender):  # it has invited us meanwhile
                invitation.joined(packet.ssrc)
                peer.invited = True
            elif port is Port.CONTROL and invitation.step is Step.ASKING:
                invitation.accepted(packet.name and called(packet.name), now)
            elif port is Port.DATA and invitation.step is Step.JOINING and invitation.address:
                invitation.joined(packet.ssrc)
                name = (packet.name and called(packet.name)) or invitation.name or invitation.target
                peer = Peer(packet.ssrc, name, invitation.address, sender, packet.token, now, self._first())
                peer.invited = True
                self._join(peer, now)

    def _synchronise(self, sender: Address, packet: ClockPacket, now: float) -> None:
        peer = self._known(packet.ssrc, sender)
        if peer is None:
            return
        peer.heard_at = now
        ticks = int(now * TICKS)
        first, second, _ = packet.stamps
        if packet.count == 0:
            self._post(Port.DATA, sender, ClockPacket(self.ssrc, 1, (first, ticks, 0)).pack())
        elif packet.count == 1:
            peer.round_trip = max(ticks - first, 0) / TICKS
            self._post(Port.DATA, sender, ClockPacket(self.ssrc, 2, (first, second, ticks)).pack())

    def _play(self, sender: Address, datagram: bytes, now: float) -> None:
        ssrc = sender_of(datagram)
        peer = None if ssrc is None else self._known(ssrc, sender)
        if peer and (packet := read_midi_packet(datagram)):
            peer.heard_at = now
            peer.owe(now)
            for message in peer.receiver.receive(packet):
                self._hear(message)

    def _known(self, ssrc: int, sender: Address) -> Peer | None:
        """The peer of that number, if the packet came from its machine."""
        peer = self._peers.get(ssrc)
        return peer if peer and sender[0] in {peer.data[0], peer.control[0]} else None

    def _join(self, peer: Peer, now: float) -> None:
        """Take somebody in, who may have been here before and still sound; the first one is set by the player."""
        if settings := tuple(self._sent.settings()) if self._peers else ():
            self._send_midi(peer, settings, now)
        self._peers[peer.ssrc] = peer

    def _drop(self, peer: Peer, now: float, why: str) -> None:
        self._peers.pop(peer.ssrc, None)
        if not self._peers:
            self._sent = StreamMemory()
        for message in peer.receiver.silence():
            self._hear(message)
        for invitation in self.invitations.values():
            if invitation.ssrc == peer.ssrc:
                invitation.fail(now, why)

    def _send_midi(self, peer: Peer, messages: Sequence[bytes], now: float) -> None:
        for portion in in_packets(messages) if messages else ((),):
            self._post(Port.DATA, peer.data, peer.pack(self.ssrc, now, portion))

    def _post(self, port: Port, address: Address, data: bytes) -> None:
        self.outgoing.append(Datagram(port, address, data))

    def _number(self) -> int:
        return self._random.getrandbits(32)

    def _first(self) -> int:
        """The number of a stream's first packet, by chance as RFC 3550 wants it; old numbers must not be negative."""
        return self._random.getrandbits(16)


def _machine(address: Address) -> str:
    return neighbour(str(address[0]))


def _patience(peer: Peer) -> float:
    if peer.invited:
        return ASKED_PATIENCE
    return PATIENCE if peer.heard_at > peer.joined_at else NEWCOMER
