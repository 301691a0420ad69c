"""What people wrote for the first version, and what it kept, goes on working: the folder was made by it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from fakes.daemon import Daemon
from fakes.jack import wait_until
from reverie.compose.good_loop import GoodLoop

KEPT = Path(__file__).with_name("kept-0.1.0")


@pytest.fixture
def daemon(make_daemon: Callable[..., Daemon]) -> Daemon:
    daemon = make_daemon({})
    site = yaml.safe_load((KEPT / "reverie.yaml").read_text())
    shutil.rmtree(daemon.folder)
    shutil.copytree(KEPT, daemon.folder)
    daemon.config.write_text(yaml.safe_dump(site | {"health": {"port": daemon.port}}))
    return daemon


def names_in(value: Any, before: str = "") -> Iterator[str]:
    """The dotted names of all keys; of a list, those of its first element."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield f"{before}{key}"
            yield from names_in(inner, f"{before}{key}.")
    elif isinstance(value, list):
        for inner in value[:1]:
            yield from names_in(inner, before)


def test_scene_site_and_learned_controls_are_right(daemon: Daemon) -> None:
    files = ("reverie.yaml", "learned.yaml", "scenes/kept.yaml")
    paths = [str(daemon.folder / name) for name in files]
    asked = daemon.run("check", *paths).stdout.splitlines()
    assert len(asked) == 2, "of the site and of the scene"
    assert all("could fall silent: slot main: " in line for line in asked), "what shall sound while its port is away?"
    daemon.config.write_text(daemon.config.read_text().replace("kind: port", "absent: mute\n    kind: port"))
    assert daemon.run("check", *paths).stdout == "3 files are right.\n"


def test_the_daemon_goes_on_where_the_first_version_left_off(daemon: Daemon) -> None:
    loops = json.loads((daemon.state / "loops" / "kept.json").read_text())
    takes = json.loads((daemon.state / "takes.json").read_text())["takes"]["kept"]
    [bank] = (daemon.state / "timbre" / "banks").iterdir()
    made = (bank / "bank.json").stat().st_mtime_ns
    daemon.start()
    daemon.wait_for_models()
    wait_until(lambda: daemon.status()["timbres"][0]["bank"] is not None, 300)  # a render makes way for all others
    status = daemon.status()
    assert status["timbres"][0]["bank"] != bank.name, "today's default model renders another, and better"
    assert (bank / "bank.json").stat().st_mtime_ns == made, "what an older model has rendered stays while there is room"
    wait_until(lambda: json.loads((daemon.state / "takes.json").read_text())["takes"]["kept"] == takes + 1)
    assert status["lives"]["starts"] == 3
    assert status["faults"] == []
    assert set(KEPT.joinpath("status_keys.txt").read_text().split()) <= set(names_in(status))
    told = daemon.get("/metrics")
    assert [name for name in KEPT.joinpath("metrics.txt").read_text().split() if f"# TYPE {name} " not in told] == []
    assert daemon.stop()[0] == 0
    log = daemon.log.read_text()
    assert "set aside" not in log
    assert "Traceback" not in log
    kept = json.loads((daemon.state / "loops" / "kept.json").read_text())
    assert kept["version"] == loops["version"]
    assert set(kept["voices"]) == set(loops["voices"])


def test_a_loop_of_the_first_version_has_still_its_recipe_and_its_name() -> None:
    loops = json.loads((KEPT / "state" / "loops" / "kept.json").read_text())["voices"]
    read = [GoodLoop.from_json(good) for voice in loops.values() for good in voice]
    assert len(read) >= 2
    named = (KEPT / "recipes.txt").read_text().split()
    assert sorted(good.recipe.id for good in read) == named
