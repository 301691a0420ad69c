"""What was learned at the devices themselves: ``learned.yaml`` beside the site's file.

``reverie ports learn`` and ``reverie learn`` write it, so that no command ever rewrites what a person wrote. It is a
file for people all the same: every wrong value is told at its place, and keys that are unknown here are left out and
logged.
"""

from __future__ import annotations

import contextlib
import dataclasses
import logging
import os
import time
from collections.abc import Generator, Iterator, Mapping
from pathlib import Path
from typing import Any, cast

from pydantic import Field

from reverie.advice import advice_on
from reverie.documents import (
    Document,
    DocumentError,
    DocumentFault,
    Keys,
    Section,
    known_and_unknown,
    parse_document,
    read_document,
    validate,
    write_text,
)
from reverie.errors import ReverieError, reason_of
from reverie.files import check_writable, write_atomically
from reverie.folders import may_be_there
from reverie.locks import Hold, try_lock
from reverie.logs import ONCE
from reverie.site.control import ControlBinding, overlaps
from reverie.site.schema import Site
from reverie.site.slot_sections import Api, DeviceSection

log = logging.getLogger(__name__)

FILE = "learned.yaml"
_FOR_ALL = 0o644
"""Root learns and the service's user reads, whatever root's umask is; it is no secret which devices there are."""
HEADER = """\
# What was learned at the devices; it goes before what reverie.yaml says. `reverie ports learn` and `reverie learn`
# write this file anew each time, without comments of yours. To unlearn something, delete it.
"""

PATIENCE = 10.0
"""Seconds to wait for another command that learns; it writes a small file."""
AGAIN = 0.05
_REPLACED = ("match", "device", "label", "place")


class LearnedError(ReverieError):
    """What was learned cannot be kept."""


class LearnedSlot(Section):
    """The port that a slot was taught."""

    device: DeviceSection = Field(description="The device, by marks that stay.")
    label: str | None = Field(default=None, min_length=1, description="What people call it.", examples=["grey synth"])
    place: str | None = Field(default=None, min_length=1, description="Where it stands.", examples=["left shelf"])
    api: Api = Field(default="auto", description="The system by which the port is reached.")


class Learned(Section):
    """All that was learned."""

    slots: dict[str, LearnedSlot] = Field(
        default_factory=dict[str, LearnedSlot], description="Slots of kind 'port', by name."
    )
    controls: dict[str, ControlBinding] = Field(
        default_factory=dict[str, ControlBinding], description="What knobs, keys and pads do, by name."
    )

    def misfits(self) -> Iterator[tuple[Keys, str]]:
        """One control has one action."""
        yield from overlaps(self.controls)


def beside(site: Path) -> Path:
    """The file of what was learned for the site whose file is ``site``."""
    return site.with_name(FILE)


def merged(site: Document, path: Path) -> Document:
    """The site's document with what ``path`` says was learned; itself if there is no such file.

    Places stay those of the site's own file: what was learned is held to the rules here, at its own places.

    Raises:
        DocumentError: with the faults of ``path``.
    """
    if not may_be_there(path):
        return site
    learned = _without_later_keys(read_document(path))
    validate(learned, Learned)
    data = dict(site.data)
    for section, entries in learned.data.items():
        there = data.get(section, _default_slots() if section == "slots" else {})
        if isinstance(there, dict):  # else the site's own fault, which its validation tells
            written = cast("dict[str, Any]", there)
            data[section] = _slots(learned, written) if section == "slots" else written | entries
    return dataclasses.replace(site, data=data)


def _default_slots() -> dict[str, Any]:
    return Site().model_dump(mode="json", by_alias=True, include={"slots"})["slots"]


def _slots(learned: Document, written: Mapping[str, Any]) -> dict[str, Any]:
    slots, faults = dict(written), list[DocumentFault]()
    for name, marks in learned.data["slots"].items():
        slot = slots.get(name, {"kind": "port"})
        if not isinstance(slot, dict):
            continue  # likewise
        settings = cast("dict[str, Any]", slot)
        if (kind := settings.get("kind", "port")) != "port":
            message = f"the slot {name!r} is of kind {kind!r}, and a device is learned for a 'port'; name another slot"
            faults.append(learned.fault(("slots", name), message, at_key=True))
        slots[name] = {key: value for key, value in settings.items() if key not in _REPLACED} | marks
    if faults:
        raise DocumentError(faults)
    return slots


def _without_later_keys(learned: Document) -> Document:
    """What was learned, without keys that only a later version knows: the other marks find the device too.

    Whoever goes back to this version keeps its ports; a person who mistyped a key finds that in the log.
    """
    known, unknown = known_and_unknown(learned, Learned)
    for fault in unknown:
        log.warning("%s (it does not count; a later version may have written it).", fault, extra=ONCE)
    return known


def ready(path: Path) -> None:
    """See that something can be learned, before a person crawls behind a rack for it.

    Raises:
        DocumentError: if the file is at fault.
        LearnedError: if it could not be written.
    """
    _read(path)
    try:
        check_writable(path)
    except OSError as error:
        raise LearnedError(_refused(path, error)) from error


def update(path: Path, sections: Mapping[str, Mapping[str, Any]]) -> None:
    """Set entries of sections of the file, atomically; what else it says stays. An entry that is None is taken out.

    Args:
        path: The file, such as :func:`beside` names it; it need not be there yet.
        sections: By name of the section (``slots``, ``controls``), plain data by entry.

    Raises:
        DocumentError: if the file is at fault, or would be: it is left as it is, for a person to mend.
        LearnedError: if the file cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with _alone_in(path.parent):
            data = _read(path)
            for section, entries in sections.items():
                together = {**data.get(section, {}), **entries}
                data[section] = {name: entry for name, entry in together.items() if entry is not None}
            text = HEADER + write_text(data)
            validate(_without_later_keys(parse_document(text, str(path))), Learned)
            is_new = not path.exists()
            write_atomically(path, text.encode())
            if is_new:
                with contextlib.suppress(OSError):  # a file system may have no modes
                    path.chmod(_FOR_ALL)
    except OSError as error:
        raise LearnedError(_refused(path, error)) from error


def _refused(path: Path, error: OSError) -> str:
    return f"{path} cannot be written ({reason_of(error)}); {advice_on(error, path)}"


def _read(path: Path) -> dict[str, Any]:
    if not path.exists():
        return {}
    document = read_document(path)
    validate(_without_later_keys(document), Learned)
    return dict(document.data)


@contextlib.contextmanager
def _alone_in(folder: Path) -> Generator[None]:
    """Hold the folder's lock, so that of two commands neither loses what the other learned.

    Raises:
        LearnedError: if another program holds it for too long; anybody who can read a folder can lock it.
    """
    descriptor = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        limit = time.monotonic() + PATIENCE
        while try_lock(descriptor) is Hold.TAKEN:  # where there are no locks, two that learn at once are rare enough
            if time.monotonic() > limit:
                raise LearnedError(f"another program holds the folder {folder}; see `lsof {folder}`, and end it")
            time.sleep(AGAIN)
        yield
    finally:
        os.close(descriptor)
