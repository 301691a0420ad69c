"""The installation: Python, packages, configuration, scenes, models, and the folders that must last."""

from __future__ import annotations

import importlib.metadata
import os
import re
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from reverie import __version__
from reverie.conductor.arranging.check import check
from reverie.conductor.configuration.site_resources import InForce, model_folders_of, scenes_of
from reverie.doctor.finding import Finding, bad, doubtful, unknown, well
from reverie.folders import list_folder
from reverie.models.errors import ModelError
from reverie.models.golden import check as check_answer
from reverie.models.library.bundle import read_bundle
from reverie.models.library.card import SUFFIX
from reverie.site.schema import Site

DISTRIBUTION = "reverie-daemon"
KNOWN = ((3, 11), (3, 14))
"""The Pythons that Reverie knows: from this one on, and before that one."""
MOST_TOLD = 5
"""Faults of one kind that are told one by one."""
LITTLE, TOO_LITTLE = 1000, 100
"""Megabytes that are free where what is played is kept: less is doubtful, or bad."""

Progress = Callable[[str], object]
"""Is told in a few words what is looked at next."""


def installation_points(path: Path, force: InForce, say: Progress, *, alive: bool) -> Iterator[Finding]:
    """Look at what is installed.

    Args:
        path: The configuration that was asked for.
        force: The one that counts.
        say: Is told what is looked at next.
        alive: Whether a daemon plays, which tells of its folders itself.
    """
    yield _python()
    yield _packages()
    yield from _configuration(path, force)
    say("scenes")
    yield from _scenes(path, force.site)
    yield from _models(force.site, say)
    for point, folder in (("state", force.site.state_folder), ("tape", force.site.tape_folder)):
        yield _folder(point, folder, alive=alive)


def _python() -> Finding:
    version = ".".join(str(number) for number in sys.version_info[:3])
    text = "python.well" if KNOWN[0] <= sys.version_info[:2] < KNOWN[1] else "python.unknown"
    return (well if text == "python.well" else bad)("python", text, version=version, reverie=__version__)


def _packages() -> Finding:
    try:
        wanted = importlib.metadata.requires(DISTRIBUTION) or []
    except importlib.metadata.PackageNotFoundError:
        return unknown("packages", "packages.untold")
    names = [re.split(r"[^\w.-]", one, maxsplit=1)[0] for one in wanted if "extra ==" not in one]
    missing = [name for name in names if not _is_there(name)]
    if missing:
        return bad("packages", "packages.missing", names=", ".join(missing))
    return well("packages", "packages.well", count=len(names))


def _is_there(name: str) -> bool:
    try:
        importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return False
    return True


def _configuration(path: Path, force: InForce) -> Iterator[Finding]:
    if force.fault:
        yield bad("configuration", "configuration.broken", fault=str(force.fault).rstrip("."), instead=force.instead)
        return
    faults = check([path]) if path.is_file() else []
    for fault in faults[:MOST_TOLD]:
        yield bad("configuration", "configuration.fault", fault=str(fault).rstrip("."))
    if not faults:
        yield well("configuration", "configuration.well", path=path)


def _scenes(path: Path, site: Site) -> Iterator[Finding]:
    files = scenes_of(site).paths()
    faults = check(files.values(), path if path.is_file() else None)
    own = [fault for fault in faults if fault.path != str(path)]
    for fault in own[:MOST_TOLD]:
        yield bad("scenes", "scenes.fault", fault=str(fault).rstrip("."))
    if len(own) > MOST_TOLD:
        yield bad("scenes", "scenes.more", count=len(own) - MOST_TOLD)
    if site.scene not in files:
        yield bad("scenes", "scenes.missing", scene=site.scene)
    elif not own:
        yield well("scenes", "scenes.well", count=len(files), scene=site.scene)


def _models(site: Site, say: Progress) -> Iterator[Finding]:
    files = {path.stem: path for folder in model_folders_of(site) for path in _models_in(folder)}
    broken: list[str] = []
    for name, path in files.items():
        say(f"model {name}")
        try:
            check_answer(read_bundle(path))
        except ModelError as error:
            broken.append(str(error))
    for sentence in broken[:MOST_TOLD]:
        yield bad("models", "models.broken", fault=sentence.rstrip("."))
    if not files:
        yield bad("models", "models.none")
    elif not broken:
        yield well("models", "models.well", count=len(files))


def _models_in(folder: Path) -> list[Path]:
    return list_folder(folder, may_be_missing=True).ending(SUFFIX)


def _folder(point: str, folder: Path, *, alive: bool) -> Finding:
    there = next((one for one in (folder, *folder.parents) if one.exists()), Path("/"))
    if not os.access(there, os.W_OK | os.X_OK) and not alive:
        return unknown(point, "folder.closed", folder=folder)
    free = shutil.disk_usage(there).free // 1_000_000
    judge, text = (
        (bad, "folder.full")
        if free < TOO_LITTLE
        else (doubtful, "folder.little")
        if free < LITTLE
        else (well, "folder.well")
    )
    return judge(point, text, folder=folder, free=free)
