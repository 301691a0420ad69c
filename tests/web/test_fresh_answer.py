"""Who asks for a desk's state is answered at once, and it is gathered once for all who ask together."""

from __future__ import annotations

from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from fakes.hand_clock import HandClock
from reverie.web.fresh_answer import FRESH, FreshAnswer


class Desk:
    def __init__(self) -> None:
        self.asked = 0
        self.pressed = 0

    def state(self) -> dict[str, int]:
        self.asked += 1
        return {"pressed": self.pressed}

    async def press(self, _: web.Request) -> web.Response:
        self.pressed += 1
        raise web.HTTPConflict(text="It was refused.")


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


def application(desk: Desk, clock: HandClock) -> web.Application:
    fresh = FreshAnswer(desk.state, clock.now)

    async def state(_: web.Request) -> web.Response:
        return fresh.response()

    app = web.Application()
    app.add_routes(fresh.changing([web.get("/state", state), web.post("/press", desk.press)]))
    return app


async def test_the_state_was_gathered_for_every_asker(desk: Desk, clock: HandClock) -> None:
    async with TestClient(TestServer(application(desk, clock))) as client:

        async def told() -> Any:
            return await (await client.get("/state")).json()

        assert [await told() for _ in range(50)] == [{"pressed": 0}] * 50
        assert desk.asked == 1
        clock.go(FRESH)
        await told()
        assert desk.asked == 2


async def test_whoever_has_done_something_sees_it_at_once_even_if_it_was_refused(desk: Desk, clock: HandClock) -> None:
    async with TestClient(TestServer(application(desk, clock))) as client:
        assert await (await client.get("/state")).json() == {"pressed": 0}
        assert (await client.post("/press")).status == 409
        assert await (await client.get("/state")).json() == {"pressed": 1}
