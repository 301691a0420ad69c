from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from pathlib import Path
from typing import Any

import pytest_asyncio
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from reverie.browser_sounds.sound_files import SoundFiles
from reverie.web.sounds import sound_routes

Client = TestClient[web.Request, web.Application]


class Sounds:
    def __init__(self, folder: Path) -> None:
        self.files = SoundFiles(folder, 1000)

    def told(self) -> Mapping[str, Any]:
        return {"scene": "study", "voices": {"lead": {"id": "aa"}}}

    def file(self, name: str) -> Path | None:
        return self.files.find(name)


@pytest_asyncio.fixture
async def client(tmp_path: Path) -> AsyncGenerator[Client]:
    app = web.Application()
    app.add_routes(sound_routes(Sounds(tmp_path)))
    async with TestClient(TestServer(app)) as client:
        yield client


async def test_the_sounds_of_the_voices_are_told(client: Client) -> None:
    response = await client.get("/api/v1/sounds")
    assert await response.json() == {"scene": "study", "voices": {"lead": {"id": "aa"}}}


async def test_a_file_is_kept_for_ever(client: Client, tmp_path: Path) -> None:
    name = SoundFiles(tmp_path, 1000).put(b"fLaC", "flac")
    response = await client.get(f"/api/v1/sounds/{name}")
    assert (response.status, await response.read()) == (200, b"fLaC")
    assert "immutable" in response.headers["Cache-Control"]
    assert response.headers["Content-Type"] == "audio/flac"


async def test_no_other_file_is_given_away(client: Client, tmp_path: Path) -> None:
    (tmp_path / "secret.json").write_text("{}")
    for name in ("secret.json", "..%2f..%2fetc%2fpasswd", "made-of", "a" * 32 + ".flac"):
        response = await client.get(f"/api/v1/sounds/{name}")
        assert response.status == 404, name
