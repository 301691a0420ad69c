"""The support bundle: all that somebody far away needs to understand this installation, and no secret.

Tokens are in files of their own, which nothing here reads; of the site's configuration the section that names them,
and who helps, is left out.
"""

from __future__ import annotations

import io
import json
import platform
import zipfile
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path
from typing import Any

from reverie.documents import write_text
from reverie.errors import reason_of
from reverie.site.schema import Site
from reverie.watch.log_lines import LogLine

BARS = 32
"""Bars of the tape that are in it."""
_TAIL = 262_144
"""Bytes from the end of a journal that are looked at."""
_DUMP = 16_384
"""Bytes from the end of each file of dumps."""
SECRET = ("artist_token_file", "technician_token_file", "certificate", "key", "contact")
"""Keys of the section `page` that are nobody's business elsewhere."""
DISTRIBUTION = "reverie-daemon"


@dataclass(frozen=True, slots=True)
class BundleParts:
    """What is known when somebody asks for a bundle; only the tape, and dumps of crashes, are read from the disk."""

    status: Mapping[str, Any]
    site: Site
    tape: Path
    log: tuple[LogLine, ...]
    vitals: Mapping[str, Any]
    report: str
    dumps: Path | None = None


def support_bundle(parts: BundleParts) -> bytes:
    """The bundle as a ZIP file; in a thread, for disks are slow."""
    texts: dict[str, Callable[[], str]] = {
        "report.txt": lambda: parts.report,
        "status.json": lambda: json.dumps(parts.status, indent=1, default=str),
        "configuration.yaml": lambda: configuration_text(parts.site),
        "log.txt": lambda: log_text(parts.log),
        "versions.txt": versions_text,
        "vitals.json": lambda: json.dumps(parts.vitals),
        "tape.txt": lambda: tape_text(parts.tape),
        "dumps.txt": lambda: dumps_text(parts.dumps),
    }
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as bundle:
        for name, text in texts.items():
            try:
                written = text()
            except Exception as error:  # noqa: BLE001 - what is broken is what the bundle is for
                written = f"This part could not be written: {type(error).__name__}: {error}\n"
            bundle.writestr(name, written.encode("utf-8", "backslashreplace"))
    return packed.getvalue()


def configuration_text(site: Site) -> str:
    """What counts of the site's configuration, without what is secret or personal."""
    data = site.model_dump(mode="json", by_alias=True)
    page = data.get("page", {})
    for key in SECRET:
        if page.pop(key, None) is not None:
            page[f"{key}_is_set"] = True
    return write_text(data)


def log_text(lines: Iterable[LogLine]) -> str:
    """Lines of the log with their times."""
    return "".join(
        f"{datetime.fromtimestamp(line.at, UTC):%Y-%m-%d %H:%M:%S}Z {line.level:7} {line.text}\n" for line in lines
    )


def versions_text() -> str:
    """Which versions run here."""
    told = [f"system {platform.platform()}", f"python {platform.python_version()}"]
    for name in (DISTRIBUTION, *(one.split(";")[0] for one in requires(DISTRIBUTION) or () if "extra ==" not in one)):
        bare = name.split("[")[0].rstrip("0123456789.,<>=!~ ")
        try:
            told.append(f"{bare} {version(bare)}")
        except PackageNotFoundError:
            told.append(f"{bare} is missing")
    return "\n".join(told) + "\n"


def dumps_text(folder: Path | None) -> str:
    """Where processes stood when they last crashed or hung."""
    files = sorted(folder.glob("*.txt")) if folder is not None else []
    if not files:
        return "There is no dump.\n"
    return "\n".join(file.read_bytes()[-_DUMP:].decode("utf-8", "replace") for file in files)


def tape_text(folder: Path) -> str:
    """The last bars of the tape, as they stand in its journal."""
    try:
        journals = sorted(folder.glob("*.journal"))
        if not journals:
            return "There is no journal.\n"
        with journals[-1].open("rb") as file:
            file.seek(0, io.SEEK_END)
            file.seek(max(file.tell() - _TAIL, 0))
            lines = file.read(_TAIL).decode("utf-8", "replace").splitlines()
    except OSError as error:
        return f"The tape could not be read ({reason_of(error)}).\n"
    begins = [number for number, line in enumerate(lines) if line.startswith("B ")]
    return "\n".join(lines[begins[-BARS] if len(begins) >= BARS else 0 :]) + "\n"
