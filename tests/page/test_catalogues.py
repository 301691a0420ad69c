"""The texts of the page: every key in every language, and every key that is used."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

STATIC = Path(__file__).parents[2] / "daemon" / "reverie" / "web" / "static"
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


def test_the_english_in_pages_is_that_of_the_catalogue() -> None:
    for path in STATIC.glob("*.html"):
        text = path.read_text(encoding="utf-8")
        for key, written in re.findall(r'data-i18n="([\w.-]+)"[^>]*>([^<]*)<', text):
            assert " ".join(written.split()) == TEXTS["en"][key], f"{path.name}: {key}"
