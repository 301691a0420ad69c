"""What is installed from the built wheel, far from the checkout."""

from __future__ import annotations

import logging
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

log = logging.getLogger(__name__)

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
        assert f"reverie/shipped/models/{model}.safetensors" in names
    assert "reverie/shipped/config/reverie.yaml" in names
    for file in ("index.html", "wall.html", "style.css", "js/main.js", "i18n/de.json"):
        assert f"reverie/web/static/{file}" in names
    assert not any(name.startswith(("tests/", "tools/")) for name in names)


def test_the_base_is_light(installed: Path) -> None:
    packages = {path.name for path in (installed / "venv" / "lib").glob("python*/site-packages/*")}
    assert not packages & {"tensorflow", "magenta", "note_seq", "scipy", "keras"}
    size = sum(path.stat().st_size for path in (installed / "venv").rglob("*") if path.is_file())
    log.info("%.0f MB", size / 1e6)
    assert size < 250e6


def test_it_plays_and_composes_from_the_wheel(installed: Path) -> None:
    config, port = installed / "reverie.yaml", free_port()
    config.write_text(f"health: {{port: {port}}}\n")
    done = reverie(installed, "run", "--config", str(config), "--for", "20s")
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    assert "Model attention_rnn is ready" in done.stderr
    assert "Model drum_kit is ready" in done.stderr
    hours = (installed / "home" / ".local" / "state" / "reverie" / "tape").glob("*.mid")
    tape = [message for hour in hours for message in mido.MidiFile(hour)]
    notes = [message for message in tape if message.type == "note_on" and message.velocity]
    assert len(notes) > 8
    loops = installed / "home" / ".local" / "state" / "reverie" / "memories"
    assert len([*loops.iterdir()]) >= 4


def test_its_other_commands_work_too(installed: Path) -> None:
    scenes = next((installed / "venv" / "lib").glob("python*/site-packages/reverie/shipped/scenes"))
    assert "right" in reverie(installed, "check", *map(str, scenes.glob("*.yaml"))).stdout
    assert '"voices"' in reverie(installed, "schema").stdout
    assert reverie(installed, "ports").returncode == 0
    assert "drum_kit: is whole" in reverie(installed, "models", "verify").stdout


@pytest.mark.parametrize("scene", ["first-light", "cat-dreams", "night-watch"])
def test_it_performs_the_shipped_scenes(installed: Path, scene: str) -> None:
    performed = reverie(installed, "perform", scene, "--bars", "24", "--midi", f"{scene}.mid")
    assert performed.returncode == 0, performed.stderr
    notes = [message for message in mido.MidiFile(installed / f"{scene}.mid") if message.type == "note_on"]
    assert len(notes) > 50


def test_what_needs_the_extra_says_so(installed: Path) -> None:
    config = installed / "magenta.yaml"
    config.write_text("composer: {engine: magenta}\n")
    for arguments in (
        ("perform", "first-light", "--bars", "4", "--midi", "a.mid", "--config", str(config)),
        ("bench", "compose", "--quick"),
    ):
        done = reverie(installed, *arguments)
        assert done.returncode != 0
        assert "magenta" in done.stderr
        assert "make magenta" in done.stderr
        assert "Traceback" not in done.stderr
    assert not (installed / "a.mid").exists()
