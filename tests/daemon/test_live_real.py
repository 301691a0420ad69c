"""What pages are told of the real daemon is what its player has sent, note by note, whatever happens meanwhile."""

from __future__ import annotations

import contextlib
import http.client
import json
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from fakes.daemon import Daemon
from fakes.jack import wait_until
from fakes.live_listener import LiveListener
from fakes.patience import PATIENCE
from fakes.processes import running

pytestmark = pytest.mark.real

MakeDaemon = Callable[..., Daemon]
NOWHERE = {"main": {"kind": "port", "match": "^nowhere:"}}
ON = 0x90


def taped(state: Path) -> list[list[list[tuple[int, int, int, str]]]]:
    """By life of the player and bar: tick, pitch, velocity and voice of every note that was started."""
    lives: list[list[list[tuple[int, int, int, str]]]] = []
    line_tick = 0
    for journal in sorted((state / "tape").glob("*.journal")):
        for line in journal.read_text().splitlines():
            kind, *fields = line.split()
            if kind == "L":
                lives.append([])
            elif kind == "B":
                line_tick = int(fields[0])
                lives[-1].append([])
            elif kind == "E":
                message = bytes.fromhex(fields[1])
                if message[0] & 0xF0 == ON:
                    lives[-1][-1].append((int(fields[0]) - line_tick, message[1], message[2], fields[2]))
    return [[sorted(bar) for bar in life] for life in lives]


def control(daemon: Daemon, **wanted: Any) -> None:
    headers = {"X-Reverie": "control", "Content-Type": "application/json"}
    line = http.client.HTTPConnection("127.0.0.1", daemon.port, timeout=PATIENCE)
    with contextlib.closing(line):
        line.request("POST", "/control", json.dumps(wanted), headers)
        assert json.load(line.getresponse())["ok"]


def notes_of(bar: dict[str, Any]) -> list[tuple[int, int, int, str]]:
    return sorted((tick, pitch, velocity, voice) for voice, tick, pitch, velocity, *_ in bar["notes"])


def test_every_bar_has_the_notes_of_the_tape_over_mutes_a_dead_player_and_a_cut_line(make_daemon: MakeDaemon) -> None:
    daemon = make_daemon(NOWHERE).start()
    wait_until(daemon.answers)
    with LiveListener(daemon.port) as listener:
        wait_until(lambda: len(listener.bars()) >= 4)
        control(daemon, action="mute", voice="bass", value=True)
        wait_until(lambda: "bass" in listener.bars()[-1]["muted"])
        told = len(listener.bars())
        wait_until(lambda: len(listener.bars()) >= told + 2)
        control(daemon, action="mute", voice="bass", value=False)
        for player in running("reverie.play.worker", daemon.family()[1:]):
            player.kill()
        killed = len(listener.bars())
        wait_until(lambda: len(listener.bars()) >= killed + 4)
        control(daemon, action="tempo", value=300)
        told = len(listener.bars())
        wait_until(lambda: len(listener.bars()) >= told + 2)
        bars = listener.bars()
        lives = taped(daemon.state)
    begins = next(number for number, bar in enumerate(bars) if number and bar["bar"] == 0)
    checked = 0
    for life, part in ((0, bars[: begins - 1]), (1, bars[begins:-1])):  # the last bar of each was still under way
        for bar in part:
            expected = lives[life][bar["bar"]]
            assert [note[3] for note in notes_of(bar)] == [note[3] for note in expected], bar["bar"]
            assert notes_of(bar) == expected
            checked += len(expected)
    assert checked > 60
    assert any("bass" in bar["muted"] and "bass" not in {note[0] for note in bar["notes"]} for bar in bars)


def test_bars_are_foretold_and_begin_when_they_were_foretold(make_daemon: MakeDaemon) -> None:
    daemon = make_daemon(NOWHERE).start()
    wait_until(daemon.answers)
    with LiveListener(daemon.port) as listener:
        wait_until(lambda: len(listener.bars()) >= 8)
        bars = listener.bars()
    for before, after in pairwise(bars):
        told = before["ahead"][0]
        assert (told["bar"], told["scene_bar"]) == (after["bar"], after["scene_bar"])
        assert told["begins"] == pytest.approx(after["begins"], abs=1e-4)
        if not told["open"]:
            assert told["notes"] == after["notes"]
    assert sum(not bar["ahead"][0]["open"] for bar in bars) >= 4


def test_a_listener_that_comes_back_misses_no_bar(make_daemon: MakeDaemon) -> None:
    daemon = make_daemon(NOWHERE).start()
    wait_until(daemon.answers)
    with LiveListener(daemon.port) as first:
        wait_until(lambda: len(first.bars()) >= 3)
    heard = first.bars()[-1]["bar"]
    wait_until(lambda: (json.loads(daemon.get("/api/v1/now"))["bar"] or 0) >= heard + 3)
    again = LiveListener(daemon.port)
    again.ids = [first.ids[-1]]
    with again:
        wait_until(lambda: len(again.bars()) >= 3)
    numbers = [bar["bar"] for bar in again.bars()]
    assert numbers[0] in {heard, heard + 1}, "it goes on where the line was cut"
    assert numbers == sorted(numbers)
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))
