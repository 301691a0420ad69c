"""A page is sent in the language that its visitor's browser asks for."""

from __future__ import annotations

import re

import pytest
from aiohttp.test_utils import TestClient, TestServer
from aiohttp.web import Application, Request

from reverie.web.page_texts import language_for, translated
from reverie.web.static_files import StaticFiles, static_routes

KNOWN = ("en", "de", "fr")


@pytest.mark.parametrize(
    ("accepted", "language"),
    [
        ("", "en"),
        ("de", "de"),
        ("de-AT,de;q=0.9,en;q=0.8", "de"),
        ("en;q=0.5, fr;q=0.7", "fr"),
        ("nl, fr-CA;q=0.4", "fr"),
        ("nl, *;q=0.1", "en"),
        ("de;q=0, fr;q=0.1", "fr"),
        ("de;q=nonsense", "en"),
        ("," * 5000 + "de", "en"),
        ("DE", "de"),
    ],
)
def test_the_language_is_the_one_that_is_wanted_most(accepted: str, language: str) -> None:
    assert language_for(accepted, KNOWN) == language


def test_texts_and_labels_are_put_in_and_can_be_no_markup() -> None:
    page = (
        '<html lang="en"><h1 data-i18n="a">Hello</h1><p class="x" data-i18n="gone">Stay</p>'
        '<ul data-i18n-label="b" aria-label="Voices"><li>one</li></ul>'
    )
    assert translated(page, "de", {"a": "Hallo <b>du</b> \\1", "b": 'Stim"men'}) == (
        '<html lang="de"><h1 data-i18n="a">Hallo &lt;b&gt;du&lt;/b&gt; \\1</h1><p class="x" data-i18n="gone">Stay</p>'
        '<ul data-i18n-label="b" aria-label="Stim&quot;men"><li>one</li></ul>'
    )


async def test_the_shipped_pages_come_in_three_languages() -> None:
    app = Application()
    app.add_routes(static_routes(StaticFiles.read()))
    async with TestClient[Request, Application](TestServer(app)) as client:
        texts: dict[str, str] = {}
        for language in KNOWN:
            answer = await client.get("/", headers={"Accept-Language": language})
            assert answer.headers["Vary"] == "Accept-Encoding, Accept-Language"
            text = texts[language] = await answer.text()
            assert f'<html lang="{language}"' in text
            assert f'href="/static/i18n/{language}.json" as="fetch"' in text
        titles = {re.findall(r'data-i18n="voices.title">([^<]*)<', text)[0] for text in texts.values()}
        assert titles == {"The voices", "Die Stimmen", "Les voix"}
        asked = await (await client.get("/wall?lang=fr", headers={"Accept-Language": "de"})).text()
        assert '<html lang="fr"' in asked
        nonsense = await (await client.get("/wall?lang=../x", headers={"Accept-Language": "de"})).text()
        assert '<html lang="de"' in nonsense
