"""Pages read what plays: at once, and as it goes on."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator
from typing import Any

import pytest
import pytest_asyncio
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from fakes.live_feeds import quiet_feed
from fakes.patience import PATIENCE
from reverie.web.event_stream import EventStream
from reverie.web.live_feed import LiveFeed
from reverie.web.live_routes import live_routes

Client = TestClient[web.Request, web.Application]


@pytest.fixture
def feed() -> LiveFeed:
    return quiet_feed({"bar": 7}, EventStream("a", kept=3))


@pytest_asyncio.fixture
async def client(feed: LiveFeed) -> AsyncGenerator[Client]:
    app = web.Application()
    app.add_routes(live_routes(feed))
    async with TestClient(TestServer(app)) as client:
        yield client


async def events(client: Client, last_id: str = "") -> AsyncGenerator[tuple[str, str, Any]]:
    headers = {"Last-Event-ID": last_id} if last_id else {}
    async with asyncio.timeout(PATIENCE), client.get("/api/v1/events", headers=headers) as response:
        assert response.content_type == "text/event-stream"
        event: dict[str, str] = {}
        async for line in response.content:
            name, _, value = line.decode().rstrip("\n").partition(": ")
            if name:
                event[name] = value
            elif "data" in event:
                yield event["id"], event["event"], json.loads(event["data"])


async def test_now_and_the_clock_are_json(client: Client) -> None:
    assert await (await client.get("/api/v1/now")).json() == {"bar": 7}
    assert (await (await client.get("/api/v1/clock")).json())["now"] == 1000.0
    assert (await (await client.get("/api/v1/clock")).json())["day"] < 24 * 3600


async def test_whoever_begins_to_listen_is_told_how_it_is_and_then_what_changes(client: Client, feed: LiveFeed) -> None:
    heard = events(client)
    assert await anext(heard) == ("a-1", "now", {"bar": 7})
    feed.events.publish("bar", {"bar": 8})
    assert await anext(heard) == ("a-2", "bar", {"bar": 8})


async def test_whoever_comes_back_is_told_what_he_missed(client: Client, feed: LiveFeed) -> None:
    for bar in range(4):
        feed.events.publish("bar", {"bar": bar})
    heard = events(client, "a-2")
    assert [(await anext(heard))[0] for _ in range(2)] == ["a-3", "a-4"]
    assert (await anext(events(client, "a-0")))[:2] == ("a-5", "now"), "it was too long ago"
