"""``reverie rehearse``: months of days through the real conductor, on a made-up clock."""

from __future__ import annotations

import contextlib
import hashlib
import json
import logging
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from reverie import __version__
from reverie.compose.engines.by_family import make_engine
from reverie.conductor.configuration.config import ConductorConfig
from reverie.conductor.configuration.site_resources import scenes_of
from reverie.conductor.hours.machine_zone import MachineZone
from reverie.files import write_atomically
from reverie.history.state import VERSION as STATE_VERSION
from reverie.music.time import TICKS_PER_QUARTER
from reverie.rehearsal.day_result import MEASURED, LivedDay
from reverie.rehearsal.day_timetable import Timetable
from reverie.rehearsal.rehearsal_folder import RehearsalFolder
from reverie.rehearsal.rehearsed_composer import LoopMakers
from reverie.rehearsal.rehearsed_day import DayPlan
from reverie.rehearsal.rehearsed_house import rehearsed_config
from reverie.rehearsal.stand_in_engine import StandInEngine
from reverie.scenes.schema import Scene
from reverie.scenes.voice_models import needed_models
from reverie.site.load import find_site, load_site
from reverie.site.schema import Site

LIVED = 1.0
"""Minutes after each change that are lived through."""
COMPOSED = 5
"""Loops of a day that models compose."""
_TAKES = 1_000_000
"""Takes between two seeds: more than a scene is ever begun."""


@dataclass(frozen=True, slots=True)
class RehearsalWish:
    """What is rehearsed.

    Attributes:
        days: how many days.
        first: the first of them; None: today.
        seed: another seed is another music, and other incidents.
        lived: minutes of each stretch of the day that are lived through.
        composed: loops of each day that models compose.
    """

    days: int = 90
    first: date | None = None
    seed: int = 0
    lived: float = LIVED
    composed: int = COMPOSED


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """What came of it, day by day."""

    site: Site
    days: tuple[LivedDay, ...]
    keep_days: int
    tape_quota: int | None
    digest_hash: str
    """Equal for equal days: of all that is in them but what was measured of the machine."""


def rehearse(
    config: Path | None,
    wish: RehearsalWish,
    folder: Path,
    progress: Callable[[LivedDay, int], None] = lambda _lived, _number: None,
) -> Rehearsal:
    """Live through days, those that are not in the folder already.

    Args:
        config: the site's file; None for the one that counts anyway.
        wish: what is rehearsed.
        folder: where days are kept.
        progress: told each day that is done, and its number.

    Raises:
        ReverieError: if the site is at fault, or the folder has days of another rehearsal.
        OSError: if the folder cannot be written.
    """
    site = load_site(config)
    path = (config or find_site()).absolute()
    scenes = scenes_of(site)
    machine = MachineZone()
    rehearsed = rehearsed_config(site, path, folder / "state", machine)
    known = {name: scenes.load(name).scene for name in sorted({site.scene, *rehearsed.programme.scenes})}
    timetable = Timetable(
        rehearsed.hours,
        rehearsed.programme,
        site.scene,
        machine,
        lambda name: known[name].metre.bar_ticks / TICKS_PER_QUARTER * 60 / known[name].tempo.qpm,
    )
    first = wish.first or datetime.now(timetable.zone).date()
    days = [first + timedelta(days=number) for number in range(wish.days)]
    kept = RehearsalFolder(folder, _asked(site, wish, first, known))
    makers = _makers(rehearsed, known)
    own = scenes_of(site.model_copy(update={"state": kept.state}))
    plan = DayPlan(rehearsed, own, timetable, makers, wish.lived * 60, wish.composed, wish.seed)
    lived = _lived_days(kept, plan, days, progress)
    return Rehearsal(site, tuple(lived), rehearsed.keep_days, rehearsed.tape_quota, _hash_of(lived))


def _lived_days(
    kept: RehearsalFolder, plan: DayPlan, days: Sequence[date], progress: Callable[[LivedDay, int], None]
) -> list[LivedDay]:
    found: list[LivedDay] = []
    for day in days:
        lived = kept.day(day)
        if lived is None:
            break
        found.append(lived)
        for one in lived.learned:
            plan.makers.stand_in.learn(one.scene, one.voice, one.loop)
    if len(found) < len(days):
        kept.go_on_after(days[len(found) - 1] if found else None)
        if not found:
            _begin_takes(plan)
        with _quiet():
            for day in days[len(found) :]:
                lived = plan.live(day)
                kept.keep(day, lived)
                found.append(lived)
                progress(lived, len(found))
    return found


def _begin_takes(plan: DayPlan) -> None:
    """Another seed is other takes of every scene: of all that is drawn, nothing is the same."""
    if plan.seed:
        takes = dict.fromkeys(plan.scenes.names(), plan.seed * _TAKES)
        data = {"version": STATE_VERSION, "takes": takes}
        write_atomically(plan.config.state / "takes.json", json.dumps(data).encode())


def _asked(site: Site, wish: RehearsalWish, first: date, scenes: Mapping[str, Scene]) -> dict[str, Any]:
    """What makes a day what it is, but for how many there are."""
    parts = ("scene", "programme", "playlists", "hours", "composer", "supervision", "slots")
    written = site.model_dump(mode="json", by_alias=True)
    return {
        "version": __version__,
        "first": first.isoformat(),
        "seed": wish.seed,
        "lived_minutes": wish.lived,
        "composed": wish.composed,
        "scenes": {name: scene.hash for name, scene in scenes.items()},
        "site": {part: written.get(part) for part in parts},
    }


def _makers(config: ConductorConfig, scenes: Mapping[str, Scene]) -> LoopMakers:
    """Models, with those loaded that the scenes need; a model that is missing costs its voices only."""
    engine, bundles = make_engine(config.engine), config.resources.bundles
    for name in dict.fromkeys(name for scene in scenes.values() for name in needed_models(scene.voices)):
        if name in bundles:
            engine.load(bundles[name])
    return LoopMakers(engine, StandInEngine())


def _hash_of(days: Sequence[LivedDay]) -> str:
    summed = hashlib.sha256()
    for lived in days:
        data = lived.as_json()
        data["result"] = {key: value for key, value in data["result"].items() if key not in MEASURED}
        summed.update(json.dumps(data, sort_keys=True, separators=(",", ":")).encode())
    return summed.hexdigest()


@contextlib.contextmanager
def _quiet() -> Generator[None]:
    """What the daemon logs, nobody wants to read ninety times."""
    root = logging.getLogger("reverie")
    before = root.level
    root.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        root.setLevel(before)
