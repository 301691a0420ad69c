"""The commands ``reverie status``, ``reload``, ``do``, ``dream``, ``panic``: to the running daemon, or in its place."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reverie.cli.arguments import FAULT, add_command, add_config, add_json, point_of, value_of
from reverie.site.actions import KINDS, LEVELS, SWITCHES, VOICED

if TYPE_CHECKING:
    from reverie.cli.reach import Whereabouts
    from reverie.conductor.configuration.site_resources import InForce


def add_parsers(commands: Any) -> None:
    """Add ``status``, ``reload``, ``do``, ``dream`` and ``panic`` to the commands of ``reverie``."""
    status = add_command(commands, "status", "tell how the running daemon is doing")
    add_json(status)
    status.set_defaults(command=_status)

    reload = add_command(
        commands, "reload", "have the running daemon read its configuration and scene again, and tell what came of it"
    )
    reload.set_defaults(command=_reload)

    do = add_command(commands, "do", "do to the running music what a control surface can do")
    do.add_argument("action", choices=KINDS, metavar="ACTION", help=f"what is done: {', '.join(KINDS)}")
    do.add_argument(
        "about",
        nargs="?",
        metavar="NAME",
        help="the voice that it is for, or else all; or the scene, the mood or the value",
    )
    do.add_argument("--to", metavar="VALUE", type=point_of, help="the value of a level, two as X,Y, or on or off")
    do.add_argument("--over", metavar="BARS", type=int, help="move a level over so many bars, up to 256; else at once")
    do.set_defaults(command=_do)

    panic = add_command(commands, "panic", "end every note, whether a daemon runs or not")
    panic.set_defaults(command=_panic)

    dream = add_command(commands, "dream", "have something dreamt: the running daemon plays its scene in that mood")
    dream.add_argument("mood", nargs="?", metavar="MOOD", help="a mood of the scene; without it, the text chooses one")
    dream.add_argument("--weight", type=float, metavar="W", help="how much of it, from 0.01 to 1, which it is without")
    dream.add_argument("--length", metavar="L", help='how long: bars, such as 16, or a time, such as "2 min"')
    dream.add_argument("--text", metavar="TEXT", help="what is dreamt; its words choose the mood if none is named")
    dream.add_argument("--cue", metavar="NAME", help="a sound of the folder of cues that comes along")
    dream.add_argument("--wake", action="store_true", help="end the dreams, or those of that mood, instead")
    dream.set_defaults(command=_dream)

    for command in (status, reload, do, panic, dream):
        add_config(command)


def _status(options: argparse.Namespace) -> int:
    from reverie.cli.reach import status

    _, where, _ = find_daemon(options.config)
    reply = status(where)
    if reply.answer is None:
        return _fail(reply.sentence)
    if options.json:
        _say(json.dumps(reply.answer, indent=2))
    else:
        for line in _lines(reply.answer):
            _say(line)
    return 0 if reply.answer["alive"]["ok"] else FAULT


def _lines(status: Mapping[str, Any]) -> Iterator[str]:
    summary = status.get("summary")  # a daemon of before has none
    yield f"{summary['mark']} {summary['sentence']}" if summary else status["alive"]["sentence"]
    yield status["ready"]["sentence"]
    yield from status["concerns"]
    overrides = status.get("overrides", status["hands"])  # a daemon of 0.1.0 has the old key alone
    yield from overrides["now"]
    if form := status.get("form"):
        yield _section(form, ends=status.get("passage") is not None)
    for given in overrides["inputs"]:
        yield f"control by {given['name']}: {'up' if given['up'] else 'down'}; {given['detail']}"
    for one in status.get("dreams", {}).get("now", ()):
        left = "until it is ended" if one["bars_left"] is None else f"{one['bars_left']} bars to go"
        yield f"dream of {one['mood']} ({one['source']}): {one['level']:.0%}, {left}"
    for slot in status["slots"]:
        yield f"slot {slot['name']}: {'up' if slot['up'] else 'down'}; {slot['detail']}"
    for process in status["processes"]:
        memory = f"{process['rss_bytes'] / 1e6:.0f} MB" if process["rss_bytes"] else "no memory"
        yield f"{process['role']}: {process['state']}, pid {process['pid']}, {memory}, {process['restarts']} restarts"


def _section(form: Mapping[str, Any], *, ends: bool) -> str:
    """Where the form is; what follows is left out where the scene ends."""
    chapter = f"chapter {form['chapter']}, " if form["chapter"] else ""
    then = f", then {form['next']}" if form["next"] and not ends else ""
    return f"{chapter}section {form['section']}: bar {form['bar']} of {form['bars']}{then}"


def _reload(options: argparse.Namespace) -> int:
    from reverie.cli.reach import reload

    _, where, _ = find_daemon(options.config)
    reply = reload(where)
    if reply.answer is None:
        return _fail(reply.sentence)
    if "said" not in reply.answer:
        return _fail(
            "The daemon that runs is older than this command and does not know it: use `systemctl reload reverie`, or "
            "send it SIGHUP."
        )
    _say(str(reply.answer["said"]))
    return 0 if reply.answer.get("ok") else FAULT


def _do(options: argparse.Namespace) -> int:
    from reverie.cli.reach import do

    _, where, _ = find_daemon(options.config)
    try:
        reply = do(where, _wanted(options.action, options.about, options.to) | _over(options.over))
    except argparse.ArgumentTypeError as error:
        return _fail(f"{options.action}: {error}.")
    if reply.answer is None:
        return _fail(reply.sentence)
    if "said" not in reply.answer:
        return _fail("The daemon that runs is older than this command and does not know it: start it anew.")
    _say(str(reply.answer["said"]))
    return 0 if reply.answer.get("ok") else FAULT


def _wanted(action: str, about: str | None, to: float | bool | None) -> dict[str, Any]:
    """The action as plain data; what is no name, as in ``do tempo 90``, is a value like that of ``--to``.

    Raises:
        argparse.ArgumentTypeError: if a level or a switch without voices is given what is no value.
    """
    wanted: dict[str, Any] = {"action": action}
    if to is not None:
        wanted["value"] = to
    if about is not None and action in VOICED:
        wanted["voice"] = about
    elif about is not None:
        wanted["value"] = value_of(about) if action in {*LEVELS, *SWITCHES} else about
    return wanted


def _over(bars: int | None) -> dict[str, Any]:
    return {} if bars is None else {"over": bars}


def _dream(options: argparse.Namespace) -> int:
    from reverie.cli.reach import dream

    said: dict[str, Any] = {"wake": options.mood or True}
    if not options.wake:
        keys = ("mood", "weight", "length", "text", "cue")
        said = {key: value for key in keys if (value := getattr(options, key)) is not None}
    _, where, _ = find_daemon(options.config)
    reply = dream(where, said)
    if reply.answer is None:
        return _fail(reply.sentence)
    if "ok" not in reply.answer:
        return _fail("The daemon that runs is older than this command and cannot dream.")
    if not reply.answer["ok"]:
        return _fail(str(reply.answer.get("said")))
    _say(str(reply.answer.get("said")))
    return 0


def _panic(options: argparse.Namespace) -> int:
    """Only in the place of a daemon that is dead: into the ports of one that lives, notes would go on coming."""
    from reverie.cli.reach import panic
    from reverie.play.panic import FAILED, silence

    force, where, unreadable = find_daemon(options.config)
    reply = panic(where)
    if reply.answer is not None:
        _say(str(reply.answer.get("said")))
        return 0
    if reply.lives:
        return _fail(f"{reply.sentence} No port was touched, as its player would play on there.")
    if unreadable:
        return _fail(
            f"{reply.sentence} {where.configuration} cannot be read by this user, so that its ports are not known and "
            "none was touched: do it as a user who may read it, for example with sudo."
        )
    sentences = silence(force.site.slots_as_json(), force.site.state_folder / "ledger")
    _say("\n".join(sentences))
    return FAULT if any(f": {FAILED}" in sentence for sentence in sentences) else 0


def find_daemon(config: Path | None, *, quietly: bool = False) -> tuple[InForce, Whereabouts, bool]:
    """The configuration that counts, where its daemon can be, and whether its file is kept from this user.

    A person is told if it is not the one that was asked for, unless whoever asks tells it ``quietly``.
    """
    from reverie.cli.reach import Whereabouts
    from reverie.conductor.configuration.site_resources import site_in_force
    from reverie.places import SERVICE_STATE, config_folder
    from reverie.site.load import FILE, find_site

    force = site_in_force(config)
    if force.fault and not quietly:
        sys.stderr.write(f"{force.fault}\nInstead of it, this counts: {force.instead}.\n")
    path = (config or find_site()).absolute()
    site = force.site
    states = [site.state_folder]
    if site.state is None and SERVICE_STATE.is_dir():
        states.append(SERVICE_STATE)
    shipped = path == (config_folder() / FILE).absolute()
    where = Whereabouts(
        None if shipped else path,
        tuple(dict.fromkeys(states)),
        site.health.address,
        site.health.port,
        https=site.page.certificate is not None,
    )
    return force, where, force.fault is not None and not os.access(path, os.R_OK)


def _say(sentence: str) -> None:
    sys.stdout.write(f"{sentence}\n")


def _fail(sentence: str) -> int:
    sys.stderr.write(f"{sentence}\n")
    return FAULT
