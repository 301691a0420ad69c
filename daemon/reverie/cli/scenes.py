"""The command ``reverie scenes``: what there is to play, and how each voice evolves."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reverie.cli.arguments import add_command, add_config, add_json
from reverie.cli.configuration import site_that_counts
from reverie.errors import ended
from reverie.foreign import LONGEST_LINE, Printable, plain

if TYPE_CHECKING:
    from reverie.conductor.arranging.scene_list import ListedScene
    from reverie.scenes.schema import Scene


def add_parsers(commands: Any) -> None:
    """Add ``scenes`` to the commands of ``reverie``."""
    scenes = add_command(commands, "scenes", "list all scenes, and the faults of those that are broken")
    add_config(scenes)
    add_json(scenes)
    scenes.set_defaults(command=_scenes)
    actions = scenes.add_subparsers(metavar="ACTION")
    show = add_command(actions, "show", "say in a line for each voice how its loops come one of the other")
    show.add_argument("scene", metavar="SCENE", help="a scene's name, or its file")
    add_config(show, of_action=True)
    show.set_defaults(command=_show)


def _scenes(options: argparse.Namespace) -> int:
    from reverie.conductor.arranging.scene_list import scenes_there

    there = scenes_there(site_that_counts(options.config))
    if options.json:
        print(json.dumps({"scenes": [_row(one) for one in there.scenes], "missing": there.missing}, indent=2))
        return 0
    for one in there.scenes:
        for line in _lines(one):
            print(plain(line, LONGEST_LINE))
    for sentence in there.missing:
        print(plain(ended(sentence), LONGEST_LINE), file=Printable(sys.stderr))
    return 0


def _show(options: argparse.Namespace) -> int:
    from reverie.conductor.arranging.check import scene_path
    from reverie.conductor.arranging.scene_list import KnownToScenes
    from reverie.conductor.arranging.scene_summary import summary

    site = site_that_counts(options.config)
    scene = KnownToScenes.of(site).load(scene_path(Path(options.scene), options.config))
    for line in summary(scene):
        print(plain(line, LONGEST_LINE))
    return 0


def _row(one: ListedScene) -> dict[str, Any]:
    row: dict[str, Any] = {
        "name": one.name,
        "path": str(one.path),
        "begins": one.begins,
        "hours": one.hours,
        "faults": [
            {"path": str(fault.path), "line": fault.line, "column": fault.column, "message": fault.message}
            for fault in one.faults
        ],
    }
    if one.scene is None:
        return row
    tempo, metre = one.scene.tempo, one.scene.metre
    return row | {
        "title": one.scene.title,
        "tempo": tempo.qpm,
        "drift": tempo.drift_qpm,
        "metre": str(metre),
        "key": str(one.scene.key),
        "seconds_per_bar": _bar(one.scene),
        "voices": [
            {"name": name, "kind": voice.kind, "model": voice.model, "bars": voice.loop_bars(metre)}
            for name, voice in one.scene.voices.items()
        ],
    }


def _lines(one: ListedScene) -> Iterator[str]:
    times = [f"from {hour}" for hour in one.hours]
    plays = ", ".join(["the site begins with it"] * one.begins + times)
    yield f"{one.name}: {one.scene.title if one.scene else 'broken'}{f' ({plays})' if plays else ''}"
    for fault in one.faults:
        yield f"    {fault}"
    if one.scene is None:
        return
    tempo = one.scene.tempo
    drift = f", {tempo.qpm - tempo.drift_qpm:g} to {tempo.qpm + tempo.drift_qpm:g}" if tempo.drift_qpm else ""
    yield f"    {tempo.qpm:g} quarters a minute{drift}; {one.scene.metre}; {one.scene.key}; {_loops(one.scene)}"
    voices = (f"{name} ({voice.kind})" if name != voice.kind else name for name, voice in one.scene.voices.items())
    yield f"    voices: {', '.join(voices)}"


def _loops(scene: Scene) -> str:
    """How long its loops are."""
    least, most = min(loops := [voice.loop_bars(scene.metre) for voice in scene.voices.values()]), max(loops)
    span, seconds = f"{most}", f"{most * _bar(scene):.1f}"
    if least < most:
        span, seconds = f"{least} to {span}", f"{least * _bar(scene):.1f} to {seconds}"
    return f"loops of {span} {'bar' if most == 1 else 'bars'}, {seconds} s"


def _bar(scene: Scene) -> float:
    """Seconds of a bar at the middle of its tempo."""
    return scene.metre.bar_ticks * scene.tempo.seconds_per_tick(0)
