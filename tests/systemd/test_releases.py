"""Updates: whatever goes wrong, what was installed before is whole."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
UV = ROOT / "build" / "uv" / "bin" / "uv"
HOLDER = """
import mmap, sys
with open(sys.argv[1], 'rb') as file:
    held = mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ)
    print('held', flush=True)
    sys.stdin.read()
"""

pytestmark = pytest.mark.real


class Machine:
    """A place to install to, and a uv that does as it is told."""

    def __init__(self, prefix: Path) -> None:
        self.prefix = prefix
        self.lib = prefix / "lib" / "reverie"
        self.uv = prefix.with_name("uv")
        self.uv.write_text(f'#!/bin/sh\nexec {sys.executable} {ROOT / "tests/fakes/uv.py"} "$@"\n')
        self.uv.chmod(0o755)

    def make(self, target: str, uv: Path | None = None, **environment: str) -> subprocess.CompletedProcess[str]:
        known = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS", "UV_"))}
        settings = [f"UV={uv or self.uv}", f"PREFIX={self.prefix}", f"SYSCONFDIR={self.prefix / 'etc'}", "EXTRAS="]
        settings.append("SYSTEMD_IS_HERE=false")  # nothing is made known to the system's own
        return subprocess.run(
            ["make", "--no-print-directory", "-C", ROOT, target, *settings],
            capture_output=True,
            text=True,
            check=False,
            env=known | environment,
            start_new_session=True,
        )

    def install(self, **environment: str) -> None:
        done = self.make("install", None, **environment)
        assert done.returncode == 0, done.stdout + done.stderr

    @property
    def version(self) -> str:
        """The release that counts, by what it says itself."""
        said = subprocess.run(
            [self.prefix / "bin" / "reverie", "--version"], capture_output=True, text=True, check=True
        )
        return said.stdout.strip().rpartition("/")[2]

    @property
    def releases(self) -> set[str]:
        return {path.name for path in (self.lib / "releases").iterdir()}

    def files(self) -> dict[str, bytes]:
        return {str(path): path.read_bytes() for path in self.prefix.rglob("*") if path.is_file()}


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path / "machine")


@pytest.mark.parametrize("how", ["offline", "full", "damaged", "killed"])
def test_an_update_that_fails_leaves_what_was_installed_whole(machine: Machine, how: str) -> None:
    machine.install()
    before = machine.files()
    done = machine.make("install", FAKE_UV=how)
    assert done.returncode != 0
    assert machine.version == "1"
    changed = {path for path, data in machine.files().items() if before.get(path) != data}
    assert not changed or how == "killed"
    if how != "killed":
        assert "Nothing was changed: what was installed before is whole, and plays on." in done.stderr
        assert machine.releases == {"1"}
    machine.install()
    assert machine.releases == {"1", machine.version}, "what an interrupted build left is cleared away"


def test_a_first_installation_that_fails_says_so_and_leaves_no_program(machine: Machine) -> None:
    done = machine.make("install", FAKE_UV="offline")
    assert done.returncode != 0
    assert "needs a network" in done.stderr
    assert "plays on" not in done.stderr
    assert not (machine.prefix / "bin" / "reverie").exists()


def test_rolling_back_lets_the_one_before_count_and_again_undoes_that(machine: Machine) -> None:
    done = machine.make("rollback")
    assert done.returncode != 0
    assert "There is no release to go back to" in done.stderr
    machine.install()
    unit = machine.prefix / "lib" / "systemd" / "system" / "reverie.service"
    kept = machine.lib / "releases" / "1" / "reverie.service"
    kept.write_text(kept.read_text() + "# as it was\n")
    machine.install()
    assert machine.version == "2"
    assert machine.make("rollback", FAKE_UV="offline").returncode == 0
    assert machine.version == "1"
    assert unit.read_text().endswith("# as it was\n")
    assert machine.make("rollback").returncode == 0
    assert machine.version == "2"
    (machine.lib / "releases" / "1" / "bin" / "reverie").unlink()
    done = machine.make("rollback")
    assert done.returncode != 0
    assert "does not work any more; nothing was changed" in done.stderr
    assert machine.version == "2"


@pytest.fixture
def holder(machine: Machine) -> Iterator[subprocess.Popen[bytes]]:
    """A program that runs of release 1."""
    machine.install()
    library = machine.lib / "releases" / "1" / "library.so"
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, library], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"held\n"
        yield process
        process.kill()


def test_old_releases_go_but_never_one_that_runs(machine: Machine, holder: subprocess.Popen[bytes]) -> None:
    for _ in range(3):
        machine.install()
    assert machine.version == "4"
    assert machine.releases == {"1", "3", "4"}
    holder.kill()
    holder.wait()
    machine.install()
    assert machine.releases == {"4", "5"}


def test_an_installation_of_before_there_were_releases_is_kept_as_the_one_before(machine: Machine) -> None:
    machine.install()
    old = machine.lib / "venv"
    old.unlink()
    (machine.lib / "current").unlink()
    (machine.lib / "releases" / "1").rename(old)
    program = machine.prefix / "bin" / "reverie"
    program.unlink()
    program.symlink_to(old / "bin" / "reverie")
    assert machine.version == "venv"
    assert machine.make("install", FAKE_UV="offline").returncode != 0
    assert machine.version == "venv"
    machine.install()
    assert machine.version == "1"
    assert old.is_dir()
    assert not old.is_symlink()
    assert machine.make("rollback").returncode == 0
    assert machine.version == "venv"
    machine.install()
    machine.install()
    assert old.is_symlink(), "what others have written of that path stays right"


def test_uninstalling_takes_all_releases(machine: Machine) -> None:
    machine.install()
    machine.install()
    assert machine.make("uninstall").returncode == 0
    assert not machine.lib.exists()
    assert not (machine.prefix / "bin" / "reverie").exists()


@pytest.mark.timeout(600)
def test_without_a_network_uv_itself_changes_nothing(machine: Machine, tmp_path: Path) -> None:
    if not UV.exists():
        pytest.fail("build/uv is missing; run the tests by `make test`")
    machine.install()
    before = machine.files()
    done = machine.make("install", UV, UV_OFFLINE="1", UV_CACHE_DIR=str(tmp_path / "empty"))
    assert done.returncode != 0
    assert "Nothing was changed" in done.stderr
    assert machine.files() == before
    assert machine.version == "1"
