"""Ten thousand malformed dreams over HTTP and OSC: the bars go on, on their lines, and the memory stays as it was."""

from __future__ import annotations

import contextlib
import json
import random
import socket
import time
from collections.abc import Callable
from typing import Any

import psutil
import pytest
from pythonosc.osc_message_builder import build_msg

from fakes.daemon import Daemon, free_port
from fakes.jack import wait_until
from fakes.stalls import Stalls
from reverie.play.bar_report import TOO_LATE

pytestmark = [pytest.mark.real, pytest.mark.slow]

ALONE = {"main": {"kind": "port", "match": "no such port", "api": "jack"}}
MESSAGES = 10_000
SCENE = """
name: sleeper
title: A sleeper
tempo: 240
metre: 2/4
key: D
scale: dorian
harmony: "Dm7 | G7"
voices:
  tick: {kind: drums, pattern: {bass: "X... X..."}, output: {channel: 10}}
  pad: {kind: chords, bars: 2, register: [C3, C5], output: {channel: 3}}
moods:
  fear: {words: [dark, fall*], tempo: 0.8, harmony: "Ebmaj7", voices: {tick: {controls: {74: 20}}}}
  joy: {words: [sun*], tempo: 1.2}
"""
MOODS = ["fear", "joy", "", "feer", "x" * 2000, "\ud800", "\x1b[2J", "💥", "../..", None, 5, True, [], {}]
WEIGHTS = [0, -1, 1, 0.5, 1e308, float("nan"), float("inf"), -0.0, "1", "much", None, [], {}, 10**400]
LENGTHS = [0, 1, 16, -5, 10**30, 1.5, float("nan"), "2 min", "1 ms", "for ever", "9" * 5000, None, [], True]
TEXTS = ["I fell", "sunny", "\x00" * 400, "x" * 100_000, "\u202e dark", "{" * 500, None, 7, ["dark"], {"a": {}}]
CUES = ["../../etc/passwd", "voice.wav", "a/b", "\0", None, 3, "x" * 500]


def nonsense(dice: random.Random) -> dict[str, Any]:
    said = {"mood": MOODS, "weight": WEIGHTS, "length": LENGTHS, "text": TEXTS, "cue": CUES, "wake": [True, 1, "x"]}
    chosen = dice.sample([*said], dice.randint(0, 5))
    found = {key: dice.choice(said[key]) for key in chosen if key != "wake" or dice.random() < 0.2}
    if dice.random() < 0.1:
        found["\n".join(chosen)] = "?"
    return found


def body(dice: random.Random) -> bytes:
    match dice.randint(0, 4):
        case 0:
            return dice.randbytes(dice.randint(0, 300))
        case 1:
            return b"[" * dice.randint(1, 20_000)
        case _:
            written = json.dumps(nonsense(dice)).encode()
            return written[: dice.randint(0, len(written))] if dice.random() < 0.3 else written


def packet(dice: random.Random) -> bytes:
    arguments = [*nonsense(dice).values()]
    plain = [one for one in arguments if isinstance(one, str | float | bool | int) and one not in {10**400, 10**30}]
    address = dice.choice(["/reverie/dream", "/reverie/dream/fear", "/reverie/dream/a/b", "/reverie/wake", "/cue"])
    with contextlib.suppress(Exception):
        built: bytes = build_msg(address, plain).dgram if plain else build_msg(address).dgram
        built = built[:60_000]
        return built[: dice.randint(0, len(built))] if dice.random() < 0.3 else built
    return dice.randbytes(60)


def send(port: int, requests: list[bytes]) -> list[int]:
    """Send bodies over one connection after the other, some of which lie about their length; the answers' statuses."""
    statuses: list[int] = []
    for written in requests:
        head = f"POST /dream HTTP/1.1\r\nHost: localhost\r\nX-Reverie: dream\r\nContent-Length: {len(written)}\r\n"
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=10) as sock:
            sock.sendall(f"{head}Connection: close\r\n\r\n".encode() + written)
            answer = sock.recv(64)
            if answer.startswith(b"HTTP/1.1 "):
                statuses.append(int(answer.split()[1]))
    return statuses


def rss(daemon: Daemon) -> int:
    assert daemon.process is not None
    return psutil.Process(daemon.process.pid).memory_info().rss


def test_ten_thousand_malformed_dreams_break_nothing(make_daemon: Callable[..., Daemon], stalls: Stalls) -> None:
    port = free_port()
    daemon = make_daemon(ALONE, SCENE, control={"osc": {"port": port}}).start()
    daemon.wait_for_bars(8)
    dice = random.Random(14)
    statuses: list[int] = []
    memory: list[int] = []
    begun, bars = time.monotonic(), daemon.metric("reverie_bars_played_total")
    with socket.socket(type=socket.SOCK_DGRAM) as sock:
        for _ in range(20):
            statuses += send(daemon.port, [body(dice) for _ in range(MESSAGES // 40)])
            for _ in range(MESSAGES // 40):
                sock.sendto(packet(dice), ("127.0.0.1", port))
            memory.append(rss(daemon))
    took = time.monotonic() - begun
    played = daemon.metric("reverie_bars_played_total") - bars
    assert set(statuses) <= {200, 400, 413, 422, 429}
    assert len(statuses) >= MESSAGES // 4, "most were answered"
    assert played >= (took - stalls.longest) / (2 * 60 / 240 / 0.75) - 4, (
        "no bar was held up, however slow a dream makes them"
    )
    assert daemon.metric("reverie_late_total") <= 0.01 * daemon.metric("reverie_notes_sent_total")
    if stalls.longest < TOO_LATE:
        assert daemon.metric("reverie_late_total", severity="skipped") == 0
        assert daemon.metric("reverie_late_total", severity="dropped") == 0
    assert max(memory[10:]) < memory[4] + 12e6
    said = daemon.status()
    assert said["alive"]["ok"]
    assert len(said["dreams"]["now"]) <= 8
    wait_until(lambda: daemon.metric("reverie_bars_played_total") > bars + played + 4)
    assert "Traceback" not in daemon.log.read_text(errors="replace")
    assert daemon.run("dream", "fear").returncode in {0, 1}
    assert daemon.stop()[0] == 0
