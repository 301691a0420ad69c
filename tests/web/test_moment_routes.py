"""Moments to take along: whoever has the link has the picture, the MIDI and the recipes; the list is the artist's."""

from __future__ import annotations

import asyncio
import io
import time
import xml.etree.ElementTree as ET
from collections.abc import AsyncGenerator
from dataclasses import replace
from pathlib import Path

import mido
import pytest
import pytest_asyncio
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from fakes.moments import bar, moment
from reverie.history.moment_store import KeptMoment, MomentStore
from reverie.web import moment_files
from reverie.web.moment_files import moment_midi, moment_picture, notes_by_voice
from reverie.web.moment_routes import moment_routes

Client = TestClient[web.Request, web.Application]


@pytest_asyncio.fixture
async def client(tmp_path: Path) -> AsyncGenerator[Client]:
    store = MomentStore(tmp_path, 5)
    store.keep(moment(1))
    app = web.Application()
    app.add_routes(moment_routes(store))
    async with TestClient(TestServer(app)) as client:
        yield client


async def test_a_link_leads_to_the_moment_its_midi_and_its_picture(client: Client) -> None:
    way = f"/api/v1/moments/{moment(1).name}"
    told = await (await client.get(way)).json()
    assert (told["title"], told["recipes"]["lead"]["id"]) == ("A study <of> moments", "0abc")
    midi = await client.get(f"{way}/midi")
    assert (midi.content_type, midi.headers["Content-Disposition"].startswith("attachment")) == ("audio/midi", True)
    file = mido.MidiFile(file=io.BytesIO(await midi.read()))
    assert file.length == 4.0
    picture = await client.get(f"{way}/picture")
    assert picture.content_type == "image/svg+xml"
    ET.fromstring(await picture.text())  # noqa: S314 - our own


async def test_what_is_not_there_is_not_found(client: Client) -> None:
    for way in ("0" * 16, "nonsense", f"{'0' * 16}/midi", f"{'0' * 16}/picture"):
        assert (await client.get(f"/api/v1/moments/{way}")).status == 404


async def test_many_who_want_the_same_file_have_it_made_once_and_never_two_at_a_time(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    made, at_once = list[str](), list[int]()

    def slowly(one: KeptMoment) -> bytes:
        at_once.append(1 + len(at_once) - len(made))
        time.sleep(0.05)
        made.append(one.name)
        return b"MThd"

    monkeypatch.setattr(moment_files, "moment_midi", slowly)
    way = f"/api/v1/moments/{moment(1).name}/midi"
    answers = await asyncio.gather(*(client.get(way) for _ in range(12)))
    assert {answer.status for answer in answers} == {200}
    assert (len(made), max(at_once)) == (1, 1), "strangers take all of the processor"


async def test_the_list_is_for_artists(client: Client) -> None:
    assert (await client.get("/api/v1/moments")).status == 401


def test_the_midi_has_what_sounded_and_no_note_sounds_into_another() -> None:
    struck = bar(7) | {"notes": [["lead", 0, 62, 80, 4000], ["lead", 960, 62, 80, 100]]}
    notes = notes_by_voice(replace(moment(1), bars=[struck]))
    assert [(note.start, note.length) for note in notes["lead"]] == [(0, 960), (960, 100)]
    file = mido.MidiFile(file=io.BytesIO(moment_midi(replace(moment(1), bars=[struck, bar(8)]))))
    sounding: set[tuple[int, int]] = set()
    for message in file:
        if message.type == "note_on" and message.velocity:
            assert (message.channel, message.note) not in sounding
            sounding.add((message.channel, message.note))
        elif message.type in {"note_off", "note_on"}:
            sounding.discard((message.channel, message.note))
    assert sounding == set()
    assert {message.channel for message in file if message.type == "note_on"} == {0, 9}, "drums are drums everywhere"


def test_who_is_muted_or_silent_is_not_in_it() -> None:
    silent = replace(moment(1), bars=[bar(7) | {"muted": ["lead"]}, bar(8) | {"tacet": ["lead"]}])
    assert notes_by_voice(silent)["lead"] == []
    assert len(notes_by_voice(silent)["beat"]) == 4


def test_the_picture_is_escaped_and_needs_no_style_of_a_page() -> None:
    picture = moment_picture(moment(1))
    assert "&lt;of&gt;" in picture
    assert "style" not in picture
    assert "class" not in picture
    assert picture.count("<rect") == 1 + 2 + 8
