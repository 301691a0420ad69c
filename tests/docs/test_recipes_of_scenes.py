"""Recipes by intention: what is a whole scene in them, but for its head, is one that can be played."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from reverie.documents import parse_document
from reverie.models.library.index import find_models
from reverie.places import models_folder
from reverie.scenes.folder import read_scene

PAGE = (Path(__file__).parents[2] / "docs" / "how-to" / "recipes.md").read_text(encoding="utf-8")
HEAD = "name: study\ntitle: A study\ntempo: 84\nkey: D\nscale: dorian\n"


def is_whole(text: str) -> bool:
    """Whether every voice has a kind and an output: others are parts of voices, or of a scene."""
    data: Any = yaml.safe_load(text)
    voices = data.get("voices") if isinstance(data, dict) else None
    return bool(voices) and all({"kind", "output"} <= {*voice} for voice in voices.values())


BLOCKS = re.findall(r"^## (.*?)\n(?:(?!^## ).)*?^```yaml\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
WHOLE = {title: text for title, text in BLOCKS if is_whole(text)}


def test_the_page_has_whole_scenes() -> None:
    assert "Let several voices move together" in WHOLE


@pytest.mark.parametrize("title", WHOLE)
def test_a_recipe_that_is_a_whole_scene_is_right(title: str) -> None:
    models, _ = find_models([models_folder()])
    needed = set(re.findall(r"model: (\w+)", WHOLE[title]))
    there = models if needed <= models.keys() else None
    assert read_scene(parse_document(HEAD + WHOLE[title], "study.yaml"), there).voices
