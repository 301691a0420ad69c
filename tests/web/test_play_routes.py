"""What visitors ask of the server."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from typing import Any

import pytest
import pytest_asyncio
from aiohttp.test_utils import TestClient, TestServer
from aiohttp.web import Application, Request

from reverie.control.visitors import PlayAnswer, Visitor
from reverie.site.page_section import PageSection
from reverie.site.visitor_rules import VISITOR_ACTS, VisitorAct
from reverie.watch.faults import Faults
from reverie.web.gate import PageGate
from reverie.web.play_routes import COOKIE, PATHS, play_routes

Client = TestClient[Request, Application]
OURS = {"X-Reverie": "page"}


class Toys:
    """Notes down who wants what."""

    def __init__(self) -> None:
        self.wishes: list[tuple[VisitorAct, Mapping[str, Any], Visitor]] = []
        self.turns: list[tuple[Visitor, bool]] = []
        self.answer = PlayAnswer(True, "play.heard", {"bar": 128}, 128)

    def state(self, visitor: Visitor) -> Mapping[str, Any]:
        return {"who": visitor.word}

    def wish(self, act: VisitorAct, wanted: Mapping[str, Any], visitor: Visitor) -> PlayAnswer:
        self.wishes.append((act, wanted, visitor))
        return self.answer

    def turn(self, visitor: Visitor, *, leave: bool = False) -> PlayAnswer:
        self.turns.append((visitor, leave))
        return PlayAnswer(ok=True, key="play.turn.yours")


@pytest.fixture
def toys() -> Toys:
    return Toys()


@pytest_asyncio.fixture
async def client(toys: Toys) -> AsyncGenerator[Client]:
    app = Application()
    app.add_routes(play_routes(toys))
    async with TestClient(TestServer(app)) as client:
        yield client


async def test_a_visitor_is_known_again_by_a_cookie_that_scripts_cannot_read(client: Client, toys: Toys) -> None:
    response = await client.get("/api/v1/play")
    word = (await response.json())["who"]
    cookie = response.cookies[COOKIE]
    assert (cookie.value, cookie["httponly"], cookie["samesite"]) == (word, True, "Strict")
    assert len(word) == 32
    again = await client.get("/api/v1/play")
    assert ((await again.json())["who"], again.cookies) == (word, {})
    await client.post("/api/v1/play/mood", json={"mood": "fear"}, headers=OURS)
    assert toys.wishes == [("mood", {"mood": "fear"}, Visitor(word, "127.0.0.1"))]


@pytest.mark.parametrize(
    ("proxies", "headers", "address", "of_many"),
    [
        (["127.0.0.1"], {}, "127.0.0.1", True),
        (["127.0.0.1"], {"X-Forwarded-For": "192.0.2.7"}, "192.0.2.7", False),
        (["127.0.0.1"], {"X-Forwarded-For": "192.0.2.7", "Forwarded": "for=192.0.2.8"}, "", False),
        ([], {}, "127.0.0.1", False),
        ([], {"X-Forwarded-For": "192.0.2.7"}, "127.0.0.1", False),
    ],
)
async def test_only_a_proxy_of_the_site_that_names_nobody_asks_for_many(
    toys: Toys, proxies: list[str], headers: dict[str, str], address: str, of_many: bool
) -> None:
    gate = PageGate(PageSection.model_validate({"proxies": proxies}), Faults(), "127.0.0.1")
    app = Application(middlewares=gate.middlewares)
    app.add_routes(play_routes(toys))
    async with TestClient(TestServer(app)) as client:
        await client.post("/api/v1/play/keep", json={}, headers={**OURS, **headers})
    [(_, _, visitor)] = toys.wishes
    assert (visitor.address, visitor.of_many) == (address, of_many)


@pytest.mark.parametrize("forged", ["", "x", "A" * 32, "0" * 31, "0" * 4000])
async def test_a_word_that_we_did_not_give_is_nobodys(client: Client, forged: str) -> None:
    response = await client.get("/api/v1/play", headers={"Cookie": f"{COOKIE}={forged}"})
    assert (await response.json())["who"] not in {forged, ""}
    assert response.cookies[COOKIE].value == (await response.json())["who"]


@pytest.mark.parametrize("act", VISITOR_ACTS)
async def test_each_wish_has_an_address_and_an_answer_with_its_bar(client: Client, toys: Toys, act: str) -> None:
    response = await client.post(f"/api/v1/play/{act}", json={}, headers=OURS)
    assert response.status == 200
    assert await response.json() == {
        "ok": True,
        "from_bar": 128,
        "says": {"key": "play.heard", "params": {"bar": 128}},
    }
    assert toys.wishes[0][0] == act
    assert f"/api/v1/play/{act}" in PATHS


async def test_turns_are_asked_for_and_given_away(client: Client, toys: Toys) -> None:
    assert (await client.post("/api/v1/play/turn", json={}, headers=OURS)).status == 200
    assert (await client.post("/api/v1/play/turn", json={"leave": True}, headers=OURS)).status == 200
    assert [leave for _, leave in toys.turns] == [False, True]


@pytest.mark.parametrize(
    ("key", "status"),
    [
        ("play.refused.not-allowed", 403),
        ("play.refused.too-often", 429),
        ("play.refused.too-many", 429),
        ("play.refused.not-your-turn", 409),
        ("play.refused.because", 409),
    ],
)
async def test_what_is_refused_says_so_by_its_status_too(client: Client, toys: Toys, key: str, status: int) -> None:
    toys.answer = PlayAnswer(ok=False, key=key)
    response = await client.post("/api/v1/play/keep", json={}, headers=OURS)
    assert (response.status, (await response.json())["ok"]) == (status, False)


async def test_pages_elsewhere_and_what_is_no_wish_are_refused(client: Client, toys: Toys) -> None:
    way = "/api/v1/play/mood"
    assert (await client.post(way, json={"mood": "fear"})).status == 403
    assert (await client.post(way, json={"mood": "fear"}, headers={"X-Reverie": "panic"})).status == 403
    assert (await client.post(way, data="mood=fear", headers=OURS)).status == 415
    plain = {**OURS, "Content-Type": "application/json"}
    assert (await client.post(way, data="{", headers=plain)).status == 400
    assert (await client.post(way, data="[" * 8000, headers=plain)).status == 400
    assert (await client.post(way, data='["fear"]', headers=plain)).status == 400
    assert (await client.post(way, data=f'{{"mood": "{"x" * 9000}"}}', headers=plain)).status == 413
    assert toys.wishes == []
