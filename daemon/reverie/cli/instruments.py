"""The command ``reverie instruments``: the names that scenes may give to sounds and drums, and their numbers."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from typing import Any

from reverie.cli.arguments import FAULT, add_command, add_json
from reverie.foreign import Printable
from reverie.music.spelling import plain_words, same_name

Rows = dict[str, list[dict[str, Any]]]


def add_parsers(commands: Any) -> None:
    """Add ``instruments`` to the commands of ``reverie``."""
    instruments = add_command(
        commands,
        "instruments",
        "list the programs of General MIDI, the drums and the shipped sounds, by name and number",
    )
    instruments.add_argument(
        "words", nargs="*", metavar="WORD", help="list only what has this in its name or family, or this number"
    )
    add_json(instruments)
    instruments.set_defaults(command=_instruments)


def _instruments(options: argparse.Namespace) -> int:
    words = [word for word in options.words if same_name(word)]  # of "bass + lead" the sign is none
    rows = {
        kind: [row for row in every if _fits(row, words) and (words or not options.words)]
        for kind, every in _all().items()
    }
    if options.json:
        print(json.dumps(rows, indent=2))
    else:
        for line in _lines(rows):
            print(line)
    if any(rows.values()):
        return 0
    print(_nothing(" ".join(options.words)), file=Printable(sys.stderr))
    return FAULT


def _all() -> Rows:
    """Everything that there is, by kind."""
    from reverie.music.drums import DRUMS, OTHER_NAMES
    from reverie.music.general_midi import PROGRAMS, family_of
    from reverie.places import sounds_folder
    from reverie.scenes.timbre_sources import SHIPPED
    from reverie.timbre.sources.source_files import shipped_sounds

    others = {name: [other for other, means in OTHER_NAMES.items() if means == name] for name in DRUMS}
    return {
        "programs": [
            {"program": number, "name": name, "family": family_of(number)} for number, name in enumerate(PROGRAMS)
        ],
        "drums": [{"name": name, "note": note, "also": others[name]} for name, note in DRUMS.items()],
        "sounds": [{"name": f"{SHIPPED}{name}", "folder": str(sounds_folder())} for name in shipped_sounds()],
    }


def _fits(row: dict[str, Any], words: Sequence[str]) -> bool:
    """Whether all of the words are in its names, or the number is its own."""
    names = [row["name"], row.get("family", ""), *row.get("also", ())]
    parts = {part for name in names for part in plain_words(name)} | {str(row.get("program", row.get("note", "")))}
    return all(
        word in parts if word.isdecimal() else any(same_name(word) in same_name(name) for name in names)
        for word in words
    )


def _lines(rows: Rows) -> Iterator[str]:
    if rows["programs"]:
        yield "Programs of General MIDI; an output's `program` is the name or the number:"
    family = ""
    for row in rows["programs"]:
        if row["family"] != family:
            family = row["family"]
            yield f"  {family}"
        yield f"    {row['program']:>3}  {row['name']}"
    if rows["drums"]:
        yield "Drums; primers and drum_map have the name, and General MIDI the number:"
    for row in rows["drums"]:
        yield f"    {row['note']:>3}  {row['name']}{', or ' if row['also'] else ''}{', '.join(row['also'])}"
    if rows["sounds"]:
        yield "Sounds that are shipped, for the sources of a timbre:"
    for row in rows["sounds"]:
        yield f"         {row['name']}"


def _nothing(name: str) -> str:
    from reverie.music.general_midi import PROGRAMS, near_programs

    near = [PROGRAMS[program] for program in near_programs(name)]
    meant = f"did you mean {' or '.join(map(repr, near))}?" if near else "without a word all are listed."
    return f"There is no instrument, drum or sound {name!r}; {meant}"
