"""Many rooms that follow one leader, on a made-up clock: ``python -m reverie.bench.rooms``.

What boxes say is what they really say, sealed and all; only clocks and network are made up. Each box's clock drifts,
each datagram takes its time or is lost, boxes join and leave, and the leader is gone for a minute. Told are messages
and bytes, how far each box misjudges the leader's clock (by which its bar lines are off, too), and what a question
costs the leader.
"""

from __future__ import annotations

import argparse
import heapq
import itertools
import json
import random
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field

from reverie.room.room_follower import RoomFollower
from reverie.room.room_leader import RoomLeader
from reverie.room.room_words import RoomMood, RoomWord, SharedPiece

TOKEN = b"a token that a hundred rooms share"
BAR = 2.4
"""Seconds of a bar: 4/4 at 100."""
WARM = 10.0
"""Seconds after joining from which a clock is judged."""
JOINING = 5.0
"""Seconds that joining may take at the least, to be judged."""
JOINED = 0.002
"""Seconds of error from which on a box plays with the others."""


@dataclass(frozen=True, slots=True)
class SimulatedNetwork:
    """A datagram takes ``base`` seconds, and as many more as an exponential of mean ``jitter``; some are lost.

    ``drift`` is the most by which a clock goes wrong, as a share; ``away`` when the leader is gone, from and to.
    """

    name: str
    base: float
    jitter: float
    loss: float
    drift: float = 50e-6
    away: tuple[float, float] = (120.0, 180.0)


NETWORKS = (
    SimulatedNetwork("cable", 0.0002, 0.0001, 0.0),
    SimulatedNetwork("busy cable", 0.0005, 0.002, 0.001),
    SimulatedNetwork("radio", 0.002, 0.005, 0.02),
    SimulatedNetwork("bad radio", 0.005, 0.020, 0.10),
)


@dataclass(slots=True)
class SimulatedRoom:
    """A follower whose clock was set at random and drifts."""

    follower: RoomFollower
    ahead: float
    drift: float
    begins: float
    ends: float
    joined: float | None = None

    def clock(self, now: float) -> float:
        """What its clock says at a moment of the leader's."""
        return (now + self.ahead) * (1 + self.drift)

    def error(self, now: float) -> float | None:
        """Seconds by which it misjudges the leader's clock; None while it does not know it."""
        offset = self.follower.offset
        return None if offset is None else abs(self.clock(now) + offset - now)


@dataclass(frozen=True, slots=True)
class RoomsFigures:
    """What came of it. Errors are in milliseconds, of all boxes once a second; costs in milliseconds a question."""

    network: str
    rooms: int
    minutes: float
    messages_per_second: float
    bytes_per_second: float
    largest: int
    error_median: float
    error_99: float
    error_most: float
    off_after_minute_alone: float
    seconds_to_join: float
    seconds_to_join_most: float
    seconds_to_return_most: float
    leader_ms_per_question: float


@dataclass(slots=True)
class RoomsSimulation:
    """A leader and its rooms, moved by a queue of what happens next."""

    network: SimulatedNetwork
    rooms: Sequence[SimulatedRoom]
    draw: random.Random
    leader: RoomLeader = field(default_factory=lambda: RoomLeader(TOKEN, "hall"))
    messages: int = 0
    volume: int = 0
    largest: int = 0
    questions: int = 0
    leader_seconds: float = 0.0
    errors: list[float] = field(default_factory=list[float])
    alone: list[float] = field(default_factory=list[float])
    returns: dict[int, float] = field(default_factory=dict[int, float])
    _queue: list[tuple[float, int, Callable[[float], None]]] = field(default_factory=list[object])  # type: ignore[arg-type]
    _count: itertools.count[int] = field(default_factory=itertools.count)

    def run(self, seconds: float) -> None:
        """Let so many seconds pass."""
        self._at(0.0, lambda now: self._bar(now, 0))
        self._at(1.0, self._judge)
        for number, room in enumerate(self.rooms):
            self._at(room.begins, lambda now, number=number: self._ask(now, number))
        while self._queue and self._queue[0][0] <= seconds:
            now, _, what = heapq.heappop(self._queue)
            what(now)

    def _at(self, moment: float, what: Callable[[float], None]) -> None:
        heapq.heappush(self._queue, (moment, next(self._count), what))

    def _is_away(self, now: float) -> bool:
        return self.network.away[0] <= now < self.network.away[1]

    def _send(self, now: float, datagram: bytes, arrives: Callable[[float], None]) -> None:
        self.messages += 1
        self.volume += len(datagram)
        self.largest = max(self.largest, len(datagram))
        if self.draw.random() >= self.network.loss:
            jitter = self.draw.expovariate(1 / self.network.jitter)
            self._at(now + self.network.base + jitter, arrives)

    def _bar(self, now: float, number: int) -> None:
        """The leader begins a bar."""
        self._at(now + BAR, lambda then: self._bar(then, number + 1))
        if self._is_away(now):
            return
        piece = SharedPiece("carousel", 3, 36_000.0, "0123456789abcdef")
        mood = RoomMood("sorrow", 0.8, number - 4, 32, 4)
        word = RoomWord("12345678", number, piece, number, number, now, BAR, 1920, "turning", (mood,))
        begun = time.perf_counter()
        told = list(self.leader.tell(word, now))
        self.leader_seconds += time.perf_counter() - begun
        for place, datagram in told:
            self._send(now, datagram, lambda then, place=place, datagram=datagram: self._hear(then, place[1], datagram))

    def _ask(self, now: float, number: int) -> None:
        """A room asks, and will again."""
        room = self.rooms[number]
        if now >= room.ends:
            return
        own = room.clock(now)
        datagram = room.follower.ask(own, together=True, scene="carousel", scene_bar=7)
        self._send(now, datagram, lambda then: self._answer(then, number, datagram))
        self._at(now + room.follower.next_ask(own), lambda then: self._ask(then, number))

    def _answer(self, now: float, number: int, datagram: bytes) -> None:
        if self._is_away(now):
            return
        begun = time.perf_counter()
        answer = self.leader.answer(datagram, ("room", number), now, now)
        self.leader_seconds += time.perf_counter() - begun
        self.questions += 1
        if answer is not None:
            self._send(now, answer, lambda then: self._hear(then, number, answer))

    def _hear(self, now: float, number: int, datagram: bytes) -> None:
        room = self.rooms[number]
        if not room.begins <= now < room.ends:
            return
        room.follower.hear(datagram, room.clock(now))
        error = room.error(now)
        if room.joined is None and error is not None and error < JOINED and room.follower.word is not None:
            room.joined = now
        away = self.network.away[1]
        if now >= away > room.begins and error is not None and error < JOINED:
            self.returns.setdefault(number, now - away)

    def _judge(self, now: float) -> None:
        """Once a second each room that has joined is asked how far off it is."""
        self._at(now + 1.0, self._judge)
        begun, ended = self.network.away
        for room in self.rooms:
            error = room.error(now)
            if error is None or not room.begins + WARM <= now < room.ends:
                continue
            if begun <= now < ended + WARM:
                if ended - 1.0 <= now < ended:
                    self.alone.append(error)
            else:
                self.errors.append(error)


def _meets_nobody(room: SimulatedRoom, network: SimulatedNetwork) -> bool:
    """Whether the leader is away when a room begins: then it is not slow that waits."""
    return network.away[0] - JOINING <= room.begins < network.away[1]


def simulate(network: SimulatedNetwork, rooms: int, minutes: float, seed: int = 1) -> RoomsFigures:
    """The figures of so many rooms: a tenth of them joins in the midst, and as many leave."""
    draw, seconds = random.Random(seed), 60 * minutes
    made: list[SimulatedRoom] = []
    for number in range(rooms):
        late, early = number % 10 == 1, number % 10 == 2  # noqa: PLR2004 - one in ten joins late, another leaves early
        made.append(
            SimulatedRoom(
                RoomFollower(TOKEN, f"room-{number}"),
                ahead=draw.uniform(0, 1e6),
                drift=draw.uniform(-network.drift, network.drift),
                begins=draw.uniform(0, 0.8 * seconds) if late else draw.uniform(1, 3),
                ends=draw.uniform(0.2 * seconds, seconds) if early else seconds,
            )
        )
    simulation = RoomsSimulation(network, made, draw)
    simulation.run(seconds)
    errors, alone = sorted(simulation.errors), sorted(simulation.alone)
    waits = sorted(
        room.joined - room.begins for room in made if room.joined is not None and not _meets_nobody(room, network)
    )
    return RoomsFigures(
        network=network.name,
        rooms=rooms,
        minutes=minutes,
        messages_per_second=round(simulation.messages / seconds, 1),
        bytes_per_second=round(simulation.volume / seconds),
        largest=simulation.largest,
        error_median=round(1e3 * errors[len(errors) // 2], 3),
        error_99=round(1e3 * errors[int(0.99 * len(errors))], 3),
        error_most=round(1e3 * errors[-1], 3),
        off_after_minute_alone=round(1e3 * alone[-1], 3) if alone else 0.0,
        seconds_to_join=round(waits[len(waits) // 2], 2),
        seconds_to_join_most=round(waits[-1], 2),
        seconds_to_return_most=round(max(simulation.returns.values(), default=0.0), 2),
        leader_ms_per_question=round(1e3 * simulation.leader_seconds / max(simulation.questions, 1), 3),
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the figures of each network as a line of JSON."""
    parser = argparse.ArgumentParser(description="Many rooms that follow one leader, on a made-up clock.")
    parser.add_argument("--rooms", type=int, default=100)
    parser.add_argument("--minutes", type=float, default=4.0)
    given = parser.parse_args(arguments)
    for network in NETWORKS:
        sys.stdout.write(json.dumps(asdict(simulate(network, given.rooms, given.minutes))) + "\n")
        sys.stdout.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main())
