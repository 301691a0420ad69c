"""Pages have pictures of the sounds of timbres, drawn once."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Sequence
from pathlib import Path

import pytest_asyncio
from aiohttp.test_utils import TestClient, TestServer
from aiohttp.web import Application, Request

from fakes.patience import PATIENCE
from fakes.scenes import TEXT, scene
from reverie.conductor.page.sound_pictures import PictureDrawing, SoundAndPicture, SoundPictures
from reverie.web.pictures import picture_routes

TIMBRES = """
timbres:
  creature:
    sources: {flute: "shipped:flute", cat: "shipped:cat", cloud: {latent: 2}}
    path: {kind: line, steps: 3}
    pace: 10 min
"""
MORPHING = scene(TEXT.replace("voices:", f"{TIMBRES}voices:") + "    timbre: {bank: creature}\n")


class Drawn:
    def __init__(self) -> None:
        self.wanted: list[Path] = []
        self.closed = False
        self.breaks = False

    def draw(self, wanted: Sequence[SoundAndPicture]) -> None:
        if self.breaks:
            raise OSError("no process")
        for sound, picture in wanted:
            self.wanted.append(sound)
            picture.write_bytes(b"drawn")

    def close(self) -> None:
        self.closed = True


async def told(pictures: SoundPictures, count: int) -> set[str]:
    """Wait until so many pictures are told."""
    async with asyncio.timeout(PATIENCE):
        while sum(map(len, pictures.told().values())) < count:  # noqa: ASYNC110 (it tells nobody)
            await asyncio.sleep(0.01)
    return {sound for sounds in pictures.told().values() for sound in sounds}


@contextlib.asynccontextmanager
async def running(pictures: SoundPictures) -> AsyncGenerator[None]:
    task = asyncio.create_task(pictures.run())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


@pytest_asyncio.fixture
async def drawn() -> Drawn:
    return Drawn()


async def test_files_of_a_timbre_are_drawn_once_and_latents_are_not(tmp_path: Path, drawn: Drawn) -> None:
    for _ in range(2):
        pictures = SoundPictures(tmp_path / "pictures", (), drawn)
        async with running(pictures):
            assert pictures.told() == {}
            pictures.scene_begun(MORPHING)
            assert await told(pictures, 2) == {"flute", "cat"}
        assert drawn.closed
    assert sorted(path.stem for path in drawn.wanted) == ["cat", "flute"], "the second time they lie there"


async def test_another_scene_has_other_pictures_and_old_ones_make_room(tmp_path: Path, drawn: Drawn) -> None:
    folder = tmp_path / "pictures"
    folder.mkdir()
    for number in range(300):
        (folder / f"{number:032x}.png").write_bytes(b"old")
    pictures = SoundPictures(folder, (), drawn)
    async with running(pictures):
        pictures.scene_begun(MORPHING)
        await told(pictures, 2)
        assert len(list(folder.glob("*.png"))) == 256
        pictures.scene_begun(scene())
        assert pictures.told() == {}


async def test_a_process_that_cannot_be_had_is_no_end(tmp_path: Path, drawn: Drawn) -> None:
    drawn.breaks = True
    pictures = SoundPictures(tmp_path / "pictures", (), drawn)
    async with running(pictures):
        pictures.scene_begun(MORPHING)
        await asyncio.sleep(0.1)
        drawn.breaks = False
        pictures.scene_begun(MORPHING)
        assert await told(pictures, 2) == {"flute", "cat"}


async def test_the_pictures_are_pictures_and_nothing_else_is_sent(tmp_path: Path) -> None:
    pictures = SoundPictures(tmp_path / "pictures", (), PictureDrawing())
    (tmp_path / "secret.png").write_bytes(b"secret")
    app = Application()
    app.add_routes(picture_routes(pictures))
    async with running(pictures), TestClient[Request, Application](TestServer(app)) as client:
        pictures.scene_begun(MORPHING)
        await told(pictures, 2)
        listed = await (await client.get("/api/v1/pictures")).json()
        answer = await client.get(listed["creature"]["cat"])
        assert (answer.content_type, (await answer.read())[:4]) == ("image/png", b"\x89PNG")
        assert "immutable" in answer.headers["Cache-Control"]
        for path in ("nowhere.png", "..%2fsecret.png", "%2e%2e/secret.png", f"{0:032x}.png"):
            assert (await client.get(f"/api/v1/pictures/{path}")).status == 404
