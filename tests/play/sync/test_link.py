"""Ableton Link with a peer that is another program by another library, in a network of their own."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path

import psutil
import pytest

from fakes.link_peer import BAR, Peer, Seen
from fakes.namespaces import network_of_its_own, plug_in, unplug
from fakes.patience import PATIENCE
from fakes.processes import running
from fakes.stalls import Stalls
from reverie.play.sync.leaders import make_leader
from reverie.play.sync.link import ALONE, Link

real = pytest.mark.real
NEAR = 0.002  # seconds of difference between two peers, in the middle of all looks
MANY = 60  # looks of the peer


@pytest.fixture
def network() -> Iterator[None]:
    with network_of_its_own():
        yield


@pytest.fixture
def link(network: None) -> Iterator[Link]:
    leader = make_leader({"clock": None, "link": {"start_stop": True}}, "link")
    assert isinstance(leader, Link)
    yield leader
    leader.close()


@pytest.fixture
def join(network: None) -> Iterator[Callable[[float], Peer]]:
    peers: list[Peer] = []

    def begin(qpm: float) -> Peer:
        peers.append(Peer(qpm))
        return peers[-1]

    yield begin
    for peer in peers:
        peer.end()


class Player:
    """What a player does with a leader: looks at it, and where it leads says where it is, many times a second."""

    def __init__(self, link: Link, qpm: float | None = None, *, playing: bool = True) -> None:
        self.link = link
        self.qpm = qpm
        self.playing = playing
        self._line = time.monotonic()

    def beat(self, moment: float) -> float:
        assert self.qpm is not None
        return (moment - self._line) * self.qpm / 60

    def turn(self, qpm: float) -> None:
        """Another tempo, from the next bar line on."""
        assert self.qpm is not None
        while self.beat(time.monotonic()) < BAR:
            self.look()
        self.look()
        self.qpm = qpm

    def look(self) -> None:
        now = time.monotonic()
        self.link.poll(now)
        if self.qpm is not None:
            if self.beat(now) >= BAR:
                self._line += BAR * 60 / self.qpm
            self.link.announce(now, self.beat(now) * 480, 60 / self.qpm / 480, playing=self.playing)
        time.sleep(0.005)

    def until(self, condition: Callable[[], object], seconds: float = PATIENCE) -> None:
        limit = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < limit, self.link.description
            self.look()

    def compare(self, peer: Peer, tempo: float) -> float:
        """The median of the seconds between the peer's bar and a player's place, once it has the tempo.

        A look in whose midst the machine did something else is wrong by itself, and no mean may suffer from it.
        """
        errors: list[float] = []

        def enough() -> bool:
            for seen in peer.seen():
                beat = self._beat_of_bar(seen)
                if beat is not None and seen.tempo == pytest.approx(tempo, abs=0.01):
                    away = (beat - seen.beat + BAR / 2) % BAR - BAR / 2
                    errors.append(away * 60 / tempo)
            return len(errors) >= MANY

        self.until(enough)
        away = [abs(error) for error in errors[MANY // 3 :]]
        usual = statistics.median(away)
        print(f"{usual * 1e3:.3f} ms usually, {max(away) * 1e3:.3f} ms at most")
        return usual

    def _beat_of_bar(self, seen: Seen) -> float | None:
        if self.qpm is not None:
            return self.beat(seen.time)
        position = self.link.position(seen.time)
        return None if position is None else position.tick / 480


@real
def test_a_session_is_followed_in_tempo_and_bar(link: Link, join: Callable[[float], Peer]) -> None:
    player = Player(link)
    player.until(lambda: link.description == ALONE)
    assert link.position(time.monotonic()) is None
    peer = join(97)
    player.until(lambda: link.position(time.monotonic()))
    assert link.description == "Ableton Link with a peer"
    peer.tell(tempo=101)
    assert player.compare(peer, 101) < NEAR
    peer.tell(tempo=131)
    assert player.compare(peer, 131) < NEAR
    position = link.position(time.monotonic())
    assert position is not None
    assert 60 / position.seconds_per_tick / 480 == pytest.approx(131, abs=0.01)
    peer.end()
    player.until(lambda: link.position(time.monotonic()) is None)


@real
def test_a_peer_that_comes_takes_our_tempo_and_bar_and_follows_both(link: Link, join: Callable[[float], Peer]) -> None:
    player = Player(link, 120)
    player.until(lambda: link.description == ALONE)
    player.turn(117)
    peer = join(97)
    player.until(lambda: link.description != ALONE)
    assert player.compare(peer, 117) < NEAR
    player.turn(90)
    assert player.compare(peer, 90) < NEAR


@real
def test_a_session_that_was_there_keeps_its_bar_and_takes_our_tempo(
    link: Link, join: Callable[[float], Peer], stalls: Stalls
) -> None:
    peer = join(97)
    follower = Player(link)
    follower.until(lambda: link.position(time.monotonic()))
    peer.tell(tempo=100)
    follower.compare(peer, 100)
    seen = peer.seen()
    player = Player(link, 140)
    player.until(lambda: seen.extend(peer.seen()) or (len(seen) > MANY and seen[-1].tempo == pytest.approx(140, 1e-3)))
    for earlier, later in pairwise(seen):
        went, could = later.beat - earlier.beat, (later.time - earlier.time) / 60
        slack = 0.05 + stalls.longest * 140 / 60
        assert 100 * could - slack < went < 140 * could + slack


@real
def test_peers_start_and_stop_us_and_we_them(link: Link, join: Callable[[float], Peer]) -> None:
    follower, peer = Player(link), join(120)
    follower.until(lambda: link.position(time.monotonic()))
    assert link.playing is None
    peer.tell(playing=True)
    follower.until(lambda: link.playing is True)
    peer.tell(playing=False)
    follower.until(lambda: link.playing is False)
    player = Player(link, 120)
    player.until(lambda: any(seen.playing for seen in peer.seen()))
    player.playing = False
    player.until(lambda: not all(seen.playing for seen in peer.seen()))
    since = time.monotonic()
    follower.until(lambda: time.monotonic() > since + 1.5)
    assert link.playing is None  # we have stopped it, nobody else
    peer.tell(playing=True)
    follower.until(lambda: link.playing is True)
    peer.tell(playing=False)
    follower.until(lambda: link.playing is False)


@real
def test_a_helper_that_dies_is_replaced(link: Link, join: Callable[[float], Peer]) -> None:
    player, _ = Player(link), join(97)
    player.until(lambda: link.position(time.monotonic()))
    (helper,) = running("reverie.play.sync.link", psutil.Process().children())
    helper.kill()
    player.until(lambda: link.position(time.monotonic()) is None)
    player.until(lambda: link.position(time.monotonic()))


@real
def test_a_network_that_went_and_returned_is_used_again(link: Link, join: Callable[[float], Peer]) -> None:
    player, _ = Player(link), join(97)
    player.until(lambda: link.position(time.monotonic()))
    unplug()
    player.until(lambda: link.position(time.monotonic()) is None)
    plug_in()
    player.until(lambda: link.position(time.monotonic()))


def test_without_the_package_it_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "link.py").write_text("raise ImportError('No module named link')")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    link = Link()
    try:
        Player(link).until(lambda: "install" in link.description)
        assert link.position(time.monotonic()) is None
        assert link.playing is None
    finally:
        link.close()
