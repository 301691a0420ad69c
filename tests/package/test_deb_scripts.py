"""What the package's scripts do while dpkg replaces one version by another: what plays is not touched.

The real dpkg and the real scripts, in a root of their own; what is installed is a Reverie of three lines.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

pytestmark = pytest.mark.real

SCRIPTS = Path(__file__).parents[2] / "packaging" / "deb"
PLACES = ("/opt/reverie", "/run/systemd/system", "/var/lib/reverie", "/var/cache/reverie", "/etc/reverie")
CONTROL = """Package: reverie
Version: {}
Architecture: all
Maintainer: Nobody <nobody@localhost>
Description: a Reverie of three lines
"""
PLAYS = """#!/bin/sh
[ "$1" != --version ] || exec cat "$(dirname "$(realpath "$0")")/../lib/late"
{works}
"""
WORKS = 'while [ $# -gt 1 ]; do shift; done; echo notes >"$1"'
DAEMON = """
import mmap, pathlib, sys
release = pathlib.Path(sys.argv[1])
library = (release / "lib" / "library.so").open("rb")
kept = mmap.mmap(library.fileno(), 0, access=mmap.ACCESS_READ)
print("plays", flush=True)
input()
print((release / "lib" / "late").read_text())
"""
"""It has a library of its release, and reads something of it late."""


class Machine:
    """A root in which dpkg installs; what systemd would be told stands in ``told``."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.root, self.home = folder, folder / "root", folder / "root/opt/reverie"
        (self.root / "var/lib/dpkg/updates").mkdir(parents=True)
        (self.root / "var/lib/dpkg/info").mkdir()
        (self.root / "var/lib/dpkg/status").touch()
        (self.root / "run/systemd/system").mkdir(parents=True)
        self.log = folder / "told"
        programs = folder / "bin"
        programs.mkdir()
        for name in ("systemd-sysusers", "systemd-tmpfiles", "deb-systemd-helper", "deb-systemd-invoke", "systemctl"):
            (programs / name).write_text(f'#!/bin/sh\necho {name} "$@" >>{self.log}\n')
            (programs / name).chmod(0o755)
        self.path = f"{programs}:{os.environ['PATH']}:/usr/sbin:/sbin"

    def package(self, version: str, works: str = WORKS) -> Path:
        stage = self.folder / f"stage-{version}"
        shutil.rmtree(stage, ignore_errors=True)
        payload = stage / "opt/reverie/venv"
        for name in ("bin", "lib"):
            (payload / name).mkdir(parents=True)
        (payload / "bin/reverie").write_text(PLAYS.format(works=works))
        (payload / "bin/reverie").chmod(0o755)
        (payload / "bin/python").symlink_to(sys.executable)
        (payload / "lib/late").write_text(version)
        (payload / "lib/module.py").write_text("LATE = 1\n")
        (stage / "DEBIAN").mkdir()
        (stage / "DEBIAN/control").write_text(CONTROL.format(version))
        for name in ("preinst", "postinst", "prerm", "postrm"):
            text = (SCRIPTS / name).read_text().replace("@VERSION@", version)
            for place in PLACES:
                text = text.replace(place, f"{self.root}{place}")
            (stage / "DEBIAN" / name).write_text(text)
            (stage / "DEBIAN" / name).chmod(0o755)
        built = self.folder / f"{version}.deb"
        subprocess.run(["dpkg-deb", "--root-owner-group", "--build", stage, built], check=True, capture_output=True)
        return built

    def dpkg(self, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
        command = ["dpkg", f"--root={self.root}", "--force-script-chrootless", *arguments]
        environment = {**os.environ, "PATH": self.path}
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)

    def install(self, version: str, works: str = WORKS) -> subprocess.CompletedProcess[str]:
        return self.dpkg("--install", self.package(version, works))

    @property
    def counts(self) -> str:
        """What the version that counts says of itself."""
        command = [self.home / "current/bin/reverie", "--version"]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout

    @property
    def releases(self) -> set[str]:
        return {path.name for path in (self.home / "releases").iterdir()}

    @property
    def told(self) -> list[str]:
        return self.log.read_text().splitlines()


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    if shutil.which("dpkg") is None:
        pytest.skip("there is no dpkg here: this is no Debian")
    if os.geteuid() != 0:
        pytest.skip("dpkg installs as root alone")
    return Machine(tmp_path)


@pytest.fixture
def daemon(machine: Machine) -> Iterator[subprocess.Popen[str]]:
    """What plays version 1: it runs in its release, and has a library of it."""
    done = machine.install("1")
    assert done.returncode == 0, done.stdout + done.stderr
    release = (machine.home / "current").resolve()
    shutil.copyfile(sys.executable, release / "lib/library.so")
    command = [sys.executable, "-c", DAEMON, str(release)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        assert process.stdout.readline() == "plays\n"
        yield process
        process.kill()


def test_a_first_installation_begins_to_play_from_a_release_of_its_own(machine: Machine) -> None:
    done = machine.install("1")
    assert done.returncode == 0, done.stdout + done.stderr
    assert machine.counts == "1"
    assert machine.releases == {"1"}
    assert [*(machine.home / "releases/1/lib/__pycache__").glob("module.*.pyc")], "the service cannot compile it"
    assert "deb-systemd-invoke start reverie.service" in machine.told


def test_what_plays_finds_its_own_version_until_it_is_started_anew(
    machine: Machine, daemon: subprocess.Popen[str]
) -> None:
    """Modules that a running daemon imported after an update came of the new version."""
    done = machine.install("2")
    assert done.returncode == 0, done.stdout + done.stderr
    assert machine.counts == "2"
    assert "deb-systemd-invoke try-restart reverie.service" in machine.told
    assert machine.releases == {"1", "2"}, "the first still runs"
    assert daemon.communicate("\n")[0].strip() == "1"
    assert machine.install("3").returncode == 0
    assert machine.releases == {"2", "3"}
    assert machine.install("4").returncode == 0
    assert machine.releases == {"3", "4"}


@pytest.mark.parametrize("works", ["exit 1", ":", "kill $$"])
def test_a_version_that_composes_nothing_here_leaves_the_one_before_playing(
    machine: Machine, daemon: subprocess.Popen[str], works: str
) -> None:
    machine.log.write_text("")
    done = machine.install("2", works)
    assert done.returncode != 0
    assert "What played before plays on" in done.stderr
    assert machine.counts == "1"
    assert machine.releases == {"1"}
    assert not [line for line in machine.told if "restart" in line or "stop" in line or " start" in line]
    assert machine.install("3").returncode == 0, "the next one mends it"
    assert machine.counts == "3"


def test_the_same_version_once_more_is_a_release_of_its_own(machine: Machine, daemon: subprocess.Popen[str]) -> None:
    assert machine.install("1").returncode == 0
    assert machine.releases == {"1", "1-2"}
    assert daemon.communicate("\n")[0].strip() == "1"


def test_the_way_back_is_the_package_before(machine: Machine) -> None:
    assert machine.install("2").returncode == 0
    assert machine.install("1").returncode == 0
    assert machine.counts == "1"
    assert machine.releases == {"1", "2"}


def test_the_release_before_is_there_where_the_new_one_never_became_ready(machine: Machine) -> None:
    """The trial goes by a configuration of one line; the real one may be what the new version does not bear."""
    for version in ("1", "2", "3"):
        assert machine.install(version).returncode == 0
    assert machine.releases == {"2", "3"}
    back = (machine.home / "previous").readlink()
    assert back == Path("releases/2")
    (machine.home / "current").unlink()
    (machine.home / "current").symlink_to(back)
    assert machine.counts == "2"
    assert machine.install("4").returncode == 0
    assert machine.releases == {"2", "4"}, "the one that is no good is not what to go back to"


def test_a_package_that_is_configured_once_more_keeps_the_version_before(machine: Machine) -> None:
    for version in ("1", "2"):
        assert machine.install(version).returncode == 0
    script = machine.root / "var/lib/dpkg/info/reverie.postinst"
    environment = {**os.environ, "PATH": machine.path}
    subprocess.run([script, "configure", "2"], env=environment, check=True, capture_output=True)
    assert (machine.home / "previous").readlink() == Path("releases/1")
    assert machine.releases == {"1", "2-2"}
    assert machine.counts == "2"


def test_a_first_installation_that_fails_promises_no_music(machine: Machine) -> None:
    done = machine.install("1", "exit 1")
    assert done.returncode != 0
    assert "Nothing is played" in done.stderr
    assert "plays on" not in done.stderr


def test_a_package_of_before_there_were_releases_is_found_until_the_new_one_counts(machine: Machine) -> None:
    """Its service starts by the same link, whatever ends it while files are replaced."""
    old = machine.package("0")
    for name in ("preinst", "postinst"):
        (machine.folder / "stage-0/DEBIAN" / name).unlink()
    subprocess.run(["dpkg-deb", "--build", machine.folder / "stage-0", old], check=True, capture_output=True)
    assert machine.dpkg("--install", old).returncode == 0
    assert not (machine.home / "current").exists()
    failed = machine.install("1", "exit 1")
    assert failed.returncode != 0
    assert "plays on" not in failed.stderr, "dpkg has replaced what it played of"
    assert "Install the package before again" in failed.stderr
    assert (machine.home / "current").resolve() == machine.home / "venv"
    assert machine.install("1").returncode == 0
    assert (machine.home / "current").resolve() == machine.home / "releases/1"
    assert not (machine.home / "previous").exists(), "there is none of its own"


def test_nothing_is_left_of_it_where_it_is_removed(machine: Machine) -> None:
    assert machine.install("1").returncode == 0
    done = machine.dpkg("--remove", "reverie")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "deb-systemd-invoke stop reverie.service" in machine.told
    assert not machine.home.exists()
