#!/usr/bin/env python3
"""Make the models that ship with Reverie again, by the public commands that stand in their cards.

python tools/make_default_models.py --data DATA --work WORK --out OUT [NAME...]
python tools/make_default_models.py --page        # writes docs/explanation/default-models.md

DATA has the collections of music; WORK keeps what each training does, so that the same call goes on after an
interruption; OUT gets the models. What has the same seed is alike, not the same: the order in which Magenta reads
examples is not kept.
"""

from __future__ import annotations

import argparse
import shlex
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from reverie.models.library.card import ModelCard, read_card
from reverie.places import models_folder
from reverie.training.workspace import SPLITS

FOLDERS: Mapping[str, str] = {
    "Groove MIDI Dataset": "groove-midi",
    "OpenEWLD": "openewld",
    "OpenScore Lieder Corpus": "openscore-lieder",
    "OpenScore String Quartets": "openscore-quartets",
}
"""The folder below DATA of each collection, by its name in cards."""
PAGE = Path(__file__).parents[1] / "docs" / "explanation" / "default-models.md"
HEAD = """# How the default models were made

*Written by `tools/make_default_models.py --page` from the models' cards; change what it reads, not this page.*

Each model was made by the command that stands in its card, with Magenta's own graphs and trainer, on the collections
named here; their licences and authors are in [NOTICE](../../NOTICE). What they can do, and where they fall short, is on
the pages about [models](../how-to/models.md) and [their judgement](models-judged.md).

`python tools/make_default_models.py --data DATA --work WORK --out OUT NAME` does it again; without a name, one model
after the other. `DATA` has the folders of the collections. What comes of it is alike, not the same to the last bit: the
order in which Magenta reads examples is not kept. `drum_kit`, `polyphony`, `melody_2bar` and
`performance_with_dynamics` went on from earlier models of the same data that are no longer shipped, so their commands
alone do not make them again; `bass_line` went on from the `attention_rnn` that is here. Their steps and seconds are
those after that.

*Pieces* are those of the three splits: learned from, looked at while training, and held out. *Held out* is the loss on
titles that were never learned from, in nats an event, and beside it what it is for who only counts: how often each
event occurs, and (Markov) which comes after which three. The seconds are those of training alone, on one core, beside
other work of the same machine.
"""


def cards() -> dict[str, ModelCard]:
    """The cards of all shipped models that have learned something, by name."""
    read = {path.stem: read_card(path) for path in sorted(models_folder().glob("*.safetensors"))}
    return {name: card for name, card in read.items() if card.config != "signals"}


def command_for(name: str, card: ModelCard, data: Path, work: Path, out: Path) -> list[str] | None:
    """What makes a model again; None if no public command does.

    Raises:
        KeyError: if its music is none of the known collections.
    """
    told = str(card.training.get("command", ""))
    words = shlex.split(told)
    if words[:2] != ["reverie", "train"]:
        return None
    place = words.index("--data") + 1
    words[place] = str(folder_of(words[place], data, work))
    if "--steps" not in words:
        words += ["--steps", str(card.training["steps_trained"])]
    words += ["--describe", str(card.training["description"]), "--replace"]
    return [*words, "--work", str(work / name), "--out", str(out / name)]


def folder_of(named: str, data: Path, work: Path) -> Path:
    """The folder of a collection; of several, one that has them all.

    Raises:
        KeyError: if it is none of the known ones.
    """
    parts = [FOLDERS[part] for part in named.split(" and ")]
    if len(parts) == 1:
        return data / parts[0]
    together = work / "-".join(parts)
    together.mkdir(parents=True, exist_ok=True)
    for part in parts:
        link = together / part
        if not link.is_symlink():
            link.symlink_to((data / part).resolve())
    return together


def page() -> str:
    """The note about all of them, from their cards."""
    rows = [["model", "learned from", "pieces", "steps", "seconds", "on", "held out", "counting", "Markov", "MB"]]
    commands: list[str] = []
    for name, card in cards().items():
        told = card.training
        rows.append([f"`{name}`", *_row(told), _megabytes(name)])
        if "command" in told:
            commands.append(f"# {name}\n{told['command']}")
    rows.insert(1, ["---"] * len(rows[0]))
    table = "\n".join(f"| {' | '.join(row)} |" for row in rows)
    listed = "\n\n".join(commands)
    return f"{HEAD}\n{table}\n\n## The commands\n\n```sh\n{listed}\n```\n{TAIL}"


TAIL = """
`timbre` is made by `tools/train_timbre.py`, [on a page of its own](timbre-model.md).
"""


def _row(told: Mapping[str, Any]) -> Sequence[str]:
    data = told["data"]
    pieces: Mapping[str, int] = data.get("pieces") or data.get("files") or {}
    machine: Mapping[str, Any] = told.get("machine", {})
    on = f"{machine['cores']} cores ({machine['processor']})" if machine else "-"
    counted = " + ".join(f"{pieces[split]:,}" for split in SPLITS if split in pieces) or "-"
    heldout, unigram, markov = (_loss(told.get(kind)) for kind in ("heldout", "unigram", "markov"))
    seconds = f"{told['seconds']:,}" if "seconds" in told else "-"
    return f"{data['name']} ({data['licence']})", counted, f"{told['steps']:,}", seconds, on, heldout, unigram, markov


def _loss(figures: Mapping[str, Any] | None) -> str:
    return f"{figures['loss']:.3f}" if isinstance(figures, dict) and "loss" in figures else "-"


def _megabytes(name: str) -> str:
    return f"{(models_folder() / f'{name}.safetensors').stat().st_size / 1e6:.1f}"


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the command line says."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME", help="models to make (default: all)")
    parser.add_argument("--data", type=Path, metavar="DIR", help="the folder of the collections")
    parser.add_argument("--work", type=Path, metavar="DIR", help="the folder for what trainings keep")
    parser.add_argument("--out", type=Path, metavar="DIR", help="the folder for the models")
    parser.add_argument("--page", action="store_true", help="only write the page about them")
    options = parser.parse_args(arguments)
    if options.page:
        PAGE.write_text(page(), encoding="utf-8")
        return 0
    if not (options.data and options.work and options.out):
        parser.error("--data, --work and --out are needed")
    found = cards()
    unknown = [name for name in options.names if name not in found]
    if unknown:
        parser.error(f"there is no model {', '.join(unknown)}; there is {', '.join(found)}")
    for name in options.names or found:
        words = command_for(name, found[name], options.data, options.work, options.out)
        if words is None:
            print(f"{name}: is not made by `reverie train`; its card says how: {found[name].source.get('file')}")
            continue
        print(shlex.join(words), flush=True)
        status = subprocess.run([sys.executable, "-m", "reverie", *words[1:]], check=False).returncode
        if status:
            return status
    return 0


if __name__ == "__main__":
    sys.exit(main())
