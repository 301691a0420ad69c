"""What `make install` needs is there ready-made for Debian and Raspberry Pi OS, on 64-bit ARM as on x86.

The lock names every file that may be installed, so this needs no network; `packaging` says what fits which machine.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from packaging.markers import Marker, default_environment
from packaging.tags import Tag, compatible_tags, cpython_tags
from packaging.utils import parse_wheel_filename

ROOT = Path(__file__).parents[2]
GLIBC = 36
"""2.36 is that of Debian 12 and of Raspberry Pi OS of 2023, the oldest that have a fitting Python."""
TO_BE_BUILT = {"3.11": set[str](), "3.12": set[str](), "3.13": {"python-rtmidi"}}
"""By Python: what comes as source alone, and wants a compiler."""
MACHINES = ("x86_64", "aarch64")


@cache
def locked() -> Mapping[str, list[dict[str, Any]]]:
    """The packages of the lock, by name; some stand there once for each Python."""
    found: dict[str, list[dict[str, Any]]] = {}
    for package in tomllib.loads((ROOT / "uv.lock").read_text())["package"]:
        found.setdefault(package["name"], []).append(package)
    return found


def needed(python: str, machine: str) -> Iterator[dict[str, Any]]:
    """What `reverie-daemon` without extras brings onto a Linux machine."""
    environment = {str(name): str(value) for name, value in default_environment().items()} | {
        "python_version": python,
        "python_full_version": f"{python}.4",
        "sys_platform": "linux",
        "platform_machine": machine,
        "platform_system": "Linux",
    }
    waiting, seen = ["reverie-daemon"], set[str]()
    while waiting:
        name = waiting.pop()
        if name in seen:
            continue
        seen.add(name)
        [package] = locked()[name]
        if name != "reverie-daemon":
            yield package
        waiting += [
            one["name"]
            for one in package.get("dependencies", [])
            if "marker" not in one or Marker(one["marker"]).evaluate(environment)
        ]


def tags(python: str, machine: str) -> set[Tag]:
    version = (int(python.partition(".")[0]), int(python.partition(".")[2]))
    platforms = [f"manylinux_2_{minor}_{machine}" for minor in range(17, GLIBC + 1)]
    platforms += [f"manylinux2014_{machine}", f"linux_{machine}"]
    interpreter = f"cp{version[0]}{version[1]}"
    return {*cpython_tags(version, platforms=platforms), *compatible_tags(version, interpreter, platforms)}


def files(package: Mapping[str, Any]) -> Iterator[str]:
    for wheel in package.get("wheels", []):
        yield wheel["url"].rpartition("/")[2]


@pytest.mark.parametrize("machine", MACHINES)
@pytest.mark.parametrize("python", TO_BE_BUILT)
def test_what_is_needed_is_there_ready_made(python: str, machine: str) -> None:
    fitting, packages = tags(python, machine), [*needed(python, machine)]
    assert len(packages) > 30
    missing = {
        package["name"]
        for package in packages
        if not any(parse_wheel_filename(name)[3] & fitting for name in files(package))
    }
    assert missing == TO_BE_BUILT[python]


def test_a_machine_for_which_nothing_is_made_is_told_from_them() -> None:
    fitting = tags("3.11", "armv7l")
    with_machine_code = [package for package in needed("3.11", "armv7l") if package["name"] == "python-rtmidi"]
    assert with_machine_code
    assert not any(parse_wheel_filename(name)[3] & fitting for name in files(with_machine_code[0]))


def test_the_pythons_are_those_that_the_project_takes() -> None:
    said = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["classifiers"]
    assert {one.rpartition(" ")[2] for one in said if re.search(r"3\.\d+$", one)} == set(TO_BE_BUILT)
