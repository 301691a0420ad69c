"""Somebody whom the session invites, again and again until it takes part; and what people are told of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum, auto

from reverie.midi.rtp.peer import Address

AGAIN = 1.0
"""Seconds between an invitation and the next at first; each wait is longer than the one before, up to a limit."""
LONGER = 1.5
LONGEST = 20.0
ASKED_FOR_DATA = 5
"""Invitations to the data port after which it begins anew at the control port."""


class Step(Enum):
    """How far it is."""

    SEARCHING = auto()
    """Its address is not known."""
    ASKING = auto()
    """It is invited at its control port."""
    JOINING = auto()
    """It has accepted there, and is invited at its data port."""
    JOINED = auto()
    """It takes part."""


@dataclass(slots=True)
class Invitation:
    """``address`` is that of the control port; ``problem`` is a sentence about what keeps it from taking part."""

    target: str
    address: Address | None = None
    step: Step = Step.SEARCHING
    token: int = 0
    name: str = ""
    ssrc: int | None = None
    problem: str = ""
    due: float = float("inf")
    _tries: int = 0
    _wait: float = AGAIN

    def located(self, address: Address) -> None:
        """Its address was found; it is asked at once."""
        self.address, self.step, self.problem = address, Step.ASKING, ""
        self.due, self.token, self._tries, self._wait = float("-inf"), 0, 0, AGAIN

    def lost(self, problem: str) -> None:
        """Its address was not found."""
        if self.step is Step.SEARCHING:
            self.problem = problem

    def asked(self, token: int) -> bool:
        """Whether an answer with that token is one to this invitation."""
        return self.step in {Step.ASKING, Step.JOINING} and bool(self._tries) and token == self.token

    def waits_at(self, address: Address) -> bool:
        """Whether it is this address that is being asked."""
        asking = self.step in {Step.ASKING, Step.JOINING} and bool(self._tries)
        return asking and address[0] == self._host and address[1] - self._port in {0, 1}

    def ask(self, now: float, number: Callable[[], int]) -> Address | None:
        """The address to which an invitation is to be sent now, if it is time."""
        if self.address is None or now < self.due or self.step not in {Step.ASKING, Step.JOINING}:
            return None
        if self.step is Step.JOINING and self._tries >= ASKED_FOR_DATA:
            self.fail(now, f"{self.target} does not answer at its data port {self._port + 1}; open it in the firewall")
            return None
        if self.step is Step.ASKING and not self._tries:
            self.token = number()
        self._tries += 1
        self.due = now + self._wait
        if self.step is Step.ASKING:
            self._wait = min(self._wait * LONGER, LONGEST)
            return self.address
        return (self._host, self._port + 1, *self.address[2:])

    def accepted(self, name: str, now: float) -> None:
        """The control port says yes: on to the data port."""
        self.name, self.step, self.problem = name, Step.JOINING, ""
        self.due, self._tries, self._wait = now, 0, AGAIN

    def joined(self, ssrc: int) -> None:
        """It takes part, by whoever's invitation."""
        self.ssrc, self.step, self.problem = ssrc, Step.JOINED, ""
        self.due, self._wait = float("inf"), AGAIN

    def fail(self, now: float, problem: str) -> None:
        """It does not take part, or not any more; it is asked again later."""
        self.step, self.ssrc, self.problem, self._tries = Step.ASKING, None, problem, 0
        self.due = now + self._wait
        self._wait = min(self._wait * LONGER, LONGEST)

    @property
    def _host(self) -> str:
        return self.address[0] if self.address else ""

    @property
    def _port(self) -> int:
        return self.address[1] if self.address else 0


def sentence(session: str, peers: Sequence[str], invitations: Sequence[Invitation], open_to_all: bool) -> str:
    """Who takes part in a session, and who is missing and why."""
    missing = [_missing(invitation) for invitation in invitations if invitation.step is not Step.JOINED]
    if peers:
        return "; ".join([f"playing over the network to {', '.join(peers)}", *missing])
    if missing:
        return "; ".join(missing)
    return f"waiting for somebody to join the session {session}" if open_to_all else "nobody is invited"


def _missing(invitation: Invitation) -> str:
    if invitation.problem:
        return invitation.problem
    if invitation.step is Step.SEARCHING:
        return f"looking for {invitation.target} in the network"
    return f"waiting for {invitation.target} to accept"
