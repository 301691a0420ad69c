"""The artist's interface over HTTP, with a source that is made up."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from typing import Any

import pytest
import pytest_asyncio
from aiohttp.test_utils import TestClient, TestServer
from aiohttp.web import Application, Request, middleware

from reverie.control.plain_action import action_of
from reverie.site.actions import ControlLimits
from reverie.watch.evidence import Verdict
from reverie.web.artist_routes import ARTIST_PATHS, artist_routes
from reverie.web.roles import Asker, PageRole, introduce

Client = TestClient[Request, Application]


class Desk:
    def __init__(self) -> None:
        self.wanted: list[object] = []
        self.verdict = Verdict(ok=True, sentence="It is done: mutate lead.")

    def state(self) -> Mapping[str, Any]:
        return {"scene": "study", "voices": []}

    def do(self, wanted: object) -> Verdict:
        action_of(wanted, ControlLimits())
        self.wanted.append(wanted)
        return self.verdict


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.fixture
def asker() -> dict[str, PageRole]:
    return {"role": PageRole.ARTIST}


@pytest_asyncio.fixture
async def client(desk: Desk, asker: dict[str, PageRole]) -> AsyncGenerator[Client]:
    @middleware
    async def known(request: Request, handler: Any) -> Any:
        introduce(request, Asker(asker["role"], "10.0.0.1"))
        return await handler(request)

    app = Application(middlewares=[known])
    app.add_routes(artist_routes(desk))
    async with TestClient(TestServer(app)) as client:
        yield client


async def test_an_artist_sees_and_does(client: Client, desk: Desk) -> None:
    assert (await (await client.get("/api/v1/artist")).json())["scene"] == "study"
    wanted = {"action": "tempo", "value": 90, "over": 8}
    answer = await client.post("/api/v1/artist/do", json=wanted)
    assert (answer.status, await answer.json()) == (200, {"ok": True, "said": "It is done: mutate lead."})
    assert desk.wanted == [wanted]


async def test_what_is_refused_and_what_is_no_action_are_told_apart(client: Client, desk: Desk) -> None:
    desk.verdict = Verdict(ok=False, sentence="It was refused: lead is no drum set.")
    answer = await client.post("/api/v1/artist/do", json={"action": "groove", "voice": "lead"})
    assert (answer.status, (await answer.json())["said"]) == (409, "It was refused: lead is no drum set.")
    answer = await client.post("/api/v1/artist/do", json={"action": "grove"})
    assert answer.status == 400
    assert "did you mean 'groove'" in (await answer.json())["said"]
    assert (await client.post("/api/v1/artist/do", data=b"{")).status == 400
    answer = await client.post("/api/v1/artist/do", json={"action": "mute", "voice": "lead", "over": 4})
    assert "'mute' is not moved over bars" in (await answer.json())["said"]


@pytest.mark.parametrize("path", ["/api/v1/artist", "/api/v1/artist/do"])
async def test_whoever_is_no_artist_sees_nothing(client: Client, asker: dict[str, PageRole], path: str) -> None:
    asker["role"] = PageRole.VISITOR
    answer = await (client.post(path, json={}) if path.endswith("do") else client.get(path))
    assert answer.status == 401
    assert "artist" in (await answer.json())["said"]


def test_every_route_is_described() -> None:
    routes = {(one.path, one.method.lower()) for one in artist_routes(Desk())}
    described = {(path, method) for path, methods in ARTIST_PATHS.items() for method in methods}
    assert routes == described
