"""Whatever goes on beside the music may fail: it begins again, and the music plays on."""

from __future__ import annotations

import asyncio
import threading
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from fakes.conductors import Theatre
from fakes.patience import PATIENCE
from fakes.scenes import TEXT
from reverie import attending
from reverie.conductor import surroundings
from reverie.conductor.care.sound_watch import SoundWatch
from reverie.site.room_section import RoomSection
from reverie.site.schema import Site
from reverie.watch.fault_kinds import FaultKind


class NoSound:
    """Listens to nothing."""

    async def attend(self) -> None:
        await asyncio.Event().wait()


def theatre_of(folder: Path, **site: Any) -> Theatre:
    theatre = Theatre(folder, {"study": TEXT})
    config = theatre.conductor.config
    configured = Site.model_validate({"state": str(config.state), **site})
    theatre.conductor.config = replace(config, site=configured)
    theatre.begin()
    return theatre


async def nothing(*_: object) -> None:
    await asyncio.Event().wait()


@pytest.fixture(autouse=True)
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attending, "AGAIN", 0.01)
    monkeypatch.setattr(surroundings, "serve_pages", nothing)
    monkeypatch.setattr(surroundings, "FarSide", lambda _: SimpleNamespace(run=nothing))


async def lives_through(theatre: Theatre, seen: asyncio.Event) -> None:
    """Surrounded until something was seen; what surrounds must not have ended by then."""
    sound = cast("SoundWatch", NoSound())
    around = asyncio.create_task(surroundings.surround(theatre.conductor, sound))
    async with asyncio.timeout(PATIENCE):
        await seen.wait()
    assert not around.done()
    around.cancel()
    await asyncio.gather(around, return_exceptions=True)


@pytest.mark.parametrize("fails", ["made", "run"])
async def test_one_service_that_raised_ended_the_music(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, fails: str
) -> None:
    tries: list[str] = []
    again = asyncio.Event()

    def tried(*_: object) -> None:
        tries.append(fails)
        if len(tries) > 2:
            again.set()
        raise UnicodeError("label empty or too long")

    async def running() -> None:
        tried()

    monkeypatch.setattr(surroundings, "FarSide", tried if fails == "made" else lambda _: SimpleNamespace(run=running))
    await lives_through(theatre_of(tmp_path), again)
    assert "Nobody far away is told for now; it is tried again, and the music plays on." in caplog.text


async def test_a_leader_whose_name_no_resolver_takes_ended_the_daemon_each_second(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("a secret that all boxes share 0123456789\n")
    (tmp_path / "token").chmod(0o600)
    theatre = theatre_of(tmp_path, room={"follow": "hall.local", "token_file": str(tmp_path / "token")})
    room = theatre.conductor.config.site.room
    assert room is not None
    unchecked = room.model_copy(update={"follow": "hall..local"})
    site = theatre.conductor.config.site.model_copy(update={"room": unchecked})
    theatre.conductor.config = replace(theatre.conductor.config, site=site)
    told = asyncio.Event()
    tell = theatre.conductor.faults.tell

    def hears(kind: FaultKind, subject: str, sentence: str, advice: str | None = None) -> None:
        tell(kind, subject, sentence, advice)
        if "hall..local" in sentence:
            told.set()

    theatre.conductor.faults.tell = hears
    await lives_through(theatre, told)


async def test_a_thread_of_safe_mode_called_into_a_loop_that_was_closed(tmp_path: Path) -> None:
    sensor = tmp_path / "sensor"
    sensor.write_text("1")
    theatre = theatre_of(tmp_path)
    before = {thread.name for thread in threading.enumerate()}
    site = Site.model_validate({"presence": {"file": str(sensor)}})
    theatre.conductor.day.take_restraints(site)
    seen = asyncio.Event()
    asyncio.get_running_loop().call_later(0.05, seen.set)
    await lives_through(theatre, seen)
    async with asyncio.timeout(PATIENCE):
        while {thread.name for thread in threading.enumerate()} & {"sensor-file", "site-watch"} - before:  # noqa: ASYNC110 - threads tell nobody
            await asyncio.sleep(0.05)
    theatre.conductor.day.take_restraints(site)
    assert "sensor-file" not in {thread.name for thread in threading.enumerate()}


@pytest.mark.parametrize("place", ["hall..local", ".hall", f"{'h' * 64}.local:8767"])
def test_a_name_that_no_resolver_takes_was_a_place(place: str) -> None:
    with pytest.raises(ValueError, match="1 to 63 characters"):
        RoomSection(follow=place)


@pytest.mark.parametrize("place", ["hall", "hall.local", "hall.local.", "[fe80::1]:9000", "192.168.1.20", "höhle"])
def test_names_that_resolvers_take_are_places(place: str) -> None:
    assert RoomSection(follow=place).leader[0]
