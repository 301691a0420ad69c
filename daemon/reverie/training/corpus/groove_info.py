"""What the Groove MIDI Dataset says of its takes, in ``info.csv``: https://magenta.tensorflow.org/datasets/groove."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Literal

from reverie.files import read_file
from reverie.training.corpus.music_files import MusicFile

NAME = "info.csv"
_NEEDED = {"midi_filename", "split", "beat_type", "time_signature"}
_SPLITS = {"train", "validation", "test"}


@dataclass(frozen=True, slots=True)
class GrooveTake:
    """A take: whether it is a beat or a fill, its metre such as ``6/8``, the part that it is in, and its style."""

    kind: Literal["beat", "fill"]
    metre: str
    split: str
    style: str = ""


def groove_takes(data: Path, files: Iterable[MusicFile]) -> Mapping[str, GrooveTake]:
    """The takes that lists among the files tell of, by their names below the data folder.

    A file of that name that is no such list tells of none.
    """
    takes: dict[str, GrooveTake] = {}
    for file in files:
        place = PurePosixPath(file.name)
        if place.name != NAME:
            continue
        try:
            text = read_file(data / file.name).decode()
        except (OSError, UnicodeDecodeError):
            continue
        rows = csv.DictReader(io.StringIO(text))
        if not set(rows.fieldnames or ()) >= _NEEDED:
            continue
        for row in rows:
            if row["split"] in _SPLITS and row["beat_type"] in {"beat", "fill"}:
                takes[str(place.parent / row["midi_filename"])] = GrooveTake(
                    "fill" if row["beat_type"] == "fill" else "beat",
                    row["time_signature"].replace("-", "/"),
                    row["split"],
                    (row.get("style") or "").partition("/")[0],
                )
    return takes
