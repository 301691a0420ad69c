"""A configuration that was changed while it plays: what counts at once is taken over, the rest is told by name."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from reverie.documents import Section
from reverie.site.schema import Site
from reverie.watch.fault_kinds import CONFIGURATION_CHANGED
from reverie.watch.faults import Faults

log = logging.getLogger(__name__)

Taker = Callable[[Site], object]
"""Puts in force what a site says of something; what it raises leaves that as it was."""


@dataclass(frozen=True, slots=True)
class SiteTaken:
    """The keys that count from now on, and those that count from the next start; with dots, as ``page.visitors``."""

    taken: tuple[str, ...] = ()
    waiting: tuple[str, ...] = ()

    @property
    def sentence(self) -> str:
        """What came of it; empty where nothing has changed."""
        told = [f"Taken over from the configuration: {', '.join(self.taken)}."] if self.taken else []
        if self.waiting:
            told.append(f"From the next start counts what changed in: {', '.join(self.waiting)}.")
        return " ".join(told)


class SiteTaking:
    """Knows who takes over what, and what is in force.

    Args:
        path: The site's file.
        in_force: What was put in force at the start.
        faults: Where it is told what does not count yet.
    """

    def __init__(self, path: Path, in_force: Site, faults: Faults) -> None:
        self._path = path
        self._faults = faults
        self._takers: dict[str, Taker] = {}
        self.in_force = in_force
        """What counts now."""

    def on(self, key: str, taker: Taker) -> None:
        """Have ``taker`` called with the site once something below ``key`` has changed, such as ``page.visitors``."""
        self._takers[key] = taker

    def take(self, site: Site, credentials: Mapping[str, str] | None = None) -> SiteTaken:
        """Take over what can be of a site that was checked; called where the music is decided upon.

        What needs ``credentials`` that the service lacks, by its key, is not in the site: it waits for the next start.
        """
        lacking = credentials or {}
        taken, waiting = list[str](), [f"{key} (needs the credential {name})" for key, name in lacking.items()]
        done: dict[str, bool] = {}
        for key in changed_keys(self.in_force, site):
            by = self._taker_of(key)
            if by and by not in done:
                done[by] = self._take(by, site)
            (taken if by and done[by] else waiting).append(key)
        for key in (key for key, ok in done.items() if ok):
            self.in_force = with_key(self.in_force, site, key)
        result = SiteTaken(tuple(taken), tuple(waiting))
        if taken:
            log.info("Taken over from the configuration: %s.", ", ".join(taken))
        if waiting:
            told = f"from the next start counts what changed in: {', '.join(waiting)}"
            if lacking:
                told += "; credentials come with a start alone: restart the service when its unit has them"
            self._faults.tell(CONFIGURATION_CHANGED, str(self._path), f"The configuration on disk was changed; {told}")
        else:
            self._faults.clear(CONFIGURATION_CHANGED)
        return result

    def _taker_of(self, key: str) -> str:
        """The key, or what it lies below, of which somebody takes over changes."""
        while key and key not in self._takers:
            key = key.rpartition(".")[0]
        return key

    def _take(self, key: str, site: Site) -> bool:
        try:
            self._takers[key](site)
        except Exception:
            log.exception("What the configuration says of %s could not be taken over; it stays as it was.", key)
            return False
        return True


def changed_keys(before: Any, after: Any, way: str = "") -> Iterator[str]:
    """The keys of a section that differ, with dots, at most two below one another."""
    for key, (old, new) in _pairs(before, after).items():
        if old == new:
            continue
        name = f"{way}{key}"
        deeper = not way and _is_mapping(old) and _is_mapping(new)
        if deeper:
            yield from changed_keys(old, new, f"{name}.")
        else:
            yield name


def with_key(site: Site, other: Site, key: str) -> Site:
    """The site with what another says at a key such as ``hours`` or ``page.visitors``."""
    first, _, second = key.partition(".")
    if not second:
        return site.model_copy(update={_field(site, first): getattr(other, _field(site, first))})
    section, others = (cast("Section", getattr(one, _field(site, first))) for one in (site, other))
    name = _field(section, second)
    return site.model_copy(update={first: section.model_copy(update={name: getattr(others, name)})})


def _pairs(before: Any, after: Any) -> Mapping[str, tuple[Any, Any]]:
    old, new = _items(before), _items(after)
    return {key: (old.get(key), new.get(key)) for key in {**old, **new}}


def _items(section: Any) -> dict[str, Any]:
    if isinstance(section, Section):
        return {info.alias or name: getattr(section, name) for name, info in type(section).model_fields.items()}
    return dict(cast("Mapping[str, Any]", section))


def _is_mapping(value: Any) -> bool:
    return isinstance(value, Section | dict)


def _field(section: Section, key: str) -> str:
    return next(name for name, info in type(section).model_fields.items() if (info.alias or name) == key)
