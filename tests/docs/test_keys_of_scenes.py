"""The page on scenes has every key that scenes have, and the tables of an evolution have no other."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from reverie.scenes.evolve_steps import StepSection
from reverie.scenes.fields import Evolve
from reverie.scenes.latent_section import InterpolateSection, WalkSection
from reverie.scenes.schema import Scene

PAGE = (Path(__file__).parents[2] / "docs" / "reference" / "scenes.md").read_text(encoding="utf-8")
SCHEMA: dict[str, Any] = Scene.model_json_schema()
SECTIONS: dict[str, Any] = {**SCHEMA["$defs"], "Scene": SCHEMA}


def keys_of_table(after: str) -> list[str]:
    """The first column of the first table after a text."""
    there = PAGE.partition(after)[2]
    assert there, after
    table = re.search(r"(^\|.*\n)+", there, re.MULTILINE)
    assert table
    return re.findall(r"^\| `(\w+)` \|", table[0], re.MULTILINE)


@pytest.mark.parametrize(
    ("section", "after", "others"),
    [
        (Evolve, "### Evolution\n", set[str]()),
        (StepSection, "A mapping has the operator under `do`, and if you like:", {"do"}),
        (InterpolateSection, "on the great circle between both", set[str]()),
        (WalkSection, "`walk` goes between places of the scene's chance.", set[str]()),
    ],
)
def test_tables_of_an_evolution_have_the_keys_of_the_schema(section: Any, after: str, others: set[str]) -> None:
    keys = keys_of_table(after)
    assert len(keys) == len({*keys})
    assert {*keys} | others == {info.alias or name for name, info in section.model_fields.items()}


@pytest.mark.parametrize("name", SECTIONS)
def test_every_key_of_a_section_is_on_the_page(name: str) -> None:
    code = " ".join(re.findall(r"`[^`\n]+`", PAGE) + re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL))
    missing = [key for key in SECTIONS[name].get("properties", {}) if not re.search(rf"\b{key}\b", code)]
    assert not missing
