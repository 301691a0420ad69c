"""The texts of the page: every key in every language, and every key that is used."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import pytest

from reverie.control.visitors import Refusal
from reverie.site.page_section import PageSection

DAEMON = Path(__file__).parents[2] / "daemon" / "reverie"
STATIC = DAEMON / "web" / "static"
LANGUAGES = ("en", "de", "fr")
TEXTS: dict[str, dict[str, str]] = {
    language: json.loads((STATIC / "i18n" / f"{language}.json").read_text(encoding="utf-8")) for language in LANGUAGES
}
FORMS = re.compile(r"\.(zero|one|two|few|many|other)$")


def used() -> dict[str, set[str]]:
    """The keys that modules and pages use, by the file; one that ends in a dot is the beginning of several."""
    found: dict[str, set[str]] = {}
    for path in sorted((*STATIC.rglob("*.js"), *STATIC.glob("*.html"))):
        text = path.read_text(encoding="utf-8")
        keys = set(re.findall(r"""\bdata-i18n(?:-\w+)?["']?\s*[=:]\s*["']([\w.-]+)["']""", text))
        keys |= set(re.findall(r"""\bt\(\s*['"]([\w.-]+)['"]""", text))
        keys |= set(re.findall(r"""\bt\(\s*`([\w.-]+\.)\$\{""", text))
        found[path.name] = keys
    return found


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_has_the_same_keys_in_order(language: str) -> None:
    assert sorted(set(TEXTS["en"]) ^ set(TEXTS[language])) == []
    assert list(TEXTS[language]) == sorted(TEXTS[language]), (
        "keys in order, so that parts of the page do not write into the same lines"
    )


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_text_has_the_parameters_of_the_english_one(language: str) -> None:
    def parameters(text: str) -> set[str]:
        return set(re.findall(r"\{(\w+)\}", text))

    unlike = {key for key, text in TEXTS[language].items() if parameters(text) != parameters(TEXTS["en"][key])}
    assert unlike == set()
    assert [key for key, text in TEXTS[language].items() if not text.strip()] == []


def test_every_key_that_is_used_has_a_text() -> None:
    keys = set(TEXTS["en"]) | {FORMS.sub("", key) for key in TEXTS["en"]}
    missing = {
        f"{file}: {key}"
        for file, wanted in used().items()
        for key in wanted
        if not (key in keys or (key.endswith(".") and any(one.startswith(key) for one in keys)))
    }
    assert missing == set()
    assert sum(map(len, used().values())) > 20, "the keys are found at all"


KEYED = {"refused": 1, "SceneTextError": 0}
"""Which argument of what the server answers with is a key."""
KEY = re.compile(r"[a-z]+(\.[a-z_-]+)+")
SITE = {f"page.{name}" for name in PageSection.model_fields}
"""Keys of a site's configuration, which look the same."""


def keys_in(tree: ast.AST, known: set[str]) -> Iterator[str]:
    """The keys in a module of the server: where one is asked for, and wherever a text begins as keys do."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            name = node.func.id if isinstance(node.func, ast.Name) else ""
            wanted = [*node.args[KEYED[name] : KEYED[name] + 1]] if name in KEYED else []
            if name == "PlayAnswer":
                wanted += [keyword.value for keyword in node.keywords if keyword.arg == "key"]
            for part in wanted:
                texts = (one.value for one in ast.walk(part) if isinstance(one, ast.Constant))
                yield from (text for text in texts if isinstance(text, str) and KEY.fullmatch(text))
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and KEY.fullmatch(node.value):
            yield from {node.value} if node.value.partition(".")[0] in known and node.value not in SITE else ()


def test_every_key_that_the_server_answers_with_has_a_text() -> None:
    known = {key.partition(".")[0] for key in TEXTS["en"]}
    answered = {f"play.refused.{refusal}" for refusal in get_args(Refusal)}
    for part in ("web", "conductor", "control"):
        for path in (DAEMON / part).rglob("*.py"):
            answered |= set(keys_in(ast.parse(path.read_text(encoding="utf-8")), known))
    answered = {key for key in answered if not key.endswith(".")}
    assert sorted(answered - TEXTS["en"].keys()) == []
    assert {"refused.full", "artist.scene.none", "play.heard", "login.wrong"} < answered, "the keys are found at all"


def test_a_key_without_a_text_is_found_wherever_the_server_answers_with_it() -> None:
    module = """
raise refused(409, "newly.refused" if a else "newly.so", "A sentence.")
raise SceneTextError("newly.written", "a reason")
return PlayAnswer(ok=False, key="newly.played")
STATUS = {"artist.new": 404, "reverie.json": 1}
"""
    assert set(keys_in(ast.parse(module), {"artist"})) == {
        "newly.refused",
        "newly.so",
        "newly.written",
        "newly.played",
        "artist.new",
    }


def test_the_english_in_pages_is_that_of_the_catalogue() -> None:
    for path in STATIC.glob("*.html"):
        text = path.read_text(encoding="utf-8")
        for key, written in re.findall(r'data-i18n="([\w.-]+)"[^>]*>([^<]*)<', text):
            assert " ".join(written.split()) == TEXTS["en"][key], f"{path.name}: {key}"
