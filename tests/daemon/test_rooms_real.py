"""Two boxes with a network between them, and clocks of their own: one piece (network and time namespaces; root)."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from fakes.daemon import Daemon
from fakes.jack import need, wait_until
from fakes.patience import PATIENCE

pytestmark = pytest.mark.real

AHEAD = 5000
"""Seconds that the follower's monotonic clock is ahead of the leader's."""
TOGETHER, MET = 0.002, 0.02
"""Seconds between bars of boxes that play one piece, and at first, while they come to it."""
NOWHERE = {"main": {"kind": "port", "match": "no such port", "api": "jack"}}
TESTS = Path(__file__).parents[1]
PIECE = """
name: {name}
title: {name}
tempo: {tempo}
key: D
scale: dorian
harmony: {{chords: "Dm9 | G13 | Am7 | Em7"}}
form:
  phrase: 2
  order: drawn
  sections:
    - {{name: calm, bars: [4, 6], next: {{wide: 1, calm: 1}}}}
    - {{name: wide, bars: [4, 8], next: {{wide: 1, calm: 2}}}}
moods:
  fear: {{words: [fell], tempo: 1.1}}
voices:
  pad: {{kind: chords, bars: 2, register: [C3, C5], output: {{channel: 3}}}}
  pulse: {{kind: chords, bars: 1, register: [C3, C5], style: broken, output: {{channel: 4}}}}
"""


@dataclass(frozen=True)
class Wire:
    """A cable between two network namespaces, 10.77.0.1 being the leader's."""

    leader: str
    follower: str

    def cut(self) -> None:
        self._ip("link", "set", "wire", "down")

    def mend(self) -> None:
        self._ip("link", "set", "wire", "up")

    def _ip(self, *arguments: str) -> None:
        subprocess.run(["ip", "-n", self.follower, *arguments], check=True)


@pytest.fixture
def wire() -> Iterator[Wire]:
    need("ip")
    if os.geteuid() != 0:
        pytest.skip("network namespaces need root")
    names = [f"reverie-{os.getpid()}-{side}" for side in "lf"]
    made = Wire(*names)
    try:
        for name in names:
            subprocess.run(["ip", "netns", "add", name], check=True)
        peer = ["peer", "name", "wire", "netns", made.follower]
        subprocess.run(["ip", "-n", made.leader, "link", "add", "wire", "type", "veth", *peer], check=True)
        for number, name in enumerate(names, 1):
            subprocess.run(["ip", "-n", name, "addr", "add", f"10.77.0.{number}/24", "dev", "wire"], check=True)
            for device in ("lo", "wire"):
                subprocess.run(["ip", "-n", name, "link", "set", device, "up"], check=True)
        yield made
    finally:
        for name in names:
            subprocess.run(["ip", "netns", "del", name], check=False)


class Box(Daemon):
    """A daemon in a namespace, which writes down what it plays."""

    prefix: tuple[str, ...] = ()
    ahead = 0.0

    @property
    def played(self) -> Path:
        return self.folder / "played.jsonl"

    def start(self, *arguments: str) -> Box:
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [*self.prefix, sys.executable, "-m", "fakes.room_box", str(self.config), str(self.played)],
                stdout=log,
                stderr=log,
                env=self.environment() | {"PYTHONPATH": str(TESTS)},
                start_new_session=True,
            )
        return self

    def lines(self) -> list[dict[str, Any]]:
        if not self.played.exists():
            return []
        return [json.loads(line) for line in self.played.read_text().splitlines(keepends=True) if line.endswith("\n")]

    def bars(self) -> list[dict[str, Any]]:
        """The bars that began, by the leader's clock."""
        return [line | {"begins": line["begins"] - self.ahead} for line in self.lines() if "begins" in line]

    def room(self) -> dict[str, Any]:
        views = [line["room"] for line in self.lines() if "room" in line]
        return views[-1] if views else {}

    @property
    def together(self) -> bool:
        return bool(self.room().get("together"))


@pytest.fixture
def boxes(tmp_path: Path, wire: Wire) -> Iterator[tuple[Box, Box]]:
    """The leader, and the follower, which has the pulse of the piece alone."""
    for name in "lead", "follow":
        (tmp_path / name).mkdir()
        (tmp_path / name / "token").write_text("a token that both boxes share\n")
    slots, piece = NOWHERE, PIECE.format(name="piece", tempo=180)
    leader = Box(tmp_path / "lead", slots, piece, room={"lead": True, "name": "hall", "token_file": "token"})
    room = {"follow": "127.0.0.1:8768", "name": "attic", "voices": ["pulse"], "token_file": "token"}
    follower = Box(tmp_path / "follow", slots, PIECE.format(name="own", tempo=150), room=room)
    for box in leader, follower:
        for name, tempo in ("piece", 180), ("other", 200):
            (box.folder / "scenes" / f"{name}.yaml").write_text(PIECE.format(name=name, tempo=tempo))
    leader.prefix = ("ip", "netns", "exec", wire.leader)
    follower.prefix = ("ip", "netns", "exec", wire.follower, "unshare", "-T", "--monotonic", str(AHEAD), "--")
    follower.ahead = AHEAD
    slow = [*follower.prefix[:4], sys.executable, "-m", "fakes.slow_wire", "8768", "10.77.0.1", "8767"]
    relay = subprocess.Popen(slow, env=os.environ | {"PYTHONPATH": str(TESTS)})
    try:
        yield leader, follower
    finally:
        relay.kill()
        relay.wait()
        for box in leader, follower:
            box.kill()


def beside(leader: Box, follower: Box, bars: int) -> list[tuple[float, dict[str, Any], dict[str, Any]]]:
    """For the last bars of the follower: how far each began from the leader's next to it, and both bars."""
    theirs, found = leader.bars(), []
    for own in follower.bars()[-bars:]:
        nearest = min(theirs, key=lambda bar: abs(bar["begins"] - own["begins"]))
        found.append((own["begins"] - nearest["begins"], own, nearest))
    return found[:-1]  # the leader's last may not be written yet


def settle(leader: Box, follower: Box, bars: int) -> None:
    """Both play together for so many bars."""
    wait_until(lambda: follower.together, 4 * PATIENCE)
    begun = len(follower.bars())
    wait_until(lambda: len(follower.bars()) > begun + bars, 4 * PATIENCE)
    assert leader.bars()


def one_piece(found: list[tuple[float, dict[str, Any], dict[str, Any]]], *keys: str, alone: bool) -> None:
    """All of these bars are the same, and begin within 2 ms of each other: most, unless the test is ``alone``."""
    off = sorted(abs(seconds) for seconds, _, _ in found)
    print(f"{len(off)} bars: median {1e3 * off[len(off) // 2]:.3f} ms, most {1e3 * off[-1]:.3f} ms apart")
    for _, own, theirs in found:
        assert {key: own[key] for key in keys} == {key: theirs[key] for key in keys}
    assert off[-1 if alone else len(off) // 2] < TOGETHER


def met_on_a_bar_line(leader: Box, follower: Box, since: int) -> None:
    """From its bar ``since`` on, each of the follower's lasts as long as it was to, but for that in which they meet.

    Every bar after that begins with one of the leader's. Where boxes were still in time, they meet by its tempo alone.
    """
    lines = [bar["begins"] for bar in leader.bars()]
    bars = [bar for bar in follower.bars()[since:] if bar["begins"] < lines[-1]]
    astray = [number for number, bar in enumerate(bars) if min(abs(bar["begins"] - line) for line in lines) > MET]
    lasted = [(after["begins"] - bar["begins"]) / bar["seconds"] for bar, after in pairwise(bars)]
    met = [number for number, length in enumerate(lasted) if length != pytest.approx(1, abs=0.07)]
    told = f"bars {met} have another length, {astray} do not begin with the leader's; {lasted}"
    assert len(met) <= 1, told
    assert all(0.4 < length < 1.6 for length in lasted), told
    assert all(number <= last for number in astray for last in met or [-1]), told
    assert not astray or astray[-1] < len(bars) - 8, "they have been together for some bars"


@pytest.mark.timeout(900)
@pytest.mark.parametrize("cut", [10.0, pytest.param(60.0, marks=pytest.mark.slow)])
def test_two_boxes_play_one_piece_and_go_on_alone_while_the_wire_is_cut(
    boxes: tuple[Box, Box], wire: Wire, cut: float
) -> None:
    alone = cut > 10  # nothing runs beside slow tests
    leader, follower = boxes
    leader.start()
    wait_until(lambda: len(leader.bars()) > 4, 4 * PATIENCE)
    follower.start()
    settle(leader, follower, 12)
    one_piece(beside(leader, follower, 8), "scene", "bar", "section", "chords", alone=alone)
    print({key: follower.room()[key] for key in ("offset_ms", "error_ms")})
    assert leader.room()["followers"][0]["name"] == "attic"

    assert leader.run("dream", "fear").returncode == 0
    wait_until(lambda: "fear" in follower.bars()[-1]["moods"], PATIENCE)
    assert leader.run("do", "scene", "other").returncode == 0
    wait_until(lambda: follower.bars()[-1]["scene"] == "other", PATIENCE)
    settle(leader, follower, 16)
    one_piece(beside(leader, follower, 6), "scene", "bar", "section", "chords", alone=alone)

    wire.cut()
    wait_until(lambda: not follower.together and "by itself" in follower.room()["sentence"], PATIENCE)
    counts = [len(box.bars()) for box in boxes]
    time.sleep(cut)
    assert all(len(box.bars()) > count + 5 for box, count in zip(boxes, counts, strict=True))
    assert {bar["scene"] for bar in follower.bars()[counts[1] :]} == {"other"}
    assert leader.run("do", "scene", "piece").returncode == 0

    mended = len(follower.bars()) - 1
    wire.mend()
    settle(leader, follower, 14)
    one_piece(beside(leader, follower, 6), "scene", "bar", "section", "chords", alone=alone)
    met_on_a_bar_line(leader, follower, mended)
    for box in boxes:
        played = [line for line in box.lines() if "room" not in line]
        silent = [
            number for number, line in enumerate(played) if line.get("sent") == 0 and number > 4 and not line["tacet"]
        ]
        assert not silent, [played[number - 3 : number + 2] for number in silent]
        for bar, after in pairwise(box.bars()):
            assert after["begins"] - bar["begins"] < 1.6 * bar["seconds"], (
                "no bar is left out, not even where they meet"
            )
