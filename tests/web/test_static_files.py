"""The files of the page, as they are sent."""

from __future__ import annotations

import gzip
from collections.abc import AsyncGenerator

import pytest
import pytest_asyncio
from aiohttp.test_utils import TestClient, TestServer
from aiohttp.web import Application, Request

from reverie.web.static_files import StaticFiles, imported, static_routes

Client = TestClient[Request, Application]

PAGE = b"""<!DOCTYPE html><head><!-- preloads -->
<script type="module" src="/static/js/main.js"></script></head><body>It plays.</body>"""
MODULES = {
    "index.html": PAGE,
    "wall.html": b"<!DOCTYPE html>the wall",
    "js/main.js": b"import { a } from './a.js';\nimport './b.js';\n",
    "js/a.js": b"import {\n  b,\n} from './b.js';\nexport const a = 1;\n",
    "js/b.js": b"export const b = 'import { x } from \"./nowhere.js\"';\n" + 50 * b"// much the same\n",
    "js/alone.js": b"",
}
MOST = 400_000
"""Bytes of all files together, as they are sent."""


@pytest_asyncio.fixture
async def client() -> AsyncGenerator[Client]:
    app = Application()
    app.add_routes(static_routes(StaticFiles(MODULES)))
    async with TestClient(TestServer(app), auto_decompress=False) as client:
        yield client


async def test_pages_and_files_have_their_addresses(client: Client) -> None:
    page = await client.get("/", headers={"Accept-Encoding": "identity"})
    assert page.content_type == "text/html"
    assert b"It plays." in await page.read()
    assert (await (await client.get("/wall")).read()).endswith(b"the wall")
    module = await client.get("/static/js/a.js")
    assert (module.content_type, module.charset) == ("text/javascript", "utf-8")


@pytest.mark.parametrize(
    "path", ["/static/", "/static/js", "/static/nowhere.js", "/static/../server.py", "/static/%2e%2e/server.py"]
)
async def test_there_is_no_way_to_anything_else(client: Client, path: str) -> None:
    assert (await client.get(path)).status == 404


async def test_a_page_comes_with_its_policy_only(client: Client) -> None:
    assert (await client.get("/static/index.html")).status == 404
    policy = (await client.get("/")).headers["Content-Security-Policy"]
    assert "script-src 'self'" in policy
    assert "unsafe" not in policy


async def test_what_gets_smaller_is_packed_for_those_who_can_unpack(client: Client) -> None:
    packed = await client.get("/static/js/b.js", headers={"Accept-Encoding": "gzip, br"})
    assert packed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(await packed.read()) == MODULES["js/b.js"]
    plain = await client.get("/static/js/b.js", headers={"Accept-Encoding": "identity"})
    assert "Content-Encoding" not in plain.headers
    assert await plain.read() == MODULES["js/b.js"]
    assert plain.headers["Vary"] == "Accept-Encoding"


async def test_what_a_browser_has_already_is_not_sent_again(client: Client) -> None:
    first = await client.get("/static/js/a.js")
    again = await client.get("/static/js/a.js", headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status, await again.read()) == (304, b"")
    assert again.headers["Cache-Control"] == "no-cache"
    assert (await client.get("/static/js/b.js", headers={"If-None-Match": first.headers["ETag"]})).status == 200


async def test_a_page_names_every_module_that_it_needs_and_no_other(client: Client) -> None:
    text = await (await client.get("/", headers={"Accept-Encoding": "identity"})).text()
    names = [part.partition('"')[0] for part in text.split('modulepreload" href="/static/')[1:]]
    assert names == ["js/main.js", "js/a.js", "js/b.js"]
    assert 'as="fetch"' not in text, "there are no catalogues"


def test_a_module_that_is_not_there_is_told_at_once() -> None:
    with pytest.raises(ValueError, match=r"js/main\.js imports js/gone\.js, which is no file of the page"):
        imported("js/main.js", {"js/main.js": b"import './gone.js';\n"})


def test_another_version_has_another_mark() -> None:
    marks = {StaticFiles({**MODULES, "js/alone.js": text}).version for text in (b"", b"1")}
    assert len(marks) == 2
    assert StaticFiles(MODULES).version == StaticFiles(dict(reversed(MODULES.items()))).version


def test_the_files_that_are_shipped_can_be_sent_and_are_small() -> None:
    files = StaticFiles.read()
    assert {"/", "/wall"} <= set(files.pages)
    sizes = {name: len(file.packed or file.body) for name, file in files.files.items()}
    assert sum(sizes.values()) < MOST, sizes


def test_no_page_has_a_script_or_a_style_in_itself() -> None:
    for address, page in StaticFiles.read().pages.items():
        text = page["en"].body.decode()
        assert " style=" not in text, address
        assert "<style" not in text, address
        assert not [part for part in text.split("<script")[1:] if " src=" not in part.partition(">")[0]], address
        assert not [word for word in text.split() if word.lower().startswith("on") and '="' in word], address


def test_every_file_is_named_with_its_type() -> None:
    with pytest.raises(ValueError, match=r"no files that end in '\.exe'"):
        StaticFiles({"js/evil.exe": b""})
