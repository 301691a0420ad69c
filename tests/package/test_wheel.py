"""What is installed from the built wheel, far from the checkout."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import mido
import pytest

from fakes.daemon import free_port

ROOT = Path(__file__).parents[2]
UV = ROOT / "build" / "uv" / "bin" / "uv"

pytestmark = [pytest.mark.real, pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if not UV.exists():
        pytest.fail("build/uv is missing; run the tests by `make test`")
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run([UV, "build", "--quiet", "--wheel", "--out-dir", folder, ROOT], check=True)
    [path] = folder.glob("*.whl")
    return path


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """An environment with the wheel and its base needs only, as plain pip resolves them."""
    folder = tmp_path_factory.mktemp("elsewhere")
    subprocess.run([sys.executable, "-m", "venv", folder / "venv"], check=True)
    pip = [folder / "venv" / "bin" / "python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, wheel], check=True)
    yield folder
    shutil.rmtree(folder)


def reverie(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("XDG_", "PYTHON", "VIRTUAL_ENV"))}
    environment = kept | {"HOME": str(folder / "home")}
    command = [str(folder / "venv" / "bin" / "reverie"), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=folder, env=environment)


def test_the_wheel_has_scenes_configuration_models_and_loops(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    for scene in ("first-light", "cat-dreams", "night-watch"):
        assert f"reverie/shipped/scenes/{scene}.yaml" in names
        assert f"reverie/shipped/loops/{scene}.json" in names
    for model in ("drum_kit", "attention_rnn"):
        assert f"reverie/shipped/models/{model}.mag" in names
        assert f"reverie/shipped/models/{model}.json" in names
    assert "reverie/shipped/config/reverie.yaml" in names
    assert not any(name.startswith(("tests/", "tools/")) for name in names)


def test_the_base_is_light(installed: Path) -> None:
    packages = {path.name for path in (installed / "venv" / "lib").glob("python*/site-packages/*")}
    assert not packages & {"tensorflow", "magenta", "note_seq", "numpy", "keras"}
    size = sum(path.stat().st_size for path in (installed / "venv").rglob("*") if path.is_file())
    assert size < 150e6


def test_it_plays_from_the_wheel_and_says_in_a_sentence_why_it_does_not_compose(installed: Path) -> None:
    config = installed / "reverie.yaml"
    config.write_text(f"health: {{port: {free_port()}}}\n")
    done = reverie(installed, "run", "--config", str(config), "--for", "12s")
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    assert "no new music can be composed" in done.stderr
    assert "extra 'magenta'" in done.stderr
    [tape] = (installed / "home" / ".local" / "state" / "reverie" / "tape").glob("*.mid")
    notes = [message for message in mido.MidiFile(tape) if message.type == "note_on" and message.velocity]
    assert len(notes) > 8


def test_its_other_commands_work_too(installed: Path) -> None:
    scenes = next((installed / "venv" / "lib").glob("python*/site-packages/reverie/shipped/scenes"))
    assert "right" in reverie(installed, "check", *map(str, scenes.glob("*.yaml"))).stdout
    assert '"voices"' in reverie(installed, "schema").stdout
    assert reverie(installed, "ports").returncode == 0
    performed = reverie(installed, "perform", "first-light", "--bars", "4", "--midi", "a.mid")
    assert performed.returncode == 1
    assert "extra 'magenta'" in performed.stderr
    assert not (installed / "a.mid").exists()
