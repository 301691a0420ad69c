"""The command ``reverie moment``: moments are kept, listed, taken along, and made again from their recipes."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reverie.cli.arguments import FAULT, add_command, add_config, add_json, duration
from reverie.errors import ReverieError
from reverie.foreign import LONGEST_LINE, Printable, plain

if TYPE_CHECKING:
    from reverie.compose.made_again import LoopMadeAgain
    from reverie.history.moment_store import KeptMoment, MomentStore
    from reverie.site.schema import Site

_KINDS = ("mid", "svg", "json")


class MomentError(ReverieError):
    """There is no such moment, or it cannot be written."""


def add_parsers(commands: Any) -> None:
    """Add ``moment`` to the commands of ``reverie``."""
    moment = add_command(
        commands, "moment", "keep the last bars as they sounded, list what was kept, and have it again"
    )
    add_config(moment)
    actions = moment.add_subparsers(metavar="ACTION", required=True)

    keep = add_command(
        actions, "keep", "have the running daemon keep the last eight bars, with the recipes of their loops"
    )
    keep.add_argument(
        "--ago", type=duration, metavar="TIME", help="those that sounded so long ago, such as 30s; else now"
    )
    keep.set_defaults(command=_keep)

    list_ = add_command(actions, "list", "list the moments that were kept, the newest first")
    add_json(list_)
    list_.set_defaults(command=_list)

    export = add_command(actions, "export", "write a moment into a file: MIDI, a picture or JSON, by the file's ending")
    _add_name(export)
    export.add_argument(
        "--out", type=Path, metavar="FILE", help="a file that ends in .mid, .svg or .json; NAME.mid in this folder else"
    )
    export.set_defaults(command=_export)

    replay = add_command(
        actions,
        "replay",
        "make a moment's loops again from their recipes, say whether they are the same, and play them",
    )
    _add_name(replay)
    replay.add_argument(
        "--out", type=Path, metavar="FILE", help="write them into a MIDI file, and leave the running daemon alone"
    )
    add_json(replay)
    replay.set_defaults(command=_replay)
    for command in (keep, list_, export, replay):
        add_config(command, of_action=True)


def _add_name(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", metavar="NAME", help="the moment's name, or how it begins; `last` for the newest")


def _keep(options: argparse.Namespace) -> int:
    from reverie.cli.daemon import find_daemon
    from reverie.cli.reach import do

    _, where, _ = find_daemon(options.config)
    wanted: dict[str, Any] = {"action": "moment"}
    reply = do(where, wanted if options.ago is None else {**wanted, "value": options.ago})
    if reply.answer is None:
        return _fail(reply.sentence)
    if not reply.answer.get("ok"):
        return _fail(str(reply.answer.get("said", "The daemon that runs is older than this command: start it anew.")))
    print(reply.answer["said"])
    return 0


def _list(options: argparse.Namespace) -> int:
    _, store = _site_and_store(options)
    headings = store.headings()
    if options.json:
        print(json.dumps({"moments": headings}, indent=2))
        return 0
    for one in headings:
        at = datetime.fromtimestamp(one["time"]).strftime("%Y-%m-%d %H:%M:%S")  # noqa: DTZ006 - the place's own time
        by = f", kept by {one['by']}"
        print(plain(f"{one['id']}  {at}  {one['scene']}: {one['title']}, {one['bars']} bars{by}", LONGEST_LINE))
    return 0


def _export(options: argparse.Namespace) -> int:
    _, store = _site_and_store(options)
    moment = _found(store, options.name)
    path = options.out or Path(f"{moment.name}.mid")
    _write(path, moment)
    print(f"{path}: {len(moment.bars)} bars of {plain(moment.scene)}")
    return 0


def _replay(options: argparse.Namespace) -> int:
    site, store = _site_and_store(options)
    moment = _found(store, options.name)
    made = [*_made_again(site, moment)]
    if options.json:
        rows = [
            {"voice": one.voice, "recipe": one.recipe, "hash": one.hash, "outcome": one.outcome, "why": one.why}
            for one in made
        ]
        print(json.dumps({"id": moment.name, "loops": rows}, indent=2))
    else:
        for one in made:
            print(plain(_told(one), LONGEST_LINE))
    done = _played(options, moment)
    return FAULT if done or any(one.outcome == "other" for one in made) else 0


def _told(one: LoopMadeAgain) -> str:
    if one.outcome == "same":
        return f"{one.voice}: the loop {one.recipe} was made again, and is the same ({one.hash})"
    return f"{one.voice}: the loop {one.recipe} is played as it was kept; {one.why}"


def _played(options: argparse.Namespace, moment: KeptMoment) -> int:
    """Have the daemon play it, or write it where none runs."""
    from reverie.cli.daemon import find_daemon
    from reverie.cli.reach import replay

    said = Printable(sys.stderr) if options.json else sys.stdout
    reply = None if options.out else replay(find_daemon(options.config)[1], moment.name)
    if reply is None or not reply.lives:
        path = options.out or Path(f"{moment.name}.mid")
        _write(path, moment)
        print(
            f"{path}: {'' if options.out else 'no daemon runs that could play it, so it is written; '}",
            end="",
            file=said,
        )
        print(f"{len(moment.bars)} bars as they sounded", file=said)
        return 0
    if reply.answer is None or not reply.answer.get("ok"):
        return _fail(str((reply.answer or {}).get("said") or reply.sentence or "The daemon that runs is older."))
    print(reply.answer["said"], file=said)
    return 0


def _made_again(site: Site, moment: KeptMoment) -> Iterator[LoopMadeAgain]:
    """Each loop of the moment, made again."""
    from reverie.compose.engines.by_family import make_engine
    from reverie.compose.made_again import LoopMadeAgain, make_again
    from reverie.compose.played_loop import PlayedLoop
    from reverie.conductor.configuration.site_resources import bundles_of
    from reverie.models.errors import ModelError
    from reverie.music.notes import Loop

    engine = make_engine("numpy")
    rows = {
        voice: [*moment.loops.get(voice, ()), *([moment.recipes[voice]] if voice in moment.recipes else [])]
        for voice in moment.voices
    }
    wanted = {row["recipe"]["model_hash"] for found in rows.values() for row in found if row.get("recipe")}
    loaded: set[str] = set()
    for model in bundles_of(site)[0].values():
        if model.sha256 in wanted:
            try:
                engine.load(model)
                loaded.add(model.sha256)
            except ModelError as error:
                print(error, file=Printable(sys.stderr))
    heard = {name: Loop.from_json(one) for name, one in moment.heard.items()}
    for voice, found in rows.items():
        for row in {row["id"]: row for row in found}.values():
            try:
                yield make_again(engine, voice, PlayedLoop.from_json(row), heard, loaded)
            except (ValueError, KeyError, TypeError) as error:
                yield LoopMadeAgain(voice, str(row["id"]), "", "no-recipe", f"its recipe cannot be read ({error})")


def _write(path: Path, moment: KeptMoment) -> None:
    from reverie.files import write_atomically
    from reverie.web.moment_files import moment_midi, moment_picture

    match path.suffix.removeprefix("."):
        case "mid" | "midi":
            data = moment_midi(moment)
        case "svg":
            data = moment_picture(moment).encode()
        case "json":
            data = json.dumps(moment.as_json(), indent=1).encode()
        case _:
            raise MomentError(
                f"{path} is to end in {', '.join(f'.{kind}' for kind in _KINDS)}, which says what is written"
            )
    write_atomically(path, data)


def _site_and_store(options: argparse.Namespace) -> tuple[Site, MomentStore]:
    from reverie.cli.configuration import site_with_state
    from reverie.history.moment_store import FOLDER, MomentStore

    site = site_with_state(options.config)
    return site, MomentStore(site.state_folder / FOLDER, site.page.visitors.moments)


def _found(store: MomentStore, name: str) -> KeptMoment:
    names = [one["id"] for one in store.headings()]
    found = names[:1] if name == "last" else [one for one in names if one.startswith(name)]
    if len(found) > 1:
        raise MomentError(f"{len(found)} moments begin with {name}: {', '.join(found[:5])}; say more of the name")
    moment = store.find(found[0]) if found else None
    if moment is None:
        raise MomentError(f"there is no moment {name}; `reverie moment list` says which there are")
    return moment


def _fail(sentence: str) -> int:
    print(sentence, file=Printable(sys.stderr))
    return FAULT
