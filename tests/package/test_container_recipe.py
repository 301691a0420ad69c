"""The container's recipe says what its page promises, and names nothing that is not there."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from reverie.site.schema import Site

ROOT = Path(__file__).parents[2]
RECIPE = (ROOT / "packaging" / "Containerfile").read_text(encoding="utf-8")
LAST = RECIPE.rpartition("\nFROM ")[2].replace("\\\n", " ")
"""What becomes the image; stages before it only make something for it."""


def instruction(name: str) -> str:
    [found] = re.findall(rf"^{name} +(.*)$", LAST, re.MULTILINE)
    return found


def test_it_is_nobody_that_matters_who_runs_under_an_init() -> None:
    assert instruction("USER") == "reverie"
    assert json.loads(instruction("ENTRYPOINT"))[:2] == ["tini", "--"]
    assert {"tini", "fluidsynth"} <= set(LAST.split())


def test_a_container_was_restarted_again_and_again_while_a_synthesizer_was_off() -> None:
    health = Site.model_validate({}).health
    assert f"http://{health.address}:{health.port}/healthz" in instruction("HEALTHCHECK")
    assert "readyz" not in instruction("HEALTHCHECK")
    page = (ROOT / "docs" / "how-to" / "container.md").read_text(encoding="utf-8")
    [row] = [line for line in page.splitlines() if "healthcheck run" in line]
    assert "/healthz" in row
    assert "readyz" not in row


def test_it_asks_the_daemon_where_it_listens() -> None:
    health = Site.model_validate({}).health
    assert f"http://{health.address}:{health.port}/" in instruction("HEALTHCHECK")
    assert instruction("EXPOSE") == f"{health.port}/tcp"
    assert '"/healthz"' in (ROOT / "daemon/reverie/web/machine_routes.py").read_text(encoding="utf-8")


def test_what_lasts_is_a_volume() -> None:
    assert f"STATE_DIRECTORY={instruction('VOLUME')}" in LAST


@pytest.mark.parametrize("name", [".git", ".venv", "build", "dist"])
def test_what_is_large_is_not_sent_to_the_builder(name: str) -> None:
    assert name in (ROOT / ".dockerignore").read_text().splitlines()
