#!/usr/bin/env python3
"""Draw the packages and the processes of Reverie, as the code has them, into docs/explanation/architecture.md.

python tools/draw_architecture.py

Packages come from the graph of imports and the layers in pyproject.toml. A process is a module that can be started by
itself; who starts it is whoever names it to a call that starts programs.
"""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterable, Iterator
from pathlib import Path

import grimp

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "explanation" / "architecture.md"
DAEMON = "reverie.conductor.run"
NOT_OF_THE_DAEMON = ("reverie.bench", "reverie.cli", "reverie.training")
PURPOSES = {
    DAEMON: "conductor: scenes, programme, supervision, web, metrics",
    "reverie.compose.worker": "composer: runs the models",
    "reverie.play.worker": "player: sends MIDI on time",
    "reverie.timbre.worker": "timbre worker: renders sample banks",
    "reverie.play.output_process.process": "output process, one for each slot: holds the device",
    "reverie.midi.input": "MIDI input: hears a control surface, or MIDI clock",
    "reverie.meter.metering": "meter: hears how loud it is, of a synthesizer or in the hall",
    "reverie.play.sync.link": "Link: takes part in Ableton Link",
    "reverie.browser_sounds.maker": "sound maker: makes an instrument for browsers",
    "reverie.audition.picture_maker": "picture maker: draws sounds for pages",
    "reverie.processes.mortal": "cue: plays the sound that comes with a dream",
}
"""What each process is there for; a process that is not named here is drawn by its module's name alone."""


def packages() -> Iterator[str]:
    """The packages from top to bottom, each with an arrow to those that it imports and nothing below it does."""
    layers = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"][0]["layers"]
    boxes: dict[str, str] = {}
    for layer in layers:
        names = re.split(r"\s*[|:]\s*", layer)
        boxes |= {name: name if "|" in layer or len(names) == 1 else ", ".join(names) for name in names}
    graph = grimp.build_graph("reverie", cache_dir=None)
    uses = {
        (boxes[above], boxes[below])
        for module in graph.modules
        for imported in graph.find_modules_directly_imported_by(module)
        if (above := package(module)) in boxes and (below := package(imported)) in boxes
        if boxes[above] != boxes[below]
    }
    order = list(dict.fromkeys(boxes.values()))
    yield "flowchart TB"
    for number, box in enumerate(order):
        yield f'  p{number}["{box}"]'
    for above, below in sorted(nearest(uses), key=lambda pair: (order.index(pair[0]), order.index(pair[1]))):
        yield f"  p{order.index(above)} --> p{order.index(below)}"


def package(module: str) -> str:
    """The package directly below ``reverie`` that a module is in."""
    return [*module.split("."), ""][1]


def nearest(pairs: Iterable[tuple[str, str]]) -> set[tuple[str, str]]:
    """The pairs that no longer way between the same two makes superfluous."""
    kept = set(pairs)
    return {(above, below) for above, below in kept if below not in reached(kept - {(above, below)}, above)}


def reached(pairs: set[tuple[str, str]], start: str) -> set[str]:
    """Everything that can be come to from ``start``."""
    found: set[str] = set()
    waiting = [start]
    while waiting:
        here = waiting.pop()
        fresh = {below for above, below in pairs if above == here} - found
        found |= fresh
        waiting += fresh
    return found


def processes() -> Iterator[str]:
    """Every process of a running daemon, with an arrow from whoever starts it."""
    graph = grimp.build_graph("reverie", cache_dir=None)
    texts = {name: ast.parse(file.read_text()) for name, file in sources() if not name.startswith(NOT_OF_THE_DAEMON)}
    mains = {name for name, tree in texts.items() if any(map(runs_alone, tree.body))}
    starts = {(name, target) for name, tree in texts.items() for target in started(tree, mains)}
    members = {main: {main, *graph.find_upstream_modules(main)} for main in (DAEMON, *sorted(mains - {DAEMON}))}
    yield "flowchart LR"
    order: list[str] = []
    arrows: list[tuple[str, str]] = []
    waiting = [DAEMON]
    while waiting:
        here = waiting.pop(0)
        order.append(here)
        below = sorted({target for name, target in starts if name in members.get(here, ()) and target != here})
        arrows += [(here, target) for target in below]
        waiting += [target for target in below if target not in order and target not in waiting]
    for number, main in enumerate(order):
        name, _, purpose = PURPOSES.get(main, main).partition(": ")
        lines = (f"<b>{name}</b>", purpose, main)
        yield f'  q{number}["{"<br/>".join(lines)}"]'
    for above, below in arrows:
        yield f"  q{order.index(above)} --> q{order.index(below)}"


def sources() -> Iterator[tuple[str, Path]]:
    """Every module's name, and its file."""
    folder = ROOT / "daemon"
    for file in sorted((folder / "reverie").rglob("*.py")):
        yield ".".join(file.relative_to(folder).with_suffix("").parts), file


def runs_alone(statement: ast.stmt) -> bool:
    """Whether it is the end of a module that can be started as a program."""
    return isinstance(statement, ast.If) and ast.unparse(statement.test) == "__name__ == '__main__'"


def started(tree: ast.Module, programs: set[str]) -> Iterator[str]:
    """The programs that a module names to calls; a parser of arguments only says its own name."""
    for call in ast.walk(tree):
        if isinstance(call, ast.Call) and not ast.unparse(call.func).endswith("ArgumentParser"):
            yield from (str(one.value) for one in call.args if isinstance(one, ast.Constant) and one.value in programs)


def drawn(page: str) -> str:
    """The page with its pictures as the code has them now."""
    for name, lines in (("packages", packages()), ("processes", processes())):
        picture = "\n".join(("```mermaid", *lines, "```"))
        page, count = re.subn(
            rf"(<!-- {name}: [^\n]*-->\n).*?(\n<!-- end of {name} -->)",
            lambda found, picture=picture: f"{found[1]}{picture}{found[2]}",
            page,
            flags=re.DOTALL,
        )
        if count != 1:
            raise SystemExit(f"{PAGE.name} has {count} places for the picture of {name}; it needs one")
    return page


def main() -> None:
    """Draw both pictures anew."""
    PAGE.write_text(drawn(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
    print(PAGE)


if __name__ == "__main__":
    main()
