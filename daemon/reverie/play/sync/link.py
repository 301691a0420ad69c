"""Ableton Link: tempo, beat and start/stop shared with whoever is on the network.

:class:`Link` is the player's side. The library is C++ with threads of its own, and a fault in it ends its process, so
it has one to itself: ``python -m reverie.play.sync.link --fd N``. That one says, whenever it changes and a few times a
second, at which monotonic second the session is at which beat, and at which tempo; between two such sentences time is
a straight line.

Link knows beats and a *quantum*, at whose multiples peers are in phase. Its beats are asked for here with a quantum
that every bar divides, so that a peer with any of them is in phase with us, and scenes may change their metre at will.
"""

from __future__ import annotations

import importlib
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from reverie.music.time import TICKS_PER_QUARTER
from reverie.play.sync.leader import Position
from reverie.processes.descriptors import readable
from reverie.processes.helper import HelperEnd, HelperProcess, still_here
from reverie.processes.worker_main import end_of_socket

MISSING = "Ableton Link needs the package LinkPython-extern; install Reverie with its extra `link`"
ALONE = "Ableton Link is on, and nobody else is there"
STARTING = "Ableton Link is starting"

QUANTUM = 4.0 * 720_720
"""Beats; 720,720 is divided by every number up to 16, so each bar of up to 16 of any note value divides this."""

TURN = 0.02  # seconds between looks at the session
RENEW = 0.25  # seconds after which what is known is said again
STALE = 1.5  # seconds after which what was said is not believed
TELLS = 0.1  # seconds between announcements that have nothing new
OURS = 1.0  # seconds after an announcement in which a start or a stop is taken for what it asked for
DIFFERS = 0.0005  # seconds by which the session must be elsewhere than it was said to be
NUDGE = 0.001, 0.02
"""Seconds of difference from which peers are nudged back to our beat, and beyond which their beat is their own."""


@dataclass(frozen=True, slots=True)
class LinkMoment:
    """Where a session stands: at monotonic second ``time`` it is at ``beat``, at ``qpm`` beats a minute."""

    type: ClassVar[str] = "moment"
    time: float
    beat: float
    qpm: float
    peers: int
    playing: bool

    def beat_at(self, moment: float) -> float:
        """The beat at another moment."""
        return self.beat + (moment - self.time) * self.qpm / 60


@dataclass(frozen=True, slots=True)
class Announcement:
    """Where a player that leads stands: at monotonic second ``time`` it is ``beat`` after a bar line of its own."""

    type: ClassVar[str] = "announcement"
    time: float
    beat: float
    qpm: float
    playing: bool


@dataclass(frozen=True, slots=True)
class NoLink:
    """There can be no session, and why."""

    type: ClassVar[str] = "no link"
    detail: str


class Link:
    """A session of Ableton Link, for the player: followed where a scene says so, led where not. No call blocks.

    Args:
        start_stop: Whether peers may start and stop us, and we them.
    """

    def __init__(self, *, start_stop: bool = False) -> None:
        self._start_stop = start_stop
        self._helper = HelperProcess("reverie.play.sync.link", {"start_stop": start_stop}, LinkMoment | NoLink)
        self._session: LinkMoment | None = None
        self._detail = STARTING
        self._heard: bool | None = None
        self._told: Announcement | None = None
        self._led = float("-inf")
        self.poll(time.monotonic())

    @property
    def description(self) -> str:
        """How many peers there are."""
        return self._detail

    @property
    def playing(self) -> bool | None:
        """Whether a peer has started the music, or stopped it. None until one does: a session begins stopped."""
        return self._heard if self._start_stop else None

    def position(self, now: float) -> Position | None:
        """Where the session is; None while nobody else is in it."""
        session = self._session
        if session is None or session.peers == 0 or now - session.time > STALE:
            return None
        return Position(session.beat_at(now) * TICKS_PER_QUARTER, 60 / (session.qpm * TICKS_PER_QUARTER))

    def announce(self, now: float, tick: float, seconds_per_tick: float, *, playing: bool) -> None:
        """Where the player stands; costs next to nothing when there is no news."""
        self._led = now
        told, qpm = self._told, 60 / (seconds_per_tick * TICKS_PER_QUARTER)
        news = Announcement(now, tick / TICKS_PER_QUARTER, qpm, playing)
        known = told is not None and (told.qpm, told.playing) == (qpm, playing) and told.beat < news.beat
        if told is None or not known or now - told.time > TELLS:
            self._told = news
            self._helper.send(news)

    def waits_for(self) -> Sequence[int]:
        """The helper's descriptor."""
        return (self._helper.fileno(),)

    def poll(self, now: float) -> None:
        """Take in what the helper says."""
        for said in self._helper.receive(now):
            if isinstance(said, NoLink):
                self._detail = said.detail
            else:
                self._learn(said, now)
        if not self._helper.alive:
            self._session, self._told, self._heard = None, None, None

    def close(self) -> None:
        """Leave the session."""
        self._helper.close()

    def _learn(self, session: LinkMoment, now: float) -> None:
        before, self._session = self._session, session
        if session.peers == 0 or now - self._led < OURS:
            self._heard = None  # silence that nobody else has ordered would be ours to end
        elif before is not None and before.playing != session.playing:
            self._heard = session.playing
        peers = "a peer" if session.peers == 1 else f"{session.peers} peers"
        self._detail = f"Ableton Link with {peers}" if session.peers else ALONE


class LinkProcess:
    """Is in the session for its owner."""

    def __init__(self, library: Any, *, start_stop: bool) -> None:
        self._link: Any = library.Link(120.0)
        self._link.startStopSyncEnabled = start_stop
        self._link.enabled = True
        self._playing: bool | None = None
        self._said: LinkMoment | None = None

    def news(self) -> LinkMoment | None:
        """Where the session is, if nobody could know it from what was said before."""
        now, offset = self._clocks()
        state = self._link.captureSessionState()
        at = round((now + offset) * 1e6)
        beat: float = state.phaseAtTime(at, QUANTUM)
        session = LinkMoment(now, beat, state.tempo(), self._link.numPeers(), state.isPlaying())
        said = self._said
        if said is not None and now - said.time < RENEW:
            known = (said.qpm, said.peers, said.playing) == (session.qpm, session.peers, session.playing)
            if known and abs(said.beat_at(now) - beat) * 60 / session.qpm < DIFFERS:
                return None
        self._said = session
        return session

    def lead(self, player: Announcement) -> None:
        """Make the session's tempo and beat those of the player.

        With peers their beat is only nudged, when it is near: Link's tempo is a whole number of microseconds a beat,
        from which ours strays by milliseconds an hour. Where bars begin is then up to whoever was there first.
        """
        _, offset = self._clocks()
        at = round((player.time + offset) * 1e6)
        state = self._link.captureSessionState()
        changed = False
        if _microseconds(state.tempo()) != _microseconds(player.qpm):
            state.setTempo(player.qpm, at)
            changed = True
        beat: float = state.beatAtTime(at, QUANTUM)
        ahead = beat - player.beat
        least, most = (seconds * player.qpm / 60 for seconds in NUDGE)
        if self._link.numPeers() > 0:
            ahead = (ahead + 0.25) % 0.5 - 0.25  # bars may begin at half beats
        else:
            most = float("inf")
        if least < abs(ahead) < most:
            state.forceBeatAtTime(beat - ahead, at, QUANTUM)
            changed = True
        if player.playing != self._playing and self._link.startStopSyncEnabled:
            state.setIsPlaying(player.playing, at)
            changed = True
        self._playing = player.playing
        if changed:
            self._link.commitSessionState(state)

    def close(self) -> None:
        """Leave the session."""
        self._link.enabled = False

    def _clocks(self) -> tuple[float, float]:
        """Monotonic seconds, and what Link's clock is ahead: on Linux that is CLOCK_MONOTONIC_RAW, which NTP leaves be.

        Of several readings the one that was disturbed the least counts.
        """
        readings: list[tuple[float, float, float]] = []
        for _ in range(3):
            before = time.monotonic()
            micros: int = self._link.clock().micros()
            after = time.monotonic()
            readings.append((after - before, after, micros / 1e6 - (before + after) / 2))
        _, now, offset = min(readings)
        return now, offset


def _microseconds(qpm: float) -> int:
    """A beat as Link has it."""
    return round(60e6 / qpm)


def run(owner: HelperEnd) -> None:
    """Be in the session until the owner is gone."""
    try:
        library = importlib.import_module("link")
    except ImportError as error:
        owner.tell(NoLink(f"{MISSING} ({error})"))
        while not owner.gone:
            readable([owner], None)
            owner.receive()
        return
    helper = LinkProcess(library, **owner.settings)
    while not owner.gone:
        still_here()
        for said in owner.receive()[-1:]:  # what was said before that is out of date
            helper.lead(said)
        if (session := helper.news()) is not None:
            owner.tell(session)
        readable([owner], TURN)
    helper.close()


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the process."""
    end = end_of_socket("reverie.play.sync.link", "Is in a session of Ableton Link.", arguments)
    run(HelperEnd(end, Announcement))
    return 0


if __name__ == "__main__":
    sys.exit(main())
