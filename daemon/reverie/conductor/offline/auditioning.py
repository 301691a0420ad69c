"""``reverie audition``: a scene as MIDI, as sound, and as a page on which it can be looked at; or two together.

A side may be a scene, a MIDI file, or the folder of an earlier audition: so versions can be compared.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from reverie import __version__
from reverie.advice import advice_on
from reverie.audition.audition_page import page
from reverie.audition.side import AuditionSide
from reverie.conductor.offline.measuring import (
    MeasureError,
    ModelAnswers,
    longest_allowed,
    marked_piece,
    piece_of_file,
    piece_on_paper,
    scene_figures,
)
from reverie.conductor.offline.on_paper import compose_on_paper
from reverie.conductor.offline.perform import render_paper
from reverie.conductor.offline.performing import write_midi
from reverie.conductor.offline.sound_file import PerformError, render, say
from reverie.errors import ReverieError, ended, reason_of
from reverie.files import read_file
from reverie.measure.figures import figures_of
from reverie.measure.midi_piece import NoMidiError
from reverie.midi.errors import DeviceError
from reverie.music.time import Length

MIDI_ENDINGS = frozenset({".mid", ".midi"})
PAGE = "index.html"
FIGURES = "figures.json"


class AuditionError(ReverieError):
    """What is to be auditioned is not there, or the folder cannot be written."""


@dataclass(frozen=True, slots=True)
class Auditioned:
    """One side that was asked for: a scene's name or file, a MIDI file or the folder of an audition; and the seed."""

    music: str
    seed: int | None = None


def audition(config: Path | None, asked: Sequence[Auditioned], length: Length, out: Path) -> dict[str, Any]:
    """Compose or read one side or two, render and measure them, and write all into the folder ``out``.

    The files of an earlier audition are replaced, once the new ones are whole.

    Returns:
        The page's path, and by side its name, its figures, and its files.

    Raises:
        ReverieError: with a plain sentence, if a side or the folder is not as it must be.
    """
    if out.exists() and not out.is_dir():
        raise AuditionError(f"{out} is there and is no folder; name another with --out")
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        beside = out if out.is_dir() else out.absolute().parent  # on the disk on which the files are to be
        with tempfile.TemporaryDirectory(dir=beside, prefix=".reverie-") as folder:
            return _written(config, asked, length, Path(folder), out)
    except OSError as error:
        raise AuditionError(f"{out} cannot be written ({reason_of(error)}); {advice_on(error, out)}") from error


def _written(
    config: Path | None, asked: Sequence[Auditioned], length: Length, folder: Path, out: Path
) -> dict[str, Any]:
    sides = list[AuditionSide]()
    records = list[dict[str, Any]]()
    for number, one in enumerate(asked):
        stem = "music" if len(asked) == 1 else ("first", "second")[number]
        side, record = _side(config, one, length, folder, stem)
        sides.append(side)
        records.append(record)
    sides = _told_apart(sides)
    say("Drawing the page")
    (folder / PAGE).write_text(page(sides), encoding="utf-8")
    told = {"version": __version__, "sides": records}
    (folder / FIGURES).write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")
    out.mkdir(exist_ok=True)
    for path in sorted(folder.iterdir(), key=lambda one: one.name == PAGE):  # the page last, when all else is there
        path.replace(out / path.name)
    return {"page": str(out / PAGE), **told}


def _side(
    config: Path | None, asked: Auditioned, length: Length, folder: Path, stem: str
) -> tuple[AuditionSide, dict[str, Any]]:
    path = Path(asked.music)
    midi, wav = folder / f"{stem}.mid", folder / f"{stem}.wav"
    if path.is_dir():
        return _of_folder(path, midi, wav)
    if path.suffix.lower() in MIDI_ENDINGS:
        return _of_file(path, midi, wav)
    answers = ModelAnswers()
    paper = compose_on_paper(config, asked.music, length, asked.seed, answers)
    write_midi(paper.scene, paper.composition, midi, paper.slots)
    for stall in paper.stalls:
        say(str(stall))
    seed = paper.scene.seed if asked.seed is None else asked.seed
    piece = piece_on_paper(paper)
    figures = scene_figures(piece, answers, seed, longest=longest_allowed(paper.scene))
    silence = _heard(lambda: render_paper(paper, wav))
    about = f"seed {seed}, {paper.scene.key}, {paper.scene.metre}, {paper.scene.tempo.qpm:g} quarters a minute"
    side = AuditionSide(paper.scene.title, about, piece, figures, *_sound(wav, silence))
    return side, _record(side, midi)


def _of_file(path: Path, midi: Path, wav: Path) -> tuple[AuditionSide, dict[str, Any]]:
    piece = piece_of_file(path)
    shutil.copyfile(path, midi)
    silence = _heard(lambda: render(midi, wav))
    side = AuditionSide(path.stem, f"the file {path.name}", piece, figures_of(piece), *_sound(wav, silence))
    return side, _record(side, midi)


def _of_folder(path: Path, midi: Path, wav: Path) -> tuple[AuditionSide, dict[str, Any]]:
    """The first side of an earlier audition, with its sound and its figures as they were."""
    try:
        told = json.loads(read_file(path / FIGURES))
        record, version = told["sides"][0], str(told["version"])
        name, about, figures = str(record["name"]), str(record["about"]), dict(record["figures"])
        piece = marked_piece(read_file(path / record["midi"]), name, record["roles"])
        shutil.copyfile(path / record["midi"], midi)
        if record["wav"]:
            shutil.copyfile(path / record["wav"], wav)
    except OSError as error:
        raise MeasureError(f"{path} is no folder of an audition ({error})") from error
    except (ValueError, KeyError, IndexError, TypeError, AttributeError, NoMidiError) as error:
        raise MeasureError(f"{path} is no folder of an audition: its {FIGURES} is broken") from error
    about = f"{about}, composed by version {version}"
    side = AuditionSide(name, about, piece, figures, *_sound(wav, "It was auditioned without a sound file."))
    return side, _record(side, midi)


def _heard(make: Callable[[], object]) -> str:
    """Render a sound file; why there is none, if there is none: the page is there all the same."""
    try:
        make()
    except (PerformError, DeviceError) as error:
        silence = f"There is no sound file: {ended(str(error))}"
        say(silence)
        return silence
    return ""


def _sound(wav: Path, silence: str) -> tuple[Path | None, str, str]:
    return (wav, wav.name, "") if wav.exists() else (None, "", silence)


def _record(side: AuditionSide, midi: Path) -> dict[str, Any]:
    return {
        "name": side.name,
        "about": side.about,
        "midi": midi.name,
        "wav": side.sound_name or None,
        "roles": {voice.name: voice.role for voice in side.piece.voices},
        "figures": side.figures,
    }


def _told_apart(sides: Sequence[AuditionSide]) -> list[AuditionSide]:
    """Sides of one name by what they are: two seeds of a scene, or two versions."""
    if len({side.name for side in sides}) == len(sides):
        return [*sides]
    seeds = [side.figures.get("seed") for side in sides]
    told = (f"seed {seed}" for seed in seeds) if len(set(seeds)) == len(sides) else ("first", "second")
    return [replace(side, name=f"{side.name} ({what})") for side, what in zip(sides, told, strict=False)]
