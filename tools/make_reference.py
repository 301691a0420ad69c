#!/usr/bin/env python3
"""Write the reference pages that follow from the code: all keys of scenes and of a site, all commands, all faults.

python tools/make_reference.py             # writes scene-keys.md, site-keys.md, commands.md and faults.md, and the
                                           # alerts of faults (tools/make_fault_rules.py)

Keys come from the JSON Schemas, commands from the parser of arguments, faults from the table of
their kinds; what stands in these pages is changed there.
"""

from __future__ import annotations

import argparse
import json
import re
import runpy
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, cast

from reverie.cli.main import command_line
from reverie.scenes.schema import scene_json_schema
from reverie.site.schema import site_json_schema
from reverie.watch.fault_kinds import KINDS, SEVERITIES

FOLDER = Path(__file__).parents[1] / "docs" / "reference"
NOTE = "*Written by `tools/make_reference.py`; change what it reads, not this page.*"
SCENE_KEYS = """\
# All keys of a scene

{note}

Every key that may stand in a scene's file, as `reverie check` and the JSON Schema (`reverie schema scene`) know it.
[Writing scenes](scenes.md) explains them.
"""
SITE_KEYS = """\
# All keys of a site

{note}

Every key that may stand in `reverie.yaml`, as `reverie check` and the JSON Schema (`reverie schema site`) know it.
[Configuring a site](configuration.md) explains them.
"""
COMMANDS = """\
# The commands

{note}

| exit status | what it means |
|---|---|
| 0 | All went well. |
| 1 | What was asked for is at fault, or could not be done; the message says what to do. |
| 2 | The command was mistyped; the message says where. |
| 3 | Of `reverie perform`: the files are written, but a voice repeats itself, as no new loop keeps to its limits. |
| 3 | Of `reverie rehearse`: a bar was silent that was not meant to be. |
| 130 | Ctrl-C; nothing was left half-written. |
"""

FAULTS = """\
# All faults

{note}

What Reverie tells of when something is wrong. A fault is one line of the log when it comes, and one when it is mended.
Until then it stands on the status page, in `fault_register` of `/status`, and in the metric
`reverie_fault{{id,subject}}`: see [how to watch an installation](../how-to/monitoring.md). No fault stops the music by
itself.

The subject is whom the fault befalls, such as the name of a slot; where the table has none, there is one fault of that
id at a time. The advice that comes with a fault may say more than this table, where the reason is known.
"""

Schema = Mapping[str, Any]
MOST_NAMED = 32
"""Names that a cell lists; of more it says how many there are."""
PLAIN = {"integer": "a whole number", "number": "a number", "boolean": "`true` or `false`", "null": "`null`"}


class Keys:
    """The sections of one schema as tables, each told once, where it is first met."""

    def __init__(self, schema: Schema) -> None:
        self._schema = schema
        self._sections: Mapping[str, Schema] = schema.get("$defs", {})
        self._waiting: list[tuple[str, str]] = []  # names of sections, and where each stands
        self._seen: set[str] = set()

    def page(self, root: str) -> Iterator[str]:
        """The lines of all tables."""
        yield from self._table(f"## {root}", "", self._schema, "")
        while self._waiting:
            name, path = self._waiting.pop(0)
            section = self._sections[name]
            yield from self._table(f"## {heading(name)}", f"At `{path}`", section, path)

    def _table(self, title: str, place: str, section: Schema, path: str) -> Iterator[str]:
        kind = section.get("properties", {}).get("kind", {}).get("const")
        where = f"{place}, where `kind` is `{kind}`. " if kind else f"{place}. " if place else ""
        yield from ("", title, "", where + sentence(section.get("description", "")), "")
        yield from ("| key | what may stand there | default | what it is |", "|---|---|---|---|")
        for key, value in section.get("properties", {}).items():
            form = self._form(value, f"{path}.{key}" if path else key)
            needed = key in section.get("required", ())
            default = "must be given" if needed else f"`{plain(value['default'])}`" if "default" in value else ""
            text = sentence(value.get("description", ""))
            if examples := value.get("examples"):
                text += f" Such as `{plain(examples[0])}`."
            yield "| " + " | ".join(cell(part) for part in (f"`{key}`", form, default, text)) + " |"

    def _form(self, value: Schema, path: str) -> str:
        """What a value may be, in words."""
        if "$ref" in value:
            return self._link(str(value["$ref"]).rsplit("/", maxsplit=1)[-1], path)
        if parts := value.get("anyOf") or value.get("oneOf"):
            # A pattern alone is another spelling of the names before it.
            forms = (self._form(part, path) for part in parts if [*part] != ["pattern"])
            return " or ".join(dict.fromkeys(forms))
        if fixed := value.get("enum") or ([value["const"]] if "const" in value else []):
            names = ", ".join(f"`{plain(one)}`" for one in fixed)
            return names if len(fixed) <= MOST_NAMED else f"one of {len(fixed)} names, such as `{plain(fixed[0])}`"
        kind = str(value.get("type"))
        if kind == "array":
            return self._list(value, path)
        if kind == "object":
            return f"by name: {self._form(value.get('additionalProperties', {}), f'{path}.NAME')}"
        return PLAIN.get(kind, "text") + bounds(value)

    def _link(self, name: str, path: str) -> str:
        """A link to the table of a section, which is told later if it was not met before."""
        if name not in self._seen:
            self._seen.add(name)
            self._waiting.append((name, path))
        return f"[{heading(name).lower()}](#{heading(name).lower().replace(' ', '-')})"

    def _list(self, value: Schema, path: str) -> str:
        if several := value.get("prefixItems"):
            return f"a list of {len(several)}: {self._form(several[0], path)} each"
        return f"a list of: {self._form(value.get('items', {}), f'{path}[]')}"


def bounds(value: Schema) -> str:
    """The least and the most that a number may be, as a part of a sentence."""
    low, high = value.get("minimum"), value.get("maximum")
    above, below = value.get("exclusiveMinimum"), value.get("exclusiveMaximum")
    words = [
        f"{low:g} or more" if low is not None and high is None else "",
        f"{high:g} or less" if high is not None and low is None else "",
        f"{low:g} to {high:g}" if low is not None and high is not None else "",
        f"more than {above:g}" if above is not None else "",
        f"less than {below:.0f}" if below is not None else "",
    ]
    told = ", ".join(word for word in words if word)
    return f", {told}" if told else ""


def heading(name: str) -> str:
    """The name of a class of the schema as people read it."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name.removesuffix("Section")).capitalize()


def sentence(text: str) -> str:
    """A description on one line, with Markdown's marks for code."""
    return " ".join(text.replace("``", "`").split())


def plain(value: object) -> str:
    """A value as it is written in YAML's flow style."""
    return json.dumps(value, ensure_ascii=False) if not isinstance(value, str) else value


def cell(text: str) -> str:
    """Text that may stand in a table."""
    return text.replace("|", "\\|")


def commands(parser: argparse.ArgumentParser, words: str, about: str) -> Iterator[str]:
    """A command with its arguments, and those below it."""
    actions = cast("list[Any]", vars(parser)["_actions"])
    below = next((action for action in actions if "_choices_actions" in vars(action)), None)
    arguments = [action for action in actions if action is not below and action.help != argparse.SUPPRESS]
    told = [action for action in arguments if action.dest not in {"help", "version"}]
    if words != "reverie" and (told or below is None or not below.required):
        yield from ("", f"## `{words}`", "", capital(about), "")
        if told:
            yield from ("| argument | what it is |", "|---|---|")
        for action in told:
            yield f"| {cell(written(action))} | {cell(capital(action.help or ''))} |"
    if below is not None:
        for help_of in below._choices_actions:  # noqa: SLF001 - argparse keeps a command's help nowhere else
            yield from commands(below.choices[help_of.dest], f"{words} {help_of.dest}", help_of.help or "")


def written(action: Any) -> str:
    """An argument as it is typed."""
    value = action.metavar or ("|".join(map(str, action.choices)) if action.choices else action.dest.upper())
    value = value if isinstance(value, str) else " ".join(value)
    if not action.option_strings:
        many = {"*": f"[{value}...]", "+": f"{value}...", "?": f"[{value}]"}
        return f"`{many.get(str(action.nargs), value)}`"
    names = ", ".join(f"`{name}`" for name in action.option_strings)
    return names if action.nargs == 0 else names[:-1] + f" {value}`" + (" (must be given)" if action.required else "")


def capital(text: str) -> str:
    """A help text as a sentence."""
    return text and f"{text[0].upper()}{text[1:]}".rstrip(".") + "."


def faults() -> Iterator[str]:
    """A table for each severity, the worst first."""
    for severity, meaning in SEVERITIES.items():
        yield from ("", f"## Severity `{severity}`", "", meaning, "")
        yield from ("| id | subject | what is wrong | what to do |", "|---|---|---|---|")
        for kind in sorted((kind for kind in KINDS if kind.severity is severity), key=lambda kind: kind.id):
            parts = (f"`{kind.id}`", kind.subject, kind.meaning, f"{kind.advice}.")
            yield f"| {' | '.join(cell(part) for part in parts)} |"


def pages() -> dict[str, str]:
    """Every page by its file's name."""
    return {
        "scene-keys.md": join(SCENE_KEYS, Keys(scene_json_schema()).page("The scene")),
        "site-keys.md": join(SITE_KEYS, Keys(site_json_schema()).page("The site")),
        "commands.md": join(COMMANDS, commands(command_line(), "reverie", "")),
        "faults.md": join(FAULTS, faults()),
    }


def join(head: str, lines: Iterator[str]) -> str:
    """A whole page."""
    return head.format(note=NOTE) + "\n".join(lines) + "\n"


def main() -> None:
    """Write all pages, and the alerts of faults."""
    for name, text in pages().items():
        (FOLDER / name).write_text(text, encoding="utf-8")
        print(f"{FOLDER / name}: {len(text.splitlines())} lines")
    runpy.run_path(str(Path(__file__).with_name("make_fault_rules.py")))["main"]()


if __name__ == "__main__":
    main()
