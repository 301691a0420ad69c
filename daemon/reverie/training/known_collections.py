"""Collections of music that are published: whose they are, and on which terms, so that cards of models can say it."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path

from reverie.training.recipes import TrainingData

_GROOVE = TrainingData(
    name="Groove MIDI Dataset",
    licence="CC BY 4.0",
    source="https://magenta.tensorflow.org/datasets/groove",
    split="the dataset's own",
    description="Drum loops after human drummers",
)
_OPENEWLD = TrainingData(
    name="OpenEWLD",
    licence="MIT, scores in the public domain",
    source="https://github.com/00sapo/OpenEWLD",
    split="by title",
    description="Melodies after songs of the early twentieth century",
)
_LIEDER = TrainingData(
    name="OpenScore Lieder Corpus",
    licence="CC0 1.0",
    source="https://github.com/OpenScore/Lieder",
    split="by title",
    description="Music after the pianos of songs of the nineteenth century",
)
_QUARTETS = TrainingData(
    name="OpenScore String Quartets",
    licence="CC0 1.0",
    source="https://github.com/OpenScore/StringQuartets",
    split="by title",
    description="Music after string quartets of the nineteenth century",
)
_OPENSCORE = (("lc[0-9]*.mxl", _LIEDER), ("sq[0-9]*.mxl", _QUARTETS))
"""How each of OpenScore's collections calls its files, below a folder for each composer."""
_MOST_FOLDERS = 20


def data_of(folder: Path) -> TrainingData:
    """What is known of a folder of music, or of one that has nothing but known collections; else its name only."""
    known = _known(folder)
    if known is not None:
        return known
    parts = [_known(part) for part in islice(_folders(folder), _MOST_FOLDERS)]
    found = [part for part in parts if part is not None]
    if found and len(found) == len(parts):
        return _together(found)
    return TrainingData(name=folder.resolve().name)


def _known(folder: Path) -> TrainingData | None:
    if _is_file(folder / "info.csv") and _is_folder(folder / "drummer1"):
        return _GROOVE
    if _is_folder(folder / "dataset") and "OpenEWLD" in _beginning(folder / "README.md"):
        return _OPENEWLD
    if "CC0 1.0" in _beginning(folder / "LICENSE.txt"):
        for files, data in _OPENSCORE:
            if next(folder.glob(f"*/{files}"), None) is not None:
                return data
    return None


def _together(parts: Sequence[TrainingData]) -> TrainingData:
    def joined(*texts: str) -> str:
        return "; ".join(dict.fromkeys(texts))

    return TrainingData(
        name=" and ".join(part.name for part in parts),
        licence=_licences(parts),
        source=joined(*(part.source for part in parts)),
        split=joined(*(part.split for part in parts)),
        description=joined(*(part.description for part in parts)),
    )


def _is_file(path: Path) -> bool:
    return os.path.isfile(path)  # noqa: PTH113 - Path.is_file raises where it may not look


def _is_folder(path: Path) -> bool:
    return os.path.isdir(path)  # noqa: PTH112 - Path.is_dir raises where it may not look


def _licences(parts: Sequence[TrainingData]) -> str:
    """The licence of all; where they have several, of which collections each is."""
    names: dict[str, list[str]] = {}
    for part in parts:
        names.setdefault(part.licence, []).append(part.name)
    if len(names) == 1:
        return parts[0].licence
    return "; ".join(f"{licence} ({' and '.join(own)})" for licence, own in names.items())


def _folders(folder: Path) -> Iterator[Path]:
    try:
        yield from (path for path in sorted(folder.iterdir()) if _is_folder(path) and not path.name.startswith("."))
    except OSError:
        return


def _beginning(path: Path) -> str:
    try:
        with path.open(encoding="utf-8", errors="replace") as file:
            return file.read(1000)
    except OSError:
        return ""
