"""Lines and contours that the pages and the schema show are ones that a scene in 4/4 can have."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from fakes.scenes import scene
from reverie.scenes.genie_voice import GenieVoice
from reverie.scenes.harmonize_voice import HarmonizeVoice
from reverie.scenes.latent_section import WalkSection
from reverie.scenes.polyphony_voice import PolyphonyVoice

PAGES = sorted((Path(__file__).parents[2] / "docs").rglob("*.md"))
HEAD = "name: study\ntitle: A study\ntempo: 84\nkey: D\nscale: dorian\nvoices:\n"
KINDS = {"contour": ["genie"], "line": ["harmonize", "polyphony"]}
MODELS = {"genie": "piano_genie", "harmonize": "coconet", "polyphony": "polyphony", "melody": "melody_2bar"}
SHOWN = [
    (found[1], found[2])
    for page in PAGES
    for found in re.finditer(r"\b(contour|line): \"([^\"]+)\"", page.read_text(encoding="utf-8"))
]


def examples(section: Any, key: str) -> list[Any]:
    return section.model_json_schema()["properties"][key]["examples"]


def played(kind: str, said: str) -> None:
    voice = f"{{kind: {kind}, model: {MODELS[kind]}, register: [A0, C8], {said}, output: {{channel: 1}}}}"
    assert scene(f"{HEAD}  voice: {voice}\n").voices["voice"].kind == kind


def test_the_pages_show_contours() -> None:
    assert sum(key == "contour" for key, _ in SHOWN) >= 2


@pytest.mark.parametrize(("key", "text"), SHOWN)
def test_what_a_page_shows_can_be_played(key: str, text: str) -> None:
    for kind in KINDS[key]:
        played(kind, f'{key}: "{text}"')


@pytest.mark.parametrize(
    ("section", "key"), [(GenieVoice, "contour"), (HarmonizeVoice, "line"), (PolyphonyVoice, "line")]
)
def test_the_example_of_a_key_can_be_played(section: Any, key: str) -> None:
    kind = section.model_json_schema()["properties"]["kind"]["const"]
    for text in examples(section, key):
        played(kind, f'{key}: "{text}"')


def test_the_tunes_of_a_walk_can_be_played() -> None:
    for tunes in examples(WalkSection, "tunes"):
        played("melody", f"evolve: {{then: [walk], walk: {{tunes: {tunes}}}}}")
