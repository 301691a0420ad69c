"""The container's recipe says what its page promises, and names nothing that is not there."""

from __future__ import annotations

import json
import re
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from reverie.site.schema import Site
from reverie.web.local_socket import NAME, STATUS

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


HEALTH: list[str] = json.loads(instruction("HEALTHCHECK").partition("CMD ")[2])[1:]
"""What a Python is told that asks whether the container is healthy."""
PLAYS = '{"alive": {"ok": %s}, "ready": {"ok": false}}\n'


@pytest.mark.parametrize(("alive", "status"), [("true", 0), ("false", 1)])
def test_a_container_was_restarted_again_and_again_while_a_synthesizer_was_off(
    tmp_path: Path, alive: str, status: int
) -> None:
    place = f"{instruction('VOLUME')}/{NAME}"
    code = HEALTH[1].replace(place, str(tmp_path / NAME))
    assert code != HEALTH[1], "it asks the daemon of the folder that lasts"
    with socket.socket(socket.AF_UNIX) as door:
        door.bind(str(tmp_path / NAME))
        door.listen()
        asking = subprocess.Popen([sys.executable, HEALTH[0], code])
        knocks, _ = door.accept()
        with knocks:
            assert knocks.makefile("r").readline() == f"{STATUS}\n"
            knocks.sendall((PLAYS % alive).encode())
            assert asking.wait(60) == status


def test_nobody_who_answers_is_not_healthy(tmp_path: Path) -> None:
    code = HEALTH[1].replace(instruction("VOLUME"), str(tmp_path))
    assert subprocess.run([sys.executable, HEALTH[0], code], capture_output=True, check=False).returncode == 1


def test_the_page_is_handed_out_of_it() -> None:
    assert instruction("EXPOSE") == f"{Site.model_validate({}).health.port}/tcp"


def test_what_lasts_is_a_volume() -> None:
    assert f"STATE_DIRECTORY={instruction('VOLUME')}" in LAST


@pytest.mark.parametrize("name", [".git", ".venv", "build", "dist"])
def test_what_is_large_is_not_sent_to_the_builder(name: str) -> None:
    assert name in (ROOT / ".dockerignore").read_text().splitlines()
