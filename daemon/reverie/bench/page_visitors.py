"""Visitors of the page in a process of their own: they listen to events, and wish for things.

``python -m reverie.bench.page_visitors PORT CLIENTS POSTS SECONDS`` says in JSON what they met with. Each has an
address of its own, which a proxy at this machine would tell.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from reverie.bench.play_score import percentiles
from reverie.processes.descriptors import ask_for_many

AT_ONCE = 50
"""Visitors that come at the same time."""
PLAIN = 40
"""One of so many listens to what is not packed, and so can say when bars arrive."""
WISHES: Sequence[tuple[str, Mapping[str, Any]]] = (
    ("mood", {"mood": "calm"}),
    ("dream", {"text": "the sea"}),
    ("keep", {}),
    ("turn", {}),
)
PATIENCE = 30.0


class ListeningVisitor(asyncio.Protocol):
    """One who listens, and counts what comes."""

    def __init__(self, number: int, tally: Counter[str], late: list[float]) -> None:
        self.plain = number % PLAIN == 0
        self._address = _address(number)
        self._tally = tally
        self._late = late
        self._pending = b""
        self._answered = False
        self.transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask for events."""
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 - of create_connection
        self.transport = transport
        asked = ["GET /api/v1/events HTTP/1.1", "Host: localhost", f"X-Forwarded-For: {self._address}"]
        asked += [] if self.plain else ["Accept-Encoding: gzip"]
        transport.write("\r\n".join([*asked, "", ""]).encode())

    def data_received(self, data: bytes) -> None:
        """Something comes."""
        now = time.monotonic()
        if not self._answered:
            self._answered = True
            self._tally[f"status {data[9:12].decode('ascii', 'replace')}"] += 1
        self._tally["bytes"] += len(data)
        if not self.plain:
            return
        *lines, self._pending = (self._pending + data).split(b"\n")
        kind = b""
        for line in lines:
            if line.startswith(b"event: "):
                kind = line[7:]
            elif line.startswith(b"data: ") and kind == b"bar":
                bar = json.loads(line[6:])
                self._tally["bars heard"] += 1
                if 0 <= now - bar["begins"] < 1:  # one that is told again, or was there before, says nothing
                    self._late.append(now - bar["begins"])

    def connection_lost(self, exc: Exception | None) -> None:
        """It is over."""
        del exc
        self._tally["lost"] += 1


async def visit(port: int, clients: int, posts: float, seconds: float) -> dict[str, Any]:
    """Let them all come, stay for so long while they wish for so much a second, and go."""
    loop, tally, late = asyncio.get_running_loop(), Counter[str](), list[float]()
    visitors: list[ListeningVisitor] = []
    begun = time.monotonic()
    for first in range(0, clients, AT_ONCE):
        coming = [ListeningVisitor(n, tally, late) for n in range(first, min(first + AT_ONCE, clients))]
        await asyncio.gather(*(_come(loop, port, visitor, tally) for visitor in coming))
        visitors += coming
    came = time.monotonic() - begun
    tally["lost while coming"] = tally.pop("lost", 0)
    late.clear()
    answers, waits = Counter[int](), list[float]()
    wishing = [asyncio.create_task(_wish(port, n, posts / AT_ONCE, answers, waits)) for n in range(AT_ONCE)]
    received = tally["bytes"]
    _say({"came": round(came, 1)})
    await asyncio.sleep(seconds)
    for task in wishing:
        task.cancel()
    await asyncio.gather(*wishing, return_exceptions=True)
    listening = sum(1 for one in visitors if one.transport is not None and not one.transport.is_closing())
    report = {
        "clients": clients,
        "came_in_seconds": round(came, 1),
        "listening_at_the_end": listening,
        "lost": tally["lost"],
        "statuses": {name.removeprefix("status "): n for name, n in tally.items() if name.startswith("status ")},
        "bytes_a_second": round((tally["bytes"] - received) / seconds),
        "bar_arrives_after": _milliseconds(late),
        "posts": {str(status): count for status, count in sorted(answers.items())},
        "post_takes": _milliseconds(waits),
    }
    for visitor in visitors:
        if visitor.transport is not None:
            visitor.transport.abort()
    return report


async def _come(loop: asyncio.AbstractEventLoop, port: int, visitor: ListeningVisitor, tally: Counter[str]) -> None:
    try:
        async with asyncio.timeout(PATIENCE):
            await loop.create_connection(lambda: visitor, "127.0.0.1", port)
    except OSError:
        tally["refused"] += 1


async def _wish(port: int, number: int, rate: float, answers: Counter[int], waits: list[float]) -> None:
    """Wish for one thing after the other, each as another visitor."""
    if not rate:
        return
    due = time.monotonic() + number / (rate * AT_ONCE)
    for wish in range(1_000_000):
        await asyncio.sleep(max(due - time.monotonic(), 0.0))
        due += 1 / rate
        what, body = WISHES[wish % len(WISHES)]
        begun = time.monotonic()
        try:
            async with asyncio.timeout(PATIENCE):
                answers[await _post(port, what, json.dumps(body), _address(number * 1000 + wish))] += 1
        except (OSError, ValueError):
            answers[0] += 1
        waits.append(time.monotonic() - begun)


async def _post(port: int, what: str, body: str, address: str) -> int:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(
            f"POST /api/v1/play/{what} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nX-Reverie: page\r\n"
            f"X-Forwarded-For: {address}\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
            f"{body}".encode()
        )
        answer = await reader.read()
        return int(answer[9:12])
    finally:
        writer.close()


def _say(what: Mapping[str, Any]) -> None:
    sys.stdout.write(json.dumps(what) + "\n")
    sys.stdout.flush()


def _milliseconds(seconds: Sequence[float]) -> dict[str, float]:
    found = percentiles(seconds) if seconds else {}
    return {name.replace("_us", "_ms"): round(one / 1000, 2) for name, one in found.items()}


def _address(number: int) -> str:
    return f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"


def main() -> int:
    """Visit, and say what came of it."""
    port, clients, posts, seconds = sys.argv[1:]
    ask_for_many()
    _say(asyncio.run(visit(int(port), int(clients), float(posts), float(seconds))))
    return 0


if __name__ == "__main__":
    sys.exit(main())
