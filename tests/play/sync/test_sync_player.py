"""The real player in time with others: what a listener hears, against where the leader says it is."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from fakes.jack import Jack, Receiver, running_jack, wait_until
from fakes.link_peer import BAR, Peer, Seen
from fakes.midi_sender import Sender
from fakes.namespaces import network_of_its_own
from fakes.patience import PATIENCE
from fakes.playing import RealPlayer, place, scene, steps
from reverie.music.time import Tempo
from reverie.play.messages import SlotState, SyncState

pytestmark = [pytest.mark.real, pytest.mark.alone]

SLOTS = {"main": {"kind": "port", "match": "^Synth:"}}
PITCHES = (60, 62, 64, 65)
PERIOD = 256 / 48_000
ON_THE_WAY = 4 * PERIOD  # at most, into the player and out of it

On = tuple[float, int]


class Listener(Receiver):
    """Knows when it heard each note."""

    def ons_with_times(self, until: Callable[[list[On]], object], seconds: float = PATIENCE) -> list[On]:
        heard, _ = list[On](), self.messages  # which takes what nobody saw coming out of the queue
        limit = time.monotonic() + seconds
        while not until(heard):
            assert time.monotonic() < limit, f"{len(heard)} notes were heard"
            while event := self._input.get_message():
                if event[0][0] & 0xF0 == 0x90:
                    heard.append((time.monotonic(), event[0][1]))
            time.sleep(0.0005)
        return heard


@pytest.fixture
def players() -> Iterator[list[RealPlayer]]:
    begun: list[RealPlayer] = []
    yield begun
    for player in begun:
        player.end()


def report(what: str, late: list[float]) -> None:
    usual = statistics.median(late)
    spread = statistics.fmean(abs(each - usual) for each in late)
    print(f"{what}: {usual * 1e3:.2f} ms behind, {spread * 1e3:.3f} ms about that on an average, {len(late)} notes")
    assert -PERIOD < usual < ON_THE_WAY
    assert spread < PERIOD / 2


def test_notes_fall_on_the_quarters_of_a_midi_clock(jack: Jack, tmp_path: Path, players: list[RealPlayer]) -> None:
    listener = Listener("synth")
    pulses = {"qpm": 97, "pulses": 8 * 96}
    sender = Sender("drums", [0xFA], {"wait": 0.002}, pulses, [0xFC])
    try:
        player = RealPlayer(tmp_path, SLOTS, {"clock": {"match": "^drums:"}, "link": None})
        players.append(player)
        player.hear(SlotState, lambda state: state.up)
        sender.go()
        player.tell(replace(scene(tempo=Tempo(120)), lead="clock"), place(steps(*PITCHES)))
        player.hear(SyncState, lambda state: state.following)
        heard = listener.ons_with_times(lambda _: sender.done)
        due = [at for at, message in sender.sent() if message == b"\xf8"][::24]
    finally:
        sender.end()
        listener.close()
    late: list[float] = []
    for at, pitch in heard:
        quarter = min(range(len(due)), key=lambda number: abs(due[number] - at))
        if quarter < len(due) - 4:  # what follows is a bar that a stop may cut
            assert pitch == PITCHES[quarter % 4], "another quarter of the leader's bar"
            late.append(at - due[quarter])
    assert len(late) >= 12
    report("MIDI clock", late)


@pytest.mark.parametrize("lead", ["link", "self"])
def test_notes_fall_on_the_quarters_of_a_link_session(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, players: list[RealPlayer], lead: str
) -> None:
    with network_of_its_own(), running_jack(monkeypatch):
        listener, peers = Listener("synth"), list[Peer]()
        try:
            player = RealPlayer(tmp_path, SLOTS, {"clock": None, "link": {"start_stop": False}})
            players.append(player)
            player.hear(SlotState, lambda state: state.up)
            player.tell(replace(scene(tempo=Tempo(110)), lead=lead), place(steps(*PITCHES)))
            listener.ons_with_times(lambda heard: len(heard) > 4)
            peers.append(Peer(97))
            tempo = 110
            if lead == "link":
                player.hear(SyncState, lambda state: state.following)
                tempo = 131
                peers[0].tell(tempo=tempo)
            seen: list[Seen] = []
            wait_until(lambda: seen.extend(peers[0].seen()) or (seen and abs(seen[-1].tempo - tempo) < 0.1))
            settled = time.monotonic() + 2 * BAR * 60 / tempo
            heard = [on for on in listener.ons_with_times(lambda on: len(on) > 26) if on[0] > settled]
            seen += peers[0].seen()
        finally:
            for peer in peers:
                peer.end()
            listener.close()
    late: list[float] = []
    for at, pitch in heard:
        look = min(seen, key=lambda look: abs(look.time - at))
        beat = look.beat + (at - look.time) * look.tempo / 60
        assert pitch == PITCHES[round(beat) % 4], "another quarter of the session's bar"
        late.append((beat - round(beat)) * 60 / look.tempo)
    assert len(late) >= 12
    report(f"Link, lead: {lead}", late)
