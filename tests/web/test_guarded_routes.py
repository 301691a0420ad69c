"""Every route of the interface is somebody's: visitors reach what is for them, and nothing else."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from aiohttp import CookieJar, web
from aiohttp.test_utils import TestClient, TestServer

from fakes.conductors import Theatre
from fakes.page_site import ARTIST, AWAY, page_section
from fakes.quiet_daemon import QuietDaemon
from fakes.scenes import TEXT
from reverie.watch.faults import Faults
from reverie.web.gate import PageGate
from reverie.web.page_parts import PageParts
from reverie.web.server import application

FOR_ALL = {"clock", "events", "moments", "now", "openapi.json", "pictures", "play", "session", "sounds"}
"""What the second part of a path is that is for visitors too."""
CHANGE = {**AWAY, "X-Reverie": "page", "Content-Type": "application/json"}

Routes = list[tuple[str, str]]


@pytest.fixture
def app(tmp_path: Path) -> web.Application:
    conductor = Theatre(tmp_path, {"study": TEXT}).conductor
    parts = PageParts(
        live=conductor.page.live,
        play=conductor.page.visits,
        sounds=conductor.page.sounds,
        pictures=conductor.page.pictures,
        artist=conductor.page.artist,
        desk=conductor.page.desk,
        moments=conductor.page.visits.moments.store,
    )
    gate = PageGate(page_section(tmp_path), Faults(), "0.0.0.0")  # noqa: S104
    return application(QuietDaemon(), "0.0.0.0", parts, gate)  # noqa: S104


@pytest_asyncio.fixture
async def client(app: web.Application) -> Any:
    async with TestClient(TestServer(app), cookie_jar=CookieJar(unsafe=True)) as client:
        yield client


def routes_of(app: web.Application, part: str = "") -> Routes:
    """Methods and addresses, what varies in them filled in."""
    found = [
        (route.method, re.sub(r"\{\w+(:[^{}]*)?\}", "a", route.resource.canonical))
        for route in app.router.routes()
        if route.resource is not None and route.method != "HEAD"
    ]
    return [one for one in found if one[1].startswith(f"/api/v1/{part}")]


def test_every_route_is_for_all_or_for_a_role(app: web.Application) -> None:
    firsts = {path.split("/")[3] for _, path in routes_of(app)}
    assert firsts - FOR_ALL == {"artist", "technician"}, "whatever is new is guarded, or named above"


async def status(client: Any, method: str, path: str) -> int:
    async with client.request(method, path, headers=CHANGE, data=b"{}" if method != "GET" else None) as answer:
        return answer.status


async def test_visitors_reach_nothing_of_artists_and_technicians(client: Any, app: web.Application) -> None:
    for part in ("artist", "technician"):
        asked = routes_of(app, f"{part}/")
        assert len(asked) > 5
        for method, path in asked:
            assert (path, await status(client, method, path)) == (path, 401)


async def test_artists_reach_nothing_of_technicians(client: Any, app: web.Application) -> None:
    async with client.post("/api/v1/session", json={"token": ARTIST}, headers=CHANGE) as answer:
        assert answer.status == 200
    for method, path in routes_of(app, "technician/"):
        assert (path, await status(client, method, path)) == (path, 403)
    assert await status(client, "GET", "/api/v1/artist/a") != 401


async def test_no_change_is_taken_of_another_site(client: Any, app: web.Application) -> None:
    changes = [(method, path) for method, path in routes_of(app) if method not in {"GET", "OPTIONS"}]
    assert len(changes) > 15
    headers = {**CHANGE, "Origin": "https://evil.example"}
    for method, path in changes:
        async with client.request(method, path, headers=headers, data=b"{}") as answer:
            assert (path, answer.status) == (path, 403)


async def test_every_link_of_the_page_for_everyone_leads_where_strangers_may_go(client: Any) -> None:
    async with client.get("/", headers=AWAY) as answer:
        links = set(re.findall(r'href="(/[^"]*)"', await answer.text()))
    assert {"/healthz", "/static/style.css"} <= links
    for link in links:
        async with client.get(link, headers=AWAY) as answer:
            assert (link, answer.status) == (link, 200)
