"""The package of Debian's: what is in it, and what becomes of a bare Debian 12 on which it is installed and removed."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from fakes.machine import CANNOT_BE_MADE, FOLDER, MAKER, ROOT

pytestmark = [pytest.mark.slow, pytest.mark.real, pytest.mark.timeout(1800)]

LARGEST = 60_000_000
"""Bytes of the package; NumPy, with its arithmetic, and the shipped models are two thirds of it."""
CONFIGURATION = Path("etc/reverie/reverie.yaml")
KEPT = Path("var/lib/reverie/memories/kept")


def said(*command: str | Path) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def package() -> Path:
    path = re.findall(r"dist/\S+\.deb", said("make", "--no-print-directory", "-C", ROOT, "deb"))[0]
    return ROOT / path


class BareDebian:
    """A Debian of its own in a folder, without a kernel that runs: what packages do to files."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def run(self, *command: str) -> str:
        return said("chroot", self.root, *command)

    def install(self, package: Path) -> None:
        shutil.copy(package, self.root / "reverie.deb")
        self.run("dpkg", "--force-confold", "--install", "/reverie.deb")


@pytest.fixture(scope="module")
def debian(package: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[BareDebian]:
    made = subprocess.run([MAKER, "bare"], capture_output=True, text=True, check=False)
    if made.returncode == CANNOT_BE_MADE:
        pytest.skip(made.stdout.strip())
    assert made.returncode == 0, made.stdout + made.stderr
    root = tmp_path_factory.mktemp("debian") / "root"
    subprocess.run(["cp", "-a", FOLDER / "root", root], check=True)
    debian = BareDebian(root)
    debian.install(package)
    yield debian
    shutil.rmtree(root)


def test_it_is_no_larger_than_needed(package: Path) -> None:
    print(f"{package.stat().st_size / 1e6:.1f} MB")
    assert package.stat().st_size < LARGEST
    names = said("dpkg-deb", "--contents", package)
    for needless in ("__pycache__", "numpy/tests/", "/tests/test_", "site-packages/pip/", "site-packages/tensorflow"):
        assert needless not in names, needless


def test_all_belongs_to_root_and_only_the_configuration_is_for_people_to_change(package: Path) -> None:
    lines = said("dpkg-deb", "--contents", package).splitlines()
    assert {line.split()[1] for line in lines} == {"root/root"}
    files = {line.split()[5].removeprefix(".") for line in lines if line.startswith("-")}
    conffiles = set(said("dpkg-deb", "--info", package, "conffiles").split())
    assert conffiles == {file for file in files if file.startswith("/etc/")}
    assert "/etc/reverie/reverie.yaml" in conffiles


def test_it_composes_in_a_bare_debian_as_its_own_user(debian: BareDebian) -> None:
    assert debian.run("reverie", "--version").startswith("Reverie ")
    user = debian.run("id", "reverie")
    assert "(audio)" in user
    assert "uid=0" not in user
    debian.run(
        *("setpriv", "--reuid=reverie", "--regid=reverie", "--init-groups", "--no-new-privs", "env", "HOME=/tmp"),
        *("reverie", "perform", "first-light", "--bars", "4", "--midi", "/var/lib/reverie/first-light.mid"),
    )
    assert (debian.root / "var/lib/reverie/first-light.mid").stat().st_size > 100
    assert debian.run("reverie", "check", "/etc/reverie/reverie.yaml")


def test_the_service_is_enabled_and_its_modules_are_compiled(debian: BareDebian) -> None:
    wanted = debian.root / "etc/systemd/system/multi-user.target.wants/reverie.service"
    assert wanted.is_symlink()
    modules = [*(debian.root / "opt/reverie/current/lib").glob("python3*/site-packages/reverie/__pycache__/*.pyc")]
    assert len(modules) > 5


def test_an_update_leaves_configuration_and_state(debian: BareDebian, package: Path) -> None:
    (debian.root / CONFIGURATION).write_text("scene: night-watch\n")
    (debian.root / KEPT).parent.mkdir(exist_ok=True)
    (debian.root / KEPT).write_text("a loop\n")
    debian.install(package)
    assert (debian.root / CONFIGURATION).read_text() == "scene: night-watch\n"
    assert (debian.root / KEPT).exists()


def test_removing_leaves_what_is_somebodys_and_purging_takes_it(debian: BareDebian) -> None:
    """The last test of this Debian."""
    debian.run("dpkg", "--remove", "reverie")
    assert not (debian.root / "opt/reverie").exists()
    assert not (debian.root / "usr/bin/reverie").is_symlink()
    assert (debian.root / CONFIGURATION).exists()
    assert (debian.root / KEPT).exists()
    debian.run("dpkg", "--purge", "reverie")
    for gone in ("etc/reverie", "var/lib/reverie", "etc/systemd/system/multi-user.target.wants/reverie.service"):
        assert not (debian.root / gone).exists(), gone
        assert not (debian.root / gone).is_symlink(), gone
    assert "reverie:" in (debian.root / "etc/passwd").read_text(), "files elsewhere may be of that user"
