"""The container's recipe says what its page promises, and names nothing that is not there."""

from __future__ import annotations

import json
import re
import socket
import threading
from pathlib import Path
from typing import Any

import pytest

from fakes.daemon import free_port
from fakes.pages import status_page
from reverie.cli.main import main
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


def words(name: str) -> list[str]:
    """What is run by an instruction, or by the command in it."""
    return json.loads(instruction(name).rpartition("CMD ")[2])


def test_its_health_is_the_word_of_the_daemon_that_it_runs() -> None:
    nice, program, asks, *place = words("HEALTHCHECK")
    _, *run = words("CMD")
    assert (nice, program, asks) == ("nice", words("ENTRYPOINT")[-1], "status")
    assert place == run


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A configuration, whose daemon's state folder is that of the container."""
    monkeypatch.setenv("STATE_DIRECTORY", str(tmp_path))
    path = tmp_path / "reverie.yaml"
    path.write_text(f"health: {{port: {free_port()}}}\n")
    return path


def asks_for_health(site: Path) -> int:
    _, _, *asked, _ = words("HEALTHCHECK")
    return main([*asked, str(site)])


def told(site: Path, alive: bool) -> dict[str, Any]:
    """What a daemon says that plays, or does not, while a synthesizer is off."""
    said = {kind: {"ok": ok, "sentence": "So it is."} for kind, ok in (("alive", alive), ("ready", False))}
    empty = {"concerns": [], "hands": {"now": [], "inputs": []}, "slots": [], "processes": []}
    return said | empty | {"state": str(site.parent), "configuration": str(site)}


@pytest.mark.parametrize("alive", [True, False])
def test_a_container_was_restarted_again_and_again_while_a_synthesizer_was_off(site: Path, alive: bool) -> None:
    def answers(door: socket.socket) -> None:
        knocks, _ = door.accept()
        with knocks:
            assert knocks.makefile("r").readline() == f"{STATUS}\n"
            knocks.sendall(json.dumps(told(site, alive)).encode() + b"\n")

    with socket.socket(socket.AF_UNIX) as door:
        door.bind(str(site.parent / NAME))
        door.listen()
        answering = threading.Thread(target=answers, args=(door,))
        answering.start()
        assert asks_for_health(site) == (0 if alive else 1)
        answering.join()


def test_a_container_whose_volume_takes_no_socket_was_killed_while_it_played(site: Path) -> None:
    """It plays from a folder of a moment then, and answers by its page."""
    with status_page(site.parent / "of-a-moment", site) as page:
        site.write_text(f"health: {{port: {page.port}}}\n")
        assert asks_for_health(site) == 0


def test_nobody_who_answers_is_not_healthy(site: Path) -> None:
    assert asks_for_health(site) == 1


def test_the_page_is_handed_out_of_it() -> None:
    assert instruction("EXPOSE") == f"{Site.model_validate({}).health.port}/tcp"


def test_what_lasts_is_a_volume() -> None:
    assert f"STATE_DIRECTORY={instruction('VOLUME')}" in LAST


@pytest.mark.parametrize("name", [".git", ".venv", "build", "dist"])
def test_what_is_large_is_not_sent_to_the_builder(name: str) -> None:
    assert name in (ROOT / ".dockerignore").read_text().splitlines()
