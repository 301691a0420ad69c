"""A hall whose music is made up: the page's files and a live feed by the contract, as fast as a test wants.

The feed is the daemon's in form only. Bars may last for hundredths of a second, so that what a page does in a month can
be seen in a minute.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
import time
from collections.abc import AsyncGenerator
from typing import Any

from aiohttp import web

from fakes.toys import Toys
from reverie.audition.png import png
from reverie.web.play_routes import play_routes
from reverie.web.static_files import StaticFiles, static_routes

TICKS_A_QUARTER = 480
CHORDS = ("Dm9", "G13", "Em7", "Am7", "Fmaj7", "Bm7b5", "E7", "Am9")
ROOTS = (2, 7, 4, 9, 5, 11, 4, 9)
THIRDS = ((0, 3, 7, 10), (0, 4, 7, 10), (0, 3, 7, 10), (0, 3, 7, 10), (0, 4, 7, 11), (0, 3, 6, 10), (0, 4, 7, 10))
SECTIONS = ("arrival", "tide", "tide", "lantern")
SCALE = (0, 2, 4, 5, 7, 9, 11)


class Hall:
    """Plays bars of ``seconds``, and tells whoever listens; ``quiet()`` and ``hurry()`` change it while it plays."""

    def __init__(self, seconds: float = 2.0, boot: str = "fake") -> None:
        self.seconds = seconds
        self.boot = boot
        self.bar = 0
        self.sent = 0
        self.begins = time.monotonic()
        self.lost = 0
        self.day = 9.5 * 3600
        """Seconds since midnight where the hall is."""
        self.address = ""
        self.picture = png([bytes(range(96))] * 48, [(level, level // 2, 80) for level in range(256)])
        self.state: dict[str, Any] = {}
        self.files = StaticFiles.read()
        self.away = self.stopped = False
        self.toys = Toys()
        self.booted = 0.0
        """From when on the monotonic clock is told."""
        self._listeners: set[asyncio.Queue[bytes | None]] = set()

    @property
    def listening(self) -> int:
        """How many connections stand."""
        return len(self._listeners)

    def notes(self, bar: int) -> list[list[Any]]:
        """The notes of a bar, always the same."""
        chance = random.Random(bar // 2)
        quarter, root = TICKS_A_QUARTER, ROOTS[bar % len(ROOTS)]
        notes: list[list[Any]] = []
        notes += [["beat", step * quarter, 36, 110, 60] for step in (0, 2)]
        notes += [["beat", step * quarter, 38, 96, 60] for step in (1, 3)]
        notes += [["beat", step * quarter // 2, 42, 60 + 30 * (step % 2), 40] for step in range(8)]
        notes += [["bass", step * quarter, 36 + (root + 7 * (step == 2)) % 12, 92, 400] for step in (0, 2, 3)]
        notes += [
            ["keys", 0, 55 + (root + interval) % 12, 70, 4 * quarter - 20] for interval in THIRDS[bar % len(THIRDS)]
        ]
        at = 0
        while at < 4 * quarter:
            length = chance.choice((quarter // 2, quarter // 2, quarter, quarter * 3 // 2))
            if chance.random() < 0.8:
                notes.append(["lead", at, 72 + chance.choice(SCALE), chance.randint(60, 115), length - 20])
            at += length
        return notes

    def describe(self, bar: int, begins: float) -> dict[str, Any]:
        """A bar by the contract."""
        return {
            "epoch": 1,
            "bar": bar,
            "scene_bar": bar,
            "scene": "tides",
            "begins": begins - self.booted,
            "seconds": self.seconds,
            "ticks": 4 * TICKS_A_QUARTER,
            "resting": False,
            "section": SECTIONS[bar // 8 % len(SECTIONS)],
            "chords": [{"tick": 0, "symbol": CHORDS[bar % len(CHORDS)]}],
            "notes": self.notes(bar),
        }

    def now(self) -> dict[str, Any]:
        """The public state by the contract."""
        voices = [("beat", "drums"), ("bass", "bass"), ("keys", "chords"), ("lead", "melody")]
        return {
            "says": {"key": "playing", "params": {}},
            "level": "good",
            "scene": {
                "name": "tides",
                "title": "Tides",
                "metre": "4/4",
                "ticks_per_bar": 4 * TICKS_A_QUARTER,
                "ticks_per_quarter": TICKS_A_QUARTER,
                "tempo": 240 / self.seconds,
                "key": "D dorian",
            },
            "bar": self.bar,
            "harmony": {
                "chord": CHORDS[self.bar % len(CHORDS)],
                "next": CHORDS[(self.bar + 1) % len(CHORDS)],
                "bars_until_next": 1,
                "key": "D dorian",
                "section": SECTIONS[self.bar // 8 % len(SECTIONS)],
            },
            "form": {
                "section": SECTIONS[self.bar // 8 % len(SECTIONS)],
                "chapter": None,
                "bar": self.bar % 8 + 1,
                "bars": 8,
                "next": SECTIONS[(self.bar // 8 + 1) % len(SECTIONS)],
                "ahead": [
                    {
                        "section": SECTIONS[(self.bar // 8 + n) % len(SECTIONS)],
                        "chapter": None,
                        "in_bars": 8 * n - self.bar % 8,
                        "bars": 8,
                    }
                    for n in range(1, 5)
                ],
            },
            "mood": {"mood": "longing", "words": "a lighthouse that nobody keeps", "weight": 0.8},
            "voices": [
                {"name": name, "kind": kind, "muted": False, "sounds": True, "sound": None} for name, kind in voices
            ],
            "loops": {
                name: {
                    "recipe": f"{self.bar // 8:08x}",
                    "model": {"beat": "drum_kit", "keys": None}.get(name, "attention_rnn"),
                    "temperature": 1.1,
                    "seed": 20261130 + self.bar // 8,
                    "operator": "continue",
                    "from_bar": self.bar // 8 * 8 + 1,
                    "candidates": 8,
                    "why": {"score": {"fit": 0.91, "consonance": 0.97, "total": 0.86}, "refused": {"dense": 2}},
                }
                for name, _ in voices
            },
            "timbres": {
                "cat": {
                    "sounds": ["flute", "cat"],
                    "grid": False,
                    "point": [0.375],
                    "held": None,
                    "path": [[0.375], [0.5], [0.625], [0.75], [0.875], [1.0]],
                    "mixture": {"flute": 0.625, "cat": 0.375},
                },
                "dream": {
                    "sounds": ["bell", "glass", "breath", "wood"],
                    "grid": True,
                    "point": [0.25, 0.5],
                    "held": None,
                    "path": [[0.25, 0.5], [0.5, 0.5], [0.75, 0.5], [0.75, 0.75]],
                    "mixture": {"bell": 0.375, "glass": 0.125, "breath": 0.375, "wood": 0.125},
                },
            },
            "day": [
                {"at": "07:00", "scene": "Tides", "mood": None, "now": True},
                {"at": "12:00", "scene": "Cat dreams", "mood": "longing"},
                {"at": "21:30", "scene": None, "mood": None},
            ],
            "hours": None,
        } | self.state

    def tell(self, event: str, data: object) -> None:
        """Send an event to all who listen."""
        self.sent += 1
        text = f"id: {self.boot}-{self.sent}\nevent: {event}\ndata: {json.dumps(data)}\n\n".encode()
        for listener in self._listeners:
            listener.put_nowait(text)

    def hang_up(self) -> None:
        """End all connections, as a daemon that is started anew."""
        for listener in self._listeners:
            listener.put_nowait(None)

    def reboot(self) -> None:
        """As if the machine had been started anew: its monotonic clock begins at nothing."""
        self.booted = time.monotonic()
        self.hang_up()

    def change_files(self) -> None:
        """As if the daemon had been brought up to date."""
        made = StaticFiles({"wall.html": b"another version"}).files["version.json"]
        self.files.files = {**self.files.files, "version.json": made}

    def stop(self) -> None:
        """Play no more, and say nothing of it, as a player that is dead."""
        self.stopped = True

    async def play(self) -> None:
        """Play until cancelled or stopped."""
        self.begins = time.monotonic()
        while True:
            self.begins += self.seconds
            self.bar += 1
            await asyncio.sleep(max(0.0, self.begins - time.monotonic()))
            if self.stopped:
                return
            self.tell("bar", self.bar_event())
            self.tell("now", self.now())

    def bar_event(self) -> dict[str, Any]:
        """The bar that begins, and the next four as they are predicted."""
        ahead = [self.describe(self.bar + n, self.begins + n * self.seconds) | {"exact": False} for n in range(1, 5)]
        return self.describe(self.bar, self.begins) | {"exact": True, "ahead": ahead}

    def application(self) -> web.Application:
        """The page's files, and the feed."""

        async def now(_: web.Request) -> web.Response:
            return web.json_response(self.now())

        async def clock(_: web.Request) -> web.Response:
            return web.json_response({"now": time.monotonic() - self.booted, "wall": time.time(), "day": self.day})

        async def events(request: web.Request) -> web.StreamResponse:
            if self.away:
                raise web.HTTPServiceUnavailable
            answer = web.StreamResponse(headers={"Content-Type": "text/event-stream", "Cache-Control": "no-store"})
            await answer.prepare(request)
            listener: asyncio.Queue[bytes | None] = asyncio.Queue()
            self._listeners.add(listener)
            try:
                await answer.write(b"retry: 200\n\n")
                first = (
                    f"event: now\ndata: {json.dumps(self.now())}\n\nevent: bar\ndata: {json.dumps(self.bar_event())}"
                )
                await answer.write(f"{first}\n\n".encode())
                while (text := await listener.get()) is not None:
                    await answer.write(text)
            except (ConnectionError, asyncio.CancelledError):
                self.lost += 1
            finally:
                self._listeners.discard(listener)
            return answer

        async def picture(_: web.Request) -> web.Response:
            return web.Response(body=self.picture, content_type="image/png")

        async def pictures(_: web.Request) -> web.Response:
            timbres = {"cat": ("flute", "cat"), "dream": ("bell", "glass", "breath", "wood")}
            made = {
                timbre: {sound: f"/api/v1/pictures/{sound}.png" for sound in sounds}
                for timbre, sounds in timbres.items()
            }
            return web.json_response(made)

        app = web.Application()
        app.add_routes(
            [
                *static_routes(self.files),
                *play_routes(self.toys),
                web.get("/api/v1/now", now),
                web.get("/api/v1/clock", clock),
                web.get("/api/v1/events", events),
                web.get("/api/v1/pictures/{sound}.png", picture),
                web.get("/api/v1/pictures", pictures),
            ]
        )
        return app


@contextlib.asynccontextmanager
async def open_hall(hall: Hall) -> AsyncGenerator[str]:
    """Open a hall on this machine, while the context lasts; what comes is its address."""
    runner = web.AppRunner(hall.application(), handle_signals=False, shutdown_timeout=0.2)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    playing = asyncio.create_task(hall.play())
    try:
        [place] = runner.addresses
        yield f"http://127.0.0.1:{place[1]}"
    finally:
        playing.cancel()
        hall.hang_up()
        await runner.cleanup()
