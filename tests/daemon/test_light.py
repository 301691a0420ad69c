"""The default path needs none of what the extra `magenta` brings."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from fakes.daemon import Daemon
from fakes.jack import wait_until
from reverie.places import scenes_folder

HEAVY = ("tensorflow", "magenta", "note_seq", "tf_keras", "tf_slim")


@pytest.fixture
def snares(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Packages of those names come first in the path of every process, and write down who imports them."""
    caught = tmp_path / "caught"
    for name in HEAVY:
        package = tmp_path / "snares" / name
        package.mkdir(parents=True)
        (package / "__init__.py").write_text(
            f"import sys\nopen({str(caught)!r}, 'a').write({name!r} + ' by ' + ' '.join(sys.argv) + '\\n')\n"
            f"raise ImportError('{name} is not wanted here', name={name!r})\n"
        )
    paths = [str(tmp_path / "snares"), os.environ.get("PYTHONPATH", "")]
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(filter(None, paths)))
    return caught


@pytest.mark.real
def test_the_daemon_composes_without_tensorflow_magenta_and_note_seq(
    snares: Path, make_daemon: Callable[..., Daemon]
) -> None:
    daemon = make_daemon({"main": {"kind": "port", "match": "no such port", "api": "jack"}}).start()
    wait_until(daemon.answers)
    wait_until(lambda: daemon.metric("reverie_loops_composed_total") >= 6)
    daemon.wait_for_bars(4)
    assert daemon.stop()[0] == 0
    assert not snares.exists(), snares.read_text()


@pytest.mark.slow
def test_a_performance_needs_none_of_them_either(snares: Path, tmp_path: Path) -> None:
    for scene in sorted(path.stem for path in scenes_folder().glob("*.yaml")):
        command = ["perform", scene, "--bars", "4", "--midi", str(tmp_path / f"{scene}.mid")]
        done = subprocess.run(
            [sys.executable, "-m", "reverie.cli.main", *command], capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        assert (tmp_path / f"{scene}.mid").stat().st_size > 200
    assert not snares.exists(), snares.read_text()


def test_who_wants_the_engine_magenta_without_its_packages_is_told_how_to_get_them(
    snares: Path, tmp_path: Path
) -> None:
    config = tmp_path / "reverie.yaml"
    config.write_text("composer: {engine: magenta}\n")
    command = ["perform", "first-light", "--bars", "4", "--midi", str(tmp_path / "a.mid"), "--config", str(config)]
    done = subprocess.run(
        [sys.executable, "-m", "reverie.cli.main", *command], capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert "tensorflow" in done.stderr
    assert "make magenta" in done.stderr
    assert "composer.engine to numpy" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "a.mid").exists()
    assert "tensorflow" in snares.read_text()  # the snares do catch
