"""The artist's interface over HTTP, with a source that is made up."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from aiohttp.test_utils import TestClient, TestServer
from aiohttp.web import Application, Request, middleware

from fakes.scenes import TEXT
from reverie.conductor.page.scene_editor import SceneEditor
from reverie.conductor.page.scene_trial import SceneTrial
from reverie.control.plain_action import action_of
from reverie.site.actions import ControlError, ControlLimits
from reverie.site.schema import Site
from reverie.watch.verdict import Verdict
from reverie.web.artist_routes import ARTIST_PATHS, artist_routes
from reverie.web.roles import Asker, PageRole, introduce

Client = TestClient[Request, Application]


class Desk:
    def __init__(self, site: Site | None = None, versions: Path = Path()) -> None:
        self.scenes = SceneEditor(site or Site(), versions)
        self.trial = SceneTrial(lambda: None, lambda _: None, lambda _: None)
        self.wanted: list[object] = []
        self.verdict = Verdict(ok=True, sentence="It is done: mutate lead.")

    def state(self) -> Mapping[str, Any]:
        return {"scene": "study", "voices": []}

    def want_candidates(self, voice: str, count: int) -> Mapping[str, Any]:
        if voice != "lead":
            raise ControlError(f"the scene has no voice {voice!r}")
        return {"voice": voice, "wanted": count}

    def candidates(self) -> list[Mapping[str, Any]]:
        return []

    def take(self, voice: str, recipe: str) -> Verdict:
        self.wanted.append((voice, recipe))
        return self.verdict

    def go_to_section(self, name: str, *, phrase: bool) -> Verdict:
        self.wanted.append((name, phrase))
        return self.verdict

    def stay(self, *, on: bool | None) -> Verdict:
        self.wanted.append(on)
        return self.verdict

    def do(self, wanted: object) -> Verdict:
        action_of(wanted, ControlLimits())
        self.wanted.append(wanted)
        return self.verdict


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    (tmp_path / "scenes").mkdir()
    (tmp_path / "scenes" / "study.yaml").write_text(TEXT)
    site = Site.model_validate({"scenes": [str(tmp_path / "scenes")], "slots": {"main": {"kind": "port"}}})
    return Desk(site, tmp_path / "versions")


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


async def test_candidates_sections_and_what_is_no_text(client: Client, desk: Desk) -> None:
    at = "/api/v1/artist"
    answer = await client.post(f"{at}/candidates", json={"voice": "lead", "count": 3})
    assert await answer.json() == {"voice": "lead", "wanted": 3}
    answer = await client.post(f"{at}/candidates", json={"voice": "cello"})
    assert (answer.status, (await answer.json())["said"]) == (409, "the scene has no voice 'cello'.")
    for body in ({"voice": ["lead"]}, {"voice": ""}, {"voice": "lead", "count": "3"}, ["lead"]):
        assert (await client.post(f"{at}/candidates", json=body)).status == 400
    assert (await client.post(f"{at}/take", json={"voice": "lead", "id": "abc"})).status == 200
    await client.post(f"{at}/section", json={"section": "tide", "phrase": True})
    await client.post(f"{at}/section", json={"stay": True})
    assert desk.wanted == [("lead", "abc"), ("tide", True), True]


async def test_a_scene_is_saved_by_whoever_has_its_present_mark(client: Client) -> None:
    at = "/api/v1/artist/scenes/study"
    read = await client.get(at)
    assert (await read.json())["text"] == TEXT
    first = read.headers["ETag"]
    slower = {"text": TEXT.replace("tempo: 120", "tempo: 60")}
    saved = await client.put(at, json=slower, headers={"If-Match": first})
    assert saved.status == 200
    assert saved.headers["ETag"] not in {"", first}
    late = await client.put(at, json={"text": TEXT}, headers={"If-Match": first})
    assert (late.status, (await late.json())["key"]) == (409, "artist.scene.changed")
    [version] = (await (await client.get(f"{at}/versions")).json())["versions"]
    assert (await (await client.get(f"{at}/versions/{version}")).json())["text"] == TEXT


async def test_faults_are_told_with_their_places_and_nothing_is_saved(client: Client) -> None:
    at, wrong = "/api/v1/artist/scenes/study", {"text": TEXT.replace("tempo: 120", "tempo: fast")}
    [fault] = (await (await client.post(f"{at}/check", json=wrong)).json())["faults"]
    assert (fault["line"], fault["column"]) == (4, 8)
    mark = (await client.get(at)).headers["ETag"]
    for answer in (
        await client.put(at, json=wrong, headers={"If-Match": mark}),
        await client.post(f"{at}/try", json=wrong),
    ):
        assert answer.status == 422
        assert (await answer.json())["faults"] == [fault]
    assert (await client.get("/api/v1/artist/scenes/nothing")).status == 404
    assert (await client.delete("/api/v1/artist/trial")).status == 409


def test_every_route_is_described() -> None:
    routes = {(one.path, one.method.lower()) for one in artist_routes(Desk())}
    described = {(path, method) for path, methods in ARTIST_PATHS.items() for method in methods}
    assert routes == described
